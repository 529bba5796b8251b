package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// counted counts how often a store is looked at.
type counted struct {
	auth.MachineStore
	views atomic.Int64
}

func (c *counted) View(ctx context.Context, f func(auth.MachineTx) error) error {
	c.views.Add(1)
	return c.MachineStore.View(ctx, f)
}

func newMachines(t *testing.T) (*auth.Machines, *counted, *storetest.Clock, *store.DB) {
	t.Helper()
	clock := storetest.NewClock(storetest.Start())
	db := storetest.SQLite(t, storetest.Now(clock.Now))
	s := &counted{MachineStore: db.Machines()}
	return auth.NewMachines(s), s, clock, db
}

func create(t *testing.T, s *auth.Machines, scopes ...auth.Scope) (auth.Machine, string) {
	t.Helper()
	m, token, err := s.Create(t.Context(), auth.NewMachine{Channel: "region", Name: "Regional platform", Scopes: scopes, By: "boss"})
	if err != nil {
		t.Fatal(err)
	}
	return m, token
}

func identify(t *testing.T, s *auth.Machines, token string, now time.Time) (auth.Principal, houzhen.Code) {
	t.Helper()
	p, err := s.Identify(t.Context(), auth.HashToken(token), now)
	return p, houzhen.CodeOf(err)
}

