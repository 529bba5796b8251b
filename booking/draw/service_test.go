package draw_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// monday is the date of the session that is drawn.
var monday = houzhen.Date{Year: 2026, Month: time.March, Day: 30}

// fair is a hot doctor's session, released by a draw.
type fair struct {
	*testing.T
	*draw.Service

	booking *booking.Service
	db      *store.DB
	session booking.Session
	mu      sync.Mutex
	now     time.Time
}

func (f *fair) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fair) at(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t
}

// must gives a value that must be had.
func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func onEngines(t *testing.T, story func(*fair)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...storetest.Option) *store.DB{
		"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL,
	} {
		t.Run(name, func(t *testing.T) {
			f := &fair{T: t, now: monday.AddDays(-20).At(9, 0, shanghai)}
			f.db = open(t, storetest.Now(f.clock))
			f.booking = must(booking.NewService(f.db.Booking(), shanghai, booking.DefaultPolicy(), booking.WithDraws(draw.Windows{})))
			f.Service = draw.NewService(f.db.Draw(), f.booking, rand.Reader)
			rule := f.booking.Policy().Rule()
			rule.DepartmentID, rule.DrawDoctors, rule.Spread, rule.DrawWindow = "heart", []string{"chen"}, 0, time.Minute
			if _, _, err := f.booking.SetReleaseRule(t.Context(), rule); err != nil {
				t.Fatal(err)
			}
			f.session = must(f.booking.AddSession(t.Context(), booking.Session{
				DepartmentID: "heart", DoctorID: "chen", Date: monday, Part: houzhen.Morning, SliceMinutes: 60, SliceCapacity: 1,
				Start: monday.At(8, 0, shanghai), End: monday.At(11, 0, shanghai), Class: booking.Named,
			}, booking.Quotas{booking.QuotaElder: 1}))
			story(f)
		})
	}
}

func (f *fair) join(patient string, groups ...booking.Quota) (draw.Request, error) {
	return f.Join(f.Context(), draw.JoinRequest{SessionID: f.session.ID, PatientID: patient, AccountID: "account", Groups: groups})
}

func (f *fair) run(want int) {
	f.Helper()
	if n, err := f.Service.Run(f.Context()); n != want || err != nil {
		f.Errorf("run: got %d, %v, want %d", n, err, want)
	}
}

func wantCode(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("code: got %q (%v), want %q", got, err, want)
	}
}

// opened announces the draw and opens its window.
func (f *fair) opened() draw.Lottery {
	f.Helper()
	if n, err := f.Prepare(f.Context()); n != 1 || err != nil {
		f.Fatalf("prepare: %d, %v", n, err)
	}
	if n, err := f.Prepare(f.Context()); n != 0 || err != nil {
		f.Errorf("prepare again: %d, %v", n, err)
	}
	l := must(f.Of(f.Context(), f.session.ID))
	f.at(l.Opens)
	return l
}

func TestDrawFromAnnouncementToResult(t *testing.T) {
	onEngines(t, func(f *fair) {
		l := f.opened()
		if !l.Opens.Equal(monday.AddDays(-14).At(7, 0, shanghai)) || l.Closes.Sub(l.Opens) != time.Minute {
			f.Errorf("window: got %v to %v", l.Opens, l.Closes)
		}
		before := must(f.Record(f.Context(), f.session.ID))
		if before.Seed != "" || before.Requests != nil || before.Commitment != draw.Commit(l.Seed) {
			f.Errorf("published before: %+v", before)
		}
		f.at(l.Opens.Add(-time.Microsecond))
		_, err := f.join("early")
		wantCode(f.T, err, houzhen.CodeNotReleased)
		f.at(l.Opens)
		for i := range 8 {
			r := must(f.join(fmt.Sprint("p", i)))
			if again := must(f.join(fmt.Sprint("p", i))); again.ID != r.ID {
				f.Errorf("a second lot: %s and %s", r.ID, again.ID)
			}
		}
		must(f.join("old", booking.QuotaElder))
		f.run(0)
		f.at(l.Closes)
		_, err = f.join("late")
		wantCode(f.T, err, houzhen.CodeDrawClosed)
		_, err = f.booking.Book(f.Context(), booking.BookRequest{Caller: "racer", Key: "1", SessionID: f.session.ID, PatientID: "racer", Channel: "app"})
		wantCode(f.T, err, houzhen.CodeNotReleased)
		f.run(1)
		f.run(0)
		f.check(l)
	})
}

