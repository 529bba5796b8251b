package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/seal"
)

// desk is a store of sign-ins in memory that undoes what fails.
type desk struct {
	mu     sync.Mutex
	now    time.Time
	rows   map[string]auth.SignIn
	facts  []houzhen.Event
	told   map[string]string // code by sign-in
	tell   error
	commit error
}

func (d *desk) InTx(_ context.Context, f func(auth.Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows := maps.Clone(d.rows)
	facts := len(d.facts)
	err := f(deskTx{d})
	if err == nil {
		err = d.commit
	}
	if err != nil {
		d.rows, d.facts = rows, d.facts[:facts]
	}
	return err
}

type deskTx struct{ d *desk }

func (t deskTx) Now() time.Time { return t.d.now }
func (t deskTx) NewID() string  { return fmt.Sprint("id", len(t.d.rows)+len(t.d.facts)+1) }
func (t deskTx) Emit(e houzhen.Event) error {
	t.d.facts = append(t.d.facts, e)
	return nil
}

func (t deskTx) AddSignIn(_ context.Context, s auth.SignIn) error {
	t.d.rows[s.ID] = s
	return nil
}

func (t deskTx) SignIn(_ context.Context, id string) (auth.SignIn, error) {
	s, ok := t.d.rows[id]
	if !ok {
		return s, houzhen.E(houzhen.CodeNotFound, "no such sign-in")
	}
	return s, nil
}

func (t deskTx) SignInFailed(_ context.Context, id string) (int, error) {
	s := t.d.rows[id]
	s.Attempts++
	t.d.rows[id] = s
	return s.Attempts, nil
}

func (t deskTx) SignInUsed(_ context.Context, id string) error {
	s := t.d.rows[id]
	if !s.UsedAt.IsZero() {
		return houzhen.E(houzhen.CodeBadCode, "used before")
	}
	s.UsedAt = t.d.now
	t.d.rows[id] = s
	return nil
}

func (t deskTx) SignInsSince(_ context.Context, phone houzhen.Phone, since time.Time) (int, error) {
	n := 0
	for _, s := range t.d.rows {
		if s.Phone == phone && s.CreatedAt.After(since) {
			n++
		}
	}
	return n, nil
}

var mrsLi = houzhen.NewPhone("13812340000")

func newCodes(t *testing.T) (*desk, *auth.Codes) {
	t.Helper()
	ring, err := seal.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{now: morning, rows: map[string]auth.SignIn{}, told: map[string]string{}}
	return d, auth.NewCodes(auth.CodesOptions{
		Store: d, Hash: ring.Index,
		Tell: func(_ context.Context, _ auth.Tx, s auth.SignIn, code string) error {
			d.told[s.ID] = code
			return d.tell
		},
	})
}

func askCode(t *testing.T, c *auth.Codes) auth.SignIn {
	t.Helper()
	s, err := c.Ask(t.Context(), mrsLi)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheCodeThatWasSentSignsIn(t *testing.T) {
	d, c := newCodes(t)
	s := askCode(t, c)
	sent := d.told[s.ID]
	if !regexp.MustCompile(`^\d{6}$`).MatchString(sent) {
		t.Fatalf("got %q, want six digits", sent)
	}
	if row := fmt.Sprint(d.rows); strings.Contains(row, sent) || len(s.CodeHash) != 64 {
		t.Errorf("the code can be read in %s", row)
	}
	equal(t, d.facts, []houzhen.Event{{ID: d.facts[0].ID, Kind: houzhen.SignInAsked, Subject: s.ID, Version: 1, At: morning}})
	d.now = d.now.Add(auth.CodeValid - time.Second)
	phone, err := c.Check(t.Context(), s.ID, sent)
	if err != nil || phone != mrsLi {
		t.Errorf("got %v and error %v", phone, err)
	}
}

func TestACodeIsRefusedWithoutSayingWhy(t *testing.T) {
	for name, spoil := range map[string]func(d *desk, s *auth.SignIn, code *string){
		"wrong":   func(_ *desk, _ *auth.SignIn, code *string) { *code = "x" + (*code)[1:] },
		"empty":   func(_ *desk, _ *auth.SignIn, code *string) { *code = "" },
		"too old": func(d *desk, _ *auth.SignIn, _ *string) { d.now = d.now.Add(auth.CodeValid) },
		"unknown": func(_ *desk, s *auth.SignIn, _ *string) { s.ID = "nobody's" },
		"used": func(d *desk, s *auth.SignIn, _ *string) {
			row := d.rows[s.ID]
			row.UsedAt = d.now
			d.rows[s.ID] = row
		},
		"of another sign-in": func(d *desk, s *auth.SignIn, _ *string) {
			row := d.rows[s.ID]
			row.ID = "other"
			d.rows["other"], s.ID = row, "other"
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := newCodes(t)
			s := askCode(t, c)
			sent := d.told[s.ID]
			spoil(d, &s, &sent)
			phone, err := c.Check(t.Context(), s.ID, sent)
			code(t, err, houzhen.CodeBadCode)
			equal(t, err.Error(), "bad_code: code: sign-in code is wrong or too old")
			if !phone.IsZero() {
				t.Error("got a phone")
			}
		})
	}
}

func TestACodeServesOnce(t *testing.T) {
	d, c := newCodes(t)
	s := askCode(t, c)
	if _, err := c.Check(t.Context(), s.ID, d.told[s.ID]); err != nil {
		t.Fatal(err)
	}
	_, err := c.Check(t.Context(), s.ID, d.told[s.ID])
	code(t, err, houzhen.CodeBadCode)
}

func TestFiveWrongCodesSpoilTheRightOne(t *testing.T) {
	for wrong, want := range map[int]houzhen.Code{auth.CodeAttempts - 1: "", auth.CodeAttempts: houzhen.CodeBadCode} {
		d, c := newCodes(t)
		s := askCode(t, c)
		var wg sync.WaitGroup
		for range wrong { // all at once
			wg.Go(func() {
				if _, err := c.Check(t.Context(), s.ID, "guess"); err == nil {
					t.Error("got a guess taken")
				}
			})
		}
		wg.Wait()
		_, err := c.Check(t.Context(), s.ID, d.told[s.ID])
		code(t, err, want)
	}
}

func TestAPhoneGetsOneCodeAMinuteFiveAnHourTenADay(t *testing.T) {
	d, c := newCodes(t)
	sent := map[time.Duration]int{}
	for minute := range 24 * 60 {
		d.now = morning.Add(time.Duration(minute) * time.Minute)
		for range 2 {
			_, err := c.Ask(t.Context(), mrsLi)
			if err == nil {
				sent[time.Duration(minute/60)*time.Hour]++
			} else {
				code(t, err, houzhen.CodeRateLimited)
			}
		}
	}
	equal(t, sent, map[time.Duration]int{0: 5, time.Hour: 5})
	if _, err := c.Ask(t.Context(), houzhen.NewPhone("13900001111")); err != nil {
		t.Errorf("another phone: got %v", err)
	}
	d.now = morning.Add(24 * time.Hour)
	askCode(t, c)
}

func TestACodeExistsIfAndOnlyIfItIsSent(t *testing.T) {
	for name, spoil := range map[string]func(*desk){
		"not told":      func(d *desk) { d.tell = errors.New("ledger is full") },
		"not committed": func(d *desk) { d.commit = errors.New("database is away") },
	} {
		t.Run(name, func(t *testing.T) {
			d, c := newCodes(t)
			spoil(d)
			if _, err := c.Ask(t.Context(), mrsLi); err == nil {
				t.Error("got no error")
			}
			equal(t, len(d.rows)+len(d.facts), 0)
		})
	}
}

func TestAnAttemptThatCannotBeStoredIsNotTaken(t *testing.T) {
	d, c := newCodes(t)
	s := askCode(t, c)
	d.commit = houzhen.E(houzhen.CodeUnavailable, "database is away")
	phone, err := c.Check(t.Context(), s.ID, d.told[s.ID])
	code(t, err, houzhen.CodeUnavailable)
	if !phone.IsZero() {
		t.Error("got a phone though nothing was committed")
	}
}

func TestCodesNeedRandomness(t *testing.T) {
	d, _ := newCodes(t)
	c := auth.NewCodes(auth.CodesOptions{Store: d, Hash: func(v, _ string) string { return v }, Rand: bytes.NewReader(nil)})
	if _, err := c.Ask(t.Context(), mrsLi); err == nil || len(d.rows) != 0 {
		t.Errorf("got error %v and %d codes", err, len(d.rows))
	}
}

func TestATokenIsKnownByItsHashOnly(t *testing.T) {
	token, hash, err := auth.NewToken(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, []int{len(token), len(hash)}, []int{43, 64})
	equal(t, auth.HashToken(token), hash)
	if auth.HashToken(token+"x") == hash {
		t.Error("got one hash for two tokens")
	}
	if _, _, err := auth.NewToken(bytes.NewReader(nil)); err == nil {
		t.Error("got a token without randomness")
	}
}
