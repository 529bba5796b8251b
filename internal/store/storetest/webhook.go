package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/webhook"
)

func runWebhooks(t *testing.T, open Opener) {
	t.Helper()
	t.Run("an endpoint comes back whole and its secrets are sealed", func(t *testing.T) { endpointKept(t, open) })
	t.Run("due are those that are behind, allowed and nobody's", func(t *testing.T) { endpointsDue(t, open(t)) })
	t.Run("a channel reads of its own appointments and of sessions", func(t *testing.T) { publicFacts(t, open(t)) })
	t.Run("a number that is not committed yet holds back those above it", func(t *testing.T) { horizonWaits(t, open(t)) })
	t.Run("a reader skips nothing while many write", func(t *testing.T) { nothingSkipped(t, open(t, Conns(12))) })
}

func hook(id, channel string) webhook.Endpoint {
	return webhook.Endpoint{
		ID: id, MachineID: "m1", Channel: channel, URL: "https://example.org/" + id, State: webhook.Active, Secret: "whsec_bmV3", OldSecret: "whsec_b2xk",
		OldUntil: Start().Add(time.Hour), Seen: 3, Sending: 7, Failures: 2, NextAt: Start(), LeaseUntil: Start(), Status: 500, Reason: "status",
		OKAt: Start().Add(-time.Hour), CreatedAt: Start().Add(-2 * time.Hour), Version: 1,
	}
}

func endpointKept(t *testing.T, open Opener) {
	t.Helper()
	var address string
	db := open(t, Address(&address))
	want := hook("w1", "platform")
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.AddMachine(t.Context(), machine("m1", "platform")), tx.AddWebhook(t.Context(), want))
	})
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.Webhook(t.Context(), "w1")
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("got other than stored (-got +want):\n%s", diff)
		}
		got.Seen, got.State = 9, webhook.Disabled
		stale := got
		err = errors.Join(err, tx.UpdateWebhook(t.Context(), &got))
		refused(t, tx.UpdateWebhook(t.Context(), &stale), houzhen.CodeConflict)
		want = got
		_, unknown := tx.Webhook(t.Context(), "w9")
		refused(t, unknown, houzhen.CodeNotFound)
		return err
	})
	gone := hook("w2", "platform")
	gone.State = webhook.Removed
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.AddWebhook(t.Context(), gone), tx.AddWebhook(t.Context(), hook("w3", "phone")))
	})
	look(t, db, func(tx *store.Tx) error {
		mine, err := tx.Webhooks(t.Context(), "platform")
		all, err2 := tx.Webhooks(t.Context(), "")
		if len(mine) != 1 || mine[0] != want || len(all) != 2 {
			t.Errorf("got %v and %d in all, want one changed and two", mine, len(all))
		}
		return errors.Join(err, err2)
	})
	var sealed []byte
	if err := raw(t, address).QueryRowContext(t.Context(), `SELECT secret FROM webhook WHERE id = 'w1'`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if len(sealed) == 0 || slices.Equal(sealed, []byte(want.Secret)) {
		t.Error("the secret stands in clear")
	}
}

func endpointsDue(t *testing.T, db *store.DB) {
	t.Helper()
	emitAll(t, db, houzhen.Event{Kind: houzhen.SessionOpened, Subject: "s"})
	var head int64
	write(t, db, func(tx *store.Tx) error {
		m, err := tx.FactMark(t.Context())
		head = m.Seq
		return errors.Join(err, tx.AddMachine(t.Context(), machine("m1", "platform")), tx.AddMachine(t.Context(), machine("m2", "platform")),
			tx.RevokeMachine(t.Context(), "m2"))
	})
	for id, change := range map[string]func(*webhook.Endpoint){
		"due":      func(*webhook.Endpoint) {},
		"up":       func(e *webhook.Endpoint) { e.Seen = head },
		"later":    func(e *webhook.Endpoint) { e.NextAt = Start().Add(time.Second) },
		"leased":   func(e *webhook.Endpoint) { e.LeaseUntil = Start().Add(time.Second) },
		"disabled": func(e *webhook.Endpoint) { e.State = webhook.Disabled },
		"revoked":  func(e *webhook.Endpoint) { e.MachineID = "m2" },
	} {
		e := hook(id, "platform")
		e.Seen, e.Sending = 0, 0
		change(&e)
		write(t, db, func(tx *store.Tx) error { return tx.AddWebhook(t.Context(), e) })
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.WebhooksDue(t.Context(), Start(), Start())
		if diff := cmp.Diff(got, []string{"due"}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		return err
	})
}

