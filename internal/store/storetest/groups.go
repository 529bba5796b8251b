package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runGroups(t *testing.T, open Opener) {
	t.Helper()
	t.Run("of many at once those whom no guard refuses are booked", func(t *testing.T) { groupIsJudged(t, open(t)) })
	t.Run("a group keeps every field", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 2)
		want := with(appointment(s, 2, "p1"), func(a *booking.Appointment) {
			a.State, a.ExpiresAt, a.TravelMinute, a.AccountID = booking.Held, Start(), 7, "acc"
		})
		addGroup(t, db, nil, appointment(s, 1, "p2"), want)
		if diff := cmp.Diff(stored(t, db, want.ID), want); diff != "" {
			t.Errorf("appointment (-got +want):\n%s", diff)
		}
	})
	t.Run("a group with an impossible member is not written at all", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 1)
		refused(t, db.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddAppointments(t.Context(), []booking.Appointment{appointment(s, 1, "p1"), appointment(s, 9, "p2")})
			return err
		}), houzhen.CodeSlotUnknown)
		look(t, db, func(tx *store.Tx) error {
			list, err := tx.Appointments(t.Context(), booking.AppointmentFilter{})
			if len(list) != 0 {
				t.Errorf("got %d appointments", len(list))
			}
			return err
		})
	})
	t.Run("a group is written whole where no guard refuses anybody, else not at all", func(t *testing.T) { groupIsHopedFor(t, open(t)) })
	t.Run("nobody and nothing is a group too", func(t *testing.T) {
		db := open(t)
		addGroup(t, db, nil)
		write(t, db, func(tx *store.Tx) error { return tx.EmitAll(nil) })
	})
	t.Run("many facts keep their order and are told after the commit", func(t *testing.T) { factsInBulk(t, open(t)) })
	t.Run("a seat is listed whether its owner is there or gone", func(t *testing.T) { seatsListed(t, open(t)) })
	t.Run("visits count whether they are to come, over or missed", func(t *testing.T) { visitsCounted(t, open(t)) })
	t.Run("who queues for a session keeps another waiting but not a group", func(t *testing.T) { sessionQueued(t, open(t)) })
	t.Run("a shared session makes lockers wait, and a locked one is passed over", func(t *testing.T) { sessionsShared(t, open(t)) })
}

// addGroup writes a group and checks who was booked; nil expects everybody.
func addGroup(tb testing.TB, db *store.DB, want map[string]bool, list ...booking.Appointment) {
	tb.Helper()
	if want == nil {
		want = map[string]bool{}
		for _, a := range list {
			want[a.ID] = true
		}
	}
	var got map[string]bool
	write(tb, db, func(tx *store.Tx) (err error) {
		got, err = tx.AddAppointments(tb.Context(), list)
		return err
	})
	if diff := cmp.Diff(got, want); diff != "" {
		tb.Errorf("booked (-got +want):\n%s", diff)
	}
}

func groupIsJudged(t *testing.T, db *store.DB) {
	t.Helper()
	s, other := addSession(t, db, "s1", "d1", 200), addSession(t, db, "s2", "d2", 10)
	book(t, db, appointment(s, 1, "p0"))
	var list []booking.Appointment
	want := map[string]bool{}
	for i := range 150 { // more than a list of ids may have
		a := appointment(s, i+1, fmt.Sprintf("p%d", i))
		list = append(list, a)
		want[a.ID] = i > 0
	}
	delete(want, list[0].ID) // exists
	list = append(
		list,
		appointment(s, 2, "late"),   // the place is given within this very group
		appointment(s, 190, "p5"),   // he has this doctor today
		appointment(other, 1, "p6"), // his first visit of the day is taken
		with(appointment(other, 3, "p7"), func(a *booking.Appointment) { a.Nth = 2 }),
	)
	want[list[len(list)-1].ID] = true
	addGroup(t, db, want, list...)
	look(t, db, func(tx *store.Tx) error {
		all, err := tx.Appointments(t.Context(), booking.AppointmentFilter{})
		if len(all) != 151 {
			t.Errorf("got %d appointments, want 151", len(all))
		}
		return err
	})
}

func groupIsHopedFor(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 10)
	told := func() int {
		var n int
		look(t, db, func(tx *store.Tx) error {
			list, _, err := tx.FactsAfter(t.Context(), 0, 100)
			n = len(list)
			return err
		})
		return n
	}
	hope := func(list ...booking.Appointment) error {
		return db.InTx(t.Context(), func(tx *store.Tx) error {
			var facts []houzhen.Event
			for _, a := range list {
				facts = append(facts, houzhen.Event{Kind: houzhen.AppointmentBooked, Subject: a.ID})
			}
			return errors.Join(tx.AddAllAppointments(t.Context(), list), tx.EmitAll(facts))
		})
	}
	before := told()
	if err := hope(appointment(s, 1, "p1"), appointment(s, 2, "p2")); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]booking.Appointment{
		"exists":         appointment(s, 1, "p1"),
		"place is taken": appointment(s, 2, "p9"),
		"has the doctor": appointment(s, 5, "p1"),
	} {
		refused(t, hope(appointment(s, 7, "p7"), a), houzhen.CodeConflict)
		look(t, db, func(tx *store.Tx) error {
			all, err := tx.Appointments(t.Context(), booking.AppointmentFilter{})
			if len(all) != 2 {
				t.Errorf("%s: got %d appointments, want 2", name, len(all))
			}
			return err
		})
	}
	if err := hope(); err != nil {
		t.Errorf("nobody: %v", err)
	}
	if n := told() - before; n != 2 {
		t.Errorf("got %d facts, want 2", n)
	}
}

