package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
	"github.com/houzhen/houzhen/templates"
)

// replayCmd lives through files of real data.
type replayCmd struct {
	Appointments replayAppointments `cmd:"" help:"Book, remind, check in and release a file of real appointments."`
	Session      replaySession      `cmd:"" help:"Tell a past session step by step from its log, or as it would have been under another policy."`
	NoShow       replayNoShow       `cmd:"" name:"noshow" help:"Estimate who stays away, in online order, and say how good it was."`
	Waits        replayWaits        `cmd:"" help:"Forecast when each patient of a doctor's past sessions is called, in online order, and say how good it was."`
	Leave        replayLeave        `cmd:"" help:"Tell each patient of a doctor's past sessions when to leave home, and say who came too late and how long the others waited."`
}

type replayAppointments struct {
	File     string  `arg:"" help:"CSV, or CSV in gzip, with PatientId, AppointmentID, ScheduledDay, AppointmentDay, Neighbourhood and No-show."`
	Capacity float64 `default:"0.95" help:"Places of a session per patient who asks for one."`
	Cancel   float64 `default:"0.08" help:"Share of bookings that are cancelled."`
	Move     float64 `default:"0.04" help:"Share of bookings that are moved."`
	Suspend  float64 `default:"0.01" help:"Share of sessions that are suspended."`
	Seed     uint64  `default:"1" help:"Seed of all chances."`
	JSON     bool    `name:"json" help:"Print one JSON object."`
	Limit    int     `help:"Live through the first rows only; 0: all."`
}

// Run implements the command.
func (c *replayAppointments) Run(e *env) (err error) {
	rows, bad, err := c.read()
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation("UTC") // the file's times bear no other zone
	if err != nil {
		return err
	}
	step := clock.NewStep(time.Unix(0, 0).UTC())
	cfg, opt, sent, cleanUp, err := c.settings(e, step, loc)
	if cleanUp != nil {
		defer func() {
			if failed := cleanUp(); err == nil {
				err = failed
			}
		}()
	}
	if err != nil {
		return err
	}
	syncs, err := measure.Fdatasync(cfg.Data)
	if err != nil {
		return err
	}
	report, failed := c.live(e, cfg, opt, rows, bad, step, sent)
	if failed != nil && houzhen.CodeOf(failed) != houzhen.CodeInternal || report.Store == "" {
		return failed
	}
	report.Fdatasync, report.Redis = syncs, "in-process"
	if cfg.RedisURL != "" {
		report.Redis = "redis"
	}
	if err := c.print(e.out, report); err != nil {
		return err
	}
	if failed == nil && report.Oversold+report.Duplicates+report.AfterCancel > 0 {
		failed = houzhen.E(houzhen.CodeInternal, "the audit found what must never be")
	}
	return failed
}

// live lives through the rows and settles them. A report without its store is
// none; with an error it is one whose rows do not add up.
func (c *replayAppointments) live(e *env, cfg app.Config, opt app.Options, rows []sim.Row, bad []sim.BadRow,
	step *clock.Step, sent iter.Seq[sim.Sent],
) (sim.Report, error) {
	a, err := app.New(e.ctx, cfg, opt)
	if err != nil {
		return sim.Report{}, err
	}
	defer func() { _ = a.Close() }()
	bar := c.bar(e.errOut, len(rows))
	r := &sim.Replay{
		App: a, Clock: step, Rows: rows, Progress: func(int) { _ = bar.Add(1) },
		Chances: sim.Chances{Capacity: c.Capacity, Cancel: c.Cancel, Move: c.Move, Suspend: c.Suspend, Seed: c.Seed},
	}
	debug.SetGCPercent(400) // a replay has the machine to itself
	begun := time.Now()
	if err := drive(e.ctx, a, r.Run); err != nil {
		return sim.Report{}, err
	}
	wall := time.Since(begun)
	_ = bar.Finish()
	audit, err := sim.Recount(e.ctx, a, sent)
	if err != nil {
		return sim.Report{}, err
	}
	return r.Report(e.ctx, bad, audit, wall)
}

