package web

import (
	"embed"
	"net/http"
	"path"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

//go:embed static
var staticFiles embed.FS

//go:embed pages
var pageFiles embed.FS

// types names the content types of what we serve; a static binary cannot rely
// on the machine's own table.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

func (s *site) static(w http.ResponseWriter, r *http.Request) error {
	name := path.Clean("/" + r.PathValue("file"))
	b, err := staticFiles.ReadFile("static" + name)
	if err != nil {
		return houzhen.E(houzhen.CodeNotFound, "no such file")
	}
	w.Header().Set("Content-Type", contentType(name))
	return s.cached(w, r, b)
}

func (s *site) cached(w http.ResponseWriter, r *http.Request, b []byte) error {
	tag := `"` + digest(b) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, err := w.Write(b) //nolint:gosec // a file of ours, sent with its own type and nosniff
	return err
}

// dictionary gives scripts their words.
func (s *site) dictionary(w http.ResponseWriter, r *http.Request) error {
	lang := houzhen.ParseLang(r.PathValue("lang"))
	b, err := encode(dictionaryOf(lang))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return s.cached(w, r, b)
}

// dictionaryOf is the words of pages and, under "reason.", those of reasons.
func dictionaryOf(lang houzhen.Lang) map[string]string {
	words := templates.Words(lang)
	for code, text := range templates.ReasonWords(lang) {
		words["reason."+code] = text
	}
	return words
}
