package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
)

var (
	nobody   = auth.Principal{}
	patient  = auth.Principal{Role: auth.Patient, ID: "acc1", AccountID: "acc1"}
	stranger = auth.Principal{Role: auth.Patient, ID: "acc2", AccountID: "acc2"}
	nurse    = auth.Principal{Role: auth.Nurse, ID: "n1"}
	doctor   = auth.Principal{Role: auth.Doctor, ID: "st1", DoctorID: "d1"}
	manager  = auth.Principal{Role: auth.Manager, ID: "m1"}
)

// shelf keeps answers in memory.
type shelf struct {
	mu   sync.Mutex
	kept map[string]answer
}

type answer struct {
	digest string
	status int
	body   []byte
}

func (s *shelf) Replay(_ context.Context, caller, key string) (string, int, []byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.kept[caller+" "+key]
	return a.digest, a.status, a.body, ok, nil
}

func (s *shelf) SaveReplay(_ context.Context, caller, key, digest string, status int, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[caller+" "+key] = answer{digest, status, body}
	return nil
}

type health struct{ err error }

func (h health) Ready(context.Context) error { return h.err }

// socket asks for each topic whether it may be watched.
type socket struct{ topics []string }

func (s socket) Serve(w http.ResponseWriter, _ *http.Request, allowed func(string) error) {
	got := map[string]houzhen.Code{}
	for _, topic := range s.topics {
		got[topic] = houzhen.CodeOf(allowed(topic))
	}
	_ = json.NewEncoder(w).Encode(got)
}

type receipts struct{ bodies chan string }

func (r receipts) SMSUp(ctx context.Context, token string, body []byte) error {
	return r.SMSReport(ctx, token, body)
}

func (r receipts) VoiceReport(ctx context.Context, token string, body []byte) error {
	return r.SMSReport(ctx, token, body)
}

func (r receipts) WeChatHello(q url.Values) (string, error) {
	return q.Get("echostr"), r.SMSReport(context.Background(), q.Get("signature"), nil)
}

func (r receipts) WeChatEvent(ctx context.Context, q url.Values, body []byte) (string, error) {
	return "success", r.SMSReport(ctx, q.Get("signature"), body)
}

func (r receipts) SMSReport(_ context.Context, token string, body []byte) error {
	if token != "secret" {
		return houzhen.E(houzhen.CodeNotFound, "no such callback")
	}
	r.bodies <- string(body)
	return nil
}

func newAPI(c *apitest.Clinic, change ...func(*api.Deps)) http.Handler {
	d := api.Deps{
		Services: c.Services(), Replays: &shelf{kept: map[string]answer{}}, Receipts: receipts{make(chan string, 9)}, Health: health{},
		Socket: socket{}, Now: apitest.Now, Location: apitest.Shanghai(), Log: slog.New(slog.DiscardHandler), Version: "test",
	}
	for _, f := range change {
		f(&d)
	}
	return api.New(d)
}

// as lets p ask, with the rule table before the API.
func as(t *testing.T, h http.Handler, p auth.Principal) http.Handler {
	t.Helper()
	rules, err := auth.NewRules(api.Routes())
	if err != nil {
		t.Fatal(err)
	}
	guarded := auth.Guard(rules, h, api.WriteProblem(slog.New(slog.DiscardHandler), apitest.Shanghai()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
}

func do(t *testing.T, h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		r.Header.Set(api.KeyHeader, "k1")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("not a problem document (%d): %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q, want application/problem+json", got)
	}
	if p.Status != w.Code || p.Type != api.ProblemType+string(p.Code) || p.Title == "" || p.Detail == "" {
		t.Errorf("problem is incomplete: %+v with %d", p, w.Code)
	}
	return p
}