// check looks whether everybody has the result that the record gives him.
func (f *fair) check(l draw.Lottery) {
	f.Helper()
	record := must(f.Record(f.Context(), f.session.ID))
	if err := record.Check(); err != nil || record.Commitment != l.Commitment || len(record.Order) != 9 || record.Places != 3 {
		f.Errorf("record: %+v, %v", record, err)
	}
	won := 0
	for i := range 9 {
		patient := fmt.Sprint("p", i)
		if i == 8 {
			patient = "old"
		}
		r := must(f.RequestOf(f.Context(), f.session.ID, patient))
		if record.Order[r.Rank-1] != r.ID {
			f.Errorf("%s: rank %d is not in the record", patient, r.Rank)
		}
		switch r.Outcome {
		case draw.Won:
			won++
			if a := must(f.booking.Appointment(f.Context(), r.AppointmentID)); a.State != booking.Booked || a.PatientID != patient || a.Channel != draw.Channel {
				f.Errorf("%s won, but has %+v", patient, a)
			}
		case draw.Lost:
		default:
			f.Errorf("%s: outcome %q", patient, r.Outcome)
		}
	}
	// The elders' place is the old one's, whatever his rank; two are general.
	if old := must(f.RequestOf(f.Context(), f.session.ID, "old")); won != 3 || old.Outcome != draw.Won {
		f.Errorf("%d won, the elder %q", won, old.Outcome)
	}
	if l := must(f.Of(f.Context(), f.session.ID)); l.State != draw.Settled {
		f.Errorf("state %q", l.State)
	}
}

// failing lets some bookings fail once.
type failing struct {
	draw.Booker
	left int
}

var errDown = errors.New("database is away")

func (b *failing) Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error) {
	a, err := b.Booker.Book(ctx, r)
	if b.left--; b.left == 0 {
		return booking.Appointment{}, errDown // it was booked, but nobody heard
	}
	return a, err
}

// A node that dies between booking and noting it leaves nobody with two
// places and nobody with none.
func TestDrawGoesOnAfterAFailure(t *testing.T) {
	onEngines(t, func(f *fair) {
		l := f.opened()
		for i := range 8 {
			must(f.join(fmt.Sprint("p", i)))
		}
		must(f.join("old", booking.QuotaElder))
		f.at(l.Closes)
		broken := draw.NewService(f.db.Draw(), &failing{f.booking, 2}, rand.Reader)
		if _, err := broken.Run(f.Context()); !errors.Is(err, errDown) {
			f.Errorf("got %v", err)
		}
		f.run(1)
		f.check(l)
	})
}

// Who may not book is passed over, and the next has the place.
func TestDrawnButRefused(t *testing.T) {
	onEngines(t, func(f *fair) {
		other := must(f.booking.AddSession(f.Context(), booking.Session{
			DepartmentID: "heart", DoctorID: "liu", Date: monday, Part: houzhen.Morning, SliceMinutes: 60, SliceCapacity: 1,
			Start: monday.At(8, 0, shanghai), End: monday.At(11, 0, shanghai), ReleaseAt: monday.AddDays(-30).At(7, 0, shanghai),
		}))
		must(f.booking.Book(f.Context(), booking.BookRequest{Caller: "x", Key: "y", SessionID: other.ID, PatientID: "limited", Channel: "app"}))
		l := f.opened()
		must(f.join("limited"))
		must(f.join("free"))
		f.at(l.Closes)
		f.run(1)
		limited, free := must(f.RequestOf(f.Context(), f.session.ID, "limited")), must(f.RequestOf(f.Context(), f.session.ID, "free"))
		if limited.Outcome != draw.Refused || limited.Code != houzhen.CodeLimit || free.Outcome != draw.Won {
			f.Errorf("limited %+v, free %+v", limited, free)
		}
	})
}

func TestWindowMovesWithItsRelease(t *testing.T) {
	onEngines(t, func(f *fair) {
		f.opened()
		f.at(monday.AddDays(-20).At(9, 0, shanghai))
		rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
		rule.At, rule.DrawWindow = 8*60, 2*time.Minute
		if _, n, err := f.booking.SetReleaseRule(f.Context(), rule); n != 1 || err != nil {
			f.Fatalf("moved %d, %v", n, err)
		}
		before := must(f.Of(f.Context(), f.session.ID))
		if n, err := f.Prepare(f.Context()); n != 1 || err != nil {
			f.Errorf("prepare: %d, %v", n, err)
		}
		l := must(f.Of(f.Context(), f.session.ID))
		if !l.Opens.Equal(monday.AddDays(-14).At(8, 0, shanghai)) || l.Closes.Sub(l.Opens) != 2*time.Minute || l.Commitment != before.Commitment {
			f.Errorf("got %+v", l)
		}
	})
}

