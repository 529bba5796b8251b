package templates

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/houzhen/houzhen"
)

// problem is the wording of one error code.
type problem struct{ title, detail text }

// Problem puts an error code into words: a short title, and a sentence that
// says what happened and what to do now. Args fill the optional parts. A code
// without words gives the code itself.
func Problem(code houzhen.Code, lang houzhen.Lang, args map[string]string) (title, detail string) {
	p, ok := loaded().problems[lang][string(code)]
	if !ok {
		return string(code), string(code)
	}
	return p.title.show(args), p.detail.show(args)
}

func loadProblems(fsys fs.FS, lang houzhen.Lang) (map[string]problem, error) {
	var raw map[string]struct{ Title, Detail string }
	name := fmt.Sprintf("errors/%s.yaml", lang)
	if err := read(fsys, name, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]problem, len(raw))
	for code, r := range raw {
		title, err := parse(strings.TrimSpace(r.Title))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, code, err)
		}
		detail, err := parse(strings.TrimSpace(r.Detail))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, code, err)
		}
		out[code] = problem{title, detail}
	}
	return out, nil
}