func TestATokenGivesItsMachineAndIsNowhereInTheDatabase(t *testing.T) {
	s, _, clock, db := newMachines(t)
	m, token := create(t, s, auth.ScopeBook, auth.ScopeRead)
	p, code := identify(t, s, token, clock.Now())
	equal(t, code, houzhen.Code(""))
	equal(t, p, auth.Principal{Role: auth.Machinery, ID: m.ID, Channel: "region", Scopes: []auth.Scope{auth.ScopeBook, auth.ScopeRead}})
	if !strings.HasPrefix(token, auth.TokenPrefix) || len(token) < 40 {
		t.Errorf("token of %d signs without its prefix", len(token))
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 || len(list[0].Tokens) != 1 {
		t.Fatalf("got %v, %v, want one machine with one token", list, err)
	}
	k := list[0].Tokens[0]
	if k.Hash == token || strings.Contains(k.Hash, token) || !strings.HasSuffix(token, k.Hint) || len(k.Hint) != 4 {
		t.Error("the token is kept in clear, or its hint is not its end")
	}
	entries, err := db.AuditAfter(t.Context(), 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Action != "machine.create" || entries[0].Actor != "boss" || entries[0].Object != m.ID {
		t.Errorf("audit: got %+v, %v", entries, err)
	}
	if _, code := identify(t, s, "hzm_made-up", clock.Now()); code != houzhen.CodeNotFound {
		t.Errorf("a made-up token: got %q, want not_found", code)
	}
}

func TestATokenIsKnownForMomentsOnly(t *testing.T) {
	s, db, clock, _ := newMachines(t)
	m, token := create(t, s, auth.ScopeRead)
	for range 1000 {
		identify(t, s, token, clock.Now())
		identify(t, s, "hzm_made-up", clock.Now())
	}
	equal(t, db.views.Load(), int64(2))
	other := auth.NewMachines(db.MachineStore) // another node
	if err := other.Revoke(t.Context(), m.ID, "boss"); err != nil {
		t.Fatal(err)
	}
	if _, code := identify(t, s, token, clock.Now()); code != "" {
		t.Errorf("at once: got %q, want the answer that is known", code)
	}
	if _, code := identify(t, s, token, clock.Advance(3*time.Second)); code != houzhen.CodeNotFound {
		t.Errorf("after three seconds: got %q, want the revoked token refused", code)
	}
}

func TestRevokingCountsAtOnceWhereItIsDone(t *testing.T) {
	s, _, clock, _ := newMachines(t)
	m, token := create(t, s, auth.ScopeRead)
	identify(t, s, token, clock.Now())
	if err := s.Revoke(t.Context(), m.ID, "boss"); err != nil {
		t.Fatal(err)
	}
	if _, code := identify(t, s, token, clock.Now()); code != houzhen.CodeNotFound {
		t.Errorf("got %q, want not_found", code)
	}
	if _, err := s.Rotate(t.Context(), m.ID, "boss", 0, 0); houzhen.CodeOf(err) != houzhen.CodeState {
		t.Errorf("a revoked machine gets a new token: %v", err)
	}
}

func TestARotatedTokenGoesOnForTheOverlap(t *testing.T) {
	s, _, clock, _ := newMachines(t)
	m, old := create(t, s, auth.ScopeRead)
	fresh, err := s.Rotate(t.Context(), m.ID, "boss", time.Hour, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after    time.Duration
		old, new houzhen.Code
	}{
		{0, "", ""},
		{time.Hour - time.Second, "", ""},
		{time.Second, houzhen.CodeNotFound, ""},
		{auth.TokenLife - time.Hour - time.Second, houzhen.CodeNotFound, ""},
		{time.Second, houzhen.CodeNotFound, houzhen.CodeNotFound},
	} {
		now := clock.Advance(c.after)
		_, gotOld := identify(t, s, old, now)
		p, gotNew := identify(t, s, fresh, now)
		if gotOld != c.old || gotNew != c.new || gotNew == "" && p.ID != m.ID {
			t.Errorf("at %v: old %q, new %q of %q, want %q, %q of %q", now, gotOld, gotNew, p.ID, c.old, c.new, m.ID)
		}
	}
}

func TestUseIsNotedToTheMinute(t *testing.T) {
	s, _, clock, _ := newMachines(t)
	_, token := create(t, s, auth.ScopeRead)
	start := clock.Now()
	for _, c := range []struct{ after, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {30 * time.Second, time.Minute}} {
		identify(t, s, token, clock.Advance(c.after))
		list, err := s.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Tokens[0].LastUsedAt.Sub(start); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestAMachineThatCannotBeIsRefused(t *testing.T) {
	s, _, _, _ := newMachines(t)
	good := auth.NewMachine{Channel: "region", Name: "N", Scopes: []auth.Scope{auth.ScopeRead}, By: "boss"}
	for name, change := range map[string]func(*auth.NewMachine){
		"the desk's rights":  func(n *auth.NewMachine) { n.Channel = "desk" },
		"no channel":         func(n *auth.NewMachine) { n.Channel = "" },
		"a channel in words": func(n *auth.NewMachine) { n.Channel = "Regional Platform" },
		"no name":            func(n *auth.NewMachine) { n.Name = " " },
		"no scope":           func(n *auth.NewMachine) { n.Scopes = nil },
		"an unknown scope":   func(n *auth.NewMachine) { n.Scopes = []auth.Scope{"everything"} },
		"for ever":           func(n *auth.NewMachine) { n.Life = auth.MaxTokenLife + 1 },
	} {
		n := good
		change(&n)
		if _, _, err := s.Create(t.Context(), n); houzhen.CodeOf(err) != houzhen.CodeInvalid && houzhen.CodeOf(err) != houzhen.CodeMissing {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, overlap := range []time.Duration{-1, auth.MaxOverlap + 1} {
		if _, err := s.Rotate(t.Context(), "any", "boss", overlap, 0); houzhen.CodeOf(err) != houzhen.CodeInvalid {
			t.Errorf("overlap %v: got %v", overlap, err)
		}
	}
}

// TestEachScopeOpensExactlyItsRoutes asks for every route with every scope.
func TestEachScopeOpensExactlyItsRoutes(t *testing.T) {
	machines := []auth.Rule{
		{Method: "GET", Pattern: "/m/read", Roles: []auth.Role{auth.Machinery}, Scope: auth.ScopeRead},
		{Method: "POST", Pattern: "/m/book", Roles: []auth.Role{auth.Machinery, auth.Manager}, Scope: auth.ScopeBook},
	}
	h := auth.Guard(newRules(t, table, machines), teapot, status)
	for _, rule := range slices.Concat(table, machines) {
		for _, scope := range auth.EveryScope() {
			r := httptest.NewRequestWithContext(t.Context(), "GET", strings.NewReplacer("{id}", "x", "{$}", "").Replace(rule.Pattern), http.NoBody)
			if rule.Method != "" {
				r.Method = rule.Method
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.Principal{Role: auth.Machinery, Scopes: []auth.Scope{scope}})))
			want := http.StatusForbidden
			if rule.Scope == scope || slices.Contains(rule.Roles, auth.Anonymous) {
				want = http.StatusTeapot
			}
			if w.Code != want {
				t.Errorf("%s with %s: got %d, want %d", rule, scope, w.Code, want)
			}
		}
	}
}

func TestRoutesOfMachinesNameAScope(t *testing.T) {
	for _, r := range []auth.Rule{
		{Pattern: "/", Roles: []auth.Role{auth.Machinery}},
		{Pattern: "/", Roles: []auth.Role{auth.Machinery}, Scope: "everything"},
		{Pattern: "/", Roles: []auth.Role{auth.Manager}, Scope: auth.ScopeRead},
	} {
		if _, err := auth.NewRules([]auth.Rule{r}); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

// A machine's token in a request makes it that machine and nobody else.
func TestABearerTokenIsAMachine(t *testing.T) {
	var asked []string
	i := auth.Identity{
		Sessions: newSite(t, false).sm, OnError: status,
		Machine: func(_ context.Context, hash string) (auth.Principal, error) {
			asked = append(asked, hash)
			if hash != auth.HashToken("hzm_good") {
				return auth.Principal{}, houzhen.E(houzhen.CodeNotFound, "no such token")
			}
			return auth.Principal{Role: auth.Manager, ID: "m1"}, nil
		},
		Screen: func(context.Context, string) (auth.Principal, error) { return auth.Principal{ID: "s1"}, nil },
	}
	for token, want := range map[string]auth.Principal{
		"hzm_good": {Role: auth.Machinery, ID: "m1"}, "hzm_bad": {Role: auth.Anonymous}, "other": {Role: auth.Screen, ID: "s1"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		i.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			equal(t, auth.From(r.Context()), want)
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
	if len(asked) != 2 {
		t.Errorf("asked %d times for machines, want 2", len(asked))
	}
}
