package notify_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

var shanghai = time.FixedZone("CST", 8*3600)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// house is a ledger with its service, a world, an SMS sender and a clock.
type house struct {
	t     testing.TB
	clock *clock
	store *notifytest.Store
	world *notifytest.World
	sms   *notifytest.Sender
	svc   *notify.Service
	logs  *bytes.Buffer
	opt   notify.Options
}

// noon is a Sunday noon, outside of the quiet hours.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, shanghai) }

func newHouse(tb testing.TB, script func(context.Context, notify.Parcel) notify.Sent) *house {
	tb.Helper()
	c := &clock{now: noon()}
	h := &house{t: tb, clock: c, store: notifytest.NewStore(c.Now), world: notifytest.NewWorld(), logs: &bytes.Buffer{}}
	h.sms = notifytest.NewSender(notify.SMS, script)
	h.opt = notify.Options{
		Policy: notify.DefaultPolicy(shanghai), Now: c.Now, Sign: "Sample", Log: slog.New(slog.NewTextHandler(h.logs, nil)),
	}
	h.use(h.sms)
	return h
}

// use gives the service these senders.
func (h *house) use(senders ...notify.Sender) {
	h.svc = notify.NewService(h.store, h.world, senders, h.opt)
}

// visit is a patient with a phone of his own and a visit tomorrow at nine.
func (h *house) visit(id string) notify.Subject {
	h.world.Set(id, notifytest.Patient(fmt.Sprintf("1380013%04d", len(h.store.All()))))
	return notify.Subject{
		ID: id, Version: 1, Recipient: "p-" + id, HasPhone: true,
		Start: noon().Add(21 * time.Hour), End: noon().Add(22 * time.Hour), SessionEnd: noon().Add(24 * time.Hour),
		BookedAt: noon().Add(-48 * time.Hour), CallAt: noon().Add(time.Hour),
	}
}

func (h *house) enter(rows []notify.Message) []string {
	h.t.Helper()
	var ids []string
	err := h.store.InTx(h.t.Context(), func(tx notify.Tx) (err error) {
		ids, err = notify.Enter(h.t.Context(), tx, rows)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return ids
}

// booked plans confirmations for n patients and gives the ids.
func (h *house) booked(n int) []string {
	h.t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, h.enter(h.opt.Policy.PlanBooked(h.visit(fmt.Sprint("a", i)), h.clock.Now()))...)
	}
	return ids
}

func (h *house) deliver(ids ...string) notify.DeliverResult {
	h.t.Helper()
	r, err := h.svc.Deliver(h.t.Context(), ids)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) reconcile() notify.ReconcileResult {
	h.t.Helper()
	r, err := h.svc.Reconcile(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// row finds one row of the ledger.
func (h *house) row(id string) notify.Message {
	h.t.Helper()
	for _, m := range h.store.All() {
		if m.ID == id {
			return m
		}
	}
	h.t.Fatalf("no message %s", id)
	return notify.Message{}
}

// expect checks the state and reason of one row.
func (h *house) expect(id string, state notify.State, reason string) {
	h.t.Helper()
	if m := h.row(id); m.State != state || m.Reason != reason {
		h.t.Errorf("%s: got %s %q, want %s %q", id, m.State, m.Reason, state, reason)
	}
}

// sent checks how many parcels the provider has been handed.
func (h *house) sent(want int) {
	h.t.Helper()
	if got := len(h.sms.Parcels()); got != want {
		h.t.Errorf("got %d parcels sent, want %d", got, want)
	}
}
