package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/web"
)

// Whoever asks in the stories.
var (
	nobody  = auth.Principal{}
	patient = auth.Principal{Role: auth.Patient, ID: "acc1", AccountID: "acc1"}
	nurse   = auth.Principal{Role: auth.Nurse, ID: "n1", Display: "Nurse"}
	doctor  = auth.Principal{Role: auth.Doctor, ID: "st1", DoctorID: "d1"}
	manager = auth.Principal{Role: auth.Manager, ID: "m1"}
	screen  = auth.Principal{Role: auth.Screen, ID: "w1"}
)

// links opens "good" for any purpose, and notes what is told of it.
type links struct{ told *[]string }

func (links) Open(p web.Purpose, token string) (string, error) {
	if token != "good" {
		return "", houzhen.E(houzhen.CodeSignIn, "bad link")
	}
	return map[web.Purpose]string{web.LinkOptions: "a2", web.LinkOffer: "of1", web.LinkVisit: "a1", web.LinkRecord: "p1"}[p], nil
}

func (l links) Seen(_ context.Context, subject string) error { return l.tell("seen " + subject) }

func (l links) Confirm(_ context.Context, id string) error { return l.tell("confirm " + id) }

func (l links) tell(what string) error {
	if l.told != nil {
		*l.told = append(*l.told, what)
	}
	return nil
}

func newSite(t *testing.T, c *apitest.Clinic, change ...func(*web.Deps)) *web.Site {
	t.Helper()
	d := web.Deps{
		Services: c.Services(), Links: links{}, Jobs: pipeline{}, Demo: addresses{}, Location: apitest.Shanghai(),
		Now: apitest.Now, NewID: func() string { return "req1" }, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&d)
	}
	return web.NewOnce(t, d)
}

// as lets p ask, with the rule table before the pages as in the real house.
func as(t *testing.T, s *web.Site, p auth.Principal) http.Handler {
	t.Helper()
	rules, err := auth.NewRules(web.Routes())
	if err != nil {
		t.Fatal(err)
	}
	guarded := auth.Guard(rules, s, s.OnError)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func post(t *testing.T, h http.Handler, path, form string, accept ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, a := range accept {
		r.Header.Set("Accept", a)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func newRequest(t *testing.T, s story, lang houzhen.Lang) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.path, nil)
	r.AddCookie(&http.Cookie{Name: "houzhen_lang", Value: string(lang)})
	if s.elder {
		r.AddCookie(&http.Cookie{Name: "houzhen_elder", Value: "1"})
	}
	return r
}

func record(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
