package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

var morning = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

func code(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("got %v, want code %q", err, want)
	}
}

func retryAfter(err error) string {
	var e *houzhen.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Args["retry_seconds"]
}

func TestThrottleDoublesTheWaitAfterFreeTries(t *testing.T) {
	th := auth.NewThrottle(auth.ThrottleOptions{Free: 3, First: time.Second, Max: 5 * time.Second, Reset: time.Hour})
	now := morning
	for range 3 {
		code(t, th.Try("wang", now), "")
	}
	var waits []string
	for range 5 {
		err := th.Try("wang", now)
		code(t, err, houzhen.CodeRateLimited)
		waits = append(waits, retryAfter(err))
		for wait := time.Second; th.Try("wang", now) != nil; {
			now = now.Add(wait)
		}
	}
	equal(t, waits, []string{"1", "2", "4", "5", "5"})
	code(t, th.Try("li", now), "") // others are not held up
	th.Succeeded("wang")
	code(t, th.Try("wang", now), "")
}

func TestThrottleForgetsAfterItsReset(t *testing.T) {
	th := auth.NewThrottle(auth.ThrottleOptions{Free: 2})
	for range 2 {
		code(t, th.Try("wang", morning), "")
	}
	code(t, th.Try("wang", morning), houzhen.CodeRateLimited)
	later := morning.Add(time.Hour)
	for range 2 {
		code(t, th.Try("wang", later), "")
	}
}

func TestThrottleForgivesOneTryAndNoMore(t *testing.T) {
	th := auth.NewThrottle(auth.ThrottleOptions{Free: 2})
	for range 20 { // good sign-ins of a whole ward
		code(t, th.Try("ward", morning), "")
		th.Forgive("ward")
	}
	th.Forgive("nobody")
	code(t, th.Try("ward", morning), "")
	code(t, th.Try("ward", morning), "")
	code(t, th.Try("ward", morning), houzhen.CodeRateLimited)
}

func TestThrottleKeepsABoundedMemory(t *testing.T) {
	th := auth.NewThrottle(auth.ThrottleOptions{Free: 1, Keys: 100})
	for i := range 1000 {
		code(t, th.Try(fmt.Sprint(i), morning.Add(time.Duration(i))), "")
	}
	code(t, th.Try("999", morning.Add(time.Second)), houzhen.CodeRateLimited) // the latest is remembered
	code(t, th.Try("0", morning.Add(time.Second)), "")                        // the oldest made room
}

// house is a table of staff.
type house struct {
	staff    map[string]auth.Credential
	err      error
	rehashed map[string]string
	rehash   error
	now      time.Time
	log      bytes.Buffer
}

func (h *house) find(_ context.Context, login string) (auth.Credential, error) {
	if h.err != nil {
		return auth.Credential{}, h.err
	}
	c, ok := h.staff[login]
	if !ok {
		return c, houzhen.E(houzhen.CodeNotFound, "no such login")
	}
	return c, nil
}

func newHouse(t *testing.T) (*house, *auth.Staff) {
	t.Helper()
	p := cheap(t, 64)
	nurse := auth.Credential{Principal: auth.Principal{Role: auth.Nurse, ID: "n1", ZoneIDs: []string{"z1"}}, PasswordHash: hash(t, p, secret)}
	gone := nurse
	gone.Disabled = true
	weak := auth.Credential{Principal: auth.Principal{Role: auth.Doctor, ID: "d1"}, PasswordHash: hash(t, cheap(t, 16), secret)}
	h := &house{staff: map[string]auth.Credential{"wang": nurse, "gone": gone, "weak": weak}, rehashed: map[string]string{}, now: morning}
	return h, auth.NewStaff(auth.StaffOptions{
		Passwords: p, Now: func() time.Time { return h.now }, Find: h.find, Logger: slog.New(slog.NewTextHandler(&h.log, nil)),
		Rehash: func(_ context.Context, id, hash string) error {
			h.rehashed[id] = hash
			return h.rehash
		},
	})
}

func TestStaffSignInWithTheirPassword(t *testing.T) {
	_, s := newHouse(t)
	p, err := s.SignIn(t.Context(), " Wang ", secret, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, p, auth.Principal{Role: auth.Nurse, ID: "n1", ZoneIDs: []string{"z1"}})
}

func TestARefusalDoesNotSayWhy(t *testing.T) {
	_, s := newHouse(t)
	var texts []string
	for _, c := range [][2]string{{"wang", "wrong password"}, {"nobody", secret}, {"gone", secret}, {"", ""}} {
		p, err := s.SignIn(t.Context(), c[0], c[1], "10.0.0.1")
		code(t, err, houzhen.CodeBadCredentials)
		equal(t, p, auth.Principal{})
		texts = append(texts, err.Error())
	}
	for _, text := range texts {
		equal(t, text, texts[0])
	}
}

func TestGuessingIsSlowedByLoginAndByAddress(t *testing.T) {
	h, s := newHouse(t)
	for range 5 {
		_, err := s.SignIn(t.Context(), "wang", "wrong password", "10.0.0.1")
		code(t, err, houzhen.CodeBadCredentials)
	}
	_, err := s.SignIn(t.Context(), "WANG", secret, "10.0.0.2") // even with the right one, from elsewhere
	code(t, err, houzhen.CodeRateLimited)
	h.now = h.now.Add(5 * time.Second)
	_, err = s.SignIn(t.Context(), "wang", secret, "10.0.0.2")
	code(t, err, "")
	for i := range 50 { // one address, many logins
		_, err = s.SignIn(t.Context(), fmt.Sprint("user", i), "wrong password", "10.9.9.9")
		code(t, err, houzhen.CodeBadCredentials)
	}
	_, err = s.SignIn(t.Context(), "one more", "wrong password", "10.9.9.9")
	code(t, err, houzhen.CodeRateLimited)
}

func TestAWeakHashIsRaisedAtSignIn(t *testing.T) {
	h, s := newHouse(t)
	if _, err := s.SignIn(t.Context(), "weak", secret, "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(h.rehashed["d1"], "m=64,") {
		t.Errorf("got %q, want a hash of today's cost", h.rehashed["d1"])
	}
	if _, err := s.SignIn(t.Context(), "wang", secret, "10.0.0.1"); err != nil || len(h.rehashed) != 1 {
		t.Errorf("got error %v and %d hashes made anew, want 1", err, len(h.rehashed))
	}
}

func TestAHashThatCannotBeRaisedCostsNoSignIn(t *testing.T) {
	h, s := newHouse(t)
	h.rehash = errors.New("read only")
	if _, err := s.SignIn(t.Context(), "weak", secret, "10.0.0.1"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(h.log.String(), "password not hashed anew") || strings.Contains(h.log.String(), "argon2id") {
		t.Errorf("got log %q, want a line without the hash", h.log.String())
	}
}

func TestAStoreThatIsAwayIsNoWrongPassword(t *testing.T) {
	h, s := newHouse(t)
	h.err = houzhen.E(houzhen.CodeUnavailable, "database is away")
	_, err := s.SignIn(t.Context(), "wang", secret, "10.0.0.1")
	code(t, err, houzhen.CodeUnavailable)
}

func TestADamagedHashIsAFaultOfOurs(t *testing.T) {
	h, s := newHouse(t)
	h.staff["wang"] = auth.Credential{PasswordHash: "damaged"}
	_, err := s.SignIn(t.Context(), "wang", secret, "10.0.0.1")
	code(t, err, houzhen.CodeInternal)
}
