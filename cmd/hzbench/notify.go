package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/notify/aliyuntest"
	"github.com/houzhen/houzhen/templates"
)

// notifyCmd measures how messages leave.
type notifyCmd struct {
	Only    []string `enum:"path,mass,critical,memory" help:"Measure these alone: path, mass, critical, memory." placeholder:"PART"`
	Engines []string `enum:"sqlite,postgresql" help:"On these databases alone: sqlite, postgresql." placeholder:"ENGINE"`
	Small   bool     `help:"Everything small: shows that it works, not how fast it is."`
}

// mailSizes say how much is sent.
type mailSizes struct {
	messages int // of one turn of the path
	rounds   int
	mass     int // patients of a mass suspension
	backlog  int // reminders that a critical message is behind
	planned  int // reminders of the memory figure
}

func (c *notifyCmd) sizes() mailSizes {
	if c.Small {
		return mailSizes{messages: 200, rounds: 1, mass: 120, backlog: 500, planned: 2000}
	}
	return mailSizes{messages: 5000, rounds: 3, mass: 20_000, backlog: 100_000, planned: 1_000_000}
}

func (c *notifyCmd) part(name string) bool { return len(c.Only) == 0 || slices.Contains(c.Only, name) }

// Limits of the figures.
const (
	pathRatio    = 0.60 // of the slower of the empty pipeline and the bare SDK
	massWithin   = 60.0 // s
	massDelay    = 50 * time.Millisecond
	criticalWait = 2.0  // s
	heapGrowth   = 1.25 // of the heap after a tenth of the reminders
)

// Run implements the command.
func (c *notifyCmd) Run(e *env) error {
	engine := postgresql
	if e.databaseURL == "" || len(c.Engines) > 0 && !slices.Contains(c.Engines, postgresql) {
		engine = sqlite
	}
	for _, part := range []struct {
		name    string
		measure func(*post, mailSizes) error
	}{{"path", (*post).path}, {"critical", (*post).critical}, {"mass", (*post).massSuspension}, {"memory", (*post).memory}} {
		if !c.part(part.name) {
			continue
		}
		if err := withPost(e, engine, func(p *post) error { return part.measure(p, c.sizes()) }); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// post is a stage with a provider.
type post struct {
	*stage
	provider *aliyuntest.Server
	url      string // of the running server
	visits   []booking.Appointment
}

// providerRate is how many calls a second the provider takes of one account.
const providerRate = "5000"

// callback is the unguessable part of the address of receipts.
const callback = "receipts-of-the-bench-come-here"

func withPost(e *env, engine string, do func(*post) error) (err error) {
	provider := aliyuntest.New(aliyuntest.Options{Now: time.Now, Compact: true, DailyLimit: -1})
	if err := provider.Start(e.ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, provider.Close()) }()
	codes := map[string]string{}
	for i, key := range templates.Keys() {
		for _, lang := range templates.Langs() {
			codes[key+"/"+string(lang)] = fmt.Sprintf("SMS_%06d", i+1)
		}
	}
	set := func(c *app.Config) {
		c.Channel = "aliyun"
		c.Rates = map[string]string{"sms": providerRate} // ours is lower, and would be what is measured
		c.Aliyun = app.AliyunConfig{
			AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
			Sign: "Bench", Endpoint: provider.Addr(), PushEndpoint: provider.Addr(), Templates: codes, CallbackToken: callback,
		}
	}
	return withSettings(e, engine, 0, nil, set, func(s *stage) error { return do(&post{stage: s, provider: provider}) })
}

// bookers is how many book at the same time while visits are prepared.
const bookers = 16

// prepareVisits gives n people a place each.
func (p *post) prepareVisits(n int) error {
	p.say("%s: %d people book", p.engine, n)
	people, err := p.register(n)
	if err != nil {
		return err
	}
	sessions, err := p.sessions((n+pastPlaces-1)/pastPlaces, pastPlaces, time.Now().Add(-time.Hour), false)
	if err != nil {
		return err
	}
	visits := make([]booking.Appointment, n)
	_, err = measure.Closed(p.ctx, bookers, n, 0, func(ctx context.Context, _, i int) (err error) {
		visits[i], err = p.app.Booking.Book(ctx, booking.BookRequest{
			Caller: "bench", Key: fmt.Sprintf("visit-%d-%d", p.people, i), SessionID: sessions[i/pastPlaces].ID, PatientID: people[i], Channel: booking.DeskChannel,
		})
		return err
	})
	p.visits = append(p.visits, visits...)
	return err
}

// serving runs the whole server while do works.
func (p *post) serving(do func() error) error {
	addr, stop, err := p.serve()
	if err != nil {
		return err
	}
	defer stop()
	p.url = "http://" + addr + "/callbacks/aliyun/" + callback + "/sms-report"
	return do()
}
