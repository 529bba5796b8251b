package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

type change = func(*booking.Appointment)

func runGuards(t *testing.T, open Opener) {
	t.Helper()
	t.Run("an appointment comes back whole", func(t *testing.T) { appointmentComesBack(t, open(t)) })
	t.Run("each guard refuses by its code and leaves the transaction usable", func(t *testing.T) { guardsRefuse(t, open(t)) })
	t.Run("what the guards let pass", func(t *testing.T) { guardsPass(t, open(t)) })
	t.Run("an ended appointment frees its place and its patient", func(t *testing.T) { endedFrees(t, open(t)) })
	t.Run("a slot must exist", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 1)
		refused(t, db.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.AddAppointment(t.Context(), appointment(s, 7, "p1"))
		}), houzhen.CodeSlotUnknown)
	})
	t.Run("doctor and day are the session's, and states are known", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 1)
		for _, c := range []change{
			func(a *booking.Appointment) { a.DoctorID = "d2" },
			func(a *booking.Appointment) { a.Day = today().AddDays(1) },
			func(a *booking.Appointment) { a.Nth = -1 },
			func(a *booking.Appointment) { a.State = 6 },
		} {
			if err := db.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.AddAppointment(t.Context(), with(appointment(s, 1, "p1"), c))
			}); err == nil {
				t.Error("an impossible appointment was taken")
			}
		}
	})
	t.Run("a voucher finds its appointments", func(t *testing.T) { byVoucher(t, open(t)) })
	t.Run("appointments are filtered", func(t *testing.T) { appointmentFilter(t, open(t)) })
}

func appointmentComesBack(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 2)
	want := with(appointment(s, 2, "p1"), func(a *booking.Appointment) {
		a.State, a.Purpose, a.OriginID, a.By, a.Reason = booking.Held, booking.PurposeOption, "origin", booking.BySystem, "why"
		a.ExpiresAt, a.EndedAt, a.CheckedInAt, a.ReleasedAt = Start().Add(1), Start().Add(time.Microsecond), Start().Add(time.Hour), Start().Add(2*time.Hour)
	})
	book(t, db, want)
	want.ExpiresAt = Start() // a nanosecond is less than is kept
	if diff := cmp.Diff(stored(t, db, want.ID), want); diff != "" {
		t.Errorf("appointment (-got +want):\n%s", diff)
	}
	look(t, db, func(tx *store.Tx) error {
		_, err := tx.Appointment(t.Context(), "nothing")
		refused(t, err, houzhen.CodeNotFound)
		return nil
	})
}

// byVoucher finds those whose ids begin with a voucher, and those of the old
// kind, whose ids do not.
func byVoucher(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 5)
	named := func(id, voucher string) change {
		return func(a *booking.Appointment) { a.ID, a.Voucher = id, voucher }
	}
	for i, c := range []change{
		named("abcdefghj"+"22222222222222222", "ABCDEFGHJK"), named("abcdefghj"+"zzzzzzzzzzzzzzzzz", "ABCDEFGHJK"),
		named("abcdefghk"+"22222222222222222", "ABCDEFGHKK"), named("old", "ABCDEFGHJ"), named("none", ""),
	} {
		book(t, db, with(appointment(s, i+1, fmt.Sprint("p", i)), c))
	}
	look(t, db, func(tx *store.Tx) error {
		for voucher, want := range map[string]int{"ABCDEFGHJK": 2, "ABCDEFGHKK": 1, "ABCDEFGHJ": 1, "ABCDEFGHJL": 0, "ABCDEFGHK": 0, "": 0} {
			list, err := tx.AppointmentsByVoucher(t.Context(), voucher)
			if err != nil {
				return err
			}
			if len(list) != want {
				t.Errorf("%q: got %d, want %d", voucher, len(list), want)
			}
			for _, a := range list {
				if a.Voucher != voucher {
					t.Errorf("%q: got %q of %q", voucher, a.Voucher, a.ID)
				}
			}
		}
		return nil
	})
}

func guardsRefuse(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	s2 := addSession(t, db, "s2", "d2", 4)
	standing := book(t, db, appointment(s, 1, "p1"))
	for name, c := range map[string]struct {
		a    booking.Appointment
		want houzhen.Code
	}{
		"the same id":              {with(appointment(s2, 4, "p9"), func(a *booking.Appointment) { a.ID = standing.ID }), houzhen.CodeKeyReused},
		"the same place":           {appointment(s, 1, "p2"), houzhen.CodeSlotTaken},
		"the same doctor and day":  {with(appointment(s, 2, "p1"), func(a *booking.Appointment) { a.Nth = 2 }), houzhen.CodeAlreadyBooked},
		"his own place again":      {with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.ID = "again" }), houzhen.CodeAlreadyBooked},
		"the same nth of the day":  {appointment(s2, 1, "p1"), houzhen.CodeLimit},
		"unlimited, once a doctor": {with(appointment(s, 2, "p1"), func(a *booking.Appointment) { a.Nth = 0 }), houzhen.CodeAlreadyBooked},
		"a fourth on that day":     {with(appointment(s2, 1, "p1"), func(a *booking.Appointment) { a.Nth = 4 }), houzhen.CodeLimit},
		"an option on his place":   {with(appointment(s, 1, "p2"), func(a *booking.Appointment) { a.Purpose = booking.PurposeOption }), houzhen.CodeSlotTaken},
	} {
		write(t, db, func(tx *store.Tx) error {
			err := tx.AddAppointment(t.Context(), c.a)
			if got := houzhen.CodeOf(err); got != c.want {
				t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
			}
			_, err = tx.Appointment(t.Context(), standing.ID)
			return err
		})
	}
}

