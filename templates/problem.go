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
	names, err := areas(fsys, "errors", lang)
	if err != nil {
		return nil, err
	}
	out := map[string]problem{}
	for _, name := range names {
		if err := loadProblemFile(fsys, name, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func loadProblemFile(fsys fs.FS, name string, out map[string]problem) error {
	var raw map[string]struct{ Title, Detail string }
	if err := read(fsys, name, &raw); err != nil {
		return err
	}
	for code, r := range raw {
		if _, twice := out[code]; twice {
			return fmt.Errorf("%s: %s: stands in another file too", name, code)
		}
		title, err := parse(strings.TrimSpace(r.Title))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, code, err)
		}
		detail, err := parse(strings.TrimSpace(r.Detail))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, code, err)
		}
		out[code] = problem{title, detail}
	}
	return nil
}
