package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runMoves(t *testing.T, open Opener) {
	t.Helper()
	t.Run("every field but the id is saved", func(t *testing.T) { everyFieldSaved(t, open(t)) })
	t.Run("a move takes the new place and frees the old one", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 4)
		s2 := addSession(t, db, "s2", "d2", 4)
		a := book(t, db, appointment(s, 1, "p1"))
		a.SessionID, a.SlotNo, a.DoctorID = s2.ID, 3, s2.DoctorID
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
		if diff := cmp.Diff(stored(t, db, a.ID), a); diff != "" || a.Version != 2 {
			t.Errorf("version %d, want 2; appointment (-got +want):\n%s", a.Version, diff)
		}
		book(t, db, appointment(s, 1, "p2"))
	})
	t.Run("a refused move changes nothing and leaves the transaction usable", func(t *testing.T) { refusedMove(t, open(t)) })
	t.Run("an ended appointment comes back only to a free place", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 2)
		a := book(t, db, with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.State = booking.Cancelled }))
		b := book(t, db, appointment(s, 1, "p2"))
		write(t, db, func(tx *store.Tx) error {
			a.State = booking.Booked
			refused(t, tx.UpdateAppointment(t.Context(), &a), houzhen.CodeSlotTaken)
			b.State = booking.Cancelled
			if err := tx.UpdateAppointment(t.Context(), &b); err != nil {
				return err
			}
			return tx.UpdateAppointment(t.Context(), &a)
		})
	})
	t.Run("an option becomes a visit under the guards of one", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 2)
		book(t, db, appointment(s, 1, "p1"))
		o := book(t, db, with(appointment(s, 2, "p1"), func(a *booking.Appointment) {
			a.Purpose, a.State, a.Nth = booking.PurposeOption, booking.Held, 2
		}))
		o.Purpose, o.State = booking.PurposeVisit, booking.Booked
		write(t, db, func(tx *store.Tx) error {
			refused(t, tx.UpdateAppointment(t.Context(), &o), houzhen.CodeAlreadyBooked)
			return nil
		})
	})
	t.Run("an update knows the version it read", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 2)
		a := book(t, db, appointment(s, 1, "p1"))
		old, gone := a, with(a, func(a *booking.Appointment) { a.ID = "gone" })
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
		write(t, db, func(tx *store.Tx) error {
			refused(t, tx.UpdateAppointment(t.Context(), &old), houzhen.CodeConflict)
			refused(t, tx.UpdateAppointment(t.Context(), &gone), houzhen.CodeConflict)
			if old.Version != 1 {
				t.Errorf("a refused update raised the version to %d", old.Version)
			}
			return tx.UpdateAppointment(t.Context(), &a)
		})
	})
}

func everyFieldSaved(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	for name, c := range map[string]change{
		"in place": func(a *booking.Appointment) { a.State = booking.CheckedIn },
		"moved":    func(a *booking.Appointment) { a.SlotNo, a.PatientID, a.Nth, a.Voucher = 4, "p2", 3, "other" },
	} {
		a := book(t, db, with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.ID, a.Voucher = name, name }))
		c(&a)
		a.Start, a.End, a.AccountID, a.OriginID, a.Channel = a.Start.Add(1e9), a.End.Add(1e9), "acc2", "o2", "desk"
		a.ExpiresAt, a.EndedAt, a.CheckedInAt, a.ReleasedAt = Start().Add(time.Minute), Start().Add(2e9), Start().Add(3e9), Start().Add(4e9)
		a.By, a.Reason, a.Key, a.BookedAt, a.TravelMinute = booking.ByPatient, "why", "k2", Start().Add(5e9), 12
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
		if diff := cmp.Diff(stored(t, db, a.ID), a); diff != "" || a.Version != 2 {
			t.Errorf("%s: version %d, want 2; appointment (-got +want):\n%s", name, a.Version, diff)
		}
		a.State = booking.Cancelled
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
	}
}

func refusedMove(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 4)
	s2 := addSession(t, db, "s2", "d2", 4)
	a := book(t, db, appointment(s, 1, "p1"))
	book(t, db, appointment(s, 2, "p2"))
	book(t, db, with(appointment(s2, 1, "p1"), func(a *booking.Appointment) { a.Nth = 2 }))
	for name, c := range map[string]struct {
		change change
		want   houzhen.Code
	}{
		"to a taken place":           {func(a *booking.Appointment) { a.SlotNo = 2 }, houzhen.CodeSlotTaken},
		"to a doctor he is with":     {func(a *booking.Appointment) { a.SessionID, a.DoctorID, a.SlotNo = "s2", "d2", 4 }, houzhen.CodeAlreadyBooked},
		"to an nth that stands":      {func(a *booking.Appointment) { a.Nth = 2 }, houzhen.CodeLimit},
		"beyond the ceiling":         {func(a *booking.Appointment) { a.Nth = 4 }, houzhen.CodeLimit},
		"to a place that is unknown": {func(a *booking.Appointment) { a.SlotNo = 77 }, houzhen.CodeSlotUnknown},
	} {
		moved := with(a, c.change)
		write(t, db, func(tx *store.Tx) error {
			err := tx.UpdateAppointment(t.Context(), &moved)
			if got := houzhen.CodeOf(err); got != c.want {
				t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
			}
			return tx.Emit(houzhen.Event{Kind: houzhen.AppointmentBooked, Subject: name}) // still usable
		})
		if diff := cmp.Diff(stored(t, db, a.ID), a); diff != "" {
			t.Errorf("%s: the appointment changed (-got +want):\n%s", name, diff)
		}
	}
	a.SlotNo = 3
	write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
}
