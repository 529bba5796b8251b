package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// replaySession tells a past session from its log, or asks how it would have
// gone under another policy.
type replaySession struct {
	ID        string `arg:"" help:"Session."`
	Policy    string `help:"Also run its arrivals under this policy (YAML) and compare." placeholder:"FILE"`
	Positions bool   `help:"Tell how each step changed the positions of those who waited."`
	Lang      string `default:"zh-CN" enum:"zh-CN,en" help:"Words of the reasons: zh-CN or en."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
}

// sessionStep is one step as it is printed.
type sessionStep struct {
	At        time.Time           `json:"at"`
	Version   int64               `json:"version"`
	Verb      string              `json:"verb"`
	Label     string              `json:"label,omitempty"`
	State     queue.State         `json:"state,omitempty"`
	Reason    string              `json:"reason,omitempty"`
	Operator  string              `json:"operator,omitempty"`
	Cause     string              `json:"cause,omitempty"`
	Policy    int                 `json:"policy"`
	Also      []string            `json:"also,omitempty"`
	Positions map[string][]string `json:"positions,omitempty"` // by number
}

// sessionReport is what the command prints.
type sessionReport struct {
	Session string        `json:"session"`
	Steps   []sessionStep `json:"steps"`
	Was     *whatIf       `json:"was,omitempty"`
	WhatIf  *whatIf       `json:"what_if,omitempty"`
}

// whatIf is a queue.Result in minutes.
type whatIf struct {
	Seen       int     `json:"seen"`
	Wait       float64 `json:"wait_min"`
	WaitP90    float64 `json:"wait_p90_min"`
	WaitMost   float64 `json:"wait_max_min"`
	Returns    int     `json:"returns"`
	ReturnWait float64 `json:"return_wait_min"`
	Overtaken  int     `json:"overtaken_max"`
	Mean       float64 `json:"overtaken_mean"`
	Idle       float64 `json:"idle_min"`
	End        string  `json:"end"`
}

// Run implements the command.
func (c *replaySession) Run(e *env) error {
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log, Blind: true})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	story, err := a.QueueStory(e.ctx, c.ID)
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(e.cfg.TimeZone)
	if err != nil {
		return err
	}
	report := sessionReport{Session: c.ID}
	for _, m := range story {
		report.Steps = append(report.Steps, c.step(m, loc))
	}
	if c.Policy != "" {
		if err := c.compare(a, story, loc, &report); err != nil {
			return err
		}
	}
	return c.print(e.out, report)
}

func (c *replaySession) step(m queue.Moment, loc *time.Location) sessionStep {
	e := m.Entry
	labels := map[string]string{}
	for _, t := range m.After.Tickets {
		labels[t.ID] = t.Label
	}
	s := sessionStep{
		At: e.At.In(loc), Version: e.Version, Verb: e.Verb, Label: labels[e.TicketID], Operator: e.Operator, Cause: e.Cause, Policy: e.Policy,
		Reason: c.words(e.Reason),
	}
	for _, t := range m.After.Tickets {
		if t.ID == e.TicketID {
			s.State = t.State
		}
	}
	for _, n := range e.Change.Picks {
		s.Also = append(s.Also, strings.TrimSpace(n.Verb+" "+labels[n.TicketID]+": "+c.words(n.Reason)))
	}
	if !c.Positions {
		return s
	}
	s.Positions = map[string][]string{}
	for id, list := range m.Shifts {
		for _, shift := range list {
			s.Positions[labels[id]] = append(s.Positions[labels[id]], fmt.Sprintf("%+d %s", shift.By, c.words(shift.Reason())))
		}
	}
	return s
}

func (c *replaySession) words(r queue.Reason) string {
	if r.Code == "" {
		return ""
	}
	if slices.Contains(queue.DropReasons(), r.Code) {
		r.Code = "drop." + r.Code
	}
	return templates.Reason(r.Code, houzhen.ParseLang(c.Lang), r.Args)
}

// readPolicy reads a queue policy from a file.
func readPolicy(path string) (queue.Policy, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return queue.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return queue.ParsePolicy(text)
}

// compare runs the session again, under its own policy and under the other, by
// the same rules, so that only the policy differs.
func (c *replaySession) compare(a *app.App, story []queue.Moment, loc *time.Location, report *sessionReport) error {
	other, err := readPolicy(c.Policy)
	if err != nil {
		return err
	}
	log := make([]queue.Entry, len(story))
	for i, m := range story {
		log[i] = m.Entry
	}
	was, err := queue.WhatIf(log, a.QueuePolicyOf(story[len(story)-1].After.ZoneID))
	if err != nil {
		return err
	}
	would, err := queue.WhatIf(log, other)
	if err != nil {
		return err
	}
	report.Was, report.WhatIf = inMinutes(was, loc), inMinutes(would, loc)
	return nil
}

func inMinutes(r queue.Result, loc *time.Location) *whatIf {
	return &whatIf{
		r.Seen, r.Wait.Minutes(), r.WaitP90.Minutes(), r.WaitMost.Minutes(), r.Returns, r.ReturnWait.Minutes(),
		r.Overtaken, r.Mean, r.Idle.Minutes(), r.End.In(loc).Format("15:04"),
	}
}

func (c *replaySession) print(w io.Writer, r sessionReport) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	t := &tableWriter{w: w}
	for _, s := range r.Steps {
		by := s.Operator
		if s.Cause != "" {
			by += " (" + s.Cause + ")"
		}
		t.line("%s %4d %-13s %-5s %-13s %s%s", s.At.Format("15:04:05"), s.Version, s.Verb, s.Label, s.State, s.Reason, prefixed("  <- ", by))
		for _, also := range s.Also {
			t.line("%29s %s", "", also)
		}
		labels := make([]string, 0, len(s.Positions))
		for label := range s.Positions {
			labels = append(labels, label)
		}
		slices.Sort(labels)
		for _, label := range labels {
			t.line("%29s %s %s", "", label, strings.Join(s.Positions[label], "; "))
		}
	}
	if r.Was == nil {
		return t.err
	}
	t.line("                 as it was   what if")
	for _, row := range []struct {
		name string
		a, b any
	}{
		{"seen", r.Was.Seen, r.WhatIf.Seen},
		{"wait min", r.Was.Wait, r.WhatIf.Wait},
		{"wait p90", r.Was.WaitP90, r.WhatIf.WaitP90},
		{"wait max", r.Was.WaitMost, r.WhatIf.WaitMost},
		{"returns", r.Was.Returns, r.WhatIf.Returns},
		{"return wait", r.Was.ReturnWait, r.WhatIf.ReturnWait},
		{"overtaken max", r.Was.Overtaken, r.WhatIf.Overtaken},
		{"overtaken mean", r.Was.Mean, r.WhatIf.Mean},
		{"idle min", r.Was.Idle, r.WhatIf.Idle},
		{"end", r.Was.End, r.WhatIf.End},
	} {
		t.line("%-15s %10s %9s", row.name, short(row.a), short(row.b))
	}
	return t.err
}

func short(v any) string {
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprint(v)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
