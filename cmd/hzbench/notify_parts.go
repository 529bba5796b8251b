package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// callers is how many calls to the provider the running server makes at once:
// eight workers with eight calls each.
const callers = 64

// path holds the way from a committed fact to a receipt that was worked on
// against what the parts alone can do: an empty task for each message, and the
// bare SDK against the same server. They take turns in one run.
func (p *post) path(size mailSizes) error {
	if err := p.prepareVisits(size.messages * size.rounds); err != nil {
		return err
	}
	return p.serving(func() error {
		if err := p.idle(); err != nil { // the facts of the bookings come first
			return err
		}
		var ratios, empties, bares, wholes, asked []float64
		for i := range size.rounds {
			empty, err := p.emptyTasks(size.messages)
			if err != nil {
				return err
			}
			bare, err := p.bareSDK(size.messages)
			if err != nil {
				return err
			}
			before := p.app.Store.Statements()
			whole, err := p.whole(p.visits[i*size.messages : (i+1)*size.messages])
			if err != nil {
				return err
			}
			asked = append(asked, float64(p.app.Store.Statements()-before)/float64(size.messages))
			p.say("%s: empty tasks %.0f, bare SDK %.0f, whole path %.0f a second", p.engine, empty, bare, whole)
			ratios = append(ratios, whole/min(empty, bare))
			empties, bares, wholes = append(empties, empty), append(bares, bare), append(wholes, whole)
		}
		p.report.Add(
			measure.Plain(p.name("notify.empty_tasks"), measure.Median(empties), "1/s"),
			measure.Plain(p.name("notify.bare_sdk"), measure.Median(bares), "1/s"),
			measure.Plain(p.name("notify.whole_path"), measure.Median(wholes), "1/s"),
			measure.Plain(p.name("notify.path_statements"), measure.Median(asked), "a message"),
			measure.Least(p.name("notify.path_ratio"), measure.Median(ratios), pathRatio, "ratio"),
		)
		return nil
	})
}

// emptyTasks gives how many tasks of one message each an asynq server with an
// empty handler does a second, enqueued while it works.
func (p *post) emptyTasks(n int) (float64, error) {
	client, closeRedis, err := p.spareRedis()
	if err != nil {
		return 0, err
	}
	defer closeRedis()
	pipe := jobs.New(jobs.Options{Redis: client, Logger: p.log, Concurrency: p.cfg.Workers})
	var done atomic.Int64
	pipe.Handle("bench.empty", func(context.Context, []string) error { done.Add(1); return nil })
	ctx, cancel := context.WithCancel(p.ctx)
	ended := make(chan error, 1)
	go func() { ended <- pipe.Run(ctx) }()
	begun := time.Now()
	_, err = measure.Closed(p.ctx, p.cfg.Workers, n, 0, func(ctx context.Context, _, i int) error {
		return pipe.Enqueue(ctx, "bench.empty", houzhen.Soon, []string{fmt.Sprint(i)})
	})
	if err == nil {
		err = p.until(func() (bool, error) { return int(done.Load()) >= n, nil })
	}
	rate := float64(n) / time.Since(begun).Seconds()
	cancel()
	return rate, errors.Join(err, <-ended)
}

// spare is the database of Redis that the empty tasks use, out of the way of
// those of the running server.
const spare = "/15"

// spareRedis connects to a Redis of the same kind as the server's.
func (p *post) spareRedis() (client redis.UniversalClient, stop func(), err error) {
	if p.cfg.RedisURL == "" {
		return jobs.Embedded(p.ctx)
	}
	u, err := url.Parse(p.cfg.RedisURL)
	if err != nil {
		return nil, nil, errors.New("the address of Redis is malformed")
	}
	u.Path = spare
	if client, err = jobs.Connect(p.ctx, u.String()); err != nil {
		return nil, nil, err
	}
	if err := client.FlushDB(p.ctx).Err(); err != nil {
		return nil, nil, fmt.Errorf("empty the spare database: %w", err)
	}
	return client, func() { _ = client.Close() }, nil
}

