package guide

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// said is a text made ready to look for words in it.
type said struct {
	tight  string   // without blanks or punctuation, for scripts that write no blanks
	tokens []string // of the others
}

// hear folds a text: full-width signs become half-width, capitals small, and
// everything that is neither letter nor digit a border.
func hear(text string) said {
	fields := strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	s := said{tight: strings.Join(fields, "")}
	for _, f := range fields {
		s.tokens = append(s.tokens, alphabetic(f)...)
	}
	s.tokens = slices.DeleteFunc(s.tokens, filler)
	return s
}

// filler is an English word that stands between others and says nothing.
func filler(word string) bool {
	return slices.Contains([]string{"a", "an", "the", "my", "his", "her", "is", "are", "was", "were", "very", "so", "really"}, word)
}

func fold(text string) string { return strings.ToLower(norm.NFKC.String(text)) }

// alphabetic gives the runs of a field that are not Han.
func alphabetic(field string) []string {
	return strings.FieldsFunc(field, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func isHan(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// has reports whether a word was said: one with Han signs anywhere, another as
// whole words in order, whose last may be inflected.
func (s said) has(word string) bool {
	w := hear(word)
	switch {
	case isHan(w.tight):
		return strings.Contains(s.tight, w.tight)
	case len(w.tokens) == 0:
		return false
	}
	n := len(w.tokens)
	for i := 0; i+n <= len(s.tokens); i++ {
		if slices.Equal(s.tokens[i:i+n-1], w.tokens[:n-1]) && inflected(s.tokens[i+n-1], w.tokens[n-1]) {
			return true
		}
	}
	return false
}

// inflected reports whether a word is a stem or the stem with a common English
// ending.
func inflected(word, stem string) bool {
	rest, ok := strings.CutPrefix(word, stem)
	return ok && (rest == "" || len(stem) > 2 && slices.Contains([]string{"s", "es", "ed", "ing", "ness"}, rest))
}

// matched gives those of words that were said, leaving out what is part of a
// longer one that was said too.
func (s said) matched(words []string) []string {
	var found []string
	for _, w := range words {
		if s.has(w) && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(w string) bool {
		return slices.ContainsFunc(found, func(other string) bool {
			a, b := hear(w).tight, hear(other).tight
			return a != b && strings.Contains(b, a)
		})
	})
}

// weight is how much words say: longer ones say more; a Han sign says about as
// much as three letters.
func weight(words []string) int {
	n := 0
	for _, w := range words {
		for _, r := range hear(w).tight {
			n++
			if unicode.Is(unicode.Han, r) {
				n += 2
			}
		}
	}
	return n
}
