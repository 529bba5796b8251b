package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runDue(t *testing.T, open Opener) {
	t.Helper()
	t.Run("sessions to open and to close", func(t *testing.T) { sessionsDue(t, open(t)) })
	t.Run("holds lapse when their time is up", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 4)
		hold := func(no int, after time.Duration, state booking.State) {
			book(t, db, with(appointment(s, no, string(rune('p'+no))), func(a *booking.Appointment) {
				a.State, a.ExpiresAt = state, Start().Add(after)
			}))
		}
		hold(1, 2*time.Minute, booking.Held)
		hold(2, time.Minute, booking.Held)
		hold(3, time.Minute, booking.Booked)
		hold(4, 3*time.Minute, booking.Held)
		dueList(t, db, func(tx *store.Tx) ([]booking.Appointment, error) {
			return tx.HoldsLapsed(t.Context(), Start().Add(2*time.Minute), 10)
		}, "a-s1-2-r", "a-s1-1-q")
		dueList(t, db, func(tx *store.Tx) ([]booking.Appointment, error) {
			return tx.HoldsLapsed(t.Context(), Start().Add(2*time.Minute), 1)
		}, "a-s1-2-r")
	})
	t.Run("places to release", func(t *testing.T) { placesToRelease(t, open(t)) })
	t.Run("no-shows", func(t *testing.T) { noShows(t, open(t)) })
}

func dueList(tb testing.TB, db *store.DB, f func(*store.Tx) ([]booking.Appointment, error), want ...string) {
	tb.Helper()
	look(tb, db, func(tx *store.Tx) error {
		got, err := f(tx)
		if diff := cmp.Diff(appointmentIDs(got), append([]string{}, want...)); diff != "" {
			tb.Errorf("due (-got +want):\n%s", diff)
		}
		return err
	})
}

func sessionsDue(t *testing.T, db *store.DB) {
	t.Helper()
	for _, c := range []struct {
		id     string
		days   int
		status booking.SessionStatus
	}{
		{"planned", 0, booking.SessionPlanned},
		{"older", -1, booking.SessionPlanned},
		{"open", 0, booking.SessionOpen},
		{"suspended", 0, booking.SessionSuspended},
		{"closed", 0, booking.SessionClosed},
		{"tomorrow", 1, booking.SessionPlanned},
	} {
		s, _ := session(c.id, c.id, today().AddDays(c.days), 0)
		s.Status, s.ReleaseAt = c.status, Start().AddDate(0, 0, c.days-7)
		write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, nil) })
	}
	check := func(what string, list func(*store.Tx, context.Context, time.Time, int) ([]booking.Session, error), now time.Time, limit int, want ...string) {
		t.Helper()
		look(t, db, func(tx *store.Tx) error {
			got := []string{}
			sessions, err := list(tx, t.Context(), now, limit)
			for _, s := range sessions {
				got = append(got, s.ID)
			}
			if diff := cmp.Diff(got, append([]string{}, want...)); diff != "" {
				t.Errorf("%s (-got +want):\n%s", what, diff)
			}
			return err
		})
	}
	release := func(tx *store.Tx, ctx context.Context, until time.Time, limit int) ([]booking.Session, error) {
		return tx.SessionsReleased(ctx, Start().AddDate(0, 0, -8), until, limit)
	}
	check("to be released, the first day's are", release, Start().AddDate(0, 0, -6), 10, "planned", "tomorrow")
	check("to be released, one at most", release, Start().AddDate(0, 0, -6), 1, "planned")
	check("to be released just before", release, Start().AddDate(0, 0, -7).Add(-time.Microsecond), 10)
	open, shut := (*store.Tx).SessionsToOpen, (*store.Tx).SessionsToClose
	check("to open at the start", open, Start(), 10, "older", "planned")
	check("to open just before", open, Start().Add(-time.Microsecond), 10, "older")
	check("to open, one at most", open, Start(), 1, "older")
	check("to close at the end", shut, Start().Add(4*time.Hour), 10, "older", "open", "planned")
	check("to close just before", shut, Start().Add(4*time.Hour-time.Microsecond), 10, "older")
}

func placesToRelease(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 10)
	planned, slots := session("s2", "d2", today(), 2)
	planned.Status = booking.SessionPlanned
	write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), planned, slots) })
	for _, a := range []booking.Appointment{
		appointment(s, 3, "late"), // slice begins half an hour after the start
		appointment(s, 1, "absent"),
		with(appointment(s, 2, "here"), func(a *booking.Appointment) { a.State, a.CheckedInAt = booking.CheckedIn, Start() }),
		with(appointment(s, 4, "gone"), func(a *booking.Appointment) { a.ReleasedAt = Start() }),
		with(appointment(s, 5, "held"), func(a *booking.Appointment) { a.State = booking.Held }),
		appointment(planned, 1, "early"),
	} {
		book(t, db, a)
	}
	at := func(d time.Duration) func(*store.Tx) ([]booking.Appointment, error) {
		return func(tx *store.Tx) ([]booking.Appointment, error) {
			return tx.PlacesToRelease(t.Context(), Start().Add(d), 10)
		}
	}
	dueList(t, db, at(-time.Microsecond))
	dueList(t, db, at(0), "a-s1-1-absent")
	dueList(t, db, at(30*time.Minute), "a-s1-1-absent", "a-s1-3-late")
}

func noShows(t *testing.T, db *store.DB) {
	t.Helper()
	for _, status := range []booking.SessionStatus{booking.SessionOpen, booking.SessionClosed, booking.SessionSuspended} {
		s, slots := session(string(status), string(status), today(), 4)
		s.Status = status
		write(t, db, func(tx *store.Tx) error { return tx.AddSession(t.Context(), s, slots) })
		book(t, db, appointment(s, 1, "p1-"+s.ID))
		book(t, db, with(appointment(s, 2, "p2-"+s.ID), func(a *booking.Appointment) { a.State = booking.Fulfilled }))
		book(t, db, with(appointment(s, 3, "p3-"+s.ID), func(a *booking.Appointment) { a.ReleasedAt = Start() }))
	}
	at := func(d time.Duration) func(*store.Tx) ([]booking.Appointment, error) {
		return func(tx *store.Tx) ([]booking.Appointment, error) {
			return tx.NoShowsDue(t.Context(), Start().Add(d), 10)
		}
	}
	dueList(t, db, at(4*time.Hour-time.Microsecond))
	dueList(t, db, at(4*time.Hour), "a-closed-1-p1-closed", "a-open-1-p1-open", "a-closed-3-p3-closed", "a-open-3-p3-open")
}
