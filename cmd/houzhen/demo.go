package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
)

// demoCmd shows a sample hospital: the people and the clock are made up, all
// the rest is what serve runs.
type demoCmd struct {
	Speed    float64       `default:"60" help:"How much faster than real time the clock runs, 1 to 600."`
	Seed     uint64        `default:"1" help:"Seed of all chances."`
	Start    string        `default:"07:40" help:"Time of day at which each day begins, HH:MM."`
	Patients int           `help:"How many people book a day; 0: five of six places."`
	Every    time.Duration `default:"5s" help:"How often a line of progress is printed."`
}

const (
	demoListen  = "127.0.0.1:8080"
	fastest     = 600
	latestStart = 17 * 60
)

// Validate refuses what cannot be shown.
func (c *demoCmd) Validate() error {
	start, err := houzhen.ParseTimeOfDay(c.Start)
	switch {
	case err != nil || start < 5*60 || start > latestStart:
		return errors.New("--start: give a time of day from 05:00 to 17:00")
	case !(c.Speed >= 1 && c.Speed <= fastest):
		return errors.New("--speed: give 1 to 600")
	case c.Patients < 0 || c.Patients > 100_000:
		return errors.New("--patients: give 0 to 100000")
	case c.Every < 100*time.Millisecond:
		return errors.New("--every: give at least 100ms")
	}
	return nil
}

// Run implements the command.
func (c *demoCmd) Run(e *env) (err error) {
	cfg, cleanUp, err := demoSettings(e.cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()
	var lc net.ListenConfig
	l, err := lc.Listen(e.ctx, "tcp", cfg.Listen)
	if err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "cannot listen there; is another program using it? try --listen 127.0.0.1:8081").On("listen").Because(err)
	}
	defer func() { _ = l.Close() }()
	c.say(e, "demo.print.preparing")
	start, err := houzhen.ParseTimeOfDay(c.Start)
	if err != nil {
		return err
	}
	log := e.log
	if cfg.Log == "info" {
		log = newLogger(e.errOut, "warn") // a newcomer reads the lines of progress
	}
	d := &sim.Demo{Start: start, Seed: c.Seed, Patients: c.Patients, Log: log}
	if err := setUp(e.ctx, cfg, d); err != nil {
		return fmt.Errorf("prepare the demonstration: %w", err)
	}
	return c.show(e, cfg, d, l)
}

// demoSettings keeps a demonstration to itself: no database, Redis or provider
// of anybody's, a folder that is removed unless one was given, and nobody but
// this machine unless an address was given.
func demoSettings(cfg app.Config) (app.Config, func() error, error) {
	usual := app.Defaults()
	cfg.DatabaseURL, cfg.RedisURL, cfg.PublicURL, cfg.Keys = "", "", "", ""
	cfg.Channel, cfg.Aliyun = "file", usual.Aliyun
	if cfg.Listen == usual.Listen {
		cfg.Listen = demoListen
	}
	if cfg.Data != usual.Data {
		if _, err := os.Stat(filepath.Join(cfg.Data, "houzhen.db")); err == nil {
			return cfg, nil, houzhen.E(houzhen.CodeInvalid, "there is a database in that folder; a demonstration wants an empty one").On("data")
		}
		return cfg, func() error { return nil }, nil
	}
	folder, err := os.MkdirTemp("", "houzhen-demo-")
	if err != nil {
		return cfg, nil, fmt.Errorf("make data folder: %w", err)
	}
	cfg.Data = folder
	return cfg, func() error { return os.RemoveAll(folder) }, nil
}

// setUp lives through the eve of today on a clock that is moved by hand.
func setUp(ctx context.Context, cfg app.Config, d *sim.Demo) error {
	moved := clock.NewStep(time.Now())
	senders, closeAll, err := openMailbox(cfg.Data, moved, nil)
	if err != nil {
		return err
	}
	defer closeAll()
	a, err := app.New(ctx, cfg, app.Options{Clock: moved, Senders: senders, Log: d.Log, Poll: 5 * time.Millisecond})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	d.App, d.Clock, d.Day = a, moved, houzhen.BusinessDate(time.Now(), a.Location())
	return drive(ctx, a, func(ctx context.Context) error { return d.SetUp(ctx, moved) })
}

// show opens the same data on a fast clock and lets everything run until the
// end of ctx.
func (c *demoCmd) show(e *env, cfg app.Config, d *sim.Demo, l net.Listener) error {
	loc, err := cfg.Validate()
	if err != nil {
		return err
	}
	fast := sim.NewLeapClock(d.Day.Clock(d.Start, loc), c.Speed)
	sent := &tally{}
	senders, closeAll, err := openMailbox(cfg.Data, fast, sent)
	if err != nil {
		return err
	}
	defer closeAll()
	pages := &demoPages{demo: d}
	a, err := app.New(e.ctx, cfg, app.Options{Clock: fast, Senders: senders, Log: d.Log, Demo: pages})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	d.App, d.Clock, d.Leap = a, fast, fast.Leap
	if err := pages.open(e.ctx, a, l.Addr()); err != nil {
		return err
	}
	if err := d.Begin(e.ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(e.ctx)
	g.Go(func() error { return a.ServeOn(ctx, l, func(string) { c.introduce(ctx, e, pages) }) })
	g.Go(func() error { return d.Run(ctx) })
	g.Go(func() error { return c.report(ctx, e, d, sent) })
	return g.Wait()
}

// report prints a line of progress now and then.
func (c *demoCmd) report(ctx context.Context, e *env, d *sim.Demo, sent *tally) error {
	t := time.NewTicker(c.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		s, err := d.Status(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.Log.WarnContext(ctx, "demonstration not counted", "error", err)
			}
			continue
		}
		_, _ = fmt.Fprintln(e.out, progress(s, sent.n.Load()))
	}
}

// progress puts the counts of one moment into a line.
func progress(s sim.DemoStatus, sent int64) string {
	parts := []string{s.At.Format("01-02 15:04")}
	add := func(word string, n int64) {
		parts = append(parts, fmt.Sprintf("%s %d", both("demo.count."+word, " "), n))
	}
	add("expected", int64(s.Expected))
	add("waiting", int64(s.Waiting))
	add("in_room", int64(s.InRoom))
	add("seen", int64(s.Seen))
	add("sent", sent)
	add("released", int64(s.Released))
	add("suspended", int64(s.Suspended))
	return strings.Join(parts, "  ")
}
