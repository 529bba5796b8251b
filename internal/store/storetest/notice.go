package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

// runNotices: what is told to a zone comes back whole, once for a request, as
// long as it has not ended, and with who took it back.
func runNotices(t *testing.T, open Opener) {
	t.Helper()
	db := open(t)
	notice := func(id, zone string, at, until time.Duration) queue.Notice {
		return queue.Notice{
			ID: id, ZoneID: zone, Request: "r-" + id, Text: houzhen.Label{Zh: "电梯检修", En: "lift"}, By: "n1",
			At: Start().Add(at), Until: Start().Add(until),
		}
	}
	second, first := notice("a", "z1", time.Minute, time.Hour), notice("b", "z1", 0, 2*time.Hour)
	other, over := notice("c", "z2", 0, time.Hour), notice("d", "z1", 0, time.Minute)
	write(t, db, func(tx *store.Tx) error {
		var errs []error
		for _, n := range []queue.Notice{second, first, other, over} {
			errs = append(errs, tx.AddNotice(t.Context(), n))
		}
		return errors.Join(errs...)
	})
	write(t, db, func(tx *store.Tx) error {
		twin := notice("e", "z1", 0, time.Hour)
		twin.Request = first.Request
		refused(t, tx.AddNotice(t.Context(), twin), houzhen.CodeConflict)
		return tx.TakeNotice(t.Context(), "a", "n2", Start().Add(3*time.Minute))
	})
	second.TakenBy, second.TakenAt = "n2", Start().Add(3*time.Minute)
	look(t, db, func(tx *store.Tx) error {
		list, err := tx.Notices(t.Context(), "z1", Start().Add(time.Minute))
		if diff := cmp.Diff(list, []queue.Notice{first, second}); diff != "" {
			t.Errorf("of a zone (-got +want):\n%s", diff)
		}
		one, err2 := tx.Notice(t.Context(), "a")
		if diff := cmp.Diff(one, second); diff != "" {
			t.Errorf("one (-got +want):\n%s", diff)
		}
		_, missing := tx.Notice(t.Context(), "none")
		refused(t, missing, houzhen.CodeNotFound)
		return errors.Join(err, err2)
	})
}
