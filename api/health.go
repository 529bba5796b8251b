package api

import (
	"io"
	"net/http"

	"github.com/houzhen/houzhen"
)

// healthz says that the process answers.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	return plainText(w, "ok\n")
}

// readyz says that the parts we need are there.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := a.Health.Ready(r.Context()); err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "a part is away").Because(err)
	}
	return plainText(w, "ready\n")
}

func plainText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := io.WriteString(w, text) //nolint:gosec // is plain text by its type, and a signed echo at most
	return err
}
