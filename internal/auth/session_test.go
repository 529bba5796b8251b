package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
)

// cupboard is a session store in memory.
type cupboard struct {
	mu   sync.Mutex
	rows map[string][]byte
	ends map[string]time.Time
	err  error
}

func (c *cupboard) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.rows[token]
	return b, ok, c.err
}

func (c *cupboard) CommitCtx(_ context.Context, token string, b []byte, expiry time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows[token], c.ends[token] = b, expiry
	return c.err
}

func (c *cupboard) DeleteCtx(_ context.Context, token string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rows, token)
	return c.err
}

func (c *cupboard) Find(string) ([]byte, bool, error)      { panic("without a context") }
func (c *cupboard) Commit(string, []byte, time.Time) error { panic("without a context") }
func (c *cupboard) Delete(string) error                    { panic("without a context") }

// site is a small site with a door for every role.
type site struct {
	cupboard
	sm      *scs.SessionManager
	refresh func(ctx context.Context, p auth.Principal) (auth.Principal, error)
	screen  func(ctx context.Context, hash string) (auth.Principal, error)
	rules   *auth.Rules
	handler http.Handler
}

func newSite(t *testing.T, secure bool) *site {
	t.Helper()
	s := &site{cupboard: cupboard{rows: map[string][]byte{}, ends: map[string]time.Time{}}}
	s.sm = auth.NewSessions(auth.SessionOptions{Store: &s.cupboard, Secure: secure, OnError: status})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /in/{role}", func(w http.ResponseWriter, r *http.Request) {
		p := auth.Principal{Role: auth.Role(r.PathValue("role")), ID: "id", ZoneIDs: []string{"z1"}}
		if err := auth.Enter(r.Context(), s.sm, p, time.Now()); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /out", func(_ http.ResponseWriter, r *http.Request) {
		if err := auth.Leave(r.Context(), s.sm); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		p := auth.From(r.Context())
		_, _ = w.Write([]byte(string(p.As()) + " " + p.ID + strings.Join(p.ZoneIDs, ",")))
	})
	mux.HandleFunc("GET /desk", teapot)
	s.rules = newRules(t, []auth.Rule{
		{Method: "POST", Pattern: "/in/{role}", Roles: []auth.Role{auth.Anonymous}},
		{Method: "POST", Pattern: "/out", Roles: slices.DeleteFunc(auth.EveryRole(), func(r auth.Role) bool { return r == auth.Anonymous || r == auth.Machinery })},
		{Method: "GET", Pattern: "/who", Roles: []auth.Role{auth.Anonymous}},
		{Method: "GET", Pattern: "/desk", Roles: auth.StaffRoles()},
	})
	id := auth.Identity{
		Sessions: s.sm, OnError: status,
		Screen: func(ctx context.Context, hash string) (auth.Principal, error) { return s.screen(ctx, hash) },
		Refresh: func(ctx context.Context, p auth.Principal) (auth.Principal, error) {
			if s.refresh == nil {
				return p, nil
			}
			return s.refresh(ctx, p)
		},
	}
	s.screen = func(_ context.Context, hash string) (auth.Principal, error) {
		if hash != auth.HashToken("screen-token") {
			return auth.Principal{}, houzhen.E(houzhen.CodeNotFound, "no such screen")
		}
		return auth.Principal{Role: auth.Manager, ID: "s1", ZoneIDs: []string{"z1"}}, nil // a mistake in the table
	}
	s.handler = id.Middleware(auth.Guard(s.rules, mux, status))
	return s
}

// browser visits the site and keeps its cookies.
func browser(t *testing.T, s *site) func(method, path string) (int, string) {
	t.Helper()
	srv := httptest.NewTLSServer(s.handler)
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := srv.Client()
	client.Jar = jar
	return func(method, path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b := make([]byte, 1000)
		n, _ := res.Body.Read(b)
		return res.StatusCode, string(b[:n])
	}
}

func TestASessionRemembersWhoEntered(t *testing.T) {
	s := newSite(t, true)
	visit := browser(t, s)
	who := func() string { _, text := visit("GET", "/who"); return text }
	equal(t, who(), "anonymous ")
	visit("POST", "/in/nurse")
	equal(t, who(), "nurse idz1")
	if got, _ := visit("GET", "/desk"); got != http.StatusTeapot {
		t.Errorf("got %d at the desk, want the nurse let in", got)
	}
	visit("POST", "/out")
	equal(t, who(), "anonymous ")
	if got, _ := visit("GET", "/desk"); got != http.StatusUnauthorized {
		t.Errorf("got %d at the desk, want 401", got)
	}
	equal(t, len(s.rows), 0)
}

func TestWhoeverSignsInGetsANewToken(t *testing.T) {
	s := newSite(t, true)
	visit := browser(t, s)
	seen := map[string]bool{}
	for _, role := range []string{"patient", "nurse", "nurse"} {
		visit("POST", "/in/"+role)
		equal(t, len(s.rows), 1)
		for token := range s.rows {
			if seen[token] {
				t.Error("got the token of before: a planted one would be signed in")
			}
			seen[token] = true
		}
	}
}