func guardsPass(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 9)
	s2 := addSession(t, db, "s2", "d2", 4)
	s3 := addSession(t, db, "s3", "d3", 4)
	unlimited := func(a *booking.Appointment) { a.Nth = 0 }
	for _, a := range []booking.Appointment{
		appointment(s, 1, "p1"),
		with(appointment(s2, 2, "p1"), unlimited),
		with(appointment(s3, 1, "p1"), unlimited),
		appointment(s, 2, "p2"),
		with(appointment(s3, 2, "p2"), func(a *booking.Appointment) { a.Nth = 2 }),
		with(appointment(s, 3, "p1"), func(a *booking.Appointment) { a.Purpose, a.Voucher = booking.PurposeOption, "" }),
		with(appointment(s, 4, "p1"), func(a *booking.Appointment) { a.Purpose, a.Voucher, a.Nth = booking.PurposeOption, "", 2 }),
		with(appointment(s, 1, "p3"), func(a *booking.Appointment) { a.State = booking.Cancelled }),
	} {
		book(t, db, a)
	}
}

func endedFrees(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 2)
	a := book(t, db, appointment(s, 1, "p1"))
	for _, state := range []booking.State{booking.CheckedIn, booking.Fulfilled, booking.NoShow} { // all still stand
		a.State = state
		write(t, db, func(tx *store.Tx) error {
			err := tx.UpdateAppointment(t.Context(), &a)
			refused(t, tx.AddAppointment(t.Context(), appointment(s, 1, "p2")), houzhen.CodeSlotTaken)
			return err
		})
	}
	a.State = booking.Cancelled
	write(t, db, func(tx *store.Tx) error {
		err := tx.UpdateAppointment(t.Context(), &a)
		return errors.Join(err, tx.AddAppointment(t.Context(), with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.ID, a.Voucher = "new", "new" })))
	})
}

func appointmentFilter(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	s2, slots := session("s2", "d1", today().AddDays(1), 4)
	write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s2, slots) })
	all := []booking.Appointment{
		appointment(s, 1, "p1"),
		appointment(s, 2, "p2"),
		with(appointment(s, 3, "p3"), func(a *booking.Appointment) { a.State = booking.Cancelled }),
		appointment(s2, 1, "p1"),
		with(appointment(s2, 2, "p2"), func(a *booking.Appointment) {
			a.Purpose, a.OriginID, a.State = booking.PurposeOption, "a-s1-2-p2", booking.Held
		}),
	}
	for _, a := range all {
		book(t, db, a)
	}
	for name, c := range map[string]struct {
		filter booking.AppointmentFilter
		want   []int
	}{
		"all":             {booking.AppointmentFilter{}, []int{0, 1, 2, 3, 4}},
		"by session":      {booking.AppointmentFilter{SessionID: "s2"}, []int{3, 4}},
		"by patients":     {booking.AppointmentFilter{PatientIDs: []string{"p1", "p3", "p9"}}, []int{0, 2, 3}},
		"by no patient":   {booking.AppointmentFilter{PatientIDs: []string{}}, nil},
		"by origin":       {booking.AppointmentFilter{OriginID: "a-s1-2-p2"}, []int{4}},
		"by day":          {booking.AppointmentFilter{From: today().AddDays(1), To: today().AddDays(1)}, []int{3, 4}},
		"by state":        {booking.AppointmentFilter{States: []booking.State{booking.Cancelled, booking.Held}}, []int{2, 4}},
		"by purpose":      {booking.AppointmentFilter{Purpose: booking.PurposeVisit, SessionID: "s2"}, []int{3}},
		"page by page":    {booking.AppointmentFilter{AfterID: "a-s1-1-p1", Limit: 2}, []int{1, 2}},
		"patient and day": {booking.AppointmentFilter{PatientIDs: []string{"p1"}, From: today(), To: today()}, []int{0}},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Appointments(t.Context(), c.filter)
			want := []string{}
			for _, i := range c.want {
				want = append(want, all[i].ID)
			}
			if diff := cmp.Diff(appointmentIDs(got), want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
}
