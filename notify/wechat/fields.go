package wechat

import (
	"os"
	"strings"
	"unicode"

	"github.com/houzhen/houzhen/notify"
)

// fields is the data of a template as the provider wants it.
type fields map[string]value

type value struct {
	Value string `json:"value"`
}

// fill gives the data of a template, nil when a field would have no value,
// which the provider refuses.
func fill(t Template, p notify.Parcel) fields {
	words := p.Fields
	if t.Fields != nil {
		words = make(map[string]string, len(t.Fields))
		for field, w := range t.Fields {
			if strings.Contains(w, "${") {
				words[field] = os.Expand(w, func(name string) string { return p.Vars[name] })
			} else {
				words[field] = p.Vars[w]
			}
		}
	}
	data := make(fields, len(words))
	for field, w := range words {
		v := Fit(field, w)
		if v == "" {
			return nil
		}
		data[field] = value{v}
	}
	if len(data) == 0 {
		return nil
	}
	return data
}

// limits are how many characters each kind of field takes; kinds that are not
// here have formats instead, which the linter of the wordings holds to.
func limit(kind string) int {
	switch kind {
	case "thing":
		return 20
	case "character_string", "number", "letter":
		return 32
	case "phrase":
		return 5
	case "phone_number":
		return 17
	case "symbol":
		return 5
	case "const":
		return 20
	}
	return 0
}

// Fit gives a value as a field of the provider takes it: on one line, of the
// kind's signs, and cut to its length. "" means that nothing is left.
func Fit(field, v string) string {
	kind := strings.TrimRight(field, "0123456789")
	v = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(v, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	switch kind {
	case "number":
		v = keep(v, func(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == '-' })
	case "character_string", "letter":
		v = keep(v, func(r rune) bool { return r > ' ' && r < unicode.MaxASCII })
	case "phrase":
		v = keep(v, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	case "phone_number":
		v = keep(v, func(r rune) bool { return r >= '0' && r <= '9' || r == '-' || r == '+' })
	case "name":
		return fitName(v)
	}
	if n := limit(kind); n > 0 {
		v = cut(v, n)
	}
	return v
}

// fitName keeps to 10 characters of a Chinese name or 20 of another: the sign
// of masking is not taken and becomes a letter.
func fitName(v string) string {
	v = strings.ReplaceAll(v, "*", "x")
	if strings.ContainsFunc(v, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return cut(v, 10)
	}
	return cut(v, 20)
}

func keep(v string, wanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if wanted(r) {
			return r
		}
		return -1
	}, v)
}

func cut(v string, n int) string {
	if r := []rune(v); len(r) > n {
		return strings.TrimSpace(string(r[:n]))
	}
	return v
}
