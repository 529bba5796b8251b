package roster

import (
	_ "embed" // words.txt
	"strings"
	"unicode"
)

//go:embed words.txt
var wordList string

// lexicon finds our value of a word that rosters write.
type lexicon map[string]string

// words are the lexicons by kind: weekday, part, class, kind, column.
var words = func() map[string]lexicon {
	all := map[string]lexicon{}
	for line := range strings.Lines(wordList) {
		f := strings.Fields(line)
		if len(f) < 3 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if all[f[0]] == nil {
			all[f[0]] = lexicon{}
		}
		for _, w := range f[2:] {
			all[f[0]][w] = f[1]
		}
	}
	return all
}()

// find gives our value, or the word itself if it is unknown.
func (l lexicon) find(word string) string {
	if v, ok := l.get(word); ok {
		return v
	}
	return word
}

func (l lexicon) get(word string) (string, bool) {
	v, ok := l[strings.ToLower(plain(word))]
	return v, ok
}

// plain makes full-width signs half-width and drops blanks.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return -1
		case r > '\uff00' && r < '\uff5f':
			return r - 0xfee0
		}
		return r
	}, s)
}
