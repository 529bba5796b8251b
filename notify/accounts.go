package notify

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// Account is one account at a provider of a channel.
type Account struct {
	Name   string // as logs and pages name it
	Sender Sender
}

// Accounts is a Sender of two accounts of one channel. Load is divided by
// FailoverPolicy.Shift. A message that one account certainly did not take goes
// to the other at once; one whose answer is lost never does. An account whose
// configuration is refused rests by itself, and the channel stops only when
// both do.
//
// What it knows of the accounts is this process's own: nodes learn alike,
// because they see the same provider.
type Accounts struct {
	list   [2]Account
	policy FailoverPolicy
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	balance Balance
	pulses  [2]pulse
	down    [2]rest
}

// rest is an account's pause after its configuration was refused.
type rest struct {
	until time.Time
	stops int
	code  string
}

// The pauses of an account: the first, and the longest, by doubling.
const (
	firstRest = time.Minute
	longRest  = 10 * time.Minute
)

// NewAccounts divides the load of one channel between two accounts; home is
// the first one's usual share of a hundred. Both must be of the same channel.
func NewAccounts(first, second Account, home int, policy FailoverPolicy, now func() time.Time, log *slog.Logger) (*Accounts, error) {
	if first.Sender.Channel() != second.Sender.Channel() {
		return nil, houzhen.E(houzhen.CodeInvalid, "two accounts of different channels")
	}
	if home < 0 || home > 100 {
		return nil, houzhen.E(houzhen.CodeInvalid, "a share is 0 to 100").On("home")
	}
	return &Accounts{list: [2]Account{first, second}, policy: policy, now: now, log: log, balance: Balance{Points: home, Home: home}}, nil
}

// Channel is that of both accounts.
func (a *Accounts) Channel() Channel { return a.list[0].Sender.Channel() }

// Abilities are those that both accounts have.
func (a *Accounts) Abilities() Abilities {
	x, y := AbilitiesOf(a.list[0].Sender), AbilitiesOf(a.list[1].Sender)
	return Abilities{
		Batch: min(x.Batch, y.Batch), Receipts: x.Receipts && y.Receipts, Query: x.Query && y.Query,
		Idempotent: false, // the same out-id at two accounts is two messages
		Renders:    x.Renders || y.Renders, Cost: max(x.Cost, y.Cost), PerSecond: min(x.PerSecond, y.PerSecond),
	}
}

// Send hands a parcel to one account, and to the other if the first certainly
// did not take it.
func (a *Accounts) Send(ctx context.Context, p Parcel) Sent {
	return a.try(ctx, p.OutID, 1, func(s Sender) []Sent { return []Sent{s.Send(ctx, p)} }, func(s Sender, _ []int) []Sent {
		return []Sent{s.Send(ctx, p)}
	})[0]
}

// SendBatch hands parcels to one account, and those that it certainly did not
// take to the other.
func (a *Accounts) SendBatch(ctx context.Context, parcels []Parcel) []Sent {
	if len(parcels) == 0 {
		return nil
	}
	return a.try(ctx, parcels[0].OutID, len(parcels),
		func(s Sender) []Sent { return sendAll(ctx, s, parcels) },
		func(s Sender, again []int) []Sent {
			rest := make([]Parcel, len(again))
			for i, at := range again {
				rest[i] = parcels[at]
			}
			return sendAll(ctx, s, rest)
		})
}

// sendAll sends a batch by a sender that may not know batches.
func sendAll(ctx context.Context, s Sender, parcels []Parcel) []Sent {
	if b, can := s.(BatchSender); can {
		return b.SendBatch(ctx, parcels)
	}
	out := make([]Sent, len(parcels))
	for i, p := range parcels {
		out[i] = s.Send(ctx, p)
	}
	return out
}

// try sends by the account whose turn it is, and what it certainly did not
// take for a reason of its own by the other.
func (a *Accounts) try(ctx context.Context, key string, n int, all func(Sender) []Sent, some func(Sender, []int) []Sent) []Sent {
	at, other := a.pick(ctx, key)
	begin := a.now()
	out := all(a.list[at].Sender)
	a.note(ctx, at, out, begin)
	var again []int
	for i := range n {
		if out[i].Outcome == OutcomeRetry || out[i].Outcome == OutcomeConfig {
			again = append(again, i)
		}
	}
	if len(again) == 0 || a.resting(other) {
		return out
	}
	begin = a.now()
	second := some(a.list[other].Sender, again)
	a.note(ctx, other, second, begin)
	for i, to := range again {
		if second[i].Outcome == OutcomeConfig && out[to].Outcome == OutcomeRetry {
			continue // the first account is merely busy: the channel goes on
		}
		out[to] = second[i]
	}
	return out
}

