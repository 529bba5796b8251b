package waitlist_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// today is the first day of every story: a Monday.
var today = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

// list is a waitlist on a real store with a clock that is moved.
type list struct {
	testing.TB

	db      *store.DB
	booking *booking.Service
	wait    *waitlist.Service
	mu      sync.Mutex
	now     time.Time
	keys    int
}

// onEngines runs a story on both databases.
func onEngines(t *testing.T, story func(*testing.T, *list)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...storetest.Option) *store.DB{
		"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL,
	} {
		t.Run(name, func(t *testing.T) { story(t, newList(t, open)) })
	}
}

func newList(tb testing.TB, open func(testing.TB, ...storetest.Option) *store.DB) *list {
	tb.Helper()
	l := &list{TB: tb, now: today.At(9, 0, shanghai)}
	l.db = open(tb, storetest.Now(l.clock))
	p := booking.DefaultPolicy()
	p.PerDepartmentDay, p.PerWeek, p.PerQuarter = 0, 0, 0
	policy := waitlist.DefaultPolicy()
	var err error
	l.booking, err = booking.NewService(l.db.Booking(), shanghai, p,
		booking.WithReturns(waitlist.Keeper{Policy: policy, Loc: shanghai}),
		booking.WithDelay(func(least, _ time.Duration) time.Duration { return least }))
	l.must(err)
	l.wait, err = waitlist.NewService(l.db.Waitlist(), l.booking, shanghai, policy)
	l.must(err)
	return l
}

func (l *list) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *list) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *list) at(day, hour, minute int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = today.AddDays(day).At(hour, minute, shanghai)
}

func (l *list) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// session adds a morning of half-hour slices with n places each.
func (l *list) session(doctor string, day, n int, change ...func(*booking.Session)) booking.Session {
	l.Helper()
	d := today.AddDays(day)
	s := booking.Session{
		DepartmentID: "cardio", ZoneID: "z", RoomID: "r", DoctorID: doctor, Date: d, Part: houzhen.Morning,
		Start: d.At(8, 0, shanghai), End: d.At(8, 0, shanghai).Add(time.Duration(n) * 30 * time.Minute), SliceMinutes: 30,
		SliceCapacity: 1, Class: booking.Specialist, Prefix: "A", ReleaseAt: today.At(0, 1, shanghai),
	}
	for _, f := range change {
		f(&s)
	}
	s, err := l.booking.AddSession(l.Context(), s)
	l.must(err)
	return s
}

func (l *list) tryBook(s booking.Session, patient string) (booking.Appointment, error) {
	l.keys++
	return l.booking.Book(l.Context(), booking.BookRequest{
		Caller: "test", Key: fmt.Sprint(l.keys), SessionID: s.ID, PatientID: patient, Channel: "app",
	})
}

// fill books every place of a session, for patients named after it.
func (l *list) fill(s booking.Session) (all []booking.Appointment) {
	l.Helper()
	for i := range 100 {
		a, err := l.tryBook(s, fmt.Sprint(s.DoctorID, " ", i))
		if houzhen.CodeOf(err) == houzhen.CodeSessionFull {
			return all
		}
		l.must(err)
		all = append(all, a)
	}
	return all
}

func (l *list) cancel(a booking.Appointment) {
	l.Helper()
	_, err := l.booking.Cancel(l.Context(), booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient})
	l.must(err)
}

func (l *list) join(s booking.Session, patient string, change ...func(*waitlist.JoinRequest)) waitlist.Entry {
	l.Helper()
	r := waitlist.JoinRequest{PatientID: patient, AccountID: "account", SessionID: s.ID}
	for _, f := range change {
		f(&r)
	}
	e, err := l.wait.Join(l.Context(), r)
	l.must(err)
	l.pass(time.Second) // who comes later stands behind
	return e
}

func sameDay(r *waitlist.JoinRequest) { r.SameDay = true }

// run does what is due.
func (l *list) run() {
	l.Helper()
	for {
		n, err := l.wait.RunPlaces(l.Context())
		l.must(err)
		if n == 0 {
			break
		}
	}
	_, err := l.wait.CloseLists(l.Context())
	l.must(err)
	_, err = l.booking.ExpireHolds(l.Context())
	l.must(err)
}

func (l *list) entry(e waitlist.Entry) (now waitlist.Entry) {
	l.Helper()
	l.view(func(tx waitlist.Tx) (err error) { now, err = tx.WaitEntry(l.Context(), e.ID); return err })
	return now
}

func (l *list) view(f func(waitlist.Tx) error) {
	l.Helper()
	l.must(l.db.Waitlist().View(l.Context(), f))
}

// open gives the open offers of an entry; more than one is a fault.
func (l *list) open(e waitlist.Entry) (o waitlist.Proposal, found bool) {
	l.Helper()
	l.view(func(tx waitlist.Tx) error {
		all, err := tx.ProposalsOf(l.Context(), e.ID)
		for _, p := range all {
			if p.Status == waitlist.Open {
				if found {
					l.Errorf("entry has two open offers")
				}
				o, found = p, true
			}
		}
		return err
	})
	return o, found
}

// offered fails unless exactly these entries have an open offer.
func (l *list) offered(want []waitlist.Entry, of ...waitlist.Entry) []waitlist.Proposal {
	l.Helper()
	var open []waitlist.Proposal
	for i, e := range of {
		o, has := l.open(e)
		wanted := false
		for _, w := range want {
			wanted = wanted || w.ID == e.ID
		}
		if has != wanted {
			l.Errorf("entry %d of %s: offered %v, want %v", i+1, e.PatientID, has, wanted)
		}
		if has {
			open = append(open, o)
		}
	}
	return open
}

func (l *list) place(s booking.Session, no int) (p waitlist.Place) {
	l.Helper()
	l.view(func(tx waitlist.Tx) (err error) {
		p, err = tx.WaitPlace(l.Context(), s.ID, no)
		return err
	})
	return p
}

func (l *list) kinds() map[houzhen.EventKind]int {
	l.Helper()
	n := map[houzhen.EventKind]int{}
	l.must(l.db.View(l.Context(), func(tx *store.Tx) error {
		facts, _, err := tx.FactsAfter(l.Context(), 0, 10_000)
		for _, f := range facts {
			n[f.Kind]++
		}
		return err
	}))
	return n
}

func wantCode(tb testing.TB, err error, want houzhen.Code) {
	tb.Helper()
	if got := houzhen.CodeOf(err); got != want {
		tb.Errorf("code: got %q (%v), want %q", got, err, want)
	}
}
