package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/sim/clinics"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// simulateCmd lives through made-up clinics with and without the advice when
// to leave home, and says what that did.
type simulateCmd struct {
	Clinics int     `default:"30" help:"How many clinics, each with a doctor of its own."`
	Days    int     `default:"60" help:"How many sessions each, one a day; what was held teaches the forecasts of the next."`
	Seed    uint64  `default:"1" help:"Seed of all chances."`
	Alpha   float64 `help:"Chance of missing the call that is accepted, 0.005 to 0.5; the policy's if it is not given." placeholder:"0.02"`
	Policy  string  `help:"Judge this queue policy (YAML) instead of the default." type:"existingfile" placeholder:"FILE"`
	File    string  `help:"Make the clinics from this file (YAML) instead of the program's own." type:"existingfile" placeholder:"FILE"`
	Out     string  `help:"Write plots (SVG) into this folder." placeholder:"DIR"`
	JSON    bool    `name:"json" help:"Print figures as [{name,value,unit,limit,ok}]; the exit code is 1 when one misses its limit."`
}

// What the advice is held to when everybody follows it.
const (
	simulatedOnSite  = 19   // minutes, mean
	simulatedSkipped = 0.05 // share
	simulatedIdle    = 1.5  // minutes a session more than without advice
	simulatedLater   = 2    // minutes that sessions end later than without advice
	simulatedChanges = 2    // of a shown range, a patient
	simulatedRight   = 0.80 // share whose first range holds
)

// mostSimulated bounds clinics and days, so that a slip of the finger does not
// keep a machine for a week.
const mostSimulated = 1000