// bareSDK gives how many messages a second the adapter sends by itself.
func (p *post) bareSDK(n int) (float64, error) {
	client, err := aliyun.New(aliyun.Config{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyun.NewSecret(aliyuntest.DefaultSecret), Endpoint: p.provider.Addr(),
		Scheme: "HTTP", Sign: "Bench", Templates: p.cfg.Aliyun.Templates,
	})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	sms := client.SMS()
	load, err := measure.Closed(p.ctx, callers, n, 0, func(ctx context.Context, _, i int) error {
		sent := sms.Send(ctx, notify.Parcel{
			OutID: fmt.Sprintf("bare-%d-%d", time.Now().UnixNano(), i), Template: string(notify.KindUnclear), Lang: houzhen.Chinese,
			Phone: houzhen.NewPhone(fmt.Sprintf("139%08d", i)), Vars: map[string]string{"phone": "0731-12345678"},
		})
		if sent.Outcome != notify.OutcomeAccepted {
			return fmt.Errorf("not accepted: %s %s", sent.Outcome, sent.Code)
		}
		return nil
	})
	p.provider.PendingReceipts(0) // nobody waits for these
	return load.PerSecond(), err
}

// factsAtOnce is how many facts are committed together, and emitters how many
// commit at the same time, as the lanes of the booking do.
const (
	factsAtOnce = 100
	emitters    = 4
)

// whole lets one fact for each visit become a message, and gives how many a
// second came back as a receipt that was worked on.
func (p *post) whole(visits []booking.Appointment) (float64, error) {
	begun, before := time.Now(), p.provider.Count()
	groups := slices.Collect(slices.Chunk(visits, factsAtOnce))
	_, err := measure.Closed(p.ctx, emitters, len(groups), 0, func(_ context.Context, _, i int) error { return p.emit(groups[i]) })
	if err != nil {
		return 0, err
	}
	posted := 0
	err = p.until(func() (bool, error) {
		n, err := p.provider.Receipts(p.ctx, p.url, aliyuntest.Posting{})
		if posted += n; err != nil || posted < len(visits) || p.provider.Count()-before < len(visits) {
			return false, err
		}
		waiting := 0
		err = p.app.Store.View(p.ctx, func(tx *store.Tx) (err error) {
			waiting, _, err = tx.WaitingReceipts(p.ctx)
			return err
		})
		return waiting == 0, err
	})
	return float64(len(visits)) / time.Since(begun).Seconds(), err
}

func (p *post) emit(visits []booking.Appointment) error {
	return p.app.Store.InTx(p.ctx, func(tx *store.Tx) error {
		facts := make([]houzhen.Event, len(visits))
		for i, a := range visits {
			facts[i] = houzhen.Event{ID: tx.NewID(), Kind: houzhen.PlaceDisplaced, Subject: a.ID, Version: a.Version, Session: a.SessionID, At: tx.Now()}
		}
		return tx.EmitAll(facts)
	})
}

// massSuspension takes the places of many people at once, at a provider that
// takes its time, and measures how long it is until all of them were told.
func (p *post) massSuspension(size mailSizes) error {
	if err := p.prepareVisits(size.mass); err != nil {
		return err
	}
	p.say("%s: their sessions are suspended", p.engine)
	seen := map[string]bool{}
	for _, a := range p.visits {
		if seen[a.SessionID] {
			continue
		}
		seen[a.SessionID] = true
		if _, err := p.app.SuspendSession(p.ctx, a.SessionID, "bench", "weather"); err != nil {
			return err
		}
	}
	p.provider.Decide(func(aliyuntest.Call) aliyuntest.Fault { return aliyuntest.Delay(massDelay) })
	begun := time.Now()
	err := p.serving(func() error {
		return p.until(func() (bool, error) { return p.provider.Count() >= size.mass, nil })
	})
	p.report.Add(measure.Most(p.name("notify.mass_suspension"), time.Since(begun).Seconds(), massWithin, "s"))
	return err
}

