package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
	"github.com/houzhen/houzhen/internal/webhook"
)

// receiver is another system: it checks every signature and notes what it took.
type receiver struct {
	t  *testing.T
	ts *httptest.Server

	mu       sync.Mutex
	secret   string
	answers  []func(w http.ResponseWriter, r *http.Request) // of the next requests; then 204
	attempts []string                                       // ids of requests, taken or not
	events   []string                                       // types with cursors, as often as they came
	seen     map[string]bool                                // ids of events
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, seen: map[string]bool{}}
	r.ts = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.ts.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	if err := webhook.Verify(r.secret, q.Header, body, storetest.Start()); err != nil {
		r.t.Errorf("a delivery does not verify: %v", err)
	}
	r.attempts = append(r.attempts, q.Header.Get(webhook.HeaderID))
	if len(r.answers) > 0 {
		answer := r.answers[0]
		r.answers = r.answers[1:]
		if answer != nil {
			answer(w, q)
			return
		}
	}
	var got struct{ Events []webhook.Event }
	if err := json.Unmarshal(body, &got); err != nil {
		r.t.Error(err)
	}
	for _, e := range got.Events {
		r.events = append(r.events, e.Type)
		r.seen[e.ID] = true
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) then(answers ...func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answers...)
}

func (r *receiver) took() (ids, attempts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.seen {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, slices.Clone(r.attempts)
}

func say(status int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// silent never answers: it waits for the sender to give up.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// crashing is a store whose process dies before the next transactions of a
// number have begun.
type crashing struct {
	webhook.Store
	after atomic.Int64 // transactions that still succeed; below zero: all
}

var errCrash = errors.New("crash")

func (c *crashing) InTx(ctx context.Context, f func(webhook.Tx) error) error {
	for left := c.after.Load(); left >= 0; left = c.after.Load() {
		if left == 0 {
			return errCrash
		}
		if c.after.CompareAndSwap(left, left-1) {
			break
		}
	}
	return c.Store.InTx(ctx, f)
}

type hospital struct {
	t     *testing.T
	db    *store.DB
	clock *storetest.Clock
	wall  time.Time
	store *crashing
	*webhook.Service
	to       *receiver
	endpoint webhook.Endpoint
	facts    int
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func newHospital(t *testing.T) *hospital {
	t.Helper()
	h := &hospital{t: t, clock: storetest.NewClock(storetest.Start()), wall: storetest.Start().Add(789 * time.Nanosecond), to: newReceiver(t)}
	h.db = storetest.SQLite(t, storetest.Now(h.clock.Now))
	h.store = &crashing{Store: h.db.Webhooks()}
	h.store.after.Store(-1)
	h.Service = h.waiting(patience)
	m, _, err := auth.NewMachines(h.db.Machines()).Create(t.Context(), auth.NewMachine{
		Channel: "platform", Name: "P", Scopes: []auth.Scope{auth.ScopeWebhooks}, By: "boss",
	})
	h.must(err)
	h.emit(2) // before it was registered
	h.endpoint, err = h.Register(t.Context(), m.ID, "platform", h.to.ts.URL+"/hook")
	h.must(err)
	h.to.secret = h.endpoint.Secret
	return h
}

// patience is more than a busy machine needs for an answer, so that only who
// is silent runs into it; three times as much, the lease, is under a minute.
const patience = 15 * time.Second

// waiting gives a service that waits that long for an answer.
func (h *hospital) waiting(timeout time.Duration) *webhook.Service {
	return webhook.NewService(webhook.Options{
		Store: h.store, Wall: func() time.Time { return h.wall }, Allow: loopback, Timeout: timeout,
	})
}

func (h *hospital) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hospital) emit(n int) {
	h.t.Helper()
	for range n {
		h.facts++
		h.must(h.db.InTx(h.t.Context(), func(tx *store.Tx) error {
			return tx.Emit(houzhen.Event{ID: fmt.Sprintf("f%02d", h.facts), Kind: houzhen.SessionSuspended, Subject: "s", Session: "s"})
		}))
	}
}

func (h *hospital) deliver() {
	h.t.Helper()
	due, err := h.Due(h.t.Context())
	h.must(err)
	h.must(h.Deliver(h.t.Context(), due))
}

func (h *hospital) now() webhook.Endpoint {
	h.t.Helper()
	list, err := h.List(h.t.Context(), "platform")
	h.must(err)
	return list[0]
}

func (h *hospital) expect(ids []string, attempts int) {
	h.t.Helper()
	got, tried := h.to.took()
	if diff := cmp.Diff(got, ids); diff != "" || len(tried) != attempts {
		h.t.Errorf("after %d attempts %v, want %d (-got +want):\n%s", len(tried), tried, attempts, diff)
	}
}

func TestFactsAreDeliveredInOrderFromTheRegistrationOn(t *testing.T) {
	h := newHospital(t)
	h.deliver()
	h.expect(nil, 0)
	h.emit(3)
	h.deliver()
	h.expect([]string{"f03", "f04", "f05"}, 1)
	h.deliver()
	h.expect([]string{"f03", "f04", "f05"}, 1)
	h.emit(120) // more than one parcel
	h.deliver()
	if got, tried := h.to.took(); len(got) != 123 || len(tried) != 4 {
		t.Errorf("got %d facts in %d requests, want 123 in 4", len(got), len(tried))
	}
}

func TestWhatFailedIsSentAgainTheSameAfterAPause(t *testing.T) {
	h := newHospital(t)
	h.emit(2)
	h.to.then(say(500), silent, say(302))
	h.deliver()
	h.emit(1) // must not change what is sent again
	for i, pause := range []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute} {
		if h.Service = h.waiting(patience); i == 0 {
			h.Service = h.waiting(2 * time.Second) // for the silent one
		}
		_, before := h.to.took()
		h.clock.Advance(pause - time.Microsecond)
		h.deliver()
		if _, after := h.to.took(); len(after) != len(before) {
			t.Errorf("tried again before %v", pause)
		}
		h.clock.Advance(time.Microsecond)
		h.deliver()
	}
	h.expect([]string{"f03", "f04", "f05"}, 5)
	_, tried := h.to.took()
	if tried[0] != tried[1] || tried[1] != tried[2] || tried[2] != tried[3] || tried[3] == tried[4] {
		t.Errorf("got ids %v, want one for four attempts and then another", tried)
	}
	if e := h.now(); e.Failures != 0 || e.State != webhook.Active || e.Reason != "" {
		t.Errorf("got %+v, want it well again", e)
	}
}

func TestACrashBetweenSendingAndNotingSendsTheSameAgain(t *testing.T) {
	h := newHospital(t)
	h.emit(2)
	due, err := h.Due(t.Context())
	h.must(err)
	h.store.after.Store(2) // the mark and the claim; dead before the note
	if err := h.Deliver(t.Context(), due); !errors.Is(err, errCrash) {
		t.Fatalf("got %v, want the crash", err)
	}
	h.store.after.Store(-1)
	h.emit(1)
	h.deliver() // somebody may still be sending
	h.expect([]string{"f03", "f04"}, 1)
	h.wall = h.wall.Add(time.Minute)
	h.deliver()
	h.expect([]string{"f03", "f04", "f05"}, 3)
	if _, tried := h.to.took(); tried[0] != tried[1] {
		t.Errorf("got ids %v, want the same one again", tried)
	}
}

func TestTwoNodesDoNotSendTheSame(t *testing.T) {
	h := newHospital(t)
	h.emit(40)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if err := h.Deliver(t.Context(), []string{h.endpoint.ID}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, tried := h.to.took(); len(got) != 40 || len(tried) != 1 {
		t.Errorf("got %d facts in %d requests, want 40 in one", len(got), len(tried))
	}
}

func TestAnEndpointThatNeverAnswersIsDisabledAndLosesNothing(t *testing.T) {
	h := newHospital(t)
	h.emit(1)
	for range webhook.MaxFailures {
		h.to.then(say(503))
		h.deliver()
		h.clock.Advance(16 * time.Hour)
	}
	if e := h.now(); e.State != webhook.Disabled || e.Reason != webhook.ReasonFailures || e.Failures != webhook.MaxFailures {
		t.Fatalf("got %+v, want it disabled", e)
	}
	h.emit(1)
	h.deliver()
	h.expect(nil, webhook.MaxFailures)
	_, err := h.Enable(t.Context(), h.endpoint.ID, "", "boss")
	h.must(err)
	h.deliver()
	h.expect([]string{"f03", "f04"}, webhook.MaxFailures+2)
}

func TestGoneIsTheEnd(t *testing.T) {
	h := newHospital(t)
	h.emit(1)
	h.to.then(say(http.StatusGone))
	h.deliver()
	if e := h.now(); e.State != webhook.Disabled || e.Reason != webhook.ReasonGone {
		t.Errorf("got %+v, want it disabled at once", e)
	}
}

func TestRetryAfterIsHeard(t *testing.T) {
	h := newHospital(t)
	h.emit(1)
	h.to.then(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	h.deliver()
	h.clock.Advance(119 * time.Second)
	h.deliver()
	h.expect(nil, 1)
	h.clock.Advance(time.Second)
	h.deliver()
	h.expect([]string{"f03"}, 2)
}

func TestBothSecretsSignDuringARotation(t *testing.T) {
	h := newHospital(t)
	next, err := h.Rotate(t.Context(), h.endpoint.ID, "platform", "boss")
	h.must(err)
	if next.Secret == h.endpoint.Secret {
		t.Fatal("the secret is the same")
	}
	h.emit(1)
	h.deliver() // the receiver still has the old one
	h.to.secret = next.Secret
	h.emit(1)
	h.deliver()
	h.clock.Advance(webhook.SecretOverlap)
	h.emit(1)
	h.deliver()
	h.expect([]string{"f03", "f04", "f05"}, 3)
}

func TestATestIsSignedAndChangesNothing(t *testing.T) {
	h := newHospital(t)
	before := h.now()
	a, err := h.Test(t.Context(), h.endpoint.ID, "platform")
	h.must(err)
	if !a.OK() || a.Status != http.StatusNoContent || !slices.Equal(h.to.events, []string{webhook.TestType}) || h.now() != before {
		t.Errorf("got %+v and %v", a, h.to.events)
	}
	for _, f := range []func() error{
		func() error { _, err := h.Test(t.Context(), h.endpoint.ID, "phone"); return err },
		func() error { _, err := h.Rotate(t.Context(), h.endpoint.ID, "phone", "x"); return err },
		func() error { return h.Remove(t.Context(), h.endpoint.ID, "phone", "x") },
	} {
		if err := f(); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("another channel's endpoint: got %v", err)
		}
	}
	h.must(h.Remove(t.Context(), h.endpoint.ID, "platform", "boss"))
	if _, err := h.Test(t.Context(), h.endpoint.ID, "platform"); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		t.Errorf("a removed endpoint: got %v", err)
	}
}

func TestPrivateNetworksAreNotReachedUnlessAllowed(t *testing.T) {
	h := newHospital(t)
	h.emit(1)
	strict := webhook.NewService(webhook.Options{Store: h.store, Wall: func() time.Time { return h.wall }, Timeout: time.Second})
	h.must(strict.Deliver(t.Context(), []string{h.endpoint.ID}))
	h.expect(nil, 0)
	if e := h.now(); e.Reason != webhook.ReasonRefused || e.Failures != 1 {
		t.Errorf("got %+v, want it refused", e)
	}
}

func TestReadingByCursorGivesEverythingOnce(t *testing.T) {
	h := newHospital(t)
	h.emit(8)
	var got []string
	after, pages := int64(0), 0
	for {
		p, err := h.Read(t.Context(), "platform", after, 3)
		h.must(err)
		for _, e := range p.Events {
			got = append(got, e.ID)
		}
		after, pages = p.Next, pages+1
		if !p.More {
			break
		}
	}
	want := []string{"f01", "f02", "f03", "f04", "f05", "f06", "f07", "f08", "f09", "f10"}
	if diff := cmp.Diff(got, want); diff != "" || pages != 4 {
		t.Errorf("%d pages (-got +want):\n%s", pages, diff)
	}
	if p, err := h.Read(t.Context(), "platform", after, 3); err != nil || len(p.Events) != 0 || p.Next != after {
		t.Errorf("at the end: got %+v, %v", p, err)
	}
	if _, err := h.Read(t.Context(), "platform", -1, 3); houzhen.CodeOf(err) != houzhen.CodeInvalid {
		t.Errorf("got %v", err)
	}
}

// TestNothingPersonalIsTold holds the list of what public facts may say.
func TestNothingPersonalIsTold(t *testing.T) {
	allowed := []string{"slot", "day", "from_session", "from_slot", "by", "reason", "room", "start", "end", "from_start", "from_end"}
	data, err := json.Marshal(map[string]string{"slot": "1", "patient": "p1", "name": "N", "phone": "1", "doctor": "d"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range webhook.Table() {
		for _, key := range p.Data {
			if !slices.Contains(allowed, key) {
				t.Errorf("%s tells %q", p.Kind, key)
			}
		}
		e, err := webhook.Tell(webhook.Fact{Event: houzhen.Event{ID: "f", Kind: p.Kind, Subject: "a", Data: data}})
		if err != nil || e.Data["patient"] != nil || e.Data["name"] != nil {
			t.Errorf("%s: got %v, %v", p.Kind, e.Data, err)
		}
	}
	if _, err := webhook.Tell(webhook.Fact{Event: houzhen.Event{Kind: houzhen.SignInAsked}}); err == nil {
		t.Error("a kind that is not public was told")
	}
}