// Many at once: each has one lot, and whoever was let in is in the record.
func TestManyJoinAtOnce(t *testing.T) {
	onEngines(t, func(f *fair) {
		l := f.opened()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var got []string
		for i := range 40 {
			wg.Go(func() {
				r, err := f.join(fmt.Sprint("p", i/2))
				if err != nil {
					f.Errorf("join: %v", err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, r.ID)
			})
		}
		wg.Wait()
		f.at(l.Closes)
		f.run(1)
		slices.Sort(got)
		record := must(f.Record(f.Context(), f.session.ID))
		if want := slices.Compact(got); len(want) != 20 || !slices.Equal(record.Requests, want) {
			f.Errorf("%d lots, %d in the record", len(want), len(record.Requests))
		}
	})
}

// When the rule takes the doctor out, the draw that was announced is called off
// and the places open at the plain release; within the notice both stay.
func TestDrawIsCalledOffWithItsRule(t *testing.T) {
	for _, c := range []struct {
		what   string
		before time.Duration // the rule changes so long before the window
		gone   bool
	}{{"in good time", 2 * time.Hour, true}, {"within the notice", 30 * time.Minute, false}} {
		t.Run(c.what, func(t *testing.T) {
			onEngines(t, func(f *fair) {
				l := f.opened()
				f.at(l.Opens.Add(-c.before))
				rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
				rule.DrawDoctors = nil
				if _, _, err := f.booking.SetReleaseRule(f.Context(), rule); err != nil {
					f.Fatal(err)
				}
				must(f.Prepare(f.Context()))
				s := must(f.booking.Session(f.Context(), f.session.ID))
				_, err := f.Of(f.Context(), f.session.ID)
				if gone := houzhen.CodeOf(err) == houzhen.CodeNotFound; gone != c.gone {
					f.Errorf("draw: %v, want it called off: %v", err, c.gone)
				}
				want := f.session.ReleaseAt
				if c.gone {
					want = l.Opens
				}
				if !s.ReleaseAt.Equal(want) {
					f.Errorf("release: got %v, want %v", s.ReleaseAt, want)
				}
			})
		})
	}
}

// A longer window does not begin within the notice of an announced draw, and a
// race that was told is not made a draw at the last moment.
func TestDrawIsNotChangedAtTheLastMoment(t *testing.T) {
	onEngines(t, func(f *fair) {
		l := f.opened()
		f.at(l.Opens.Add(-30 * time.Minute))
		rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
		rule.DrawWindow = 20 * time.Minute
		if _, _, err := f.booking.SetReleaseRule(f.Context(), rule); err != nil {
			f.Fatal(err)
		}
		must(f.Prepare(f.Context()))
		if now := must(f.Of(f.Context(), f.session.ID)); !now.Opens.Equal(l.Opens) || !now.Closes.Equal(l.Closes) {
			f.Errorf("window: got %v to %v, want %v to %v", now.Opens, now.Closes, l.Opens, l.Closes)
		}
	})
	onEngines(t, func(f *fair) {
		rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
		rule.DrawDoctors = nil
		must(rule, func() error { _, _, err := f.booking.SetReleaseRule(f.Context(), rule); return err }())
		raced := must(f.booking.Session(f.Context(), f.session.ID))
		f.at(raced.ReleaseAt.Add(-45 * time.Minute))
		rule.DrawDoctors = []string{"chen"}
		must(rule, func() error { _, _, err := f.booking.SetReleaseRule(f.Context(), rule); return err }())
		if n := must(f.Prepare(f.Context())); n != 0 {
			f.Errorf("draws announced: %d", n)
		}
		if s := must(f.booking.Session(f.Context(), f.session.ID)); !s.ReleaseAt.Equal(raced.ReleaseAt) {
			f.Errorf("release: got %v, want %v", s.ReleaseAt, raced.ReleaseAt)
		}
	})
}

// A draw that takes place although its rule went is known to the next rule too:
// no place opens to all before it is through.
func TestTheNextRuleKeepsToADrawThatIsAnnounced(t *testing.T) {
	onEngines(t, func(f *fair) {
		set := func(change func(*booking.ReleaseRule)) {
			f.Helper()
			rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
			change(&rule)
			if _, _, err := f.booking.SetReleaseRule(f.Context(), rule); err != nil {
				f.Fatal(err)
			}
			must(f.Prepare(f.Context()))
		}
		set(func(r *booking.ReleaseRule) { r.DrawWindow = 3 * time.Hour })
		l := must(f.Of(f.Context(), f.session.ID))
		f.at(l.Opens.Add(-30 * time.Minute))
		set(func(r *booking.ReleaseRule) { r.DrawDoctors = nil }) // too late: it takes place
		set(func(r *booking.ReleaseRule) { r.OverbookMost++ })
		now := must(f.Of(f.Context(), f.session.ID))
		s := must(f.booking.Session(f.Context(), f.session.ID))
		if now != l || s.ReleaseAt.Before(l.Closes.Add(booking.DrawSettle)) {
			f.Errorf("draw of %v to %v, places open to all at %v", now.Opens, now.Closes, s.ReleaseAt)
		}
	})
}

// A draw whose rule went in good time is called off however late that is done,
// since its places open to all at the plain release.
func TestADrawIsCalledOffLate(t *testing.T) {
	onEngines(t, func(f *fair) {
		l := f.opened()
		f.at(l.Opens.Add(-2 * time.Hour))
		rule := must(f.booking.ReleaseRule(f.Context(), "heart"))
		rule.DrawDoctors = nil
		if _, _, err := f.booking.SetReleaseRule(f.Context(), rule); err != nil {
			f.Fatal(err)
		}
		f.at(l.Opens.Add(-10 * time.Minute)) // nobody looked until now
		must(f.Prepare(f.Context()))
		if _, err := f.Of(f.Context(), f.session.ID); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			f.Errorf("the draw: %v, want it called off", err)
		}
	})
}
