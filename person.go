package houzhen

import (
	_ "embed" // surnames.txt
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// Name, Phone and IDNumber hold what must not leak. However they are printed,
// logged or encoded they show their mask; Reveal gives the text itself, and is
// called only to seal it, to send to the person, or to show it to staff who
// may see it.
type (
	// Name is a person's full name.
	Name struct{ text string }
	// Phone is a mobile number in 11 digits.
	Phone struct{ text string }
	// IDNumber is the number of an identity document.
	IDNumber struct{ text string }
)

// NewName keeps s without surrounding blanks.
func NewName(s string) Name { return Name{strings.TrimSpace(s)} }

// Reveal gives the full name.
func (n Name) Reveal() string { return n.text }

// IsZero reports whether there is no name.
func (n Name) IsZero() bool { return n.text == "" }

// String gives the mask used on screens (middle signs starred).
func (n Name) String() string { return MaskName(n.text) }

// Surname gives the mask with everything after the surname starred.
func (n Name) Surname() string { return maskSurname(n.text) }

// NewPhone keeps the digits; directory.ParsePhone validates.
func NewPhone(digits string) Phone { return Phone{digits} }

// Reveal gives the 11 digits.
func (p Phone) Reveal() string { return p.text }

// IsZero reports whether there is no phone.
func (p Phone) IsZero() bool { return p.text == "" }

// String gives 138****0000.
func (p Phone) String() string {
	if len(p.text) < 8 {
		return strings.Repeat("*", len(p.text))
	}
	return p.text[:3] + strings.Repeat("*", len(p.text)-7) + p.text[len(p.text)-4:]
}

// NewIDNumber keeps s; directory.ParseIDNumber validates.
func NewIDNumber(s string) IDNumber { return IDNumber{s} }

// Reveal gives the number.
func (i IDNumber) Reveal() string { return i.text }

// IsZero reports whether there is no number.
func (i IDNumber) IsZero() bool { return i.text == "" }

// Tail gives the last four signs, which desks ask for.
func (i IDNumber) Tail() string { return i.text[max(0, len(i.text)-4):] }

// String gives 1****************X.
func (i IDNumber) String() string {
	if len(i.text) < 3 {
		return strings.Repeat("*", len(i.text))
	}
	return i.text[:1] + strings.Repeat("*", len(i.text)-2) + i.text[len(i.text)-1:]
}

// LogValue keeps the person out of logs.
func (n Name) LogValue() slog.Value { return slog.StringValue(n.String()) }

// LogValue keeps the person out of logs.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// LogValue keeps the person out of logs.
func (i IDNumber) LogValue() slog.Value { return slog.StringValue(i.String()) }

// Format prints the mask for every verb, %#v too.
func (n Name) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(n.String())) }

// Format prints the mask for every verb, %#v too.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.String())) }

// Format prints the mask for every verb, %#v too.
func (i IDNumber) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(i.String())) }

// MarshalText encodes the mask.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// MarshalText encodes the mask.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalText encodes the mask.
func (i IDNumber) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

//go:embed surnames.txt
var surnames string

// compound holds the surnames of two signs, which stay whole under a mask.
var compound = func() map[string]bool {
	m := map[string]bool{}
	for s := range strings.FieldsSeq(surnames) {
		m[s] = true
	}
	return m
}()

// MaskName stars the middle of a name (domain rule §2.7): a name of two
// signs keeps the first, of three the first and the last; a compound surname
// stays whole; John Smith becomes J*** S***.
func MaskName(s string) string {
	r := []rune(strings.TrimSpace(s))
	switch {
	case len(r) < 2:
		return "*"
	case !unicode.Is(unicode.Han, r[0]):
		words := strings.Fields(string(r))
		for i, w := range words {
			words[i] = string([]rune(w)[:1]) + "***"
		}
		return strings.Join(words, " ")
	case strings.ContainsRune(s, '\u00b7'):
		return string(r[0]) + "***" + string(r[len(r)-1])
	}
	head := surnameLength(r)
	if len(r) <= head+1 {
		return string(r[:head]) + "*"
	}
	if child := strings.IndexRune(s, '\u4e4b'); child > 0 { // "child of", a newborn
		return string(r[:head]) + "*" + s[child:]
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-1) + string(r[len(r)-1])
}

func maskSurname(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) < 2 {
		return "*"
	}
	if !unicode.Is(unicode.Han, r[0]) || strings.ContainsRune(s, '\u00b7') {
		return string(r[0]) + "***"
	}
	head := surnameLength(r)
	return string(r[:head]) + strings.Repeat("*", min(2, len(r)-head))
}

func surnameLength(r []rune) int {
	if len(r) > 2 && compound[string(r[:2])] {
		return 2
	}
	return 1
}
