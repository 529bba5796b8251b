// Package app wires Houzhen: it makes every arrow between the parts and says
// which fact causes what. It holds no rule of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/internal/limit"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/sandboxpay"
	"github.com/houzhen/houzhen/internal/seal"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/webhook"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wechat"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/realtime"
	"github.com/houzhen/houzhen/web"
)

// Kinds of job in the pipeline.
const (
	jobFact    = "fact"    // ids of facts to react to
	jobMessage = "message" // ids of messages to deliver
	jobWebhook = "webhook" // ids of endpoints to bring up to date
	jobReceipt = "receipt" // receipts wait in the inbox; its ids say nothing
)

// Options are what tests, the demo and the replay put in place of the usual.
type Options struct {
	Log     *slog.Logger
	Clock   clock.Clock     // nil: the machine's
	NewID   func() string   // nil: random UUIDs, version 7
	Senders []notify.Sender // nil: as the settings say
	Booking booking.Policy  // zero: the default policy
	Pay     *pay.Policy     // nil: as the settings say
	Poll    time.Duration   // how often idle workers look; 0: the pipeline's default
	Linger  time.Duration   // how long facts and messages wait for company; 0: not at all
	Ring    *seal.Ring      // nil: from the settings
	Migrate bool            // bring a shared database to this version too
	Demo    web.Demo        // the addresses of a demonstration; nil outside of one
	Limits  *Limits         // nil: DefaultLimits
	Blind   bool            // nobody watches: no boards are drawn and nobody is told to leave home

	// Drawn is told each queue after the places and ranges of its patients were
	// computed anew and handed to the hub; nil: nobody.
	Drawn func(q queue.Queue)
}

// App is a running Houzhen without its servers: every service wired.
type App struct {
	cfg   Config
	opt   Options
	log   *slog.Logger
	clock clock.Clock
	loc   *time.Location

	Ring      *seal.Ring
	Store     *store.DB
	Directory *directory.Service
	Booking   *booking.Service
	Waitlist  *waitlist.Service
	Draw      *draw.Service
	Pay       *pay.Service
	Cashier   *sandboxpay.Server // the payment provider in which no money moves
	Credit    *credit.Service
	Queue     *queue.Service
	Notify    *notify.Service
	Machines  *auth.Machines
	Webhooks  *webhook.Service
	Stats     *stats.Service
	Abuse     *abuse.Service
	Guide     *guide.Service
	Wording   *wording.Service
	Hub       *realtime.Hub
	Pipeline  *jobs.Pipeline
	Clockwork *jobs.Clockwork

	Suspension *suspension.Service

	redis  redis.UniversalClient
	policy notify.Policy

	policies *policies // of queues

	relay   *outbox.Relay // of facts
	marks   *outbox.Relay // of facts that need nothing but a mark
	mail    *outbox.Relay // of messages
	post    *outbox.Relay // of receipts
	reactor *outbox.Reactor
	sweeper *outbox.Sweeper
	boards  *boards
	live    *live
	limits  Limits
	limiter limit.Limiter

	accounts *notify.Accounts // of SMS, when there are two
	weChat   *wechat.Client   // nil without an account there
	traces   traces
	handed   handed
	steps    stepsTold

	beating  bool         // the last beat of this process was noted; used by the clockwork alone
	reminded houzhen.Date // the day whose reminders this node has been through; the clockwork runs one schedule at a time
	closers  []func() error
}

// New opens the store and Redis and wires everything. It changes nothing but
// to bring the embedded database to this version. Close releases what it took.
func New(ctx context.Context, cfg Config, opt Options) (_ *App, err error) {
	loc, err := cfg.Validate()
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, opt: opt, log: opt.Log, clock: opt.Clock, loc: loc, Ring: opt.Ring, handed: handed{when: map[string]time.Time{}}}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = clock.Real{}
	}
	if a.opt.NewID == nil {
		a.opt.NewID = newID
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	for _, step := range []func(context.Context) error{a.openKeys, a.openStore, a.openRedis, a.wire} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// newID makes ids that sort by the time of their making, which keeps indexes
// dense. Only their uniqueness matters.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Now gives the time that Houzhen lives in.
func (a *App) Now() time.Time { return a.clock.Now() }

// Location gives the hospital's zone.
func (a *App) Location() *time.Location { return a.loc }

// Today gives the business date.
func (a *App) Today() houzhen.Date { return houzhen.BusinessDate(a.clock.Now(), a.loc) }

// Redis is the client that everything here works with.
func (a *App) Redis() redis.UniversalClient { return a.redis }

// Close releases everything, last taken first.
func (a *App) Close() error {
	var errs []error
	for _, release := range slices.Backward(a.closers) {
		errs = append(errs, release())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *App) openKeys(context.Context) (err error) {
	switch {
	case a.Ring != nil:
	case a.cfg.Keys != "":
		a.Ring, err = seal.Parse(a.cfg.Keys.Reveal())
	default:
		a.Ring, err = seal.Load(filepath.Join(a.cfg.Data, "keys"))
	}
	if err != nil {
		return fmt.Errorf("sealing keys: %w", err)
	}
	return nil
}

// StoreURL is where the database is.
func (c Config) StoreURL() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return "sqlite:" + filepath.Join(c.Data, "houzhen.db")
}

func (a *App) openStore(ctx context.Context) error {
	if a.cfg.DatabaseURL == "" {
		if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
	}
	db, err := store.Open(ctx, a.cfg.StoreURL(), store.Options{Now: a.clock.Now, NewID: a.opt.NewID, Ring: a.Ring})
	if err != nil {
		return err
	}
	a.Store = db
	a.closers = append(a.closers, db.Close)
	if a.cfg.DatabaseURL == "" || a.opt.Migrate {
		return a.Store.Migrate(ctx)
	}
	pending, err := db.Pending(ctx)
	if err != nil {
		return err
	}
	if pending {
		return houzhen.E(houzhen.CodeUnavailable, "the database is of an older version; run houzhen migrate").On("database-url")
	}
	return nil
}

func (a *App) openRedis(ctx context.Context) error {
	var stop func()
	var err error
	if a.cfg.RedisURL != "" {
		a.redis, err = jobs.Connect(ctx, a.cfg.RedisURL)
	} else {
		a.redis, stop, err = jobs.Embedded(ctx)
	}
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	a.closers = append(a.closers, func() error {
		err := a.redis.Close()
		if stop != nil {
			stop()
		}
		return err
	})
	return nil
}

// view reads all domains in one transaction.
func (a *App) view(ctx context.Context, f func(everything) error) error {
	return a.Store.View(ctx, func(tx *store.Tx) error { return f(tx) })
}

// inTx writes all domains in one transaction.
func (a *App) inTx(ctx context.Context, f func(everything) error) error {
	return a.Store.InTx(ctx, func(tx *store.Tx) error { return f(tx) })
}
