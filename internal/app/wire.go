package app

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/internal/limit"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/templates"
)

// wire makes every service and every arrow between them.
func (a *App) wire(context.Context) (err error) {
	policy := a.opt.Booking
	if policy == (booking.Policy{}) {
		policy = booking.DefaultPolicy()
	}
	a.wireAbuse()
	a.Guide = guide.NewService(a.Store.Guide(), a.loc, a.opt.NewID)
	a.Stats = stats.NewService(a.Store.Stats(), a.loc)
	a.Wording = wording.NewService(a.Store.Wording(), a.opt.NewID, templates.House{Sign: a.cfg.Aliyun.Sign, Link: a.cfg.SMSLink})
	a.Directory = directory.NewService(a.Store.Directory(), a.loc)
	a.Credit = credit.NewService(a.loc)
	if err := a.wireBooking(policy); err != nil {
		return err
	}
	if err := a.wireSuspension(); err != nil {
		return err
	}
	a.Draw = draw.NewService(a.Store.Draw(), a.Places(), rand.Reader)
	a.policies = newPolicies(a.cfg.LeaveRisk)
	a.Queue = queue.NewService(a.Store.Queue(), a.policies.of, a.loc)
	if err := a.wirePay(); err != nil {
		return err
	}
	a.boards = &boards{
		view: a.view, house: a.Directory.Index, policy: a.policies.of, now: a.clock.Now, shown: newRanges(), models: newModels(a.loc),
		before: newBeforehand(), here: a.hereCode,
	}
	a.policy = notify.DefaultPolicy(a.loc)
	if err := a.wireMessages(); err != nil {
		return err
	}
	if err := a.wireMachines(); err != nil {
		return err
	}
	a.wireHub()
	a.wirePipeline()
	return a.wireClockwork()
}

// wireBooking makes booking and the waitlist, which has the first right to what
// comes back.
func (a *App) wireBooking(policy booking.Policy) (err error) {
	list := waitlist.DefaultPolicy()
	a.Booking, err = booking.NewService(a.Store.Booking(), a.loc, policy,
		booking.WithRules(a.rules()...), booking.WithReturns(waitlist.Keeper{Policy: list, Loc: a.loc}), booking.WithDraws(draw.Windows{}),
		booking.WithAbsence(absence{}), booking.WithExpectation(expectation{a}))
	if err != nil {
		return err
	}
	a.Waitlist, err = waitlist.NewService(a.Store.Waitlist(), a.Booking, a.loc, list,
		waitlist.WithPrepaid(func(s booking.Session) bool { return a.Pay.Policy().Before(s, waitlist.Channel) }))
	return err
}

// rules are what every booking is judged by besides the policy's limits.
func (a *App) rules() []booking.Rule {
	return []booking.Rule{
		abuse.Barrier{},
		a.Credit,
		a.fitness(),
	}
}

// wireAbuse limits how often people try to book, and watches for patterns.
func (a *App) wireAbuse() {
	a.Abuse = abuse.NewService(a.Store.Abuse(), abuse.DefaultPolicy(), a.opt.NewID)
	a.limits, _ = limitsFrom(a.cfg.BookingRates) // Validate has read it
	if a.opt.Limits != nil {
		a.limits = *a.opt.Limits
	}
	a.limiter = limit.NewMemory()
	if a.cfg.RedisURL != "" {
		a.limiter = limit.NewShared(a.redis)
	}
}

// cancelLead is how long before midnight of the day before a place can be
// given up freely (domain rule §8: D-1 21:00).
const cancelLead = 3 * time.Hour

func (a *App) wireMessages() error {
	senders := a.opt.Senders
	if senders == nil {
		var err error
		if senders, err = a.configuredSenders(); err != nil {
			return err
		}
	}
	w := &world{
		house: a.Directory.Index, loc: a.loc, lead: cancelLead, board: a.boards, sign: a.Ring.SignLink,
		signature: a.cfg.Aliyun.Sign, limits: a.restrictions, reach: a.namesPeople(),
	}
	a.policy.Channels = ladder(senders)
	a.Notify = notify.NewService(a.Store.Notify(), w, senders, notify.Options{
		Policy: a.policy, Now: a.clock.Now, Sign: a.cfg.Aliyun.Sign, Log: a.log, ShowSecrets: !a.cfg.UseAliyun(),
		Words: a.Wording.Book,
	})
	return nil
}

// ladder lists the channels that there are senders for, cheapest first.
func ladder(senders []notify.Sender) []notify.Channel {
	have := map[notify.Channel]bool{}
	for _, s := range senders {
		have[s.Channel()] = true
	}
	ways := []notify.Channel{}
	for _, c := range notify.Channels() {
		if have[c] {
			ways = append(ways, c)
		}
	}
	return ways
}

