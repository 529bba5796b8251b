package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

const secret = "correct horse battery"

// cheap is a hasher that costs a test nothing.
func cheap(t *testing.T, kib uint32) *auth.Passwords {
	t.Helper()
	p, err := auth.NewPasswords(t.Context(), auth.PasswordOptions{MemoryKiB: kib})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func hash(t *testing.T, p *auth.Passwords, password string) string {
	t.Helper()
	h, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAPasswordFitsItsHashOnly(t *testing.T) {
	p := cheap(t, 64)
	h := hash(t, p, secret)
	if !strings.HasPrefix(h, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Errorf("got %s, want a PHC string with its cost", h)
	}
	for password, want := range map[string]bool{secret: true, secret + " ": false, "": false, strings.Repeat("x", 1<<20): false} {
		ok, upgrade, err := p.Verify(t.Context(), h, password)
		if ok != want || upgrade || err != nil {
			t.Errorf("%.20q: got %v, upgrade %v, error %v", password, ok, upgrade, err)
		}
	}
	if h == hash(t, p, secret) {
		t.Error("got one hash twice: equal passwords could be told")
	}
}

func TestAKnownHashVerifies(t *testing.T) {
	// From the reference implementation: argon2id, 64 MiB, 2 passes, 1 lane.
	const h = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, _, err := cheap(t, 64).Verify(t.Context(), h, "password")
	if !ok || err != nil {
		t.Errorf("got %v and error %v", ok, err)
	}
}

func TestAHashOfLowerCostIsToBeRaised(t *testing.T) {
	old, now := cheap(t, 64), cheap(t, 128)
	h := hash(t, old, secret)
	if ok, upgrade, err := now.Verify(t.Context(), h, secret); !ok || !upgrade || err != nil {
		t.Errorf("got %v, upgrade %v, error %v, want it right and to be raised", ok, upgrade, err)
	}
	if _, upgrade, _ := now.Verify(t.Context(), h, "something else"); upgrade {
		t.Error("a wrong password would raise the hash")
	}
	if ok, upgrade, err := old.Verify(t.Context(), hash(t, now, secret), secret); !ok || upgrade || err != nil {
		t.Errorf("got %v, upgrade %v, error %v, want a higher cost left alone", ok, upgrade, err)
	}
}

func TestForgedHashesAreRefused(t *testing.T) {
	p := cheap(t, 64)
	salt, sum := "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, h := range []string{
		"", "secret", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=64,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=16$m=64,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=4000000000,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=2,p=0$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$", "$argon2id$v=19$m=64,t=2,p=1$$" + sum,
		"$argon2id$v=19$m=64,t=2,p=1$!!$" + sum, "$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + sum + "$",
	} {
		if ok, _, err := p.Verify(t.Context(), h, secret); ok || !errors.Is(err, auth.ErrHash) {
			t.Errorf("%s: got %v and error %v, want %v", h, ok, err, auth.ErrHash)
		}
	}
}

func TestPasswordsHaveBounds(t *testing.T) {
	p := cheap(t, 64)
	for _, password := range []string{"", "short", "九个字的密码太短了", strings.Repeat("x", 257)} {
		_, err := p.Hash(t.Context(), password)
		var e *houzhen.Error
		if !errors.As(err, &e) || e.Code != houzhen.CodeInvalid || e.Field != "password" {
			t.Errorf("%.12q: got %v, want %s on the password", password, err, houzhen.CodeInvalid)
		}
	}
	hash(t, p, "十个字的密码刚好够长了")
}

func TestAFloodOfHashesWaitsInLine(t *testing.T) {
	p, err := auth.NewPasswords(t.Context(), auth.PasswordOptions{MemoryKiB: 64, AtOnce: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := hash(t, p, secret)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if ok, _, err := p.Verify(t.Context(), h, secret); !ok || err != nil {
				t.Errorf("got %v and error %v", ok, err)
			}
		})
	}
	wg.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // either the free place or the end of the context is seen
		if _, _, err := p.Verify(gone, h, secret); errors.Is(err, context.Canceled) {
			return
		}
	}
	t.Error("whoever has gone is served for ever")
}

func FuzzVerify(f *testing.F) {
	p, err := auth.NewPasswords(f.Context(), auth.PasswordOptions{MemoryKiB: 8})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, h string) {
		if strings.Contains(h, "m=") && !strings.Contains(h, "m=8,t=1,p=1$") {
			return // costs what it says
		}
		if ok, _, err := p.Verify(t.Context(), h, "a password of no one"); ok {
			t.Errorf("%q verifies, error %v", h, err)
		}
	})
}
