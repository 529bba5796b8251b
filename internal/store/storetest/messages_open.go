package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

// openFollows changes messages at random and holds what is found as due, lost,
// unheard and to be telephoned against the ledger's own rows.
func openFollows(t *testing.T, db *store.DB) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	states := []notify.State{
		notify.Planned, notify.Claimed, notify.Accepted, notify.Delivered, notify.Undelivered, notify.Suppressed, notify.Expired,
		notify.Failed, notify.Unknown,
	}
	at := func() time.Time { return Start().Add(time.Duration(r.IntN(100)) * time.Second) }
	shake := func(m notify.Message) notify.Message {
		m.State, m.DueAt, m.ClaimedAt, m.NextAt = states[r.IntN(len(states))], at(), at(), time.Time{}
		if r.IntN(3) == 0 {
			m.NextAt = at()
		}
		return m
	}
	var ids []string
	for i := range 40 {
		m := shake(message(fmt.Sprintf("m%02d", i), fmt.Sprintf("a%02d", i), 1))
		if i%4 == 0 {
			m.Channel = notify.Desk
		}
		ids = append(ids, m.ID)
		plan(t, db, m, m)
	}
	sameOpen(t, db)
	for range 40 {
		switch r.IntN(5) {
		case 0:
			claim(t, db, at(), ids[r.IntN(20):]...)
		case 1:
			takeSome(t, db, ids[r.IntN(20):])
		case 2:
			write(t, db, func(tx *store.Tx) error {
				_, err := tx.LostMessages(t.Context(), at(), 3)
				return err
			})
		default:
			var some []notify.Message
			look(t, db, func(tx *store.Tx) (err error) {
				some, err = tx.Messages(t.Context(), notify.MessageFilter{IDs: ids[r.IntN(40):]})
				return err
			})
			for i := range some {
				some[i] = shake(some[i])
			}
			save(t, db, []notify.State{states[r.IntN(len(states))], states[r.IntN(len(states))]}, some...)
		}
		sameOpen(t, db)
	}
}

// takeSome has those that are claimed taken.
func takeSome(t *testing.T, db *store.DB, ids []string) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		rows, err := tx.Messages(t.Context(), notify.MessageFilter{IDs: ids})
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].State = notify.Accepted
		}
		_, err = tx.SaveTaken(t.Context(), rows...)
		return err
	})
}

// sameOpen compares what is found as open with the rows of the ledger.
func sameOpen(t *testing.T, db *store.DB) {
	t.Helper()
	var want, got [4][]string // due, lost, unheard, to be telephoned
	late := Start().Add(time.Hour)
	look(t, db, func(tx *store.Tx) error {
		all, err := tx.Messages(t.Context(), notify.MessageFilter{})
		if err != nil {
			return err
		}
		for _, m := range all {
			for k, is := range [4]bool{
				m.State == notify.Planned, m.State == notify.Claimed || m.State == notify.Unknown, !m.NextAt.IsZero() && m.State != notify.Claimed,
				m.State == notify.Accepted && m.Channel == notify.Desk,
			} {
				if is {
					want[k] = append(want[k], m.ID)
				}
			}
		}
		if got[0], err = tx.DueMessages(t.Context(), houzhen.Soon, late, 99); err != nil {
			return err
		}
		for k, find := range map[int]func() ([]notify.Message, error){
			1: func() ([]notify.Message, error) { return tx.LostMessages(t.Context(), late, 99) },
			2: func() ([]notify.Message, error) { return tx.UnheardMessages(t.Context(), late, 99) },
			3: func() ([]notify.Message, error) { return tx.OpenCalls(t.Context(), 99) },
		} {
			rows, err := find()
			if err != nil {
				return err
			}
			got[k] = messageIDs(rows)
		}
		return nil
	})
	if diff := cmp.Diff(got, want, cmpopts.SortSlices(func(a, b string) bool { return a < b }), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("due, lost, unheard, to be telephoned (-got +want):\n%s", diff)
	}
}
