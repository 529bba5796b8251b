package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// timed is a store that tells the time and counts what is read.
type timed struct {
	directory.Store

	now     time.Time
	glances int
}

func (s *timed) Time() time.Time { return s.now }

func (s *timed) Glance(ctx context.Context, f func(directory.Tx) error) error {
	s.glances++
	return s.Store.Glance(ctx, f)
}

// family is a service with an account and one person of it.
func family(t *testing.T) (*directory.Service, *timed, string, directory.Patient) {
	t.Helper()
	_, m := desk(t)
	store := &timed{Store: m}
	s := directory.NewService(store, time.UTC)
	account, err := s.EnsureAccount(t.Context(), houzhen.NewPhone("13812340000"), houzhen.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.RegisterPatient(t.Context(), account.ID, directory.NewPatient{
		Name: "Li Hua", Doc: "11010519491231002X", DocType: directory.DocID, Relation: directory.RelationSelf,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = m.View(t.Context(), func(tx directory.Tx) error { store.now = tx.Now(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s, store, account.ID, p
}

func TestPeopleAreToldFromMemoryForTwoMinutes(t *testing.T) {
	s, store, account, p := family(t)
	for _, c := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {0, 0}, {2*time.Minute - 1, 0}, {1, 1}} {
		store.now, store.glances = store.now.Add(c.after), 0
		list, err := s.Known(t.Context(), account)
		if err != nil || len(list) != 1 || list[0].ID != p.ID {
			t.Fatalf("after %v: got %v, %v", c.after, list, err)
		}
		if store.glances != c.reads {
			t.Errorf("after %v: got %d reads, want %d", c.after, store.glances, c.reads)
		}
	}
}

func TestWhatThisNodeChangesIsKnownAtOnce(t *testing.T) {
	s, store, account, p := family(t)
	known := func() directory.Patient {
		t.Helper()
		list, err := s.Known(t.Context(), account)
		if err != nil || len(list) != 1 {
			t.Fatalf("got %v, %v", list, err)
		}
		return list[0]
	}
	known()
	if err := s.UpdateTravel(t.Context(), p.ID, 55, false); err != nil {
		t.Fatal(err)
	}
	if got := known().TravelMinutes; got != 55 {
		t.Errorf("got %d minutes, want 55", got)
	}
	store.glances = 0
	if known(); store.glances != 0 {
		t.Errorf("got %d reads, want none", store.glances)
	}
}
