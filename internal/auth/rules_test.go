package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
)

func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("got other than wanted (-want +got):\n%s", d)
	}
}

var table = []auth.Rule{
	{Method: "GET", Pattern: "/{$}", Roles: []auth.Role{auth.Anonymous}},
	{Method: "GET", Pattern: "/appointments/{id}", Roles: []auth.Role{auth.Patient, auth.Nurse}},
	{Method: "POST", Pattern: "/appointments", Roles: []auth.Role{auth.Patient}},
	{Method: "GET", Pattern: "/desk", Roles: auth.StaffRoles()},
	{Pattern: "/admin/", Roles: []auth.Role{auth.Manager}},
	{Method: "GET", Pattern: "/screen", Roles: []auth.Role{auth.Screen, auth.Manager}},
}

func newRules(t *testing.T, lists ...[]auth.Rule) *auth.Rules {
	t.Helper()
	r, err := auth.NewRules(lists...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// status answers as api does: one code, one status.
func status(w http.ResponseWriter, _ *http.Request, err error) {
	m := map[houzhen.Code]int{
		houzhen.CodeSignIn: http.StatusUnauthorized, houzhen.CodeForbidden: http.StatusForbidden, houzhen.CodeNotFound: http.StatusNotFound,
		houzhen.CodeUnavailable: http.StatusServiceUnavailable,
	}
	s, ok := m[houzhen.CodeOf(err)]
	if !ok {
		s = http.StatusInternalServerError
	}
	http.Error(w, string(houzhen.CodeOf(err)), s)
}

// teapot is a handler that would let everybody in.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func ask(t *testing.T, h http.Handler, role auth.Role, method, path string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	r = r.WithContext(auth.With(r.Context(), auth.Principal{Role: role}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestGuardLetsInWhomTheTableNames(t *testing.T) {
	h := auth.Guard(newRules(t, table), teapot, status)
	for _, c := range []struct {
		role         auth.Role
		method, path string
		want         int
	}{
		{"", "GET", "/", 418},
		{auth.Manager, "GET", "/", 418}, // open to everybody
		{auth.Anonymous, "GET", "/desk", 401},
		{auth.Patient, "GET", "/desk", 403},
		{auth.Nurse, "GET", "/desk", 418},
		{auth.Nurse, "HEAD", "/desk", 418},
		{auth.Nurse, "POST", "/desk", 404},
		{auth.Patient, "GET", "/appointments/a", 418},
		{auth.Screen, "GET", "/appointments/a", 403},
		{auth.Patient, "GET", "/appointments/a/b", 404},
		{auth.Patient, "POST", "/appointments", 418},
		{auth.Nurse, "POST", "/appointments", 403},
		{auth.Manager, "DELETE", "/admin/anything", 418},
		{auth.Doctor, "GET", "/admin/", 403},
		{"chief", "GET", "/desk", 403}, // a role that does not exist is nobody's
	} {
		if got := ask(t, h, c.role, c.method, c.path); got != c.want {
			t.Errorf("%s %s as %q: got %d, want %d", c.method, c.path, c.role, got, c.want)
		}
	}
}

// The handler behind knows every route; the guard knows better.
func TestGuardFailsClosed(t *testing.T) {
	h := auth.Guard(newRules(t, table), teapot, status)
	for _, path := range []string{"/forgotten", "/desk/", "//desk", "/x/../desk", "/desk/../admin/x", "/Desk", "/desk%2f", "/%61dmin", "/admin", "/./admin/x"} {
		for _, role := range []auth.Role{auth.Anonymous, auth.Patient, auth.Nurse} {
			if got := ask(t, h, role, "GET", path); got == http.StatusTeapot {
				t.Errorf("%s as %s: reached the handler", path, role)
			}
		}
	}
	if got := ask(t, h, auth.Manager, "PROPFIND", "/desk"); got != http.StatusNotFound {
		t.Errorf("unknown method: got %d, want 404", got)
	}
}

func TestLookupFollowsServeMux(t *testing.T) {
	rules := newRules(t, table)
	for _, c := range []struct {
		method, path, want string
	}{
		{"GET", "/", "GET /{$}"},
		{"GET", "/appointments/a?x=1", "GET /appointments/{id}"},
		{"HEAD", "/desk", "GET /desk"},
		{"PUT", "/admin/jobs/api", "/admin/"},
		{"GET", "/nowhere", ""},
		{"PUT", "/desk", ""},
		{"GET", "no path", ""},
	} {
		got, ok := rules.Lookup(c.method, c.path)
		if ok != (c.want != "") || got.String() != c.want && ok {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

func TestBadTablesAreRefused(t *testing.T) {
	for name, list := range map[string][]auth.Rule{
		"nobody":       {{Method: "GET", Pattern: "/a"}},
		"unknown role": {{Method: "GET", Pattern: "/a", Roles: []auth.Role{"chief"}}},
		"twice":        {table[1], table[1]},
		"clash":        {{Pattern: "/a/{x}", Roles: auth.StaffRoles()}, {Pattern: "/{y}/b", Roles: auth.StaffRoles()}},
		"no pattern":   {{Method: "GET", Roles: auth.StaffRoles()}},
		"bad pattern":  {{Pattern: "/a/{x", Roles: auth.StaffRoles()}},
	} {
		if _, err := auth.NewRules(list); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestMissingNamesHandlersWithoutARule(t *testing.T) {
	rules := newRules(t, table[:2], table[2:])
	equal(t, len(rules.All()), len(table))
	equal(t, rules.Missing("GET /desk", "GET /appointments/secret", "/admin/"), []string{"GET /appointments/secret"})
}

func TestSameOriginRefusesOtherSites(t *testing.T) {
	h, err := auth.SameOrigin(teapot, status, "https://app.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method string
		header       map[string]string
		want         int
	}{
		{"own page", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 418},
		{"other site's form", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		{"old browser on another site", "POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"sibling host", "POST", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://x.example.com"}, 403},
		{"trusted", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"}, 418},
		{"link from elsewhere", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 418},
		{"program", "POST", nil, 418},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "https://houzhen.example/appointments", strings.NewReader("{}"))
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d", c.name, w.Code, c.want)
		}
	}
	if _, err := auth.SameOrigin(teapot, status, "not an origin"); err == nil {
		t.Error("got no error for a bad origin")
	}
}

func as(_ *testing.T, role auth.Role, r *http.Request) {
	*r = *r.WithContext(auth.With(r.Context(), auth.Principal{Role: role}))
}

func TestWalkPassesAGuardedHandler(t *testing.T) {
	rules := newRules(t, table)
	authtest.Walk(t, auth.Guard(rules, teapot, status), rules, as)
}

func TestWalkPathsFitTheirPatterns(t *testing.T) {
	rules := newRules(t, table, []auth.Rule{{Method: "GET", Pattern: "/files/{path...}", Roles: auth.StaffRoles()}})
	for _, r := range rules.All() {
		req := authtest.Request(t, r)
		if got, ok := rules.Lookup(req.Method, req.URL.Path); !ok || got.String() != r.String() {
			t.Errorf("%s: the walk would ask for %s, which is %s", r, req.URL.Path, got)
		}
	}
}

func TestARoleIsAnonymousUntilSomebodySignsIn(t *testing.T) {
	var p auth.Principal
	if !p.Is(auth.Anonymous) || p.Staff() || auth.From(t.Context()).As() != auth.Anonymous {
		t.Error("the zero principal is somebody")
	}
	nurse := auth.Principal{Role: auth.Nurse, ID: "n1", Display: "Nurse Wang"}
	ctx := auth.With(t.Context(), nurse)
	equal(t, auth.From(ctx), nurse)
	if !nurse.Staff() || !nurse.Is(auth.Doctor, auth.Nurse) || nurse.Is(auth.Manager) {
		t.Error("a nurse is taken for somebody else")
	}
	if s := nurse.LogValue().String(); strings.Contains(s, "Wang") || !strings.Contains(s, "n1") {
		t.Errorf("got %s in the log, want the id and no name", s)
	}
}
