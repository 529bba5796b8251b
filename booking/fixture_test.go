package booking_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/bookingtest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// monday is the date that most stories are about.
var monday = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

// clinic is a service on a memory store with a clock that is moved.
type clinic struct {
	*booking.Service
	*testing.T

	store *bookingtest.Store // nil on a database
	db    booking.Store
	mu    sync.Mutex
	now   time.Time
	keys  int
}

func newClinic(t *testing.T, change ...func(*booking.Policy)) *clinic {
	t.Helper()
	c := &clinic{T: t, now: monday.AddDays(-1).At(9, 0, shanghai)}
	c.store = bookingtest.New(c.clock)
	c.serve(c.store, change...)
	return c
}

// newAlone is a clinic where every booking goes alone, as on a store that
// cannot be heard: for stories of what happens between a look and a write.
func newAlone(t *testing.T, change ...func(*booking.Policy)) *clinic {
	t.Helper()
	c := newClinic(t, change...)
	c.serve(struct{ booking.Store }{c.store}, change...)
	return c
}

func (c *clinic) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// serve makes the service on a store.
func (c *clinic) serve(db booking.Store, change ...func(*booking.Policy)) {
	c.Helper()
	p := booking.DefaultPolicy()
	p.ReturnMin, p.ReturnMax = 0, 0 // the stories about it set it
	for _, f := range change {
		f(&p)
	}
	s, err := booking.NewService(db, shanghai, p)
	if err != nil {
		c.Fatal(err)
	}
	c.Service, c.db = s, db
}

func noLimits(p *booking.Policy) { p.PerDepartmentDay, p.PerWeek, p.PerQuarter, p.Gap = 0, 0, 0, -1 }

// at moves the clock to an hour of a date.
func (c *clinic) at(d houzhen.Date, hour, minute int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = d.At(hour, minute, shanghai)
}

// session adds a morning from 8 to 12 with 30-minute slices of n places.
func (c *clinic) session(doctor string, d houzhen.Date, n int, change ...func(*booking.Session)) booking.Session {
	c.Helper()
	s := booking.Session{
		DepartmentID: "cardiology", ZoneID: "zone", RoomID: "room", DoctorID: doctor, Date: d, Part: houzhen.Morning,
		Start: d.At(8, 0, shanghai), End: d.At(12, 0, shanghai), SliceMinutes: 30, SliceCapacity: n,
		Class: booking.Specialist, Prefix: "B",
	}
	for _, f := range change {
		f(&s)
	}
	s, err := c.AddSession(c.Context(), s)
	if err != nil {
		c.Fatal(err)
	}
	return s
}

func (c *clinic) request(s booking.Session, patient string, no int) booking.BookRequest {
	c.keys++
	return booking.BookRequest{
		Caller: "app", Key: fmt.Sprint("key ", c.keys), SessionID: s.ID, SlotNo: no, PatientID: patient, AccountID: "account", Channel: "app",
	}
}

func (c *clinic) book(s booking.Session, patient string, no int) booking.Appointment {
	c.Helper()
	a, err := c.Book(c.Context(), c.request(s, patient, no))
	if err != nil {
		c.Fatalf("book %s: %v", patient, err)
	}
	return a
}

func (c *clinic) load(id string) booking.Appointment {
	c.Helper()
	a, err := c.Appointment(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return a
}

// sweep runs a sweep and checks how many items it changed.
func (c *clinic) sweep(name string, run func() (int, error), want int) {
	c.Helper()
	if got, err := run(); got != want || err != nil {
		c.Errorf("%s: got %d, %v, want %d", name, got, err, want)
	}
}

// in runs a verb that wants a transaction of its caller.
func (c *clinic) in(f func(booking.Tx) error) error {
	return c.db.InTx(c.Context(), f)
}

func (c *clinic) checkIn(id string) (a booking.Appointment, err error) {
	err = c.in(func(tx booking.Tx) error {
		a, err = c.CheckIn(c.Context(), tx, id)
		return err
	})
	return a, err
}

func wantCode(t *testing.T, err error, want houzhen.Code) {
	t.Helper()
	if got := houzhen.CodeOf(err); got != want {
		t.Errorf("code: got %q (%v), want %q", got, err, want)
	}
}

func count(kinds []houzhen.EventKind, k houzhen.EventKind) (n int) {
	for _, x := range kinds {
		if x == k {
			n++
		}
	}
	return n
}
