package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runSessions(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a session and its slots come back whole", func(t *testing.T) { sessionComesBack(t, open(t)) })
	t.Run("a doctor has one session a half-day", func(t *testing.T) {
		db := open(t)
		addSession(t, db, "s1", "d1", 2)
		write(t, db, func(tx *store.Tx) error {
			s, slots := session("s2", "d1", today(), 2)
			refused(t, tx.AddSession(t.Context(), s, slots), houzhen.CodeConflict)
			s.Part = houzhen.Afternoon // the transaction is still of use
			return tx.AddSession(t.Context(), s, slots)
		})
	})
	t.Run("an update knows the version it read", func(t *testing.T) { sessionVersion(t, open(t)) })
	t.Run("sessions are filtered", func(t *testing.T) { sessionFilter(t, open(t)) })
	t.Run("hundreds of sessions come in order", func(t *testing.T) { manySessions(t, open(t)) })
	t.Run("a slot is taken while an active appointment stands on it", func(t *testing.T) { slotTaken(t, open(t)) })
	t.Run("a slot is added once, and an absence frees one place", func(t *testing.T) { slotOnce(t, open(t)) })
}

func sessionComesBack(t *testing.T, db *store.DB) {
	t.Helper()
	want, slots := session("s1", "d1", today(), 3)
	slots[2].Withheld, slots[2].Band = true, booking.BandWalkIn
	write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), want, slots) })
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Session(t.Context(), "s1")
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("session (-got +want):\n%s", diff)
		}
		all, err2 := tx.Slots(t.Context(), "s1")
		if diff := cmp.Diff(all, slots); diff != "" {
			t.Errorf("slots (-got +want):\n%s", diff)
		}
		_, err3 := tx.Session(t.Context(), "s9")
		refused(t, err3, houzhen.CodeNotFound)
		_, err4 := tx.Slot(t.Context(), "s1", 9)
		refused(t, err4, houzhen.CodeSlotUnknown)
		none, err5 := tx.Slots(t.Context())
		if len(none) != 0 {
			t.Errorf("slots of no session: got %d, want 0", len(none))
		}
		return errors.Join(err, err2, err5)
	})
}

func sessionVersion(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 1)
	s.AttendingID, s.Status, s.RoomID, s.Deadline = "d2", booking.SessionSuspended, "room2", s.Deadline.Add(time.Hour)
	write(t, db, func(tx *store.Tx) error { return tx.UpdateSession(t.Context(), s) })
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.UpdateSession(t.Context(), s) }), houzhen.CodeConflict)
	s.Version = 2
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Session(t.Context(), "s1")
		if diff := cmp.Diff(got, s); diff != "" {
			t.Errorf("session (-got +want):\n%s", diff)
		}
		return err
	})
}

