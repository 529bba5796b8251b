package suspension_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// errCrash is a power cut before the commit.
var errCrash = errors.New("crash")

// breaking is a store whose next transaction may end in a crash.
type breaking struct {
	suspension.Store

	crash atomic.Bool
}

// InTx loses everything at the end of a transaction that crashes.
func (b *breaking) InTx(ctx context.Context, f func(suspension.Tx) error) error {
	crash := b.crash.Swap(false)
	return b.Store.InTx(ctx, func(tx suspension.Tx) error {
		if err := f(tx); err != nil || !crash {
			return err
		}
		return errCrash
	})
}

type world struct {
	*suspension.Service

	db       *store.DB
	broken   *breaking
	places   *booking.Service
	now      time.Time
	sessions []booking.Session
	patients int
}

func newWorld(tb testing.TB, db *store.DB, now *time.Time) *world {
	tb.Helper()
	policy := booking.DefaultPolicy()
	policy.PerDepartmentDay, policy.PerWeek, policy.PerQuarter = 0, 0, 0
	places, err := booking.NewService(db.Booking(), shanghai, policy)
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{db: db, broken: &breaking{Store: db.Suspension()}, places: places, now: *now}
	peers := func(_ context.Context, id string) ([]string, error) {
		return slices.DeleteFunc([]string{"d0", "d1", "d2"}, func(d string) bool { return d == id }), nil
	}
	if w.Service, err = suspension.NewService(w.broken, places, peers, suspension.DefaultPolicy()); err != nil {
		tb.Fatal(err)
	}
	day := houzhen.DateOf(*now, shanghai)
	for i := range 6 {
		d := day.AddDays(1 + i/3)
		s, err := places.AddSession(tb.Context(), booking.Session{
			DepartmentID: "dep", ZoneID: "z", RoomID: "r", DoctorID: fmt.Sprint("d", i%3), AttendingID: fmt.Sprint("d", i%3), Date: d,
			Part: houzhen.Morning, Start: d.At(8, 0, shanghai), End: d.At(10, 0, shanghai), Deadline: d.At(10, 0, shanghai),
			SliceMinutes: 30, SliceCapacity: 2, Class: booking.Specialist, Prefix: "A", ReleaseAt: *now,
		})
		if err != nil {
			tb.Fatal(err)
		}
		w.sessions = append(w.sessions, s)
	}
	return w
}

func (w *world) cases(ctx context.Context) (all []suspension.Case) {
	for _, s := range w.sessions {
		_ = w.db.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Cases(ctx, suspension.CaseFilter{SessionID: s.ID})
			all = append(all, list...)
			return err
		})
	}
	return all
}

// check holds the promise: every patient of a suspended session is in exactly
// one outcome, and every case counts once.
func (w *world) check(t *rapid.T, ctx context.Context) {
	for _, s := range w.sessions {
		x, err := w.places.Session(ctx, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != booking.SessionSuspended {
			continue
		}
		all, err := w.places.Appointments(ctx, booking.AppointmentFilter{SessionID: s.ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.db.View(ctx, func(tx *store.Tx) error {
			chains, err := suspension.Chains(ctx, tx, suspension.CaseFilter{SessionID: s.ID})
			for _, fault := range suspension.Check(all, chains) {
				t.Errorf("%s: %s", s.ID, fault)
			}
			if got := suspension.CountOf(chains, w.now).Total(); got != len(chains) {
				t.Errorf("%s: the board counts %d of %d", s.ID, got, len(chains))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) step(t *rapid.T, ctx context.Context, act string) error {
	one := suspension.Person{ID: "one", Role: "nurse"}
	two := suspension.Person{ID: "two", Role: "manager"}
	session := rapid.SampledFrom(w.sessions).Draw(t, "session")
	cases := w.cases(ctx)
	c := suspension.Case{AppointmentID: "none"}
	if len(cases) > 0 {
		c = rapid.SampledFrom(cases).Draw(t, "case")
	}
	switch act {
	case "book":
		w.patients++
		_, err := w.places.Book(ctx, booking.BookRequest{
			Caller: "app", Key: fmt.Sprint(w.patients), SessionID: session.ID, PatientID: fmt.Sprint("p", w.patients), Channel: "app",
		})
		return err
	case "suspend":
		asked, err := w.Ask(ctx, suspension.AskRequest{SessionID: session.ID, Reason: "ill", By: one})
		if err != nil {
			return err
		}
		if _, err = w.Approve(ctx, asked.ID, two); err != nil { // so that the next try may ask again
			_, _ = w.Refuse(ctx, asked.ID, two)
		}
		return err
	case "close":
		asked, err := w.AskClosure(ctx, suspension.ClosureRequest{From: session.Date, To: session.Date, Reason: "weather", By: one})
		if err != nil {
			return err
		}
		_, err = w.Approve(ctx, asked.ID, two)
		return err
	case "run":
		_, err := w.Run(ctx)
		return err
	case "expire":
		_, err := w.places.ExpireHolds(ctx)
		return err
	case "refund":
		return w.Refund(ctx, c.AppointmentID, suspension.ViaLink)
	case "call":
		_, err := w.Called(ctx, suspension.CallRequest{
			AppointmentID: c.AppointmentID, By: "one",
			Result: rapid.SampledFrom([]suspension.CallResult{suspension.CallRefund, suspension.CallNoAnswer, suspension.CallWrong}).Draw(t, "result"),
		})
		return err
	default:
		return w.choose(t, ctx, c, act == "choose twice")
	}
}

// choose takes a kept place; twice lets a link and an SMS choose at once.
func (w *world) choose(t *rapid.T, ctx context.Context, c suspension.Case, twice bool) error {
	options, err := w.places.Options(ctx, c.AppointmentID)
	if err != nil || len(options) == 0 {
		return err
	}
	first := rapid.SampledFrom(options).Draw(t, "option")
	if !twice {
		_, err := w.Choose(ctx, c.AppointmentID, first.ID, suspension.ViaLink)
		return err
	}
	second := rapid.SampledFrom(options).Draw(t, "other")
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = w.Choose(ctx, c.AppointmentID, first.ID, suspension.ViaLink) })
	_, err = w.Choose(ctx, c.AppointmentID, second.ID, suspension.ViaSMS)
	wg.Wait()
	return err
}

func TestEveryPatientOfASuspendedSessionIsInExactlyOneOutcome(t *testing.T) {
	acts := []string{"book", "book", "book", "suspend", "choose", "choose", "choose twice", "refund", "call", "expire", "close", "run", "wait"}
	for name, open := range map[string]storetest.Opener{"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			storetest.Checks(t, 8) // each opens a database
			rapid.Check(t, func(r *rapid.T) {
				now := storetest.Start()
				db := open(t, storetest.Now(func() time.Time { return now }))
				w := newWorld(t, db, &now)
				for range rapid.IntRange(10, 40).Draw(r, "steps") {
					act := rapid.SampledFrom(acts).Draw(r, "act")
					w.broken.crash.Store(rapid.IntRange(0, 7).Draw(r, "crash") == 0)
					if act == "wait" {
						now = now.Add(time.Duration(rapid.IntRange(1, 12).Draw(r, "hours")) * time.Hour)
						w.now = now
						continue
					}
					if err := w.step(r, t.Context(), act); houzhen.CodeOf(err) == houzhen.CodeInternal && !errors.Is(err, errCrash) {
						r.Fatalf("%s: %v", act, err)
					}
					w.broken.crash.Store(false)
					w.check(r, t.Context())
				}
			})
		})
	}
}
