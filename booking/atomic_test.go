package booking_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// world is everything that a verb could change.
type world struct {
	Sessions     []booking.Session
	Slots        []booking.Slot
	Appointments []booking.Appointment
	Facts        []houzhen.Event
}

func (c *clinic) world() (w world) {
	c.Helper()
	err := c.db.View(c.Context(), func(tx booking.Tx) (err error) {
		if w.Sessions, err = tx.Sessions(c.Context(), booking.SessionFilter{}); err != nil {
			return err
		}
		for _, s := range w.Sessions {
			slots, err := tx.Slots(c.Context(), s.ID)
			if err != nil {
				return err
			}
			w.Slots = append(w.Slots, slots...)
		}
		w.Appointments, err = tx.Appointments(c.Context(), booking.AppointmentFilter{})
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	w.Facts = c.store.Facts()
	return w
}

// TestVerbsHappenWhollyOrNotAtAll breaks each write of each verb in turn.
func TestVerbsHappenWhollyOrNotAtAll(t *testing.T) {
	type scene struct {
		*clinic
		chen, liu, sun booking.Session
		visit          booking.Appointment
	}
	for name, c := range map[string]struct {
		prepare func(*scene)
		verb    func(*scene) error
		writes  int // that the verb makes at least
	}{
		"book": {verb: func(s *scene) error {
			r := s.request(s.liu, "zhao", 1)
			r.Key = "again and again"
			_, err := s.Book(s.Context(), r)
			return err
		}, writes: 1},
		"cancel": {verb: func(s *scene) error { _, err := s.cancel(s.visit.ID, booking.ByPatient); return err }, writes: 1},
		"cancel on the day": {
			prepare: func(s *scene) { s.at(monday, 7, 0) },
			verb:    func(s *scene) error { _, err := s.cancel(s.visit.ID, booking.ByPatient); return err }, writes: 2,
		},
		"move": {verb: func(s *scene) error {
			_, err := s.Move(s.Context(), booking.MoveRequest{AppointmentID: s.visit.ID, SessionID: s.liu.ID, SlotNo: 2})
			return err
		}, writes: 1},
		"move on the day": {
			prepare: func(s *scene) { s.at(monday, 7, 0) },
			verb: func(s *scene) error {
				_, err := s.Move(s.Context(), booking.MoveRequest{AppointmentID: s.visit.ID, SessionID: s.chen.ID, SlotNo: 8})
				return err
			}, writes: 3,
		},
		"suspend": {verb: func(s *scene) error {
			_, err := s.Suspend(s.Context(), booking.SuspendRequest{SessionID: s.chen.ID})
			return err
		}, writes: 5},
		"choose": {
			prepare: func(s *scene) { s.suspend(s.chen) },
			verb:    func(s *scene) error { _, err := s.Choose(s.Context(), s.options(s.visit.ID)[0].ID); return err }, writes: 2,
		},
		"decline": {
			prepare: func(s *scene) { s.suspend(s.chen) },
			verb:    func(s *scene) error { return s.Decline(s.Context(), s.visit.ID) }, writes: 2,
		},
		"check in": {
			prepare: func(s *scene) { s.at(monday, 7, 40) },
			verb:    func(s *scene) error { _, err := s.checkIn(s.visit.ID); return err }, writes: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for broken := 1; ; broken++ {
				s := &scene{clinic: newAlone(t, noLimits)}
				s.chen, s.liu, s.sun = s.session("chen", monday, 1), s.session("liu", monday, 1), s.session("sun", monday, 1)
				s.visit = s.book(s.chen, "li", 1)
				s.book(s.chen, "wang", 5)
				if c.prepare != nil {
					c.prepare(s)
				}
				fault, n := errors.New("disk is full"), 0
				s.store.FailWrites(func(string, string) error {
					if n++; n == broken {
						return fault
					}
					return nil
				})
				before := s.world()
				err := c.verb(s)
				if err == nil {
					if broken <= c.writes {
						t.Errorf("made %d writes, want at least %d", broken-1, c.writes)
					}
					return
				}
				if !errors.Is(err, fault) {
					t.Fatalf("write %d: got %v", broken, err)
				}
				if d := cmp.Diff(before, s.world()); d != "" {
					t.Fatalf("write %d left something: %s", broken, d)
				}
			}
		})
	}
}

// A place is not called released when the new place cannot be made.
func TestReleaseThatFailsLeavesTheAppointment(t *testing.T) {
	c := newClinic(t)
	a := c.book(c.session("chen", monday, 1), "li", 1)
	c.at(monday, 9, 0)
	c.sweep("open", c.open, 1)
	fault := errors.New("disk is full")
	c.store.FailWrites(func(verb, _ string) error {
		if verb == "add_slot" {
			return fault
		}
		return nil
	})
	before := c.world()
	if n, err := c.release(); n != 0 || !errors.Is(err, fault) {
		t.Errorf("got %d, %v", n, err)
	}
	if d := cmp.Diff(before, c.world()); d != "" {
		t.Error(d)
	}
	c.store.FailWrites(nil)
	c.sweep("release", c.release, 1)
	if c.load(a.ID).ReleasedAt.IsZero() {
		t.Error("not released")
	}
}