func sessionFilter(t *testing.T, db *store.DB) {
	t.Helper()
	for i, doctor := range []string{"d1", "d2"} {
		for days := range 3 {
			s, _ := session(fmt.Sprintf("%s-%d", doctor, days), doctor, today().AddDays(days), 0)
			s.ZoneID = fmt.Sprintf("z%d", i)
			if days == 2 {
				s.Status = booking.SessionPlanned
			}
			write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, nil) })
		}
	}
	for name, c := range map[string]struct {
		filter booking.SessionFilter
		want   []string
	}{
		"all by start":       {booking.SessionFilter{}, []string{"d1-0", "d2-0", "d1-1", "d2-1", "d1-2", "d2-2"}},
		"by id":              {booking.SessionFilter{IDs: []string{"d2-1", "d1-0", "gone"}}, []string{"d1-0", "d2-1"}},
		"by no id":           {booking.SessionFilter{IDs: []string{}}, nil},
		"by doctor":          {booking.SessionFilter{DoctorID: "d2"}, []string{"d2-0", "d2-1", "d2-2"}},
		"by zone and dates":  {booking.SessionFilter{ZoneID: "z0", From: today().AddDays(1), To: today().AddDays(1)}, []string{"d1-1"}},
		"by department":      {booking.SessionFilter{DepartmentID: "other"}, nil},
		"by status":          {booking.SessionFilter{Status: []booking.SessionStatus{booking.SessionPlanned, booking.SessionClosed}}, []string{"d1-2", "d2-2"}},
		"by status and date": {booking.SessionFilter{Status: []booking.SessionStatus{booking.SessionOpen}, From: today().AddDays(1)}, []string{"d1-1", "d2-1"}},
	} {
		look(t, db, func(tx *store.Tx) error {
			sessions, err := tx.Sessions(t.Context(), c.filter)
			var got []string
			for _, s := range sessions {
				got = append(got, s.ID)
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
}

func slotTaken(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 2)
	taken := func() (out []bool) {
		look(t, db, func(tx *store.Tx) error {
			slots, err := tx.Slots(t.Context(), "s1")
			for _, slot := range slots {
				one, err := tx.Slot(t.Context(), "s1", slot.No)
				if err != nil || one.Taken != slot.Taken {
					t.Errorf("slot %d alone: got %v, %v, want as in the list", slot.No, one.Taken, err)
				}
				out = append(out, slot.Taken)
			}
			return err
		})
		return out
	}
	check := func(want ...bool) {
		t.Helper()
		if diff := cmp.Diff(taken(), want); diff != "" {
			t.Errorf("taken (-got +want):\n%s", diff)
		}
	}
	check(false, false)
	a := book(t, db, appointment(s, 2, "p1"))
	check(false, true)
	a.State = booking.Cancelled
	write(t, db, func(tx *store.Tx) error { return tx.UpdateAppointment(t.Context(), &a) })
	check(false, false)
}

func slotOnce(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 1)
	free := booking.Slot{SessionID: "s1", No: 201, Band: booking.BandWalkIn, FreedBy: "a1"}
	write(t, db, func(tx *store.Tx) error {
		if err := tx.AddSlot(t.Context(), free); err != nil {
			return err
		}
		refused(t, tx.AddSlot(t.Context(), free), houzhen.CodeConflict)
		free.No = 202
		refused(t, tx.AddSlot(t.Context(), free), houzhen.CodeConflict)
		free.FreedBy = "a2"
		if err := tx.AddSlot(t.Context(), free); err != nil {
			return err
		}
		if err := tx.PassFreed(t.Context(), "a1", "a3"); err != nil {
			return err
		}
		free.No, free.FreedBy = 203, "a3"
		refused(t, tx.AddSlot(t.Context(), free), houzhen.CodeConflict)
		free.FreedBy = "a1"
		return tx.AddSlot(t.Context(), free)
	})
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.AddSlot(t.Context(), booking.Slot{SessionID: "s1", No: 0})
	}); err == nil {
		t.Error("a slot numbered 0 was taken")
	}
}

func manySessions(t *testing.T, db *store.DB) {
	t.Helper()
	var ids []string
	for i := range 150 {
		id := fmt.Sprintf("s%03d", i)
		s, slots := session(id, id, today().AddDays(-i), 1) // the last is the earliest
		write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, slots) })
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	look(t, db, func(tx *store.Tx) error {
		sessions, err := tx.Sessions(t.Context(), booking.SessionFilter{IDs: ids})
		slots, err2 := tx.Slots(t.Context(), ids...)
		if len(sessions) != len(ids) || len(slots) != len(ids) {
			t.Fatalf("got %d sessions and %d slots, want %d of each", len(sessions), len(slots), len(ids))
		}
		for i, id := range ids {
			if sessions[i].ID != id || slots[len(ids)-1-i].SessionID != id {
				t.Fatalf("place %d: got session %s and slot of %s, want %s", i, sessions[i].ID, slots[len(ids)-1-i].SessionID, id)
			}
		}
		return errors.Join(err, err2)
	})
}
