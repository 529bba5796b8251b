package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

const racers = 12

// race lets racers try at once and counts what they were told.
func race(t *testing.T, try func(i int) error) map[houzhen.Code]int {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[houzhen.Code]int{}
	gate := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-gate
			code := houzhen.CodeOf(try(i))
			mu.Lock()
			defer mu.Unlock()
			got[code]++
		})
	}
	close(gate)
	wg.Wait()
	return got
}

func runRaces(t *testing.T, open Opener) {
	t.Helper()
	check := func(t *testing.T, got map[houzhen.Code]int, loser houzhen.Code) {
		t.Helper()
		if diff := cmp.Diff(got, map[houzhen.Code]int{"": 1, loser: racers - 1}); diff != "" {
			t.Errorf("answers (-got +want):\n%s", diff)
		}
	}
	t.Run("many patients for one place: one gets it", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 1)
		check(t, race(t, func(i int) error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.AddAppointment(t.Context(), appointment(s, 1, fmt.Sprintf("p%d", i)))
			})
		}), houzhen.CodeSlotTaken)
		onlyOne(t, db, booking.AppointmentFilter{SessionID: "s1"})
	})
	t.Run("one patient for many places of a doctor: he gets one", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", racers)
		check(t, race(t, func(i int) error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.AddAppointment(t.Context(), appointment(s, i+1, "p1"))
			})
		}), houzhen.CodeAlreadyBooked)
		onlyOne(t, db, booking.AppointmentFilter{PatientIDs: []string{"p1"}})
	})
	t.Run("many move to one place: one gets it", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", racers+1)
		var all []booking.Appointment
		for i := range racers {
			all = append(all, book(t, db, appointment(s, i+1, fmt.Sprintf("p%d", i))))
		}
		check(t, race(t, func(i int) error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				a := all[i]
				a.SlotNo = racers + 1
				return tx.UpdateAppointment(t.Context(), &a)
			})
		}), houzhen.CodeSlotTaken)
	})
	t.Run("the same request many times: one appointment", func(t *testing.T) {
		db := open(t)
		s := addSession(t, db, "s1", "d1", 1)
		check(t, race(t, func(int) error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				return tx.AddAppointment(t.Context(), appointment(s, 1, "p1"))
			})
		}), houzhen.CodeKeyReused)
	})
}

func onlyOne(t *testing.T, db *store.DB, f booking.AppointmentFilter) {
	t.Helper()
	look(t, db, func(tx *store.Tx) error {
		all, err := tx.Appointments(t.Context(), f)
		if len(all) != 1 {
			t.Errorf("got %d appointments, want 1", len(all))
		}
		return err
	})
}
