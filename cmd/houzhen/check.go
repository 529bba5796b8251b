package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/internal/seal"
	"github.com/houzhen/houzhen/templates"
)

// checkCmd tests the house itself, or what it published.
type checkCmd struct {
	House checkHouse `cmd:"" default:"withargs" help:"Settings, database, Redis, provider and clock (default)."`
	Draw  checkDraw  `cmd:"" help:"Draw again what was drawn, from its public record."`

	Templates checkTemplates `cmd:"" help:"What messages say, by the rules of the providers."`
}

// checkHouse looks at everything that has to be right before patients come.
type checkHouse struct {
	Live    string `help:"Ask a running server at this address whether it is ready, and nothing else."`
	NewKeys bool   `help:"Print new sealing keys for HOUZHEN_KEYS, and nothing else."`
}

// finding is one line of the report.
type finding struct {
	part, said string
	err        error
}

// Run implements the command.
func (c *checkHouse) Run(e *env) error {
	if c.Live != "" {
		return live(e.ctx, c.Live)
	}
	if c.NewKeys {
		key, err := seal.Generate(rand.Reader)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.out, key)
		return err
	}
	bad := 0
	for _, f := range c.look(e) {
		mark := "ok  "
		if f.err != nil {
			mark, f.said = "BAD ", f.err.Error()
			bad++
		}
		_, _ = fmt.Fprintf(e.out, "%s %-10s %s\n", mark, f.part, f.said)
	}
	if bad > 0 {
		return fmt.Errorf("%d of these must be mended", bad)
	}
	return nil
}

func (c *checkHouse) look(e *env) []finding {
	findings := []finding{{part: "settings", said: "valid"}}
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return append(findings, finding{part: "start", err: err})
	}
	defer func() { _ = a.Close() }()
	ctx, cancel := context.WithTimeout(e.ctx, 20*time.Second)
	defer cancel()
	version, err := a.Store.Version(ctx)
	findings = append(findings,
		finding{part: "database", said: fmt.Sprintf("%s, version %d", a.Store.Engine(), version), err: err},
		finding{part: "audit", said: "chain is whole", err: a.VerifyAudit(ctx)})
	health, err := jobs.Examine(ctx, a.Redis())
	findings = append(findings, finding{part: "redis", said: "version " + health.Version, err: err})
	if e.cfg.RedisURL != "" {
		for _, w := range health.Warnings {
			findings = append(findings, finding{part: "redis", err: errors.New(w)})
		}
	}
	for _, c := range a.CheckProviders(ctx, time.Now()) {
		findings = append(findings, finding{part: c.Part, said: c.Said, err: c.Err})
	}
	for _, fault := range templates.LintMessages(e.cfg.Aliyun.Sign) {
		findings = append(findings, finding{part: "wording", err: errors.New(fault)})
	}
	return append(findings, finding{part: "clock", said: time.Now().In(a.Location()).Format(time.RFC3339), err: saneClock(time.Now())})
}

// saneClock refuses a machine whose clock was never set.
func saneClock(now time.Time) error {
	if now.Year() < 2026 {
		return errors.New("this machine's clock is years behind; set it, and let NTP keep it")
	}
	return nil
}
