package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/houzhen/houzhen"
)

// message is one kind of message in one language.
type message struct {
	title string
	raw   string // for SMS, and for every channel without words of its own
	body  text
	full  string // for push, inbox and e-mail, which nobody bills by length; "" is raw
	voice string // read by a machine; "" is none
	// wechat holds the words of fields, by a field's name; none where there is
	// no template to suggest.
	wechat map[string]string
}

// Variable describes one ${variable} of the messages.
type Variable struct {
	// Attribute is the type that a provider asks for when a wording is applied
	// for: others, time, other_number2 …
	Attribute string `yaml:"attribute"`
	// Reveals marks what tells of a department: a message about a sensitive
	// one may not have it.
	Reveals bool `yaml:"reveals"`
	// Typical and Longest are values per language, for checking lengths.
	Typical map[houzhen.Lang]string `yaml:"typical"`
	Longest map[houzhen.Lang]string `yaml:"longest"`
}

const sensitive = ".sens"

// Key gives the wording of a message kind: its neutral variant for a sensitive
// department, where the plain wording would tell.
func Key(kind string, sens bool) string {
	if sens {
		if _, ok := loaded().messages[houzhen.Chinese][kind+sensitive]; ok {
			return kind + sensitive
		}
	}
	return kind
}

// Keys lists every wording, sorted.
func Keys() []string {
	return slices.Sorted(maps.Keys(loaded().messages[houzhen.Chinese]))
}

// Variables lists what a wording needs in either language, sorted; none for a
// key that does not exist.
func Variables(key string) []string {
	names := map[string]bool{}
	for _, lang := range Langs() {
		for _, v := range loaded().messages[lang][key].body.needed() {
			names[v] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// VariableOf describes a variable of the messages.
func VariableOf(name string) (Variable, bool) {
	v, ok := loaded().variables[name]
	return v, ok
}

// Message renders the body of a message, without signature. A wording that
// does not exist or a variable without a value is an error, and nothing may be
// sent then.
func Message(key string, lang houzhen.Lang, vars map[string]string) (string, error) {
	values, err := Values(key, lang, vars)
	if err != nil {
		return "", err
	}
	return loaded().messages[lang][key].body.render(key, values)
}

// Values picks what a wording needs from vars, for providers that render
// themselves. Line breaks and the signature's own brackets are taken out of
// the values and they are cut to the length that providers take.
func Values(key string, lang houzhen.Lang, vars map[string]string) (map[string]string, error) {
	m, ok := loaded().messages[lang][key]
	if !ok {
		return nil, fmt.Errorf("no wording %q in %q", key, lang)
	}
	values := map[string]string{}
	for _, name := range m.body.needed() {
		v := loaded().rules.clean(vars[name])
		if v == "" {
			return nil, &MissingError{key, name}
		}
		values[name] = v
	}
	return values, nil
}

// Title gives the title of a push message, or the key where there is none.
// Titles show on locked screens, so they never tell a department.
func Title(key string, lang houzhen.Lang) string {
	if m, ok := loaded().messages[lang][key]; ok {
		return m.title
	}
	return key
}

// Raw gives a wording with its variables unfilled, as it is filed with a
// provider.
func Raw(key string, lang houzhen.Lang) (string, bool) {
	m, ok := loaded().messages[lang][key]
	return m.raw, ok
}

func (r rules) clean(v string) string {
	v = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || strings.ContainsRune(r.Brackets, c) {
			return -1
		}
		return c
	}, strings.TrimSpace(v))
	if runes := []rune(v); len(runes) > r.LongestValue {
		return string(runes[:r.LongestValue])
	}
	return v
}
