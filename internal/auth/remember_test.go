package auth_test

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen/internal/auth"
)

// sessionOf is what scs stores of somebody signed in until then.
func sessionOf(t *testing.T, until time.Time) []byte {
	t.Helper()
	b, err := (scs.GobCodec{}).Encode(until, map[string]any{"principal": "p"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPatientsAreRememberedAndStaffAreNot(t *testing.T) {
	now := morning
	for name, c := range map[string]struct {
		until    time.Duration
		later    time.Duration
		believed bool
	}{
		"a patient":             {auth.PatientSession, 0, true},
		"a patient, almost two": {auth.PatientSession, 2*time.Minute - 1, true},
		"a patient, after two":  {auth.PatientSession, 2 * time.Minute, false},
		"staff":                 {auth.StaffSession, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			at := now
			store := &cupboard{rows: map[string][]byte{"t": sessionOf(t, now.Add(c.until))}, ends: map[string]time.Time{}}
			r := auth.Remember(store, func() time.Time { return at })
			if _, found, err := r.FindCtx(t.Context(), "t"); !found || err != nil {
				t.Fatalf("got %v, %v", found, err)
			}
			at = at.Add(c.later)
			delete(store.rows, "t") // as another node would
			if _, found, err := r.FindCtx(t.Context(), "t"); found != c.believed || err != nil {
				t.Errorf("got %v, %v, want %v", found, err, c.believed)
			}
		})
	}
}

func TestASessionThatEndsHereIsForgottenAtOnce(t *testing.T) {
	store := &cupboard{rows: map[string][]byte{}, ends: map[string]time.Time{}}
	r := auth.Remember(store, func() time.Time { return morning })
	until := morning.Add(auth.PatientSession)
	for _, text := range []string{"first", "second"} {
		b := append(sessionOf(t, until), text...)
		if err := r.CommitCtx(t.Context(), "t", b, until); err != nil {
			t.Fatal(err)
		}
		if got, found, err := r.FindCtx(t.Context(), "t"); string(got) != string(b) || !found || err != nil {
			t.Errorf("%s: got another session, %v, %v", text, found, err)
		}
	}
	if err := r.DeleteCtx(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	if _, found, err := r.FindCtx(t.Context(), "t"); found || err != nil {
		t.Errorf("got %v, %v after the end", found, err)
	}
}
