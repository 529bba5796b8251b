package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// planned is a session that reads can find.
func planned(t *testing.T, db *store.DB, id string, day int) booking.Session {
	t.Helper()
	start := time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)
	s := booking.Session{
		ID: id, DepartmentID: "d", DoctorID: id, AttendingID: id, Date: houzhen.Date{Year: 2026, Month: 3, Day: day}, Part: houzhen.Morning,
		Start: start, End: start.Add(time.Hour), Deadline: start.Add(time.Hour), SliceMinutes: 60, SliceCapacity: 2,
		Class: booking.General, Prefix: "A", Status: booking.SessionPlanned, Version: 1,
	}
	err := db.Booking().InTx(t.Context(), func(tx booking.Tx) error { return tx.AddSession(t.Context(), s, booking.LaySlots(s)) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// look reads two sessions and their slots.
func look(ctx context.Context, tx booking.Tx, ids ...string) (sessions []booking.Session, slots []booking.Slot, err error) {
	sessions, err = tx.Sessions(ctx, booking.SessionFilter{IDs: ids})
	slots, err2 := tx.Slots(ctx, ids...)
	return sessions, slots, errors.Join(err, err2)
}

// What was foreseen is answered as it would have been, once, and whatever else
// is asked, or asked again, comes from the database.
func TestAheadChangesNoAnswer(t *testing.T) {
	for name, open := range map[string]func(testing.TB, ...storetest.Option) *store.DB{"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			one, two := planned(t, db, "one", 3), planned(t, db, "two", 4)
			err := db.Booking().InTx(t.Context(), func(tx booking.Tx) error {
				guess := func(tx booking.Tx) error {
					if sessions, slots, err := look(t.Context(), tx, "one", "two"); len(sessions)+len(slots) > 0 || err != nil {
						t.Errorf("a guess finds nothing, and found %d sessions and %d slots, %v", len(sessions), len(slots), err)
					}
					if err := tx.UpdateSession(t.Context(), one); err == nil {
						t.Error("a guess must not write")
					}
					return nil
				}
				if err := tx.Ahead(t.Context(), guess); err != nil {
					return err
				}
				before := db.Statements()
				sessions, slots, err := look(t.Context(), tx, "one", "two")
				if len(sessions) != 2 || sessions[0].ID != one.ID || !sessions[1].Start.Equal(two.Start) || len(slots) != 4 || err != nil {
					t.Errorf("foreseen: %d sessions, %d slots, %v", len(sessions), len(slots), err)
				}
				if asked := db.Statements() - before; db.Engine() == "postgresql" && asked != 0 {
					t.Errorf("asked again for what was foreseen: %d statements", asked)
				}
				if sessions, _, err = look(t.Context(), tx, "two"); len(sessions) != 1 || sessions[0].ID != "two" || err != nil {
					t.Fatalf("not foreseen: %d sessions, %v", len(sessions), err)
				}
				changed := sessions[0]
				changed.Status = booking.SessionSuspended
				if err := tx.UpdateSession(t.Context(), changed); err != nil {
					return err
				}
				if sessions, _, err = look(t.Context(), tx, "one", "two"); len(sessions) != 2 || sessions[1].Status != booking.SessionSuspended {
					t.Errorf("asked a second time: not what is there now, %v", err)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A transaction of which only a guess was made leaves nothing open.
func TestAheadAloneCommits(t *testing.T) {
	db := storetest.PostgreSQL(t)
	planned(t, db, "one", 3)
	for range 40 { // more often than there are connections
		err := db.Booking().InTx(t.Context(), func(tx booking.Tx) error {
			return tx.Ahead(t.Context(), func(tx booking.Tx) error {
				_, err := tx.ShareSessions(t.Context(), "one")
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.Booking().InTx(t.Context(), func(tx booking.Tx) error {
		_, err := tx.LockSession(t.Context(), "one")
		return err
	})
	if err != nil {
		t.Errorf("a guess kept its lock: %v", err)
	}
}
