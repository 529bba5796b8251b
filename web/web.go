package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/jobs"
)

// Deps is what the pages work with.
type Deps struct {
	api.Services
	Links     Links
	Jobs      Jobs         // nil hides the page
	Dashboard http.Handler // asynqmon under /manage/asynq/, nil hides it
	Demo      Demo         // nil outside a demo
	Location  *time.Location
	Now       func() time.Time
	NewID     func() string
	Log       *slog.Logger
	Secure    bool // the site is reached by TLS
}

// Jobs shows the pipeline.
type Jobs interface {
	Overview(ctx context.Context) (jobs.Overview, error)
}

// Demo lists the addresses of a demonstration.
type Demo interface {
	Addresses(ctx context.Context) ([]DemoGroup, error)
}

// DemoGroup is one kind of addresses: patients, screens, staff.
type DemoGroup struct {
	Group string
	Links []DemoLink
}

// DemoLink is one address with what to say of it.
type DemoLink struct {
	Href       string
	Name, Note houzhen.Label
}

// site holds the handlers.
type site struct {
	Deps
	pages pages
	guess *auth.Throttle // of ID tails behind a signed link
}

// Site is the handler of all pages.
type Site struct {
	*site
	handler http.Handler
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// New makes the handler of all pages. Whoever mounts it puts auth.Guard with
// Routes before it, and may give OnError to that.
func New(d Deps) (*Site, error) {
	p, err := loadPages(d.Location)
	if err != nil {
		return nil, err
	}
	return newSite(d, p), nil
}

func newSite(d Deps, p pages) *Site {
	s := &site{Deps: d, pages: p, guess: auth.NewThrottle(auth.ThrottleOptions{})}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.HandleFunc(r.method+" "+r.pattern, s.answer(r.do))
	}
	if d.Dashboard != nil {
		mux.Handle("GET /manage/asynq/", d.Dashboard)
	}
	return &Site{s, harden(mux)}
}

// policy lets a page load what we serve, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'self'; manifest-src 'self'"

func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// maxForm is the largest form, with a roster in it.
const maxForm = 4 << 20

type handler func(w http.ResponseWriter, r *http.Request) error

// answer runs a handler and turns its error into a page that says what to do.
func (s *site) answer(do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.chooseLang(w, r, do); err != nil {
			s.OnError(w, r, err)
		}
	}
}

// chooseLang keeps ?lang= for the pages that follow.
func (s *site) chooseLang(w http.ResponseWriter, r *http.Request, do handler) error {
	if q := r.URL.Query().Get("lang"); q != "" {
		s.keep(w, api.LangCookie, string(houzhen.ParseLang(q)))
	}
	return do(w, r)
}

// OnError answers with an error page, or sends whoever is not signed in to do
// that first. A script gets a problem document.
func (s *site) OnError(w http.ResponseWriter, r *http.Request, err error) {
	if wantsJSON(r) || forPrograms(r) {
		api.WriteProblem(s.Log, s.Location)(w, r, err)
		return
	}
	if houzhen.CodeOf(err) == houzhen.CodeSignIn && r.Method == http.MethodGet {
		http.Redirect(w, r, signInFor(r), http.StatusSeeOther) //nolint:gosec // a door of ours; next is escaped and kept local
		return
	}
	s.fail(w, r, "error", nil, err)
}

// forPrograms reports whether an address is the API's, where errors are
// problem documents.
func forPrograms(r *http.Request) bool {
	for _, prefix := range []string{"/api/", "/ws", "/v/", "/callbacks/", "/healthz", "/readyz"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return false
}

// fail shows a page again with what went wrong.
func (s *site) fail(w http.ResponseWriter, r *http.Request, page string, data any, err error) {
	p := api.ProblemOf(err, api.LangOf(r), s.Location)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "page failed", "code", string(p.Code), "error", err.Error())
	}
	v := s.view(r, "", data)
	v.Problem = &problem{Code: p.Code, Title: p.Title, Detail: p.Detail, Field: p.Field, Detailed: p.Alternatives}
	v.Form = typed(r)
	if err := s.pages.render(w, p.Status, page, v); err != nil {
		s.Log.ErrorContext(r.Context(), "error page failed", "error", err.Error())
		http.Error(w, p.Title, http.StatusInternalServerError)
	}
}

// show renders a page.
func (s *site) show(w http.ResponseWriter, r *http.Request, page, tab string, data any) error {
	return s.pages.render(w, http.StatusOK, page, s.view(r, tab, data))
}

func (s *site) view(r *http.Request, tab string, data any) view {
	_, err := r.Cookie(elderCookie)
	return view{
		Lang: api.LangOf(r), Who: auth.From(r.Context()), Elder: err == nil, Path: r.URL.RequestURI(), Tab: tab,
		Request: s.NewID(), Now: s.Now(), Data: data, Form: map[string]string{},
	}
}

// typed is what somebody had filled in, for a form that comes back. Codes and
// passwords do not come back.
func typed(r *http.Request) map[string]string {
	m := map[string]string{}
	for key := range r.PostForm {
		if key != "password" && key != "code" && key != "tail" && key != "request" {
			m[key] = r.PostForm.Get(key)
		}
	}
	return m
}

func (s *site) names(ctx context.Context) (*api.Names, error) { return api.LoadNames(ctx, s.Directory) }

func (s *site) today() houzhen.Date { return houzhen.BusinessDate(s.Now(), s.Location) }

// form reads a form of at most maxForm.
func form(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return houzhen.E(houzhen.CodeMalformed, "form cannot be read").Because(err)
	}
	return nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
