package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// rules are what carriers and providers ask of a wording; data, in
// messages/rules.yaml.
type rules struct {
	Longest      int                     `yaml:"longest"`       // of a wording
	LongestValue int                     `yaml:"longest_value"` // of one variable
	MostVars     int                     `yaml:"most_variables"`
	Parts        map[houzhen.Lang][2]int `yaml:"parts"`
	TypicalSign  string                  `yaml:"typical_sign"`
	LongestSign  string                  `yaml:"longest_sign"`
	Brackets     string                  `yaml:"brackets"`
	Symbols      string                  `yaml:"symbols"`
	Words        []string                `yaml:"words"`
}

var (
	adjacent = regexp.MustCompile(`\}\s*\$\{`)
	address  = regexp.MustCompile(`(?i)https?:|www\.|\.(com|cn|net)\b`)
	mobile   = regexp.MustCompile(`(^|\D)1[3-9]\d{9}(\D|$)`)
)

// LintMessages checks every wording against what providers and carriers take,
// with a hospital's own signature; "" uses the longest we expect. It gives one
// line for each fault.
func LintMessages(sign string) []string {
	l, faults := loaded(), []string{}
	for _, lang := range Langs() {
		for _, key := range Keys() {
			for _, f := range l.lint(key, lang, sign) {
				faults = append(faults, fmt.Sprintf("%s/%s: %s", lang, key, f))
			}
		}
	}
	return faults
}

func (l *library) lint(key string, lang houzhen.Lang, sign string) []string {
	m, ok := l.messages[lang][key]
	if !ok {
		return []string{"is missing"}
	}
	neutral := key
	if _, ok := l.messages[lang][key+sensitive]; ok {
		neutral = "" // its neutral variant is checked instead
	}
	return slices.Concat(l.lintForm(m), l.lintVariables(m, neutral != ""), l.lintLength(m, lang, sign), lintScript(m, lang))
}

func (l *library) lintForm(m message) []string {
	var faults []string
	if m.title == "" || m.raw == "" {
		faults = append(faults, "has no title or no text")
	}
	if n := utf8.RuneCountInString(m.raw); n > l.rules.Longest {
		faults = append(faults, fmt.Sprintf("is %d characters long", n))
	}
	literal := strings.ReplaceAll(m.raw, "${", "")
	if i := strings.IndexAny(literal+m.title, l.rules.Brackets+l.rules.Symbols); i >= 0 {
		faults = append(faults, "has a bracket or symbol that gateways refuse")
	}
	for _, w := range l.rules.Words {
		if strings.Contains(strings.ToLower(m.raw+m.title), w) {
			faults = append(faults, "has the banned word "+w)
		}
	}
	if address.MatchString(m.raw) || mobile.MatchString(m.raw) {
		faults = append(faults, "has a web address or a mobile number")
	}
	return faults
}

func (l *library) lintVariables(m message, mustBeNeutral bool) []string {
	var faults []string
	if adjacent.MatchString(m.raw) {
		faults = append(faults, "has two variables side by side")
	}
	names := m.body.needed()
	if len(names) > l.rules.MostVars {
		faults = append(faults, "has too many variables")
	}
	for i, name := range names {
		v, known := l.variables[name]
		switch {
		case !known:
			faults = append(faults, "has the unknown variable "+name)
		case v.Reveals && mustBeNeutral:
			faults = append(faults, "tells of the department by "+name)
		}
		if slices.Contains(names[:i], name) {
			faults = append(faults, "repeats the variable "+name)
		}
	}
	return faults
}

func (l *library) lintLength(m message, lang houzhen.Lang, sign string) []string {
	typical, longest := map[string]string{}, map[string]string{}
	for name, v := range l.variables {
		typical[name], longest[name] = v.Typical[lang], v.Longest[lang]
	}
	var faults []string
	for i, c := range []struct {
		what, sign string
		vars       map[string]string
	}{{"typical", l.rules.TypicalSign, typical}, {"longest", l.rules.LongestSign, longest}} {
		if sign != "" {
			c.sign = sign
		}
		if chars, parts := Parts(c.sign, m.body.show(c.vars)); parts > l.rules.Parts[lang][i] {
			faults = append(faults, fmt.Sprintf("makes %d parts of %d characters with %s values", parts, chars, c.what))
		}
	}
	return faults
}

// lintScript keeps Han signs out of English wordings.
func lintScript(m message, lang houzhen.Lang) []string {
	han := strings.ContainsFunc(m.raw+m.title, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if han == (lang == houzhen.English) {
		return []string{"is not written in its language"}
	}
	return nil
}
