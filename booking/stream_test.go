package booking_test

import (
	"fmt"
	"path"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// stream plays random acts on a small hospital and holds what must always be
// true: it is the machine that rapid drives.
type stream struct {
	*clinic
	sessions []booking.Session
	offered  int
	booked   []string // ids of visits ever booked
}

func newStream(t *testing.T) *stream {
	t.Helper()
	return laidOut(newClinic(t, noLimits, func(p *booking.Policy) { p.SweepBatch = 3 }))
}

// laidOut adds two doctors' mornings on three days.
func laidOut(c *clinic) *stream {
	c.Helper()
	s := &stream{clinic: c}
	for day := range 3 {
		for _, doctor := range []string{"chen", "liu"} {
			o := s.session(doctor, monday.AddDays(day), 1, func(o *booking.Session) { o.End = o.Date.At(10, 0, shanghai) })
			s.sessions = append(s.sessions, o)
			s.offered += len(booking.LaySlots(o))
		}
	}
	return s
}

func (s *stream) any(t *rapid.T) booking.Session {
	return rapid.SampledFrom(s.sessions).Draw(t, "session")
}

func (s *stream) visit(t *rapid.T) (booking.Appointment, bool) {
	if len(s.booked) == 0 {
		return booking.Appointment{}, false
	}
	return s.load(rapid.SampledFrom(s.booked).Draw(t, "visit")), true
}

// fair lets a refusal pass if it has a code, and nothing else.
func (s *stream) fair(t *rapid.T, err error) bool {
	if houzhen.CodeOf(err) == houzhen.CodeInternal {
		t.Fatalf("internal fault: %v", err)
	}
	return err == nil
}

func (s *stream) acts() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"book": func(t *rapid.T) {
			patient := fmt.Sprint("p", rapid.IntRange(0, 15).Draw(t, "patient"))
			a, err := s.Book(s.Context(), s.request(s.any(t), patient, rapid.IntRange(0, 4).Draw(t, "no")))
			if s.fair(t, err) {
				s.booked = append(s.booked, a.ID)
			}
		},
		"walk in": func(t *rapid.T) {
			s.keys++
			a, err := s.WalkIn(s.Context(), booking.WalkInRequest{
				Caller: "desk", Key: fmt.Sprint("walk", s.keys), SessionID: s.any(t).ID, PatientID: fmt.Sprint("w", s.keys),
			})
			if s.fair(t, err) {
				s.booked = append(s.booked, a.ID)
			}
		},
		"cancel": func(t *rapid.T) {
			if a, ok := s.visit(t); ok {
				_, err := s.cancel(a.ID, rapid.SampledFrom([]string{booking.ByPatient, booking.ByHospital}).Draw(t, "by"))
				s.fair(t, err)
			}
		},
		"move": func(t *rapid.T) {
			if a, ok := s.visit(t); ok {
				_, err := s.Move(s.Context(), booking.MoveRequest{
					AppointmentID: a.ID, SessionID: s.any(t).ID, SlotNo: rapid.IntRange(0, 4).Draw(t, "no"),
				})
				s.fair(t, err)
			}
		},
		"check in": func(t *rapid.T) {
			if a, ok := s.visit(t); ok {
				_, err := s.checkIn(a.ID)
				s.fair(t, err)
			}
		},
		"suspend": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
				return
			}
			r, err := s.Suspend(s.Context(), booking.SuspendRequest{SessionID: s.any(t).ID})
			if s.fair(t, err) && r.Affected != r.Kept+r.Without {
				t.Fatalf("got %+v", r)
			}
		},
		"hours": func(t *rapid.T) {
			begin := rapid.IntRange(0, 12).Draw(t, "begin")
			o := s.any(t)
			r := booking.HoursRequest{SessionID: o.ID, Reason: "other hours"}
			r.Start = o.Date.At(7, 10*begin, shanghai)
			r.End = r.Start.Add(time.Duration(rapid.IntRange(3, 15).Draw(t, "length")) * 10 * time.Minute)
			_, err := s.ChangeHours(s.Context(), r)
			s.fair(t, err)
		},
		"choose": func(t *rapid.T) {
			a, ok := s.visit(t)
			if !ok {
				return
			}
			if options := s.options(a.ID); len(options) > 0 {
				b, err := s.Choose(s.Context(), rapid.SampledFrom(options).Draw(t, "option").ID)
				if s.fair(t, err) {
					s.booked = append(s.booked, b.ID)
				}
			}
		},
		"decline": func(t *rapid.T) {
			if a, ok := s.visit(t); ok {
				s.fair(t, s.Decline(s.Context(), a.ID))
			}
		},
		"time": func(t *rapid.T) {
			step := rapid.SampledFrom([]time.Duration{10 * time.Minute, time.Hour, 9 * time.Hour}).Draw(t, "step")
			s.mu.Lock()
			s.now = s.now.Add(step)
			s.mu.Unlock()
			for _, sweep := range []func() (int, error){
				s.open, s.release, s.noShows, s.closing, func() (int, error) { return s.ExpireHolds(s.Context()) },
			} {
				if _, err := sweep(); err != nil {
					t.Fatal(err)
				}
			}
		},
		"": func(t *rapid.T) { s.check(t) },
	}
}

// fatal is what a *testing.T and a *rapid.T share.
type fatal interface {
	Fatalf(format string, args ...any)
}

