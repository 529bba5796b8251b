package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
	"github.com/houzhen/houzhen/internal/clinictest"
)

const password = "correct-horse-battery"

// signer signs requests of every role, by the handler's own ways in. Whoever
// is about to sign out comes in afresh, so that the others stay signed in.
type signer struct {
	c       *clinictest.Clinic
	h       http.Handler
	cookies map[auth.Role][]*http.Cookie
	phones  int
	screen  string
	machine string
}

func (s *signer) sign(t *testing.T, role auth.Role, r *http.Request) {
	t.Helper()
	r.Header.Set("Idempotency-Key", uuid.NewString())
	if role == auth.Screen {
		r.Header.Set("Authorization", "Bearer "+s.screen)
	}
	if role == auth.Machinery {
		r.Header.Set("Authorization", "Bearer "+s.machine)
	}
	if role == auth.Anonymous || role == auth.Screen || role == auth.Machinery {
		return
	}
	cookies := s.cookies[role]
	if cookies == nil || strings.HasSuffix(r.URL.Path, "sign-out") || strings.HasSuffix(r.URL.Path, "sign-in") {
		cookies = s.enter(t, role)
	}
	if s.cookies[role] == nil {
		s.cookies[role] = cookies
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
}

func (s *signer) enter(t *testing.T, role auth.Role) []*http.Cookie {
	t.Helper()
	if role != auth.Patient {
		return s.post(t, "/api/v1/staff/sign-in", map[string]string{"login": string(role), "password": password}).Result().Cookies()
	}
	s.phones++
	phone := "1381234" + time.Unix(int64(s.phones), 0).UTC().Format("0405")
	var asked struct {
		SignIn string `json:"sign_in"`
	}
	if err := json.Unmarshal(s.post(t, "/api/v1/sign-in/code", map[string]string{"phone": phone}).Body.Bytes(), &asked); err != nil {
		t.Fatal(err)
	}
	s.c.Settle()
	code := clinictest.CodeIn(s.c.ExpectAt(phone, "auth.code"))
	return s.post(t, "/api/v1/sign-in", map[string]string{"sign_in": asked.SignIn, "code": code}).Result().Cookies()
}

func (s *signer) post(t *testing.T, path string, body any) *httptest.ResponseRecorder {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w
}

// TestEveryRouteAsEveryRole walks the one table of rules through the handler
// that is served.
func TestEveryRouteAsEveryRole(t *testing.T) {
	t.Parallel()
	c := clinictest.Open(t, clinictest.Backend{})
	for _, role := range []directory.Role{directory.RoleNurse, directory.RoleDoctor, directory.RoleManager} {
		staff := directory.Staff{Login: string(role), Display: string(role), Role: role}
		if role == directory.RoleDoctor {
			staff.DoctorID = "wang"
		}
		if err := c.App.AddStaff(t.Context(), staff, password); err != nil {
			t.Fatal(err)
		}
	}
	h, err := c.App.Handler(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := directory.House{ // the ids in the walk's addresses are "x"
		Zones: []directory.Zone{{ID: "x", CampusID: "main", Code: "X", Name: houzhen.Label{Zh: "X"}, Mask: directory.MaskMiddle}},
		Rooms: []directory.Room{{ID: "x", ZoneID: "x", Code: "X", Name: houzhen.Label{Zh: "X"}}},
	}
	if err := c.App.Store.Directory().InTx(t.Context(), func(tx directory.Tx) error {
		h, err := tx.House(t.Context())
		if err != nil {
			return err
		}
		h.Zones, h.Rooms = append(h.Zones, x.Zones...), append(h.Rooms, x.Rooms...)
		return tx.SaveHouse(t.Context(), h)
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.App.Directory.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	screen, err := c.App.PairScreen(t.Context(), "zone", "x")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := app.Rules()
	if err != nil {
		t.Fatal(err)
	}
	_, machine, err := c.App.Machines.Create(t.Context(), auth.NewMachine{Channel: "region", Name: "walk", Scopes: auth.EveryScope(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{c: c, h: h, cookies: map[auth.Role][]*http.Cookie{}, screen: screen, machine: machine}
	authtest.Walk(t, asPrograms(h), rules, s.sign)
}

// asPrograms puts what pages say to people into the walk's terms: a page leads
// whoever is not signed in to the sign-in, and a sign-in form refuses the code
// or password that it was not given.
func asPrograms(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r)
		code := got.Code
		switch {
		case code == http.StatusSeeOther && strings.Contains(got.Header().Get("Location"), "sign-in"):
			code = http.StatusUnauthorized
		case code == http.StatusUnauthorized && strings.HasSuffix(r.URL.Path, "sign-in"):
			code = http.StatusUnprocessableEntity
		}
		w.WriteHeader(code)
	})
}

func TestARouteOutsideTheTableIsNotThere(t *testing.T) {
	t.Parallel()
	b := clinictest.Open(t, clinictest.Backend{}).Browser()
	for _, path := range []string{"/api/v1/secrets", "/debug/pprof/", "/manage/other", "/.env", "/api/v2/appointments"} {
		if got := b.Do(http.MethodGet, path, nil); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.Status)
		}
	}
}

func TestDisabledStaffAreOutAtOnce(t *testing.T) {
	t.Parallel()
	c := clinictest.Open(t, clinictest.Backend{})
	if err := c.App.AddStaff(t.Context(), directory.Staff{Login: "nurse", Display: "n", Role: directory.RoleNurse}, password); err != nil {
		t.Fatal(err)
	}
	b := c.Browser()
	b.Want(http.StatusOK, b.Do("POST", "/api/v1/staff/sign-in", map[string]string{"login": "nurse", "password": password}))
	b.Want(http.StatusOK, b.Do("GET", "/api/v1/messages", nil))
	err := c.App.Store.Directory().InTx(t.Context(), func(tx directory.Tx) error {
		m, err := tx.StaffByLogin(t.Context(), "nurse")
		if err != nil {
			return err
		}
		m.Disabled = true
		return tx.SaveStaff(t.Context(), m)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Want(http.StatusUnauthorized, b.Do("GET", "/api/v1/messages", nil))
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	c := clinictest.Open(t, clinictest.Backend{})
	b := c.Browser()
	got := b.Send("POST", "/api/v1/sign-out", nil, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}})
	if got.Status != http.StatusForbidden {
		t.Errorf("got %d %s, want 403", got.Status, got.Text)
	}
}