func enter(t *testing.T, s *site, role auth.Role) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/in/"+string(role), http.NoBody))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("got %d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

func TestTheCookieIsForThisSiteAndNoScript(t *testing.T) {
	for _, secure := range []bool{true, false} {
		s := newSite(t, secure)
		c := enter(t, s, auth.Nurse)
		name := map[bool]string{true: "__Host-houzhen", false: "houzhen"}[secure]
		if c.Name != name || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("secure %v: got cookie %v", secure, c)
		}
		for token := range s.rows {
			if strings.Contains(c.Value, token) || token == c.Value {
				t.Error("the store has the token itself")
			}
		}
	}
}

func TestAShiftForStaffAMonthForPatients(t *testing.T) {
	for role, want := range map[auth.Role]time.Duration{auth.Nurse: auth.StaffSession, auth.Manager: auth.StaffSession, auth.Patient: auth.PatientSession} {
		s := newSite(t, true)
		enter(t, s, role)
		for _, end := range s.ends {
			if got := time.Until(end); got > want || got < want-time.Minute {
				t.Errorf("%s: got a session of %v, want %v", role, got, want)
			}
		}
	}
}

func who(t *testing.T, s *site, set func(r *http.Request)) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/who", http.NoBody)
	set(r)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestAScreenIsItsTokenAndNothingMore(t *testing.T) {
	s := newSite(t, true)
	nurse := enter(t, s, auth.Nurse)
	for name, c := range map[string]struct {
		set  func(r *http.Request)
		want string
	}{
		"header":         {func(r *http.Request) { r.Header.Set("Authorization", "Bearer screen-token") }, "screen s1z1"},
		"cookie":         {func(r *http.Request) { r.AddCookie(&http.Cookie{Name: auth.ScreenCookie, Value: "screen-token"}) }, "screen s1z1"},
		"wrong token":    {func(r *http.Request) { r.Header.Set("Authorization", "Bearer other") }, "anonymous"},
		"wrong scheme":   {func(r *http.Request) { r.Header.Set("Authorization", "Basic screen-token") }, "anonymous"},
		"nobody":         {func(*http.Request) {}, "anonymous"},
		"session before": {func(r *http.Request) { r.AddCookie(nurse); r.Header.Set("Authorization", "Bearer screen-token") }, "nurse idz1"},
	} {
		if _, got := who(t, s, c.set); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	s.screen = func(context.Context, string) (auth.Principal, error) {
		return auth.Principal{}, errors.New("database is away")
	}
	if got, _ := who(t, s, func(r *http.Request) { r.Header.Set("Authorization", "Bearer screen-token") }); got != http.StatusInternalServerError {
		t.Errorf("store away: got %d, want an error and not a stranger", got)
	}
}

func TestWhoLostHisRightsLosesHisSession(t *testing.T) {
	s := newSite(t, true)
	cookie := enter(t, s, auth.Nurse)
	set := func(r *http.Request) { r.AddCookie(cookie) }
	s.refresh = func(_ context.Context, p auth.Principal) (auth.Principal, error) {
		p.Role = auth.Manager // promoted meanwhile
		return p, nil
	}
	if _, got := who(t, s, set); got != "manager idz1" {
		t.Errorf("promoted: got %q", got)
	}
	s.refresh = func(context.Context, auth.Principal) (auth.Principal, error) {
		return auth.Principal{}, errors.New("database is away")
	}
	if got, _ := who(t, s, set); got != http.StatusInternalServerError {
		t.Errorf("store away: got %d, want an error", got)
	}
	equal(t, len(s.rows), 1) // which ends no session
	s.refresh = func(context.Context, auth.Principal) (auth.Principal, error) {
		return auth.Principal{}, houzhen.E(houzhen.CodeSignIn, "disabled")
	}
	if _, got := who(t, s, set); got != "anonymous" {
		t.Errorf("disabled: got %q, want a stranger", got)
	}
	equal(t, len(s.rows), 0)
}

func TestSessionsAwayIsSaidSo(t *testing.T) {
	s := newSite(t, true)
	cookie := enter(t, s, auth.Nurse)
	s.err = errors.New("database is away")
	if got, _ := who(t, s, func(r *http.Request) { r.AddCookie(cookie) }); got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
}

// The walk as api and web use it, with real cookies.
func TestWalkWithCookies(t *testing.T) {
	s := newSite(t, true)
	authtest.Walk(t, s.handler, s.rules, func(t *testing.T, role auth.Role, r *http.Request) {
		t.Helper()
		switch role {
		case auth.Anonymous:
		case auth.Screen:
			r.AddCookie(&http.Cookie{Name: auth.ScreenCookie, Value: "screen-token"})
		default:
			r.AddCookie(enter(t, s, role))
		}
	})
}