// pick says whose turn it is. The same key gives the same account while the
// division stays, so that nothing here is random.
func (a *Accounts) pick(ctx context.Context, key string) (at, other int) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // a hash takes everything
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.shift(ctx, now)
	if int(h.Sum32()%100) >= a.balance.Points {
		at = 1
	}
	if now.Before(a.down[at].until) && !now.Before(a.down[1-at].until) {
		at = 1 - at
	}
	return at, 1 - at
}

func (a *Accounts) resting(at int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now().Before(a.down[at].until)
}

// note remembers what came of calls.
func (a *Accounts) note(ctx context.Context, at int, sent []Sent, begin time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	c := a.pulses[at].into(now, a.policy.SlowWindow)
	for _, s := range sent {
		c.calls++
		switch s.Outcome {
		case OutcomeConfig:
			c.failures++
			a.stop(ctx, at, s.Code, now)
		case OutcomeRetry, OutcomeAmbiguous:
			c.failures++
		case OutcomeAccepted:
			a.down[at] = rest{}
		case OutcomeDefer, OutcomeMessage, OutcomeRecipient: // no fault of the account
		}
	}
	if now.Sub(begin) >= a.policy.Slow {
		c.measured++
		c.lagged++
	}
	a.shift(ctx, now)
}

// stop lets an account rest; the caller holds the lock.
func (a *Accounts) stop(ctx context.Context, at int, code string, now time.Time) {
	r := &a.down[at]
	if now.Before(r.until) {
		return
	}
	r.until, r.code = now.Add(min(firstRest<<min(r.stops, 8), longRest)), code
	r.stops++
	a.log.ErrorContext(ctx, "an account of a channel is refused and rests", "channel", a.Channel(), "account", a.list[at].Name, "code", code, "until", r.until)
}

// Arrived notes how long a message of an account, by its name, took to its
// phone, or until it was known not to arrive.
func (a *Accounts) Arrived(ctx context.Context, name string, took time.Duration) {
	at := slices.IndexFunc(a.list[:], func(x Account) bool { return x.Name == name })
	if at < 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	c := a.pulses[at].into(now, a.policy.SlowWindow)
	c.measured++
	if took >= a.policy.Slow {
		c.lagged++
	}
	a.shift(ctx, now)
}

// shift applies the policy; the caller holds the lock. Every move is an alarm:
// a provider in trouble must not go unnoticed because messages still go.
func (a *Accounts) shift(ctx context.Context, now time.Time) {
	var seen [2]Pulse
	for i := range a.pulses {
		seen[i] = a.pulses[i].sum(a.policy, now)
		seen[i].Down = now.Before(a.down[i].until)
	}
	next := a.policy.Shift(a.balance, seen[0], seen[1], now)
	if next.Points != a.balance.Points {
		a.log.WarnContext(ctx, "load moves between the accounts of a channel", "channel", a.Channel(),
			"first", a.list[0].Name, "points", next.Points, "before", a.balance.Points)
	}
	a.balance = next
}

// AccountHealth tells how one account fares.
type AccountHealth struct {
	Name         string
	Points       int // its share of a hundred now
	StoppedUntil time.Time
	Code         string
	Pulse
}

// Health tells how both accounts fare.
func (a *Accounts) Health(ctx context.Context) []AccountHealth {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.shift(ctx, now)
	out := make([]AccountHealth, 2)
	for i := range a.list {
		p := a.pulses[i].sum(a.policy, now)
		p.Down = now.Before(a.down[i].until)
		out[i] = AccountHealth{Name: a.list[i].Name, Points: a.balance.Points, StoppedUntil: a.down[i].until, Code: a.down[i].code, Pulse: p}
	}
	out[1].Points = 100 - a.balance.Points
	return out
}

// Find asks both accounts, because nobody knows which one took a message whose
// answer was lost. That neither knows it is a word only when both gave theirs.
func (a *Accounts) Find(ctx context.Context, outID string, phone houzhen.Phone, sentAt time.Time) (Receipt, bool, error) {
	var errs []error
	for _, one := range a.list {
		f, can := one.Sender.(Finder)
		if !can {
			errs = append(errs, houzhen.E(houzhen.CodeUnavailable, "an account cannot be asked"))
			continue
		}
		r, found, err := f.Find(ctx, outID, phone, sentAt)
		if found {
			return r, true, nil
		}
		errs = append(errs, err)
	}
	return Receipt{}, false, errors.Join(errs...)
}
