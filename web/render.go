package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

// view is what every page is given.
type view struct {
	Lang    houzhen.Lang
	Who     auth.Principal
	Elder   bool
	Dark    string // "" follows the machine
	Path    string // of this page, with its query, for the language link
	Tab     string
	Request string // a fresh request id, kept when a form is sent again
	Problem *problem
	Form    map[string]string // what was typed, when a form comes back
	Now     time.Time
	Data    any
}

// House says in whose frame an error stands: a wall's, the staff's or the
// patients'. A page that nobody may see yet is told by its address.
func (v view) House() string {
	door, _, _ := strings.Cut(strings.TrimPrefix(v.Path, "/"), "/")
	door, _, _ = strings.Cut(door, "?")
	switch {
	case v.Who.Is(auth.Screen) || door == "screen":
		return "screen"
	case v.Who.Staff() || slices.Contains([]string{"staff", "strip", "desk", "manage", "messages"}, door):
		return "staff"
	}
	return "patient"
}

// problem is an error as a page shows it.
type problem struct {
	Code          houzhen.Code
	Title, Detail string
	Field         string
	Detailed      any
}

// pages holds the parsed templates by language and page.
type pages map[houzhen.Lang]map[string]*template.Template

func loadPages(loc *time.Location) (pages, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	out := pages{}
	for _, lang := range []houzhen.Lang{houzhen.Chinese, houzhen.English} {
		base, err := template.New("").Funcs(functions(lang, loc)).ParseFS(pageFiles, "pages/layout/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
		out[lang] = map[string]*template.Template{}
		for _, name := range names {
			t, err := template.Must(base.Clone()).ParseFS(pageFiles, name)
			if err != nil {
				return nil, fmt.Errorf("parse page: %w", err)
			}
			out[lang][strings.TrimSuffix(path.Base(name), ".html")] = t
		}
	}
	return out, nil
}

// render writes a page whole or not at all.
func (p pages) render(w http.ResponseWriter, status int, name string, v view) error {
	t, ok := p[v.Lang][name]
	if !ok {
		return fmt.Errorf("no page %q", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page", v); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.Lang))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b, nil
}
