package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// ParsePhone takes a mainland mobile number: 11 digits from 13 to 19, with
// +86, 0086 or 86 before them, blanks, dashes, brackets and full-width signs.
func ParsePhone(s string) (houzhen.Phone, error) {
	refused := houzhen.E(houzhen.CodePhone, "not a mainland mobile number").On("phone")
	if len(s) > 100 {
		return houzhen.Phone{}, refused
	}
	n := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-()\u2010\u2011\u2012\u2013\u2014", r) {
			return -1
		}
		return r
	}, narrow(s))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, found := strings.CutPrefix(n, prefix); found && len(rest) == 11 {
			n = rest
			break
		}
	}
	if len(n) != 11 || strings.Trim(n, "0123456789") != "" || n[0] != '1' || n[1] < '3' {
		return houzhen.Phone{}, refused
	}
	return houzhen.NewPhone(n), nil
}

const maxName = 50 // signs; the longest real ones are those of minorities

// ParseName takes a person's name as documents write it: letters of any
// script, with a middle dot, blank, dash, apostrophe or full stop between them.
// The different middle dots become one.
func ParseName(s string) (houzhen.Name, error) {
	refuse := func(reason string) (houzhen.Name, error) {
		return houzhen.Name{}, houzhen.E(houzhen.CodeInvalid, "name refused").On("name").With("reason", reason)
	}
	if !utf8.ValidString(s) {
		return houzhen.Name{}, houzhen.E(houzhen.CodeEncoding, "name is not UTF-8").On("name")
	}
	s = strings.Join(strings.Fields(strings.Map(nameSign, s)), " ")
	switch {
	case s == "":
		return houzhen.Name{}, houzhen.E(houzhen.CodeMissing, "name is missing").On("name")
	case utf8.RuneCountInString(s) > maxName:
		return refuse(ReasonLength)
	case !strings.ContainsFunc(s, unicode.IsLetter), strings.ContainsFunc(s, notInName):
		return refuse(ReasonSign)
	}
	return houzhen.NewName(s), nil
}

// nameSign makes one sign of those that look alike.
func nameSign(r rune) rune {
	switch {
	case strings.ContainsRune("\u2022\u2027\u30fb\uff65\u2219\u22c5", r):
		return '\u00b7'
	case r == '\u2019' || r == '\uff07':
		return '\''
	case r > '\uff20' && r < '\uff5b': // full-width letters
		return r - 0xfee0
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

func notInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune("\u00b7 -'.", r)
}
