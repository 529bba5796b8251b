package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fieldRule is what WeChat takes in fields of one type; data, in
// messages/rules.yaml. The type is the field's name without its number.
type fieldRule struct {
	Longest int     `yaml:"longest"` // characters
	Pattern pattern `yaml:"pattern"` // that the value matches
	Cut     bool    `yaml:"cut"`     // whether the rest may be left off
}

// pattern is what a whole value matches; the zero value is matched by all.
type pattern struct{ re *regexp.Regexp }

// UnmarshalText compiles it.
func (p *pattern) UnmarshalText(s []byte) (err error) {
	p.re, err = regexp.Compile(`^(?:` + string(s) + `)$`)
	return err
}

func (p pattern) takes(value string) bool { return p.re == nil || p.re.MatchString(value) }

var fieldName = regexp.MustCompile(`^([a-z_]+?)\d{1,2}$`)

// fieldType gives the type of a field: thing of thing1.
func fieldType(name string) string {
	if m := fieldName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

// fit makes a value fit its field as far as that changes no meaning: spans of
// time are written with a tilde, the weekday is left off a date, and what may
// be cut is cut. cut reports whether anything was.
func (r rules) fit(field, value string) (fitted string, cut bool) {
	kind := fieldType(field)
	value = strings.Join(strings.FieldsFunc(value, unicode.IsSpace), " ")
	switch kind {
	case "time":
		value = strings.ReplaceAll(value, "-", "~")
	case "date":
		if day := strings.LastIndex(value, r.Day); day >= 0 && r.Day != "" {
			value = value[:day+len(r.Day)]
		}
	}
	rule, known := r.Fields[kind]
	if !known || !rule.Cut || utf8.RuneCountInString(value) <= rule.Longest {
		return value, false
	}
	return strings.TrimSpace(string([]rune(value)[:rule.Longest])), true
}

// takes reports whether WeChat takes a value in a field.
func (r rules) takes(field, value string) bool {
	rule, known := r.Fields[fieldType(field)]
	return known && value != "" && utf8.RuneCountInString(value) <= rule.Longest && rule.Pattern.takes(value)
}
