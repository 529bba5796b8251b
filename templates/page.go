package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Words gives all words of the pages with their variables unfilled, for
// scripts that fill them in the browser. The map is the caller's own.
func Words(lang houzhen.Lang) map[string]string {
	out := make(map[string]string, len(loaded().page[lang]))
	for key, t := range loaded().page[lang] {
		out[key] = t.String()
	}
	return out
}

// T gives a word of the pages. Args are names and values in turn:
// T(lang, "place.ahead", "n", 5). A key without words gives the key itself and
// a variable without a value stays as it is written, so that a page never
// fails over a word; tests use Lookup, which does.
func T(lang houzhen.Lang, key string, args ...any) string {
	return loaded().page[lang].show(key, pairs(args))
}

// Lookup is T that reports a missing word or value.
func Lookup(lang houzhen.Lang, key string, args ...any) (string, error) {
	t, ok := loaded().page[lang][key]
	if !ok {
		return "", fmt.Errorf("no word %q in %q", key, lang)
	}
	return t.render(key, pairs(args))
}

// PageKeys lists the keys of the words of the pages, sorted.
func PageKeys() []string { return slices.Sorted(maps.Keys(loaded().page[houzhen.Chinese])) }

func pairs(args []any) map[string]string {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = fmt.Sprint(args[i+1])
	}
	return m
}

// String gives a wording as it is written.
func (t text) String() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.variable != "":
			b.WriteString("${" + p.variable + "}")
		case p.optional != nil:
			b.WriteString("[" + p.optional.String() + "]")
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}
