package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

// KeyHeader makes a write repeatable: the same key and request give the same
// answer again.
const KeyHeader = "Idempotency-Key"

// replayed asks every write for its key and gives a known one its answer
// again. Only successes are kept: a refusal may be otherwise next time.
func (a *API) replayed(next http.Handler) http.Handler {
	keyed := a.keyedRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := keyed.Handler(r); pattern == "" {
			next.ServeHTTP(w, r)
			return
		}
		if err := a.replay(w, r, next); err != nil {
			a.problem(w, r, err)
		}
	})
}

// keyedRoutes matches requests that need a key, as the mux itself would.
func (a *API) keyedRoutes() *http.ServeMux {
	m := http.NewServeMux()
	for _, r := range a.routes() {
		if r.keyed {
			m.Handle(r.method+" "+r.pattern, http.NotFoundHandler())
		}
	}
	return m
}

func (a *API) replay(w http.ResponseWriter, r *http.Request, next http.Handler) error {
	key := r.Header.Get(KeyHeader)
	if key == "" {
		return houzhen.E(houzhen.CodeKeyMissing, "no idempotency key").On(KeyHeader)
	}
	if len(key) > 200 {
		return houzhen.E(houzhen.CodeInvalid, "idempotency key is too long").On(KeyHeader)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return houzhen.E(houzhen.CodeMalformed, "body cannot be read").Because(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	ctx, caller, digest := r.Context(), callerOf(auth.From(r.Context())), requestDigest(r, body)
	old, status, kept, found, err := a.Replays.Replay(ctx, caller, key)
	switch {
	case err != nil:
		return err
	case found && old != digest:
		return houzhen.E(houzhen.CodeKeyReused, "key came with another request").On(KeyHeader)
	case found:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(status)
		_, _ = w.Write(kept) //nolint:gosec // an answer of ours, sent as JSON
		return nil
	}
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	next.ServeHTTP(rec, r)
	if rec.status >= 200 && rec.status < 300 {
		if err := a.Replays.SaveReplay(ctx, caller, key, digest, rec.status, rec.body.Bytes()); err != nil {
			a.Log.WarnContext(ctx, "answer not kept for replay", "error", err.Error())
		}
	}
	return nil
}

func callerOf(p auth.Principal) string { return string(p.As()) + ":" + p.ID }

func requestDigest(r *http.Request, body []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, r.Method+" "+r.URL.Path+"\n")
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// recorder keeps a copy of the answer on its way out.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