// critical plans a message that always goes behind many that wait, and measures
// how long it is until the provider has it.
func (p *post) critical(size mailSizes) error {
	kinds := []notify.Kind{notify.KindBooked, notify.KindMoved, notify.KindReminder, notify.KindReminder3, notify.KindDrawWon}
	if err := p.prepareVisits((size.backlog+len(kinds)-1)/len(kinds) + 1); err != nil {
		return err
	}
	return p.serving(func() error {
		if err := p.idle(); err != nil {
			return err
		}
		p.provider.Decide(func(aliyuntest.Call) aliyuntest.Fault { return aliyuntest.Delay(5 * time.Millisecond) })
		last := p.visits[len(p.visits)-1]
		if err := p.backlog(p.visits[:len(p.visits)-1], kinds); err != nil {
			return err
		}
		begun, before := time.Now(), p.provider.Count()
		if err := p.emit([]booking.Appointment{last}); err != nil {
			return err
		}
		out := ""
		err := p.until(func() (bool, error) {
			if out == "" {
				rows, err := p.app.Messages(p.ctx, notify.MessageFilter{Subject: last.ID, Kind: notify.KindDisplaced, Limit: 1})
				if err != nil || len(rows) == 0 {
					return false, err
				}
				out = rows[0].OutID
			}
			return p.provider.Audit(out).Count > 0, nil
		})
		waited := time.Since(begun).Seconds()
		p.say("%s: %d others left meanwhile", p.engine, p.provider.Count()-before)
		p.report.Add(measure.Most(p.name("notify.critical_behind_backlog"), waited, criticalWait, "s"))
		return err
	})
}

// backlog plans messages in the slowest lane and hands them to the pipeline.
// They are marked critical, so that the quiet hours do not hold them when the
// bench runs at night.
func (p *post) backlog(visits []booking.Appointment, kinds []notify.Kind) error {
	p.say("%s: %d messages wait", p.engine, len(visits)*len(kinds))
	for chunk := range slices.Chunk(visits, factsAtOnce) {
		var rows []notify.Message
		for _, a := range chunk {
			for _, k := range kinds {
				rows = append(rows, notify.Message{
					Subject: a.ID, Version: a.Version, Kind: k, Recipient: a.PatientID, Channel: notify.SMS, Class: notify.ClassCritical,
					Urgency: houzhen.Routine, State: notify.Planned, DueAt: p.app.Now(), ExpiresAt: p.app.Now().Add(time.Hour), CreatedAt: p.app.Now(),
				})
			}
		}
		var ids []string
		err := p.app.Store.Notify().InTx(p.ctx, func(tx notify.Tx) (err error) {
			ids, err = notify.Enter(p.ctx, tx, rows)
			return err
		})
		if err != nil {
			return err
		}
		if err := p.app.Pipeline.Enqueue(p.ctx, "message", houzhen.Routine, ids); err != nil {
			return err
		}
	}
	return nil
}

// memory plans very many reminders for tomorrow while the server works, and
// holds the heap at the end against the heap after a tenth of them.
func (p *post) memory(size mailSizes) error {
	policy := p.app.Notify.Policy()
	return p.serving(func() error {
		tenth := 0.0
		for from := 0; from < size.planned; from += 1000 {
			now := p.app.Now()
			var rows []notify.Message
			for i := from; i < min(from+1000, size.planned); i++ {
				id := fmt.Sprintf("planned-%07d", i)
				rows = append(rows, policy.PlanReminder(notify.Subject{
					ID: id, Version: 1, Recipient: id, HasPhone: true, Start: now.Add(72 * time.Hour), End: now.Add(73 * time.Hour), BookedAt: now,
				}, now)...)
			}
			err := p.app.Store.Notify().InTx(p.ctx, func(tx notify.Tx) error {
				_, err := notify.Enter(p.ctx, tx, rows)
				return err
			})
			if err != nil {
				return err
			}
			if tenth == 0 && from >= size.planned/10 {
				tenth = heap()
			}
		}
		end := heap()
		p.report.Add(
			measure.Plain(p.name("notify.heap_after_planning"), end/(1<<20), "MiB"),
			measure.Most(p.name("notify.heap_growth"), end/tenth, heapGrowth, "ratio"),
		)
		return nil
	})
}

// heap gives the bytes of live objects.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
