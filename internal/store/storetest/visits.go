package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func visitsCounted(t *testing.T, db *store.DB) {
	t.Helper()
	var list []booking.Appointment
	var want []booking.Visit
	for i, state := range []booking.State{
		booking.Cancelled, booking.Held, booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow,
	} {
		s := addSession(t, db, fmt.Sprint("s", i), fmt.Sprint("d", i), 3)
		list = append(list, with(appointment(s, 1, "li"), func(a *booking.Appointment) { a.State, a.Nth = state, 0 }),
			with(appointment(s, 2, "wang"), func(a *booking.Appointment) { a.Nth, a.Purpose = 0, booking.PurposeOffer }), appointment(s, 3, fmt.Sprint("p", i)))
		if state >= booking.Booked {
			a := list[3*i]
			want = append(want, booking.Visit{
				PatientID: "li", Day: s.Date, DoctorID: s.DoctorID, DepartmentID: s.DepartmentID, Start: a.Start, End: a.End,
			})
		}
	}
	want = append(want, booking.Visit{
		PatientID: "p2", Day: list[0].Day, DoctorID: "d2", DepartmentID: want[0].DepartmentID, Start: list[8].Start, End: list[8].End,
	})
	addGroup(t, db, nil, list...)
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.Visits(t.Context(), []string{"wang", "li", "nobody", "p2"}, list[0].Day, list[0].Day)
		slices.SortFunc(got, func(a, b booking.Visit) int { return strings.Compare(a.PatientID+a.DoctorID, b.PatientID+b.DoctorID) })
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		other, err2 := tx.Visits(t.Context(), []string{"li"}, list[0].Day.AddDays(1), list[0].Day.AddDays(9))
		if len(other) != 0 || err2 != nil {
			t.Errorf("on other days: got %v, %v", other, err2)
		}
		return err
	})
}

func sessionQueued(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 1)
	queued, order := make(chan error, 1), make(chan string, 2)
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.QueueForSession(t.Context(), "s1")
		if got.ID != "s1" {
			t.Errorf("got %+v", got)
		}
		if db.Engine() == "postgresql" { // elsewhere the second writer has not even begun
			write(t, db, func(tx *store.Tx) error {
				shared, err := tx.ShareSessions(t.Context(), "s1")
				if len(shared) != 1 {
					t.Error("a group has to wait for one who queues")
				}
				return err
			})
		}
		go func() {
			queued <- db.InTx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
				_, err := tx.QueueForSession(t.Context(), "s1")
				order <- "second"
				return err
			})
		}()
		order <- "first"
		return err
	})
	if err := <-queued; err != nil || <-order != "first" {
		t.Errorf("the second did not wait: %v", err)
	}
}
