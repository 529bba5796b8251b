package clinictest

import (
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
)

// Person gives the patient of a name, registered when first named.
func (c *Clinic) Person(name string) directory.Patient {
	c.T.Helper()
	return c.Meet(name, func(*directory.Patient) {})
}

// Meet is Person for somebody who is not like the others.
func (c *Clinic) Meet(name string, change func(*directory.Patient)) directory.Patient {
	c.T.Helper()
	if p, ok := c.people[name]; ok {
		return p
	}
	p := sim.Person(1, len(c.people)+1, c.Day(0))
	p.ID, p.Version, p.Name = "patient-"+name, 1, houzhen.NewName(name)
	change(&p)
	c.must(c.App.Store.Directory().InTx(c.ctx, func(tx directory.Tx) error { return tx.AddPatient(c.ctx, p) }))
	c.people[name] = p
	return p
}

// Session opens a session of a doctor for booking and gives it.
func (c *Clinic) Session(doctor string, day int, part houzhen.DayPart) booking.Session {
	c.T.Helper()
	return c.SessionWith(doctor, day, part, func(*booking.Session) {})
}

// SessionWith is Session with something about it that is not usual.
func (c *Clinic) SessionWith(doctor string, day int, part houzhen.DayPart, change func(*booking.Session)) booking.Session {
	c.T.Helper()
	start, end, deadline := "08:00", "12:00", "11:30"
	if part == houzhen.Afternoon {
		start, end, deadline = "13:30", "17:30", "16:30"
	}
	s := booking.Session{
		DepartmentID: "cardio", ZoneID: "zone-b", RoomID: "room-3", DoctorID: doctor, AttendingID: doctor, Date: c.Day(day), Part: part,
		Start: c.At(day, start), End: c.At(day, end), Deadline: c.At(day, deadline), SliceMinutes: 30, SliceCapacity: 2,
		Class: booking.Specialist, Prefix: "A", ReleaseAt: c.Clock.Now(),
	}
	change(&s)
	s, err := c.App.Booking.AddSession(c.ctx, s)
	c.must(err)
	return s
}

// TryBook books the first free place at a time of day of a session.
func (c *Clinic) TryBook(name string, s booking.Session, hhmm string) (booking.Appointment, error) {
	c.T.Helper()
	p := c.Person(name)
	return c.App.Booking.Book(c.ctx, booking.BookRequest{
		Caller: "story", Key: fmt.Sprint(name, s.ID, hhmm, c.Clock.Now()), SessionID: s.ID, Start: s.Date.Clock(c.tod(hhmm), c.Loc),
		PatientID: p.ID, Channel: "app",
	})
}

// Book is TryBook that must succeed; the reactions have happened after it.
func (c *Clinic) Book(name string, s booking.Session, hhmm string) booking.Appointment {
	c.T.Helper()
	a, err := c.TryBook(name, s, hhmm)
	c.must(err)
	c.Settle()
	return a
}

// Cancel lets the patient give the place up.
func (c *Clinic) Cancel(a booking.Appointment) {
	c.T.Helper()
	_, err := c.App.Booking.Cancel(c.ctx, booking.CancelRequest{AppointmentID: a.ID, By: booking.ByPatient})
	c.must(err)
	c.Settle()
}

// Move lets the patient take another place.
func (c *Clinic) Move(a booking.Appointment, to booking.Session, hhmm string) booking.Appointment {
	c.T.Helper()
	moved, err := c.App.Booking.Move(c.ctx, booking.MoveRequest{
		AppointmentID: a.ID, SessionID: to.ID, Start: to.Date.Clock(c.tod(hhmm), c.Loc),
	})
	c.must(err)
	c.Settle()
	return moved
}

// Suspend lets the desk say that the doctor will not come.
func (c *Clinic) Suspend(s booking.Session) booking.SuspendResult {
	c.T.Helper()
	r, err := c.App.SuspendSession(c.ctx, s.ID, "nurse", "ill")
	c.must(err)
	c.Settle()
	return r
}

// Free counts the free places of a slice as patients find them.
func (c *Clinic) Free(s booking.Session, hhmm string) int {
	c.T.Helper()
	offers, err := c.App.Booking.Find(c.ctx, booking.FindQuery{DepartmentID: s.DepartmentID, From: s.Date, To: s.Date})
	c.must(err)
	at := s.Date.Clock(c.tod(hhmm), c.Loc)
	for _, o := range offers {
		for _, slice := range o.Slices {
			if o.Session.ID == s.ID && slice.Start.Equal(at) {
				return slice.Free
			}
		}
	}
	return 0
}

// State gives an appointment as it is now.
func (c *Clinic) State(a booking.Appointment) booking.Appointment {
	c.T.Helper()
	now, err := c.App.Booking.Appointment(c.ctx, a.ID)
	c.must(err)
	return now
}

// ExpectState fails unless the appointment is in a state now.
func (c *Clinic) ExpectState(a booking.Appointment, want booking.State) {
	c.T.Helper()
	if got := c.State(a).State; got != want {
		c.T.Errorf("appointment of %s: state %v, want %v", a.PatientID, got, want)
	}
}

// Facts lists the kinds of the facts of a session, oldest first.
func (c *Clinic) Facts(s booking.Session) []houzhen.EventKind {
	c.T.Helper()
	var kinds []houzhen.EventKind
	c.must(c.App.Store.View(c.ctx, func(tx *store.Tx) error {
		facts, _, err := tx.FactsAfter(c.ctx, 0, 10_000)
		for _, f := range facts {
			if f.Session == s.ID {
				kinds = append(kinds, f.Kind)
			}
		}
		return err
	}))
	return kinds
}
