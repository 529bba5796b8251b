package directory_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

var errDisk = errors.New("disk is full")

// brokenStore fails at the n-th call of a transaction's method.
type brokenStore struct {
	*memory
	left int
}

func (b *brokenStore) InTx(ctx context.Context, f func(directory.Tx) error) error {
	return b.memory.InTx(ctx, func(t directory.Tx) error { return f(&brokenTx{Tx: t, store: b}) })
}

func (b *brokenStore) View(ctx context.Context, f func(directory.Tx) error) error {
	return b.memory.View(ctx, func(t directory.Tx) error { return f(&brokenTx{Tx: t, store: b}) })
}

func (b *brokenStore) Glance(ctx context.Context, f func(directory.Tx) error) error {
	return b.View(ctx, f)
}

type brokenTx struct {
	directory.Tx
	store *brokenStore
}

func (t *brokenTx) broken() error {
	t.store.left--
	if t.store.left == 0 {
		return errDisk
	}
	return nil
}

func (t *brokenTx) Account(ctx context.Context, id string) (directory.Account, error) {
	if err := t.broken(); err != nil {
		return directory.Account{}, err
	}
	return t.Tx.Account(ctx, id)
}

func (t *brokenTx) AccountByPhone(ctx context.Context, p houzhen.Phone) (directory.Account, error) {
	if err := t.broken(); err != nil {
		return directory.Account{}, err
	}
	return t.Tx.AccountByPhone(ctx, p)
}

func (t *brokenTx) AddAccount(ctx context.Context, a directory.Account) error {
	return errors.Join(t.broken(), t.Tx.AddAccount(ctx, a))
}

func (t *brokenTx) Kin(ctx context.Context, id string) ([]directory.Kinship, error) {
	if err := t.broken(); err != nil {
		return nil, err
	}
	return t.Tx.Kin(ctx, id)
}

func (t *brokenTx) Relatives(ctx context.Context, id string) ([]directory.Relative, error) {
	if err := t.broken(); err != nil {
		return nil, err
	}
	return t.Tx.Relatives(ctx, id)
}

func (t *brokenTx) SaveKin(ctx context.Context, k directory.Kinship) error {
	return errors.Join(t.broken(), t.Tx.SaveKin(ctx, k))
}

func (t *brokenTx) Patient(ctx context.Context, id string) (directory.Patient, error) {
	if err := t.broken(); err != nil {
		return directory.Patient{}, err
	}
	return t.Tx.Patient(ctx, id)
}

func (t *brokenTx) PatientByDoc(ctx context.Context, d directory.DocType, n houzhen.IDNumber) (directory.Patient, error) {
	if err := t.broken(); err != nil {
		return directory.Patient{}, err
	}
	return t.Tx.PatientByDoc(ctx, d, n)
}

func (t *brokenTx) AddPatient(ctx context.Context, p directory.Patient) error {
	return errors.Join(t.broken(), t.Tx.AddPatient(ctx, p))
}

func (t *brokenTx) UpdatePatient(ctx context.Context, p directory.Patient) error {
	return errors.Join(t.broken(), t.Tx.UpdatePatient(ctx, p))
}

func (t *brokenTx) House(ctx context.Context) (directory.House, error) {
	if err := t.broken(); err != nil {
		return directory.House{}, err
	}
	return t.Tx.House(ctx)
}

func (t *brokenTx) SaveHouse(ctx context.Context, h directory.House) error {
	return errors.Join(t.broken(), t.Tx.SaveHouse(ctx, h))
}

func (t *brokenTx) StaffByLogin(ctx context.Context, login string) (directory.Staff, error) {
	if err := t.broken(); err != nil {
		return directory.Staff{}, err
	}
	return t.Tx.StaffByLogin(ctx, login)
}

func (t *brokenTx) StaffList(ctx context.Context) ([]directory.Staff, error) {
	if err := t.broken(); err != nil {
		return nil, err
	}
	return t.Tx.StaffList(ctx)
}

func (t *brokenTx) SaveStaff(ctx context.Context, s directory.Staff) error {
	return errors.Join(t.broken(), t.Tx.SaveStaff(ctx, s))
}

func (t *brokenTx) SaveScreen(ctx context.Context, s directory.Screen) error {
	return errors.Join(t.broken(), t.Tx.SaveScreen(ctx, s))
}