func (c *replayAppointments) read() ([]sim.Row, []sim.BadRow, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, fmt.Errorf("open appointments: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, bad, err := sim.ReadRows(f)
	if c.Limit > 0 && len(rows) > c.Limit {
		rows = rows[:c.Limit]
	}
	return rows, bad, err
}

// settings makes a house of its own for the replay: a new folder or schema, a
// clock that is moved, no limits per person, and a provider in this process.
func (c *replayAppointments) settings(e *env, step *clock.Step, loc *time.Location) (
	cfg app.Config, opt app.Options, sent iter.Seq[sim.Sent], cleanUp func() error, err error,
) {
	cfg = e.cfg
	cfg.TimeZone = loc.String()
	opt = app.Options{Log: e.log, Clock: step, Poll: 4 * time.Millisecond, Linger: 100 * time.Millisecond, Blind: true, Booking: unlimited()}
	if cfg.Data, err = os.MkdirTemp("", "houzhen-replay-"); err != nil {
		return cfg, opt, nil, nil, fmt.Errorf("make folder: %w", err)
	}
	cleanUp = func() error { return os.RemoveAll(cfg.Data) }
	if cfg.DatabaseURL != "" {
		inside, drop, err := store.Scratch(e.ctx, cfg.DatabaseURL)
		if err != nil {
			return cfg, opt, nil, cleanUp, err
		}
		cfg.DatabaseURL, opt.Migrate = inside, true
		cleanUp = func() error {
			_ = os.RemoveAll(cfg.Data)
			return drop(context.WithoutCancel(e.ctx))
		}
	}
	if cfg.Channel == "file" {
		return cfg, opt, fileSent(filepath.Join(cfg.Data, "messages-"+string(notify.SMS)+".jsonl")), cleanUp, nil
	}
	server := aliyuntest.New(aliyuntest.Options{Now: clock.Real{}.Now, Stamp: step.Now, DailyLimit: -1, Compact: true})
	if err := server.Start(e.ctx); err != nil {
		return cfg, opt, nil, cleanUp, err
	}
	folder := cleanUp
	cleanUp = func() error { _ = server.Close(); return folder() }
	cfg.Channel = "aliyun"
	cfg.Aliyun = app.AliyunConfig{
		AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
		Sign: "Houzhen", Endpoint: server.Addr(), Templates: everyTemplate(),
	}
	return cfg, opt, providerSent(server), cleanUp, nil
}

// unlimited is the policy of a replay: no horizon and no limits per person but
// one active appointment per session.
func unlimited() booking.Policy {
	p := booking.DefaultPolicy()
	p.HorizonDays, p.PerDay, p.PerDepartmentDay, p.PerWeek, p.PerQuarter = 0, 0, 0, 0, 0
	return p
}

// everyTemplate gives each wording a code, as an account at the provider has.
func everyTemplate() map[string]string {
	codes := map[string]string{}
	for _, key := range templates.Keys() {
		for _, lang := range templates.Langs() {
			codes[aliyun.TemplateKey(key, lang)] = fmt.Sprintf("SMS_%d", 100000+len(codes))
		}
	}
	return codes
}

func providerSent(s *aliyuntest.Server) iter.Seq[sim.Sent] {
	return func(yield func(sim.Sent) bool) {
		for m := range s.All() {
			if !yield(sim.Sent{OutID: m.OutID, BizID: m.BizID, At: m.At}) {
				return
			}
		}
	}
}

// fileSent reads the file of messages as the record of what went out. What
// cannot be read there counts as a message that nobody knows, so that the audit
// never passes for want of a record.
func fileSent(path string) iter.Seq[sim.Sent] {
	return func(yield func(sim.Sent) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(sim.Sent{})
			return
		}
		defer func() { _ = f.Close() }()
		for d := json.NewDecoder(f); ; {
			var line struct { // not notify.Line: its phone is masked, which is no phone to read
				At    time.Time `json:"at"`
				OutID string    `json:"out_id"`
			}
			err := d.Decode(&line)
			if errors.Is(err, io.EOF) || !yield(sim.Sent{OutID: line.OutID, At: line.At}) || err != nil {
				return
			}
		}
	}
}

// drive lets the application work while f moves its clock.
func drive(ctx context.Context, a *app.App, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Drive(ctx) }()
	err := f(ctx)
	cancel()
	if failed := <-done; err == nil {
		err = failed
	}
	return err
}

func (c *replayAppointments) bar(w io.Writer, n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("appointments"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
}

func (c *replayAppointments) print(w io.Writer, r sim.Report) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, `rows          %d (%d bad)
booked        %d
refused       %v
cancelled     %d
moved         %d
suspended     %d
reminded      %d (%d messages held back)
checked in    %d
no-shows      %d
released      %d (%d places taken again)
oversold      %d
duplicates    %d
after cancel  %d
%.1f s, %.0f rows/s on %s and %s Redis; this disk does %.0f fdatasync/s
`, r.Rows, r.Bad, r.Booked, r.Refused, r.Cancelled, r.Moved, r.Suspended, r.Reminded, r.Suppressed, r.CheckedIn, r.NoShows,
		r.Released, r.Reused, r.Oversold, r.Duplicates, r.AfterCancel, r.WallSeconds, r.PerSecond, r.Store, r.Redis, r.Fdatasync)
	return err
}
