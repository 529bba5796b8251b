package sim_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
	"github.com/houzhen/houzhen/templates"
)

// past is an application that real appointments are lived through on, with a
// provider that keeps its own record.
type past struct {
	*testing.T
	app   *app.App
	clock *clock.Step
	sent  iter.Seq[sim.Sent]
}

// openPast opens it on the store and the Redis that change names, by default
// on the embedded ones.
func openPast(t *testing.T, change func(*app.Config)) *past {
	t.Helper()
	p := &past{T: t, clock: clock.NewStep(time.Unix(0, 0))}
	server := aliyuntest.New(aliyuntest.Options{Now: clock.Real{}.Now, Stamp: p.clock.Now, DailyLimit: -1, Compact: true})
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cfg := app.Defaults()
	cfg.Data, cfg.TimeZone, cfg.Channel = t.TempDir(), "UTC", "aliyun"
	cfg.Aliyun = app.AliyunConfig{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
		Sign: "Houzhen", Endpoint: server.Addr(), Templates: map[string]string{},
	}
	for _, key := range templates.Keys() {
		for _, lang := range templates.Langs() {
			cfg.Aliyun.Templates[aliyun.TemplateKey(key, lang)] = "SMS_100000"
		}
	}
	if change != nil {
		change(&cfg)
	}
	policy := booking.DefaultPolicy()
	policy.HorizonDays, policy.PerDay, policy.PerDepartmentDay, policy.PerWeek, policy.PerQuarter = 0, 0, 0, 0, 0
	a, err := app.New(t.Context(), cfg, app.Options{
		Log: slog.New(complaints{slog.DiscardHandler, t}), Clock: p.clock, Poll: 2 * time.Millisecond, Linger: 20 * time.Millisecond,
		Blind: true, Booking: policy, Migrate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	p.app = a
	p.sent = func(yield func(sim.Sent) bool) {
		for m := range server.All() {
			if !yield(sim.Sent{OutID: m.OutID, BizID: m.BizID, At: m.At}) {
				return
			}
		}
	}
	return p
}

// live lives through rows and gives the report and what the audit found.
func (p *past) live(rows []sim.Row, bad []sim.BadRow, chances sim.Chances) (sim.Report, *sim.Audit) {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	driven := make(chan error, 1)
	go func() { driven <- p.app.Drive(ctx) }()
	heard := 0
	r := &sim.Replay{App: p.app, Clock: p.clock, Rows: rows, Chances: chances, Progress: func(done int) { heard = done }}
	begun := time.Now()
	err := r.Run(ctx)
	cancel()
	if err := errors.Join(err, <-driven); err != nil {
		p.Fatal(err)
	}
	if heard != len(rows) {
		p.Errorf("progress ended at %d of %d rows", heard, len(rows))
	}
	audit, err := sim.Recount(p.Context(), p.app, p.sent)
	if err != nil {
		p.Fatal(err)
	}
	report, err := r.Report(p.Context(), bad, audit, time.Since(begun))
	if err != nil {
		p.Fatalf("report: %v, unsettled: %v", err, report.Unsettled)
	}
	return report, audit
}
