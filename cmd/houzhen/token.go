package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/auth"
)

// tokenCmd sees to the systems that may ask by the channel API.
type tokenCmd struct {
	Add    tokenAdd    `cmd:"" help:"Let a system in and print its token, this once."`
	List   tokenList   `cmd:"" help:"Which systems may do what, and until when."`
	Revoke tokenRevoke `cmd:"" help:"End a system and all its tokens."`
}

// console is who the audit says did it: whoever may run the program.
const console = "console"

// withMachines opens the application for one call.
func withMachines(e *env, do func(*app.App) error) error {
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	return do(a)
}

type tokenAdd struct {
	Channel string   `arg:"" help:"Channel that it books by, in small letters: region, phone, kiosk, his."`
	Name    string   `required:"" help:"What people call it."`
	Scopes  []string `required:"" help:"What it may do, by commas: read, book, cancel, move, vouch, checkin, roster:write, quota:write, results, presence, webhooks."`
	Days    int      `default:"365" help:"How long the token lives, 1 to 1095."`
}

// Run implements the command. Only the token goes to the standard output, so
// that it can be handed on without being seen.
func (c *tokenAdd) Run(e *env) error {
	scopes, err := auth.ParseScopes(c.Scopes)
	if err != nil {
		return err
	}
	if most := int(auth.MaxTokenLife.Hours() / 24); c.Days < 1 || c.Days > most {
		return fmt.Errorf("days: not between 1 and %d", most)
	}
	return withMachines(e, func(a *app.App) error {
		m, token, err := a.Machines.Create(e.ctx, auth.NewMachine{
			Channel: c.Channel, Name: c.Name, Scopes: scopes, Life: time.Duration(c.Days) * 24 * time.Hour, By: console,
		})
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(e.errOut, "system %s may ask now; its token is shown this once\n", m.ID)
		_, err = fmt.Fprintln(e.out, token)
		return err
	})
}

type tokenList struct{}

// Run implements the command: a line for each token. One is over when it ended
// or its system was revoked.
func (c *tokenList) Run(e *env) error {
	return withMachines(e, func(a *app.App) error {
		list, err := a.Machines.List(e.ctx)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "SYSTEM\tCHANNEL\tNAME\tTOKEN\tSTATE\tENDS\tUSED\tSCOPES")
		for _, m := range list {
			for _, t := range m.Tokens {
				state := "live"
				if !t.Live(m.Machine, a.Now()) {
					state = "over"
				}
				_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t…%s\t%s\t%s\t%s\t%v\n", m.ID, m.Channel, m.Name, t.Hint, state, stamp(t.ExpiresAt), stamp(t.LastUsedAt), m.Scopes)
			}
		}
		return out.Flush()
	})
}

// stamp writes an instant in UTC, "never" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

type tokenRevoke struct {
	System string `arg:"" help:"Its id, the first column of the list."`
}

// Run implements the command.
func (c *tokenRevoke) Run(e *env) error {
	return withMachines(e, func(a *app.App) error {
		if err := a.Machines.Revoke(e.ctx, c.System, console); err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.out, "revoked %s; servers that run know it within seconds\n", c.System)
		return err
	})
}