func publicFacts(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 6)
	mine := book(t, db, with(appointment(s, 1, "p1"), func(a *booking.Appointment) { a.Channel = "platform" }))
	other := book(t, db, appointment(s, 2, "p2"))
	event := func(kind houzhen.EventKind, subject string) houzhen.Event {
		return houzhen.Event{Kind: kind, Subject: subject, Session: "s1", Version: 2, Data: json.RawMessage(`{"slot":1}`)}
	}
	emitAll(t, db, event(houzhen.AppointmentBooked, mine.ID), event(houzhen.AppointmentBooked, other.ID), event(houzhen.SessionSuspended, "s1"),
		event(houzhen.QueuePaused, "s1"), event(houzhen.AppointmentNoShow, mine.ID))
	look(t, db, func(tx *store.Tx) error {
		q := webhook.Query{
			Channel: "platform", Until: 1 << 40, Limit: 10,
			Own: []houzhen.EventKind{houzhen.AppointmentBooked, houzhen.AppointmentNoShow}, All: []houzhen.EventKind{houzhen.SessionSuspended},
		}
		got, err := tx.PublicFacts(t.Context(), q)
		var told []string
		for _, f := range got {
			told = append(told, fmt.Sprint(f.Event.Kind, " ", f.AppointmentID, " ", string(f.Event.Data)))
		}
		want := []string{
			"appointment.booked " + mine.ID + ` {"slot":1}`, `session.suspended  {"slot":1}`, "appointment.no_show " + mine.ID + ` {"slot":1}`,
		}
		if diff := cmp.Diff(told, want); diff != "" {
			t.Fatalf("(-got +want):\n%s", diff)
		}
		q.After, q.Until, q.Limit = got[0].Seq, got[2].Seq-1, 5
		page, err2 := tx.PublicFacts(t.Context(), q)
		if len(page) != 1 || page[0].Seq != got[1].Seq {
			t.Errorf("between: got %v", page)
		}
		return errors.Join(err, err2)
	})
}

func mark(tb testing.TB, db *store.DB) (m webhook.Mark) {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) (err error) {
		m, err = tx.FactMark(tb.Context())
		return err
	})
	return m
}

// horizonWaits keeps a transaction open that has drawn a number while another
// one draws a higher one and commits. SQLite has one writer and no such thing.
func horizonWaits(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Engine() == "sqlite" {
		t.Skip("there is one writer")
	}
	emitted, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.InTx(t.Context(), func(tx *store.Tx) error {
			err := tx.Emit(houzhen.Event{ID: "low", Kind: houzhen.SessionOpened})
			_, sent := tx.FactMark(t.Context()) // a fact goes out with whatever is asked next
			close(emitted)
			<-end
			return errors.Join(err, sent)
		})
	}()
	<-emitted
	emitAll(t, db, houzhen.Event{ID: "high", Kind: houzhen.SessionOpened})
	var h webhook.Horizon
	for range 3 {
		if got := h.See(mark(t, db)); got != 0 {
			t.Errorf("got %d while a lower number is not committed, want 0", got)
		}
	}
	close(end)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	settled(t, db, &h)
}

// settled looks until all that can be seen is settled, and gives its number.
// Nobody may be writing. A server counts the transactions of all its databases,
// so somebody else's may hold it back a little longer.
func settled(tb testing.TB, db *store.DB, h *webhook.Horizon) int64 {
	tb.Helper()
	want := mark(tb, db).Seq
	for range 10_000 {
		if h.See(mark(tb, db)) == want {
			return want
		}
	}
	tb.Fatalf("of facts to %d, which are committed, not all are settled", want)
	return 0
}

// nothingSkipped writes from many sides, in transactions of different length
// of which some fail, while a reader follows with a cursor.
func nothingSkipped(t *testing.T, db *store.DB) {
	t.Helper()
	const writers, rounds = 8, 40
	var open atomic.Int64
	open.Store(writers)
	var wg sync.WaitGroup
	for w := range writers {
		random := rand.New(rand.NewPCG(uint64(w), 1))
		wg.Go(func() {
			defer open.Add(-1)
			for r := range rounds {
				err := db.InTx(t.Context(), func(tx *store.Tx) error {
					for i := range 1 + random.IntN(3) {
						if err := tx.Emit(houzhen.Event{ID: fmt.Sprintf("%d-%d-%d", w, r, i), Kind: houzhen.SessionOpened}); err != nil {
							return err
						}
						for range random.IntN(8) { // other work, so that transactions overlap in every way
							if _, err := tx.StaffList(t.Context()); err != nil {
								return err
							}
						}
					}
					if random.IntN(5) == 0 {
						return errStop
					}
					return nil
				})
				if err != nil && !errors.Is(err, errStop) {
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	var h webhook.Horizon
	var read []int64
	cursor := int64(0)
	for writing := true; writing; {
		writing = open.Load() > 0
		until := h.See(mark(t, db))
		if !writing {
			until = settled(t, db, &h)
		}
		look(t, db, func(tx *store.Tx) error {
			page, err := tx.PublicFacts(t.Context(), webhook.Query{
				After: cursor, Until: until, Limit: 1000, Own: []houzhen.EventKind{houzhen.TicketCalled}, All: []houzhen.EventKind{houzhen.SessionOpened},
			})
			for _, f := range page {
				read = append(read, f.Seq)
			}
			return err
		})
		cursor = max(cursor, until)
	}
	wg.Wait()
	var all []int64
	look(t, db, func(tx *store.Tx) error {
		page, err := tx.PublicFacts(t.Context(), webhook.Query{
			Until: 1 << 40, Limit: 10_000, Own: []houzhen.EventKind{houzhen.TicketCalled}, All: []houzhen.EventKind{houzhen.SessionOpened},
		})
		for _, f := range page {
			all = append(all, f.Seq)
		}
		return err
	})
	if diff := cmp.Diff(read, all); diff != "" || len(all) < writers*rounds/2 {
		t.Errorf("of %d facts the cursor read others (-read +all):\n%s", len(all), diff)
	}
}