// TestVerbsOnABrokenStore breaks each call of each verb in turn: the fault is
// told, nobody's data with it, and nothing is kept.
func TestVerbsOnABrokenStore(t *testing.T) {
	private := []string{"张小三", docOf(grown), otherPhone, ownPhone}
	for name, c := range map[string]struct {
		verb  func(context.Context, *directory.Service, directory.Account, directory.Patient) error
		calls int // of the store, at least
	}{
		"register": {func(ctx context.Context, s *directory.Service, a directory.Account, _ directory.Patient) error {
			_, err := s.RegisterPatient(ctx, a.ID, person(teen, "child", otherPhone))
			return err
		}, 5},
		"family": {func(ctx context.Context, s *directory.Service, a directory.Account, _ directory.Patient) error {
			_, err := s.Patients(ctx, a.ID)
			return err
		}, 1},
		"may act": {func(ctx context.Context, s *directory.Service, a directory.Account, p directory.Patient) error {
			return s.MayActFor(ctx, a.ID, p.ID)
		}, 1},
		"consent": {func(ctx context.Context, s *directory.Service, a directory.Account, p directory.Patient) error {
			return s.GiveConsent(ctx, a.ID, a.ID, p.ID)
		}, 3},
		"travel": {func(ctx context.Context, s *directory.Service, _ directory.Account, p directory.Patient) error {
			return s.UpdateTravel(ctx, p.ID, 33, false)
		}, 2},
		"account": {func(ctx context.Context, s *directory.Service, _ directory.Account, _ directory.Patient) error {
			phone, _ := directory.ParsePhone(otherPhone)
			_, err := s.EnsureAccount(ctx, phone, houzhen.Chinese)
			return err
		}, 2},
		"house": {func(ctx context.Context, s *directory.Service, _ directory.Account, _ directory.Patient) error {
			if err := s.Reload(ctx); err != nil {
				return err
			}
			return s.SaveHouse(ctx, house())
		}, 3},
		"staff": {func(ctx context.Context, s *directory.Service, _ directory.Account, _ directory.Patient) error {
			_, err := s.SaveStaff(ctx, directory.Staff{ID: "x", Login: "ann", Role: directory.RoleNurse, PasswordHash: "$argon2id$x"})
			return err
		}, 3},
		"screen": {func(ctx context.Context, s *directory.Service, _ directory.Account, _ directory.Patient) error {
			_, err := s.PairScreen(ctx, "", directory.ScreenZone, "z1", strings.Repeat("ab", 32))
			return err
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				b := &brokenStore{memory: newMemory()}
				s := directory.NewService(b, time.UTC)
				if err := s.SaveHouse(t.Context(), house()); err != nil {
					t.Fatal(err)
				}
				a := account(t, s, ownPhone)
				p, err := s.RegisterPatient(t.Context(), a.ID, person(grown, "parent", ""))
				if err != nil {
					t.Fatal(err)
				}
				before := [...]int{len(b.patients), len(b.accounts), len(b.kin), len(b.staff), len(b.screens), int(b.patients[p.ID].Version)}
				b.left = n
				err = c.verb(t.Context(), s, a, p)
				if err == nil {
					if n <= c.calls {
						t.Errorf("made %d calls, want at least %d", n-1, c.calls)
					}
					return
				}
				if !errors.Is(err, errDisk) {
					t.Fatalf("call %d: got %v", n, err)
				}
				for _, secret := range private {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("the error tells %q", secret)
					}
				}
				after := [...]int{len(b.patients), len(b.accounts), len(b.kin), len(b.staff), len(b.screens), int(b.patients[p.ID].Version)}
				if d := cmp.Diff(before, after); d != "" {
					t.Errorf("call %d left something: %s", n, d)
				}
			}
		})
	}
}

// A house that cannot be loaded is asked for again, not remembered as empty.
func TestHouseIsLoadedAfterAFault(t *testing.T) {
	b := &brokenStore{memory: newMemory(), left: 1}
	b.house = house()
	s := directory.NewService(b, time.UTC)
	if _, err := s.House(t.Context()); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	if h, err := s.House(t.Context()); err != nil || len(h.Doctors) != 5 {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestIndexIsSharedByMany(t *testing.T) {
	s, m := desk(t)
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	loads := m.loads
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if ix, err := s.Index(t.Context()); err != nil || len(ix.Peers("chen")) != 2 {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if m.loads != loads {
		t.Errorf("loaded %d times more", m.loads-loads)
	}
}

// Every reason that a number is refused for is one that words exist for.
func TestReasonsAreDistinct(t *testing.T) {
	reasons := []string{
		directory.ReasonEmpty, directory.ReasonLength, directory.ReasonFifteen, directory.ReasonSign, directory.ReasonCheck,
		directory.ReasonBirth, directory.ReasonFuture, directory.ReasonForeignerCard, directory.ReasonType,
	}
	seen := map[string]bool{}
	for _, r := range reasons {
		seen[r] = true
	}
	if len(seen) != len(reasons) {
		t.Errorf("got %v", slices.Sorted(maps.Keys(seen)))
	}
}
