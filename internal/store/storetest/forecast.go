package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/internal/store"
)

func runForecast(t *testing.T, open Opener) {
	t.Helper()
	t.Run("the first range and the call stay", func(t *testing.T) { shownKept(t, open(t)) })
	t.Run("ratings are of the zone", func(t *testing.T) { qualityKept(t, open(t)) })
}

func shownKept(t *testing.T, db *store.DB) {
	t.Helper()
	minute := func(n int) time.Time { return Start().Add(time.Duration(n) * time.Minute) }
	first := store.ShownRange{
		TicketID: "t1", ZoneID: "z1", FirstLow: minute(10), FirstMid: minute(15), FirstHigh: minute(25),
		LastLow: minute(10), LastMid: minute(15), LastHigh: minute(25),
	}
	later := first
	later.FirstLow, later.LastLow, later.LastMid, later.LastHigh, later.Changes = minute(20), minute(20), minute(30), minute(40), 2
	called := later
	called.CalledAt, called.Changes = minute(28), 1
	again := called
	again.CalledAt = minute(50)
	waits := first
	waits.TicketID = "t2"
	for _, list := range [][]store.ShownRange{nil, {waits, first}, {later}, {called, waits}, {again}} {
		write(t, db, func(tx *store.Tx) error { return tx.SaveShown(t.Context(), list...) })
	}
	want := called
	want.FirstLow, want.Changes = first.FirstLow, 2
	listed := func(since time.Time) (got []store.ShownRange) {
		look(t, db, func(tx *store.Tx) (err error) {
			got, err = tx.ShownRanges(t.Context(), since)
			return err
		})
		return got
	}
	if diff := cmp.Diff([]store.ShownRange{want}, listed(minute(28))); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if got := listed(minute(29)); len(got) != 0 {
		t.Errorf("called before and listed: %v", got)
	}
	if n, err := db.PurgeShown(t.Context(), minute(41)); err != nil || n != 2 {
		t.Errorf("purged %d, %v, want both", n, err)
	}
}

func qualityKept(t *testing.T, db *store.DB) {
	t.Helper()
	q := store.Quality{
		ZoneID: "z1", People: 12, FirstRight: 0.75, LastRight: 0.5, Off: 7 * time.Minute, Width: 20 * time.Minute, Changes: 1.25, RatedAt: Start(),
	}
	better := q
	better.FirstRight, better.RatedAt = 1, Start().Add(time.Hour)
	other := q
	other.ZoneID = "z0"
	for _, one := range []store.Quality{q, better, other} {
		write(t, db, func(tx *store.Tx) error { return tx.SaveQuality(t.Context(), one) })
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Qualities(t.Context())
		if diff := cmp.Diff([]store.Quality{other, better}, got); diff != "" {
			t.Errorf("ratings (-want +got):\n%s", diff)
		}
		return err
	})
}
