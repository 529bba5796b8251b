package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/houzhen/houzhen"
)

// MaxBody is the largest body that is taken.
const MaxBody = 64 << 10

// guardBodies refuses a body that is not small, valid JSON in UTF-8, each
// fault with its own code, before anything else looks at it.
func (a *API) guardBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/callbacks/") || r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		b, err := readJSON(w, r)
		if err != nil {
			a.problem(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		r.ContentLength = int64(len(b))
		next.ServeHTTP(w, r)
	})
}

func readJSON(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, houzhen.E(houzhen.CodeTooLarge, "body is over the limit").With("limit", "64 KiB")
	case err != nil:
		return nil, houzhen.E(houzhen.CodeMalformed, "body cannot be read").Because(err)
	case len(b) == 0:
		return nil, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, houzhen.E(houzhen.CodeMediaType, "body is not application/json").With("accepted", "application/json")
	}
	if !utf8.Valid(b) {
		return nil, houzhen.E(houzhen.CodeEncoding, "body is not UTF-8")
	}
	if !json.Valid(b) {
		return nil, houzhen.E(houzhen.CodeMalformed, "body is not JSON")
	}
	return b, nil
}

// fieldError names the field that huma blames: body.patient_id is patient_id.
func fieldError(e *houzhen.Error, d *huma.ErrorDetail) *houzhen.Error {
	where, field, found := strings.Cut(d.Location, ".")
	if !found {
		field = where
	}
	if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		e.Code = houzhen.CodeMissing
		field, _, _ = strings.Cut(name, " ")
	}
	if strings.HasPrefix(d.Message, "required ") {
		e.Code = houzhen.CodeMissing
	}
	if field == "" || field == "body" {
		return e
	}
	return e.On(field)
}
