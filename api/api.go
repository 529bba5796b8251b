package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

// Deps is what the API works with.
type Deps struct {
	Services
	Replays  Replays
	Receipts Receipts
	Health   Health
	Socket   Socket
	Now      func() time.Time
	Location *time.Location
	Log      *slog.Logger
	Version  string // of the program, for the OpenAPI document
}

// Socket makes a request a connection of the hub; realtime.Hub is one.
type Socket interface {
	Serve(w http.ResponseWriter, r *http.Request, allowed func(topic string) error)
}

// API holds the handlers.
type API struct {
	Deps
	problem auth.OnError
	named   named
}

// New makes the handler of /api, /ws, /callbacks, /v and the health checks.
// Whoever mounts it puts auth.Guard with Routes before it.
func New(d Deps) http.Handler {
	a := &API{Deps: d, problem: WriteProblem(d.Log, d.Location)}
	mux := http.NewServeMux()
	api := a.mount(mux)
	for _, r := range a.routes() {
		r.register(api, mux)
	}
	return a.guardBodies(a.replayed(mux))
}

func (a *API) mount(mux *http.ServeMux) huma.API {
	oneShape()
	cfg := huma.DefaultConfig("Houzhen", a.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/openapi", "", ""
	cfg.CreateHooks = nil // no $schema links: frames stay small and say nothing of the host
	cfg.Info.Description = "Outpatient booking, waiting and calling. Every error is an RFC 9457 problem document with a stable code."
	return humago.New(mux, cfg)
}

// oneShape makes the errors that huma itself finds in a request problem
// documents of ours. huma keeps these hooks in variables of its own.
var oneShape = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError { // the document shows this shape
		p := ProblemOf(badRequest(status, errs), houzhen.Chinese, time.UTC)
		return &p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		lang := houzhen.Chinese
		if ctx != nil {
			r, _ := humago.Unwrap(ctx)
			lang = LangOf(r)
		}
		p := ProblemOf(badRequest(status, errs), lang, time.UTC)
		return &p
	}
})

// badRequest gives the coded error of what huma found wrong.
func badRequest(status int, errs []error) error {
	code := houzhen.CodeInvalid
	switch {
	case status == http.StatusRequestEntityTooLarge:
		code = houzhen.CodeTooLarge
	case status == http.StatusUnsupportedMediaType:
		code = houzhen.CodeMediaType
	case status == http.StatusBadRequest:
		code = houzhen.CodeMalformed
	case status >= http.StatusInternalServerError:
		code = houzhen.CodeInternal
	}
	e := houzhen.E(code, "request does not fit its schema")
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			return fieldError(e, d.ErrorDetail())
		}
	}
	return e
}

func (a *API) fail(ctx context.Context, err error, lang houzhen.Lang) error {
	if err == nil {
		return nil
	}
	p := ProblemOf(err, lang, a.Location)
	logFault(ctx, a.Log, &p, err)
	return &p
}

func encodeTo(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(true)
	return e.Encode(v)
}
