package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/sim"
)

// replayWaits forecasts when each patient of a file of consultations will be
// called, as it would have been forecast then, and says how good that was.
type replayWaits struct {
	File      string `arg:"" help:"CSV, or CSV in gzip, with ID, Session and StartTime; AM_PM, Visit.No and ServTime are used where they are there."`
	Out       string `help:"Write session,minute,ahead,p10,p50,p90 of every forecast to this file." placeholder:"p.csv"`
	ScoreFrom int    `help:"Learn from all, score the sessions from this number on." placeholder:"N"`
	JSON      bool   `name:"json" help:"Print figures as [{name,value,unit,limit,ok}]; the exit code is 1 when one misses its limit."`
}

// What the forecasts are held to: naive is people times mean.
const (
	waitsBelowNaive = 0.80 // of its error
	offAtMost       = 11.0 // minutes
	coveredAtLeast  = 0.77
	coveredAtMost   = 0.83
	groupAtLeast    = 0.75
	groupAtMost     = 0.85
	widthAtMost     = 33
)

// offByAhead bounds the error of those who have few before them, in minutes.
// Further away there is no bound but that of all.
func offByAhead(group string) (float64, bool) {
	limit, known := map[string]float64{"0": 5.3, "1-2": 8.6, "3-5": 11.6}[group]
	return limit, known
}

// Run implements the command.
func (c *replayWaits) Run(e *env) error {
	days, bad, err := readHalfDays(c.File)
	if err != nil {
		return err
	}
	report, err := c.forecast(sim.Waits{Days: days, ScoreFrom: c.ScoreFrom})
	if err != nil {
		return err
	}
	figures := waitFigures(report, len(bad))
	if c.JSON {
		err = figures.JSON(e.out)
		printBad(e.errOut, bad)
	} else {
		printBad(e.out, bad)
		err = printWaits(e.out, report)
	}
	if err != nil {
		return err
	}
	if n := figures.Misses(); n > 0 && c.JSON {
		return fmt.Errorf("%d figures miss their limits", n)
	}
	return nil
}

func readHalfDays(file string) ([]sim.HalfDay, []sim.BadRow, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("open consultations: %w", err)
	}
	defer func() { _ = f.Close() }()
	return sim.ReadHalfDays(f)
}

// forecast runs the replay and writes its forecasts as they are made.
func (c *replayWaits) forecast(w sim.Waits) (_ sim.WaitReport, err error) {
	if c.Out == "" {
		return w.Run(nil)
	}
	f, err := os.Create(c.Out)
	if err != nil {
		return sim.WaitReport{}, fmt.Errorf("create forecasts: %w", err)
	}
	defer func() {
		if failed := f.Close(); err == nil {
			err = failed
		}
	}()
	b := bufio.NewWriter(f)
	out := csv.NewWriter(b)
	if err := out.Write([]string{"session", "minute", "ahead", "p10", "p50", "p90"}); err != nil {
		return sim.WaitReport{}, fmt.Errorf("write forecasts: %w", err)
	}
	minutes := func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
	report, err := w.Run(func(w sim.Wait) error {
		return out.Write([]string{
			strconv.Itoa(w.Session), strconv.Itoa(w.Minute), strconv.Itoa(w.Ahead), minutes(w.P10), minutes(w.P50), minutes(w.P90),
		})
	})
	if err != nil {
		return report, fmt.Errorf("write forecasts: %w", err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return report, fmt.Errorf("write forecasts: %w", err)
	}
	return report, b.Flush()
}

// waitFigures holds a report to its limits. Groups without a forecast have
// none.
func waitFigures(r sim.WaitReport, bad int) measure.Report {
	figures := measure.Report{
		measure.Plain("rows.bad", float64(bad), "rows"),
		measure.Plain("sessions", float64(r.Sessions), ""),
		measure.Plain("sessions.scored", float64(r.Scored), ""),
		measure.Plain("forecasts", float64(r.All.N), ""),
	}
	if r.All.N == 0 {
		return figures
	}
	figures.Add(
		measure.Most("mae", r.All.MAE, offAtMost, "min"),
		measure.Plain("naive.mae", r.All.Naive, "min"),
		measure.Most("mae.of_naive", r.All.MAE/r.All.Naive, waitsBelowNaive, "ratio"),
		measure.Least("covered", r.All.Covered, coveredAtLeast, "share"),
		measure.Most("covered.at_most", r.All.Covered, coveredAtMost, "share"),
		measure.Most("width", r.All.Width, widthAtMost, "min"),
	)
	for _, g := range r.ByAhead {
		if g.N == 0 {
			continue
		}
		name := "ahead_" + g.Name
		off := measure.Plain(name+".mae", g.MAE, "min")
		if limit, known := offByAhead(g.Name); known {
			off = measure.Most(name+".mae", g.MAE, limit, "min")
		}
		figures.Add(
			off,
			measure.Plain(name+".naive.mae", g.Naive, "min"),
			measure.Least(name+".covered", g.Covered, groupAtLeast, "share"),
			measure.Most(name+".covered.at_most", g.Covered, groupAtMost, "share"),
			measure.Plain(name+".width", g.Width, "min"),
		)
	}
	return figures
}

func printBad(w io.Writer, bad []sim.BadRow) {
	t := &tableWriter{w: w}
	if len(bad) > 0 {
		t.line("bad rows  %d", len(bad))
	}
	for _, b := range bad[:min(len(bad), badShown)] {
		t.line("line %d %s", b.Line, b.Reason)
	}
}

func printWaits(w io.Writer, r sim.WaitReport) error {
	t := &tableWriter{w: w}
	t.line("sessions  %d, %d scored", r.Sessions, r.Scored)
	t.line("ahead        forecasts    MAE  naive  covered  width")
	for _, g := range append(r.ByAhead, r.All, r.NotStarted) {
		t.line("%-12s %9d %6.2f %6.2f %8.3f %6.1f", g.Name, g.N, g.MAE, g.Naive, g.Covered, g.Width)
	}
	if r.All.N > 0 {
		t.line("off by %.1f %% less than people times mean", 100*(1-r.All.MAE/r.All.Naive))
	}
	return t.err
}
