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
	keyed, remember := a.keyedRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := keyed.Handler(r)
		key := r.Header.Get(KeyHeader)
		var err error
		if pattern != "" {
			err = checkKey(key)
		}
		switch {
		case err != nil:
		case pattern == "" || remember[pattern]:
			next.ServeHTTP(w, r)
		default:
			err = a.replay(w, r, key, next)
		}
		if err != nil {
			a.problem(w, r, err)
		}
	})
}

// keyedRoutes matches requests that need a key, as the mux itself would, and
// lists the patterns of those whose answers need not be kept.
func (a *API) keyedRoutes() (*http.ServeMux, map[string]bool) {
	m, remember := http.NewServeMux(), map[string]bool{}
	for _, r := range a.routes() {
		if r.keyed {
			m.Handle(r.method+" "+r.pattern, http.NotFoundHandler())
			remember[r.method+" "+r.pattern] = r.remembers
		}
	}
	return m, remember
}

func (a *API) replay(w http.ResponseWriter, r *http.Request, key string, next http.Handler) error {
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

// checkKey refuses a write without a key, or with one that cannot be kept.
func checkKey(key string) error {
	if key == "" {
		return houzhen.E(houzhen.CodeKeyMissing, "no idempotency key").On(KeyHeader)
	}
	if len(key) > 200 {
		return houzhen.E(houzhen.CodeInvalid, "idempotency key is too long").On(KeyHeader)
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