func (a *App) wireHub() {
	var bus realtime.Bus = realtime.NewMemoryBus(wall)
	if a.cfg.RedisURL != "" {
		bus = realtime.NewRedisBus(a.redis, realtime.RedisOptions{Now: wall, Logger: a.log})
	}
	a.Hub = realtime.NewHub(realtime.Options{Bus: bus, Snapshot: a.snapshot, Now: wall, Logger: a.log})
	a.live = newLive(a.redraw, a.clock.Now, a.log)
	if !a.opt.Blind {
		for kind, list := range a.queueReactions() {
			a.live.kinds[kind], a.live.alone[kind] = true, len(list) == 1
		}
	}
}

func (a *App) wirePipeline() {
	servers := 2
	if a.cfg.RedisURL == "" {
		servers = 1
	}
	a.Pipeline = jobs.New(jobs.Options{
		Redis: a.redis, Logger: a.log, Concurrency: a.cfg.Workers, Servers: servers, Poll: a.opt.Poll,
		OnFlush: func(context.Context) { a.sweeper.Forget() },
	})
	enqueue := func(kind string) outbox.Enqueue {
		return func(ctx context.Context, u houzhen.Urgency, ids []string) error {
			return a.Pipeline.Enqueue(ctx, kind, u, ids)
		}
	}
	a.mail = outbox.NewRelay(outbox.RelayOptions{Enqueue: enqueue(jobMessage), Logger: a.log, Linger: a.opt.Linger, Pace: relayPace})
	a.post = outbox.NewRelay(outbox.RelayOptions{Enqueue: enqueue(jobReceipt), Logger: a.log, Pace: receiptPace})
	a.wireFacts(enqueue(jobFact))
	a.Pipeline.Handle(jobWebhook, a.Webhooks.Deliver)
	polite := newCourtesy(a.Booking.Crowded)
	a.Pipeline.Handle(jobFact, polite.handler(a.react))
	a.Pipeline.Handle(jobReceipt, func(ctx context.Context, ids []string) error {
		if slices.Contains(ids, allReceipts) {
			_, err := a.Notify.TakeReceipts(ctx)
			return err
		}
		_, err := a.Notify.WorkReceipts(ctx, ids)
		return err
	})
	a.Pipeline.Handle(jobMessage, polite.handler(func(ctx context.Context, ids []string) error {
		_, err := a.Notify.Deliver(ctx, ids)
		return err
	}))
}

// allReceipts stands in a task for all receipts that wait, whatever their ids.
const allReceipts = "receipts"

// relayPace is how long facts and messages wait for those before them: in a
// busy time a task carries many, and competes less with whoever presses a button.
const relayPace = 250 * time.Millisecond

// receiptPace is the same for receipts, for which nobody who presses a button
// waits: long enough that a task carries those that a provider posts together.
const receiptPace = 50 * time.Millisecond

// marksLinger is how long facts that are shown and cause nothing else wait to
// be marked as handled: long enough for one statement to mark many, and well
// within the time that the sweep leaves them alone.
const marksLinger = time.Second

// wireFacts hands committed facts on: to the boards of this node at once, and to
// the pipeline those that cause anything more.
func (a *App) wireFacts(enqueue outbox.Enqueue) {
	reactions := a.reactions()
	inert := map[houzhen.EventKind]bool{}
	for kind, list := range reactions {
		inert[kind] = len(list) == 0
	}
	a.Store.CauseNothing(inert)
	a.relay = outbox.NewRelay(outbox.RelayOptions{Enqueue: enqueue, Logger: a.log, Linger: a.opt.Linger, Pace: relayPace})
	a.marks = outbox.NewRelay(outbox.RelayOptions{Enqueue: a.markHandled, Logger: a.log, Linger: marksLinger})
	a.sweeper = outbox.NewSweeper(outbox.SweeperOptions{Store: a.Store.Outbox(), Enqueue: enqueue, Grace: relayGrace})
	a.reactor = outbox.NewReactor(a.Store.Outbox(), reactions, a.log)
	a.reactor.Group(a.together)
	a.Store.OnCommit(func(ctx context.Context, facts []houzhen.Event) {
		a.live.committed(facts)
		var caused []houzhen.Event
		for _, e := range facts {
			switch {
			case inert[e.Kind]:
			case a.live.alone[e.Kind] && a.live.knows(e.ID):
				a.marks.Add(houzhen.Routine, e.ID)
			default:
				caused = append(caused, e)
			}
		}
		a.relay.Committed(ctx, caused)
	})
}

// markHandled marks facts whose queues this node draws. Those of a node that
// died before are found by the sweep.
func (a *App) markHandled(ctx context.Context, _ houzhen.Urgency, ids []string) error {
	return a.inTx(ctx, func(tx everything) error { return tx.FactsHandled(ctx, ids) })
}
