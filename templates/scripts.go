package templates

import "github.com/houzhen/houzhen"

// ReasonWords gives the words of all reasons with their variables unfilled,
// for scripts that fill them in the browser. The map is the caller's own.
func ReasonWords(lang houzhen.Lang) map[string]string {
	out := make(map[string]string, len(loaded().reasons[lang]))
	for code, t := range loaded().reasons[lang] {
		out[code] = t.String()
	}
	return out
}