// Run implements the command.
func (c *simulateCmd) Run(e *env) error {
	s, err := c.simulation()
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions(c.Clinics*c.Days, progressbar.OptionSetWriter(e.errOut), progressbar.OptionSetDescription("sessions"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
	s.Progress = func() { _ = bar.Add(1) }
	debug.SetGCPercent(400) // a simulation has the machine to itself
	report, err := s.Run(e.ctx)
	if err != nil {
		return err
	}
	_ = bar.Finish()
	if err := c.plot(report); err != nil {
		return err
	}
	figures := simulateFigures(report)
	if c.JSON {
		err = figures.JSON(e.out)
	} else {
		err = printSimulation(e.out, report, figures)
	}
	if err != nil {
		return err
	}
	if n := figures.Misses(); n > 0 && c.JSON {
		return fmt.Errorf("%d figures miss their limits", n)
	}
	return nil
}

func (c *simulateCmd) simulation() (clinics.Simulation, error) {
	s := clinics.Simulation{Clinics: c.Clinics, Days: c.Days, Seed: c.Seed, Alpha: c.Alpha, Policy: queue.DefaultPolicy()}
	for field, n := range map[string]int{"clinics": c.Clinics, "days": c.Days} {
		if n < 1 || n > mostSimulated {
			return s, houzhen.E(houzhen.CodeInvalid, fmt.Sprintf("give 1 to %d", mostSimulated)).On(field)
		}
	}
	if c.Alpha != 0 && !(c.Alpha >= forecast.LeastAlpha && c.Alpha <= forecast.MostAlpha) {
		return s, houzhen.E(houzhen.CodeInvalid, fmt.Sprintf("give a chance from %g to %g", forecast.LeastAlpha, forecast.MostAlpha)).On("alpha")
	}
	var err error
	if c.Policy != "" {
		if s.Policy, err = readPolicy(c.Policy); err != nil {
			return s, err
		}
	}
	if c.File == "" {
		s.Spec, err = clinics.Usual()
		return s, err
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return s, fmt.Errorf("read clinics: %w", err)
	}
	s.Spec, err = clinics.ParseSpec(text)
	return s, err
}

// plot writes the drawings.
func (c *simulateCmd) plot(r clinics.Report) error {
	if c.Out == "" {
		return nil
	}
	plots, err := r.Plots()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return fmt.Errorf("make folder for plots: %w", err)
	}
	for name, svg := range plots {
		if err := os.WriteFile(filepath.Join(c.Out, name), svg, 0o600); err != nil {
			return fmt.Errorf("write plot: %w", err)
		}
	}
	return nil
}

// simulateFigures holds a report to its limits.
func simulateFigures(r clinics.Report) measure.Report {
	a, b := r.Advised, r.Alone
	return measure.Report{
		measure.Plain("sessions", float64(a.Sessions), ""),
		measure.Plain("booked", float64(a.Booked), ""),
		measure.Most("on_site", a.OnSite.Mean, simulatedOnSite, "min"),
		measure.Plain("on_site.p90", a.OnSite.P90, "min"),
		measure.Plain("alone.on_site", b.OnSite.Mean, "min"),
		measure.Plain("alone.on_site.p90", b.OnSite.P90, "min"),
		measure.Plain("wait", a.Wait.Mean, "min"),
		measure.Plain("wait.p90", a.Wait.P90, "min"),
		measure.Plain("alone.wait", b.Wait.Mean, "min"),
		measure.Plain("alone.wait.p90", b.Wait.P90, "min"),
		measure.Most("skipped", a.Skipped, simulatedSkipped, "share"),
		measure.Plain("alone.skipped", b.Skipped, "share"),
		measure.Plain("passed", a.Passed, "share"),
		measure.Plain("alone.passed", b.Passed, "share"),
		measure.Plain("missed", a.Missed, "share"),
		measure.Plain("alone.missed", b.Missed, "share"),
		measure.Plain("idle", a.Idle, "min"),
		measure.Plain("alone.idle", b.Idle, "min"),
		measure.Most("idle.more", a.Idle-b.Idle, simulatedIdle, "min"),
		measure.Plain("end", a.End, "min"),
		measure.Plain("alone.end", b.End, "min"),
		measure.Most("end.later", a.End-b.End, simulatedLater, "min"),
		measure.Plain("overtaken", a.Overtaken, "times"),
		measure.Plain("overtaken.most", float64(a.Most), "times"),
		measure.Plain("alone.overtaken", b.Overtaken, "times"),
		measure.Plain("alone.overtaken.most", float64(b.Most), "times"),
		measure.Most("range.changes", a.Changes, simulatedChanges, "times"),
		measure.Least("range.first_right", a.FirstRight, simulatedRight, "share"),
		measure.Plain("range.last_right", a.LastRight, "share"),
		measure.Plain("range.width", a.Width, "min"),
		measure.Plain("seen", float64(a.Seen), ""),
		measure.Plain("alone.seen", float64(b.Seen), ""),
		measure.Plain("turned_away", float64(a.TurnedAway), ""),
		measure.Plain("alone.turned_away", float64(b.TurnedAway), ""),
		measure.Plain("dropped_in.wait", a.DropIns.Mean, "min"),
		measure.Plain("alone.dropped_in.wait", b.DropIns.Mean, "min"),
		measure.Plain("back.wait", a.Back.Mean, "min"),
		measure.Plain("alone.back.wait", b.Back.Mean, "min"),
		measure.Plain("messages", float64(a.Messages), ""),
	}
}

func printSimulation(w io.Writer, r clinics.Report, figures measure.Report) error {
	t := &tableWriter{w: w}
	a, b := r.Advised, r.Alone
	t.line("%d sessions of %d clinics, %d booked patients, of whom %d stayed away", a.Sessions, len(r.Clinics), a.Booked, a.StayedAway)
	t.line("")
	t.line("                                      told when to leave     without advice")
	row := func(name, format string, x, y float64) { t.line("%-38s "+format+"      "+format, name, x, y) }
	row("minutes on site, mean", "%14.1f", a.OnSite.Mean, b.OnSite.Mean)
	row("  nine of ten below", "%14.1f", a.OnSite.P90, b.OnSite.P90)
	row("wait after the slot's beginning, mean", "%14.1f", a.Wait.Mean, b.Wait.Mean)
	row("  nine of ten below", "%14.1f", a.Wait.P90, b.Wait.P90)
	row("skipped, not on site in their turn, %", "%14.1f", 100*a.Skipped, 100*b.Skipped)
	row("passed by though on site, %", "%14.1f", 100*a.Passed, 100*b.Passed)
	row("missed a call, %", "%14.1f", 100*a.Missed, 100*b.Missed)
	row("doctor idle, minutes a session", "%14.1f", a.Idle, b.Idle)
	row("sessions end late by, minutes", "%14.1f", a.End, b.End)
	row("overtaken, times", "%14.2f", a.Overtaken, b.Overtaken)
	row("  the most", "%14.0f", float64(a.Most), float64(b.Most))
	row("back from tests, minutes to the call", "%14.1f", a.Back.Mean, b.Back.Mean)
	row("not booked, minutes to the call", "%14.1f", a.DropIns.Mean, b.DropIns.Mean)
	row("seen", "%14.0f", float64(a.Seen), float64(b.Seen))
	row("turned away", "%14.0f", float64(a.TurnedAway), float64(b.TurnedAway))
	row("walked in without a place", "%14.0f", float64(a.NoPlace), float64(b.NoPlace))
	t.line("")
	t.line("ranges: %.2f changes a patient; the first (%.0f minutes wide) holds for %.1f %%, the last for %.1f %%",
		a.Changes, a.Width, 100*a.FirstRight, 100*a.LastRight)
	for _, f := range figures {
		if !f.OK {
			t.line("%s misses its limit: %g, limit %g", f.Name, f.Value, *f.Limit)
		}
	}
	return t.err
}