func factsInBulk(t *testing.T, db *store.DB) {
	t.Helper()
	var told []string
	hearing, ok := db.Booking().(booking.Hearing)
	if !ok {
		t.Fatal("the store cannot be heard")
	}
	hearing.Watch(func(_ context.Context, facts []houzhen.Event) {
		for _, e := range facts {
			told = append(told, e.Subject)
		}
	})
	fault := errors.New("no")
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.EmitAll([]houzhen.Event{{Kind: houzhen.AppointmentBooked, Subject: "undone"}}), fault)
	}); !errors.Is(err, fault) {
		t.Fatal(err)
	}
	var events []houzhen.Event
	var want []string
	for i := range 40 {
		subject := fmt.Sprintf("a%02d", (i*7)%40)
		events = append(events, houzhen.Event{Kind: houzhen.AppointmentBooked, Subject: subject, Version: 1, Session: "s", Data: []byte(`{"slot":1}`)})
		want = append(want, subject)
	}
	write(t, db, func(tx *store.Tx) error { return tx.EmitAll(events) })
	if diff := cmp.Diff(told, want); diff != "" {
		t.Errorf("told (-got +want):\n%s", diff)
	}
	look(t, db, func(tx *store.Tx) error {
		rows, _, err := tx.FactsAfter(t.Context(), 0, 100)
		var got []string
		for _, e := range rows {
			got = append(got, e.Subject)
			if e.ID == "" || e.At.IsZero() || string(e.Data) != `{"slot":1}` || e.Kind != houzhen.AppointmentBooked {
				t.Errorf("fact lost something: %+v", e)
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("order (-got +want):\n%s", diff)
		}
		return err
	})
	if err := db.View(t.Context(), func(tx *store.Tx) error { return tx.EmitAll(events) }); err == nil {
		t.Error("a view emitted facts")
	}
}

func seatsListed(t *testing.T, db *store.DB) {
	t.Helper()
	s1, s2 := addSession(t, db, "s1", "d1", 3), addSession(t, db, "s2", "d2", 3)
	addSession(t, db, "s3", "d3", 3)
	left := with(appointment(s1, 1, "p1"), func(a *booking.Appointment) { a.State, a.EndedAt = booking.Cancelled, Start() })
	for _, a := range []booking.Appointment{appointment(s2, 1, "p2"), left, appointment(s1, 1, "p3")} {
		book(t, db, a)
	}
	seat := func(a booking.Appointment) booking.Seat {
		return booking.Seat{SessionID: a.SessionID, ID: a.ID, SlotNo: a.SlotNo, State: a.State, BookedAt: a.BookedAt, EndedAt: a.EndedAt}
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Seats(t.Context(), "s2", "s1", "s3", "nowhere")
		want := []booking.Seat{seat(left), seat(appointment(s1, 1, "p3")), seat(appointment(s2, 1, "p2"))}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("seats (-got +want):\n%s", diff)
		}
		return err
	})
}

func sessionsShared(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 1)
	addSession(t, db, "s2", "d2", 1)
	locked, order := make(chan error, 1), make(chan string, 2)
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.ShareSessions(t.Context(), "s2", "nowhere", "s1")
		if diff := cmp.Diff(got, map[string]int64{"s1": 1, "s2": 1}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		go func() {
			locked <- db.InTx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
				_, err := tx.LockSession(t.Context(), "s1")
				order <- "locked"
				return err
			})
		}()
		if db.Engine() == "postgresql" { // elsewhere the second writer has not even begun
			err = errors.Join(err, db.InTx(t.Context(), func(tx *store.Tx) error {
				got, err := tx.ShareSessions(t.Context(), "s1", "s2")
				if len(got) == 0 {
					t.Error("a shared session is not shared with a second group")
				}
				return err
			}))
		}
		order <- "shared"
		return err
	})
	if err := <-locked; err != nil || <-order != "shared" {
		t.Errorf("the locker did not wait: %v", err)
	}
	if db.Engine() != "postgresql" {
		return
	}
	write(t, db, func(tx *store.Tx) error {
		if _, err := tx.LockSession(t.Context(), "s1"); err != nil {
			return err
		}
		return db.InTx(t.Context(), func(tx *store.Tx) error {
			got, err := tx.ShareSessions(t.Context(), "s1", "s2")
			if len(got) != 1 || got["s2"] == 0 {
				t.Errorf("a locked session is not passed over: %+v", got)
			}
			return err
		})
	})
}
