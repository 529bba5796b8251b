package seal_test

import (
	"encoding/base64"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/seal"
)

var noon = time.Date(2026, 5, 4, 4, 0, 0, 0, time.UTC)

func TestALinkProvesItsSubjectUntilItExpires(t *testing.T) {
	r := ring(t, master(1))
	for _, subject := range []string{"", "01JX7S8F", "预约-1"} {
		token := r.SignLink("appointment", subject, noon)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(token) {
			t.Errorf("got %q, want signs that need no escape", token)
		}
		got, err := r.OpenLink("appointment", token, noon.Add(-time.Second))
		if err != nil || got != subject {
			t.Errorf("got %q and error %v, want %q", got, err, subject)
		}
		_, err = r.OpenLink("appointment", token, noon)
		if !errors.Is(err, seal.ErrLinkExpired) || houzhen.CodeOf(err) != houzhen.CodeSignIn {
			t.Errorf("too late: got %v, want %v with code %s", err, seal.ErrLinkExpired, houzhen.CodeSignIn)
		}
	}
}

func TestALinkOpensNothingElse(t *testing.T) {
	r, other := ring(t, master(1)), ring(t, master(2))
	token := r.SignLink("appointment", "01JX7S8F", noon)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{"empty": "", "rubbish": "!!!", "short": "AQ", "padded": token + "=", "other key": other.SignLink("appointment", "01JX7S8F", noon)}
	for i := range raw {
		raw[i] ^= 1
		bad["byte changed"] = base64.RawURLEncoding.EncodeToString(raw)
		check(t, r, bad)
		raw[i] ^= 1
	}
	for n := range token {
		check(t, r, map[string]string{"cut off": token[:n]})
	}
	if _, err := r.OpenLink("board", token, noon.Add(-time.Hour)); !errors.Is(err, seal.ErrLink) {
		t.Errorf("other purpose: got %v, want %v", err, seal.ErrLink)
	}
}

func check(t *testing.T, r *seal.Ring, tokens map[string]string) {
	t.Helper()
	for name, token := range tokens {
		if got, err := r.OpenLink("appointment", token, noon.Add(-time.Hour)); !errors.Is(err, seal.ErrLink) || got != "" {
			t.Errorf("%s: got %q and error %v, want %v", name, got, err, seal.ErrLink)
		}
	}
}

func TestALinkOutlivesARotation(t *testing.T) {
	token := ring(t, master(1)).SignLink("appointment", "a", noon)
	if got, err := ring(t, master(1), master(2)).OpenLink("appointment", token, noon.Add(-time.Hour)); err != nil || got != "a" {
		t.Errorf("got %q and error %v", got, err)
	}
}

func TestALinkFitsIntoATextMessage(t *testing.T) {
	token := ring(t, master(1)).SignLink("appointment", "0197a3c2-6b1e-7d10-8f00-123456789abc", noon)
	if len(token) > 90 {
		t.Errorf("got %d signs", len(token))
	}
}

func FuzzOpenLink(f *testing.F) {
	r := ring(f, master(1))
	f.Add(r.SignLink("p", "a", noon), int64(0))
	f.Add("", noon.Unix())
	f.Fuzz(func(t *testing.T, token string, now int64) {
		subject, err := r.OpenLink("p", token, time.Unix(now, 0))
		if err != nil && (subject != "" || houzhen.CodeOf(err) != houzhen.CodeSignIn) {
			t.Errorf("got %q and error %v", subject, err)
		}
	})
}