// check holds what must be true after every act.
func (s *stream) check(t fatal) {
	var slots []booking.Slot
	var all []booking.Appointment
	err := s.db.View(s.Context(), func(tx booking.Tx) (err error) {
		if all, err = tx.Appointments(s.Context(), booking.AppointmentFilter{}); err != nil {
			return err
		}
		for _, o := range s.sessions {
			of, err := tx.Slots(s.Context(), o.ID)
			if err != nil {
				return err
			}
			slots = append(slots, of...)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	s.checkPlaces(t, slots, all)
	s.checkPatients(t, all)
}

func (s *stream) checkPlaces(t fatal, slots []booking.Slot, all []booking.Appointment) {
	freed := map[string]bool{}
	for _, p := range slots {
		if p.FreedBy != "" {
			if freed[p.FreedBy] {
				t.Fatalf("%s freed two places", p.FreedBy)
			}
			freed[p.FreedBy] = true
		}
	}
	if added := s.checkSlices(t, slots, all); len(slots) != s.offered+len(freed)+added {
		t.Fatalf("%d places, offered %d, freed %d, added %d", len(slots), s.offered, len(freed), added)
	}
	type place struct {
		session string
		no      int
	}
	stands, owners := map[place]bool{}, map[place]string{}
	for _, a := range all {
		at := place{a.SessionID, a.SlotNo}
		if a.Active() {
			if stands[at] {
				t.Fatalf("place %v is sold twice", at)
			}
			stands[at] = true
		}
		// after its day has begun a number has one owner
		begun := booking.DayBegins(a.Day, shanghai)
		if a.BookedAt.IsZero() || !a.Active() && a.EndedAt.Before(begun) {
			continue
		}
		owner := a.ID
		if a.Trace() {
			owner = a.OriginID
		}
		if was, used := owners[at]; used && was != owner {
			t.Fatalf("number %v was given to %s and %s on its day", at, was, owner)
		}
		owners[at] = owner
	}
}

// checkSlices: a place that can be had lies in a slice of its session's hours,
// of which none has more than its capacity, and whoever stands on it is there
// when it is. It counts the places that other hours added.
func (s *stream) checkSlices(t fatal, slots []booking.Slot, all []booking.Appointment) (added int) {
	type slice struct {
		session string
		start   int64
	}
	grid, have, at := map[slice]bool{}, map[slice]int{}, map[string]map[int]booking.Slot{}
	for _, o := range s.sessions {
		now, err := s.Session(s.Context(), o.ID)
		if err != nil {
			t.Fatalf("load session: %v", err)
		}
		for _, p := range booking.LaySlots(now) {
			grid[slice{o.ID, p.Start.Unix()}] = true
		}
		at[o.ID] = map[int]booking.Slot{}
	}
	for _, p := range slots {
		at[p.SessionID][p.No] = p
		key := slice{p.SessionID, p.Start.Unix()}
		if p.Band != booking.BandBooked {
			continue
		}
		if p.No > 4 { // four slices of one place at first
			added++
		}
		if p.Withheld {
			continue
		}
		if have[key]++; have[key] > 1 || !grid[key] {
			t.Fatalf("place %d of %s at %s: %d in its slice, within the hours %v", p.No, p.SessionID, p.Start, have[key], grid[key])
		}
	}
	for key := range grid {
		if have[key] == 0 && !s.cut(slots, key.session, key.start) {
			t.Fatalf("the slice at %s of %s has no place", time.Unix(key.start, 0), key.session)
		}
	}
	for _, a := range all {
		if p := at[a.SessionID][a.SlotNo]; a.Active() && p.Band == booking.BandBooked && a.State < booking.Fulfilled && !a.Start.Equal(p.Start) {
			t.Fatalf("%s is there at %s, the place at %s", a.ID, a.Start, p.Start)
		}
	}
	return added
}

// cut reports whether a place of the slice is withheld.
func (s *stream) cut(slots []booking.Slot, session string, start int64) bool {
	return slices.ContainsFunc(slots, func(p booking.Slot) bool { return p.SessionID == session && p.Start.Unix() == start && p.Withheld })
}

func (s *stream) checkPatients(t fatal, all []booking.Appointment) {
	visits, options := map[string]bool{}, map[string]int{}
	suspended := map[string]bool{}
	for _, o := range s.sessions {
		suspended[o.ID] = s.status(o.ID) == booking.SessionSuspended
	}
	for _, a := range all {
		if !a.Active() {
			continue
		}
		if suspended[a.SessionID] && a.State < booking.Fulfilled && a.State != booking.NoShow {
			t.Fatalf("%s stands on a suspended session: %+v", a.PatientID, a)
		}
		if a.Purpose == booking.PurposeOption {
			options[a.OriginID]++
			continue
		}
		key := a.PatientID + a.DoctorID + a.Day.String()
		if visits[key] {
			t.Fatalf("%s has two visits", key)
		}
		visits[key] = true
		if a.OriginID != "" { // a chosen place leaves no kept one
			options[a.OriginID] += 100
		}
	}
	for origin, n := range options {
		if n > 3 && n != 100 {
			t.Fatalf("origin %s has %d places", origin, n)
		}
	}
}

// The same on the databases, each stream on one of its own.
func TestStreamsOfActsKeepThePromisesInADatabase(t *testing.T) {
	onEngines(t, func(c *clinic) {
		storetest.Checks(c, 3)
		open := map[string]storetest.Opener{"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL}[path.Base(c.Name())]
		rapid.Check(c.T, func(r *rapid.T) {
			one := &clinic{T: c.T, now: monday.AddDays(-1).At(9, 0, shanghai)}
			one.serve(open(c.T, storetest.Now(one.clock)).Booking(), noLimits, func(p *booking.Policy) { p.SweepBatch = 3 })
			r.Repeat(laidOut(one).acts())
		})
	})
}

func TestStreamsOfActsKeepThePromises(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		r.Repeat(newStream(t).acts())
	})
}
