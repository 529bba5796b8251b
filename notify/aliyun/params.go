package aliyun

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// maxParam is how many characters the provider takes of one variable.
const maxParam = 35

// templateParams gives the variables as the provider wants them: strings of 1
// to 35 characters on one line. Empty values and addresses of pages are left
// out, because it refuses them; a template that needs one is refused instead.
func templateParams(vars map[string]string) string {
	fit := make(map[string]string, len(vars))
	for k, v := range vars {
		if v = fitParam(v); v != "" {
			fit[k] = v
		}
	}
	if len(fit) == 0 {
		return ""
	}
	b, err := json.Marshal(fit) // of strings, which cannot fail
	if err != nil {
		return ""
	}
	return string(b)
}

func fitParam(v string) string {
	v = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(v, ""), blank), " ")
	if hasAddress(v) {
		return ""
	}
	if len(v) <= maxParam {
		return v
	}
	if r := []rune(v); len(r) > maxParam {
		v = strings.TrimSpace(string(r[:maxParam]))
	}
	return v
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

var hostPath = regexp.MustCompile(`(?i)[a-z0-9]\.[a-z]{2,}/`)

// hasAddress reports whether v looks like the address of a page.
func hasAddress(v string) bool {
	return strings.Contains(v, "/") && (strings.Contains(v, "://") || hostPath.MatchString(v)) || strings.Contains(strings.ToLower(v), "www.")
}
