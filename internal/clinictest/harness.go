// Package clinictest tells stories of patients to the whole application: the
// real store, pipeline, reactions and provider client, a provider that checks
// signatures, and a clock that is moved by hand.
package clinictest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/store/storetest"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// Clinic is a running hospital of one department in a test.
type Clinic struct {
	T        *testing.T
	App      *app.App
	Clock    *clock.Step
	Provider *aliyuntest.Server
	Loc      *time.Location

	cfg    app.Config
	pay    *pay.Policy // nil: everybody pays at the hospital
	ctx    context.Context
	stop   func()
	people map[string]directory.Patient
	texts  map[string]string // template code → our key
	read   int               // messages of the provider that were handed to phones
	phones map[string][]SMS  // by number or account, not yet expected
	url    string            // of the server, once there is one
}

// Start is when every story begins: Monday, 2 March 2026, 08:00 in Shanghai.
var Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// callbackToken is the unguessable part of the receipts' address.
const callbackToken = "receipts-of-the-stories-come-here"

// Backend is where a story runs.
type Backend struct {
	Name               string
	Database, RedisURL string // empty: embedded
}

// Each tells the story on every backend: SQLite with the in-process Redis, and
// PostgreSQL with Redis.
func Each(t *testing.T, story func(c *Clinic)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		story(Open(t, Backend{Name: "sqlite"}))
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		story(Open(t, Services(t)))
	})
}

// Open starts a clinic; it is stopped with the test.
func Open(t *testing.T, b Backend) *Clinic {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	c := &Clinic{
		T: t, Clock: clock.NewStep(Start), Loc: loc, ctx: t.Context(), people: map[string]directory.Patient{}, phones: map[string][]SMS{},
	}
	c.Provider = aliyuntest.New(aliyuntest.Options{Now: clock.Real{}.Now, Stamp: c.Clock.Now})
	if err := c.Provider.Start(c.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Provider.Close() })
	c.cfg = app.Defaults()
	c.cfg.QueueMessages = false // its own stories tell of them; the others would be full of them
	c.cfg.Data, c.cfg.DatabaseURL, c.cfg.RedisURL = t.TempDir(), b.Database, b.RedisURL
	c.cfg.Aliyun = app.AliyunConfig{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
		Sign: "示例医院", Endpoint: c.Provider.Addr(), PushEndpoint: c.Provider.Addr(), PushAppKey: 1, Templates: c.templates(),
		CallbackToken: callbackToken,
	}
	if b.Database == "" {
		storetest.File(t, filepath.Join(c.cfg.Data, "houzhen.db")) // making the tables takes longer than a story
	}
	c.Start()
	t.Cleanup(func() { c.stop() })
	c.must(c.App.Redis().FlushDB(c.ctx).Err())
	c.must(c.App.Directory.SaveHouse(c.ctx, house()))
	return c
}

// Load makes the application without letting it work: what is committed then
// is known to the database alone.
func (c *Clinic) Load() {
	c.T.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("HOUZHEN_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	a, err := app.New(c.ctx, c.cfg, app.Options{Clock: c.Clock, Log: log, Pay: c.pay, Poll: 5 * time.Millisecond})
	c.must(err)
	c.App = a
	c.stop = func() {
		if err := a.Close(); err != nil {
			c.T.Errorf("close: %v", err)
		}
	}
}

// Node adds another node to the clinic and gives it; it works until the test
// ends. Both embedded parts are one process's own, so it needs services.
func (c *Clinic) Node() *app.App {
	c.T.Helper()
	first, end := c.App, c.stop
	c.Start()
	second, endSecond := c.App, c.stop
	c.App = first
	c.stop = func() {
		endSecond()
		end()
	}
	return second
}

// Start makes the application and lets it work.
func (c *Clinic) Start() {
	c.T.Helper()
	c.Load()
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.ctx))
	done := make(chan error, 1)
	a, closeApp := c.App, c.stop
	go func() { done <- a.Drive(ctx) }()
	c.stop = func() {
		cancel()
		if err := <-done; err != nil {
			c.T.Errorf("drive: %v", err)
		}
		closeApp()
	}
}

// Idle ends the application and makes it anew without letting it work.
func (c *Clinic) Idle() {
	c.T.Helper()
	c.Stop()
	c.Load()
}

// Stop ends the application; Start begins it anew on the same database.
func (c *Clinic) Stop() {
	c.T.Helper()
	c.stop()
	c.stop = func() {}
}

// Restart is Stop and Start.
func (c *Clinic) Restart() {
	c.T.Helper()
	c.Stop()
	c.Start()
}

// Reconfigure starts the application anew with other settings.
func (c *Clinic) Reconfigure(change func(*app.Config)) {
	c.T.Helper()
	c.Stop()
	change(&c.cfg)
	c.Start()
}

func (c *Clinic) must(err error) {
	c.T.Helper()
	if err != nil {
		c.T.Fatal(err)
	}
}

// templates gives every wording a code, so that a phone can tell them apart.
func (c *Clinic) templates() map[string]string {
	c.texts = map[string]string{}
	codes := map[string]string{}
	for i, key := range wordings() {
		code := fmt.Sprintf("SMS_%06d", i+1)
		codes[key], c.texts[code] = code, key
	}
	return codes
}
