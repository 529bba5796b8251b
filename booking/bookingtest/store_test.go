package bookingtest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/bookingtest"
)

var day = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

func store(t *testing.T) *bookingtest.Store {
	t.Helper()
	s := bookingtest.New(func() time.Time { return day.At(7, 0, time.UTC) })
	err := s.InTx(t.Context(), func(tx booking.Tx) error {
		for _, doctor := range []string{"chen", "liu"} {
			o := booking.Session{
				ID: doctor, DoctorID: doctor, Date: day, Part: houzhen.Morning, Status: booking.SessionPlanned, Version: 1,
				Start: day.At(8, 0, time.UTC), End: day.At(10, 0, time.UTC), SliceMinutes: 60, SliceCapacity: 2,
			}
			if err := tx.AddSession(t.Context(), o, booking.LaySlots(o)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func appointment(id, session, patient string, no, nth int) booking.Appointment {
	return booking.Appointment{
		ID: id, Voucher: "v" + id, SessionID: session, DoctorID: session, SlotNo: no, PatientID: patient, Day: day, Nth: nth,
		State: booking.Booked, Purpose: booking.PurposeVisit, Version: 1,
	}
}

func TestGuardsRefuseWhatTheIndexesRefuse(t *testing.T) {
	option := appointment("b", "chen", "li", 2, 1)
	option.Purpose = booking.PurposeOption
	ended := appointment("b", "chen", "li", 1, 1)
	ended.State = booking.Cancelled
	stranger := appointment("b", "chen", "wang", 2, 1)
	stranger.DoctorID = "liu"
	for name, c := range map[string]struct {
		a    booking.Appointment
		want houzhen.Code
	}{
		"another place, another patient": {appointment("b", "chen", "wang", 2, 1), ""},
		"the same place":                 {appointment("b", "chen", "wang", 1, 1), houzhen.CodeSlotTaken},
		"the same doctor and day":        {appointment("b", "chen", "li", 2, 2), houzhen.CodeAlreadyBooked},
		"the same how many-eth":          {appointment("b", "liu", "li", 1, 1), houzhen.CodeLimit},
		"the next how many-eth":          {appointment("b", "liu", "li", 1, 2), ""},
		"the fourth":                     {appointment("b", "liu", "li", 1, 4), houzhen.CodeInternal},
		"no how many-eth":                {appointment("b", "liu", "li", 1, 0), ""},
		"the same id":                    {appointment("a", "liu", "wang", 1, 1), houzhen.CodeKeyReused},
		"no such place":                  {appointment("b", "chen", "wang", 99, 1), houzhen.CodeSlotUnknown},
		"a doctor of another session":    {stranger, houzhen.CodeInternal},
		"a kept place beside a visit":    {option, ""},
		"an ended one on a taken place":  {ended, ""},
	} {
		s := store(t)
		err := s.InTx(t.Context(), func(tx booking.Tx) error {
			if err := tx.AddAppointment(t.Context(), appointment("a", "chen", "li", 1, 1)); err != nil {
				return err
			}
			return tx.AddAppointment(t.Context(), c.a)
		})
		if got := houzhen.CodeOf(err); got != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestFailedTransactionLeavesNothing(t *testing.T) {
	s := store(t)
	broken := errors.New("broken")
	err := s.InTx(t.Context(), func(tx booking.Tx) error {
		o, err := tx.Session(t.Context(), "chen")
		if err != nil {
			return err
		}
		o.Status = booking.SessionOpen
		for _, err := range []error{
			tx.UpdateSession(t.Context(), o),
			tx.AddAppointment(t.Context(), appointment("a", "chen", "li", 1, 1)),
			tx.AddSlot(t.Context(), booking.Slot{SessionID: "chen", No: 201, Band: booking.BandWalkIn}),
			tx.SaveRoster(t.Context(), booking.Roster{ID: "r"}),
			tx.SaveException(t.Context(), booking.Exception{ID: "e", Date: day}),
			tx.Emit(houzhen.Event{ID: "f"}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx booking.Tx) error {
		o, _ := tx.Session(t.Context(), "chen")
		slots, _ := tx.Slots(t.Context(), "chen")
		all, _ := tx.Appointments(t.Context(), booking.AppointmentFilter{})
		bySession, _ := tx.Appointments(t.Context(), booking.AppointmentFilter{SessionID: "chen"})
		lines, _ := tx.Rosters(t.Context())
		exceptions, _ := tx.Exceptions(t.Context(), day, day)
		if o.Status != booking.SessionPlanned || o.Version != 1 || len(slots) != 4 || slots[0].Taken ||
			len(all)+len(bySession)+len(lines)+len(exceptions) != 0 {
			t.Errorf("left: %+v %v %v %v %v", o, slots, all, lines, exceptions)
		}
		return nil
	})
	if err != nil || len(s.Kinds()) != 0 {
		t.Errorf("facts %v, %v", s.Kinds(), err)
	}
}

func TestStaleVersionsConflict(t *testing.T) {
	s := store(t)
	err := s.InTx(t.Context(), func(tx booking.Tx) error {
		a := appointment("a", "chen", "li", 1, 1)
		if err := tx.AddAppointment(t.Context(), a); err != nil {
			return err
		}
		stale := a
		if err := tx.UpdateAppointment(t.Context(), &a); err != nil || a.Version != 2 {
			t.Errorf("got version %d, %v", a.Version, err)
		}
		if err := tx.UpdateAppointment(t.Context(), &stale); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("appointment: got %v", err)
		}
		o, _ := tx.Session(t.Context(), "chen")
		if err := tx.UpdateSession(t.Context(), o); err != nil {
			return err
		}
		if err := tx.UpdateSession(t.Context(), o); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("session: got %v", err)
		}
		if err := tx.AddSession(t.Context(), booking.Session{ID: "x", DoctorID: "chen", Date: day, Part: houzhen.Morning}, nil); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("the same doctor, day and half-day: got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestViewCannotWrite(t *testing.T) {
	s := store(t)
	err := s.View(t.Context(), func(tx booking.Tx) error { return tx.Emit(houzhen.Event{}) })
	if err == nil {
		t.Error("a view emits")
	}
	err = s.View(t.Context(), func(tx booking.Tx) error {
		return tx.AddAppointment(t.Context(), appointment("a", "chen", "li", 1, 1))
	})
	if err == nil {
		t.Error("a view adds")
	}
}
