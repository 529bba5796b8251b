package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/internal/store"
)

// runFigures: what was counted of a session is kept once and listed by day.
func runFigures(t *testing.T, open Opener) {
	t.Helper()
	db := open(t)
	row := func(id string, day houzhen.Date, taken int) stats.Row {
		return stats.Row{
			SessionID: id, Day: day, Part: houzhen.Morning, DepartmentID: "dep", DoctorID: "d1", Class: booking.Named,
			Figures: stats.Figures{
				Sessions: 1, Taken: taken, Channels: map[string]int{"app": taken}, Quotas: map[string]stats.Quota{"elders": {Places: 2, Taken: 1}},
			},
		}
	}
	look(t, db, func(tx *store.Tx) error {
		last, err := tx.LastFigures(t.Context())
		if !last.IsZero() {
			t.Errorf("last day of nothing is %v, want none", last)
		}
		return err
	})
	before, after := today().AddDays(-1), today().AddDays(1)
	plain := stats.Row{SessionID: "s0", Day: before, Part: houzhen.Evening, DepartmentID: "dep", DoctorID: "d2", Class: booking.General}
	write(t, db, func(tx *store.Tx) error {
		return tx.SaveFigures(t.Context(), []stats.Row{row("s2", today(), 1), row("s1", today(), 2), plain, row("s3", after, 3)})
	})
	write(t, db, func(tx *store.Tx) error { return tx.SaveFigures(t.Context(), []stats.Row{row("s2", today(), 9)}) })
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Figures(t.Context(), before, today())
		if diff := cmp.Diff(got, []stats.Row{plain, row("s1", today(), 2), row("s2", today(), 9)}); diff != "" {
			t.Errorf("figures: %s", diff)
		}
		if err != nil {
			return err
		}
		last, err := tx.LastFigures(t.Context())
		if last != after {
			t.Errorf("got last day %v, want %v", last, after)
		}
		return err
	})
}
