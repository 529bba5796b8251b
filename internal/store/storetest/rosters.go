package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

func runRosters(t *testing.T, open Opener) {
	t.Helper()
	line := booking.Roster{
		ID: "r1", DepartmentID: "dep", ZoneID: "z", RoomID: "room", DoctorID: "d1", Weekday: time.Tuesday,
		Part: houzhen.Morning, Start: 8 * 60, End: 12 * 60, SliceMinutes: 30, SliceCapacity: 4, Class: booking.Named,
		Prefix: "B", ValidFrom: today(), ValidTo: houzhen.Date{Year: 2026, Month: time.December, Day: 31},
		Quotas: booking.Quotas{booking.QuotaElder: 2, booking.QuotaDesk: 1},
	}
	t.Run("a line comes back, and is updated by id", func(t *testing.T) {
		db := open(t)
		other := booking.Roster{ID: "r0", Weekday: time.Sunday, Part: houzhen.Evening}
		for _, l := range []booking.Roster{{ID: "r1", Weekday: time.Friday}, line, other} {
			write(t, db, func(tx *store.Tx) error { return tx.SaveRoster(t.Context(), l) })
		}
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Rosters(t.Context())
			if diff := cmp.Diff(got, []booking.Roster{other, line}); diff != "" {
				t.Errorf("rosters (-got +want):\n%s", diff)
			}
			return err
		})
	})
	t.Run("exceptions are found by date", func(t *testing.T) {
		db := open(t)
		extra := booking.Exception{ID: "e1", Date: today(), Kind: "extra", DoctorID: "d1", Part: houzhen.Morning, Extra: line}
		swap := booking.Exception{ID: "e2", Date: today().AddDays(3), Kind: "acts_as", ActsAs: time.Saturday}
		for _, e := range []booking.Exception{swap, extra} {
			write(t, db, func(tx *store.Tx) error { return tx.SaveException(t.Context(), e) })
		}
		for _, c := range []struct {
			from, to houzhen.Date
			want     []booking.Exception
		}{
			{today(), today().AddDays(3), []booking.Exception{extra, swap}},
			{today(), today(), []booking.Exception{extra}},
			{today().AddDays(4), houzhen.Date{}, []booking.Exception{}},
			{houzhen.Date{}, houzhen.Date{}, []booking.Exception{extra, swap}},
		} {
			look(t, db, func(tx *store.Tx) error {
				got, err := tx.Exceptions(t.Context(), c.from, c.to)
				if diff := cmp.Diff(got, c.want); diff != "" {
					t.Errorf("from %v to %v (-got +want):\n%s", c.from, c.to, diff)
				}
				return err
			})
		}
	})
}
