package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/measure"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/queue/forecast"
)

// replayLeave tells each patient of a file of consultations when to leave home
// and says how many came too late, and how long the others waited on site.
type replayLeave struct {
	File      string        `arg:"" help:"CSV, or CSV in gzip, with ID, Session and StartTime; AM_PM, Visit.No and ServTime are used where they are there."`
	Alpha     []float64     `default:"0.02,0.05,0.10" help:"Chances of missing the call that are accepted."`
	Grace     time.Duration `default:"3m" help:"How long after the call one may still answer it."`
	Seed      uint64        `default:"1" help:"Seed of all ways: means of 8 to 45 minutes, spread by a fifth."`
	ScoreFrom int           `help:"Learn from all, score the sessions from this number on." placeholder:"N"`
	JSON      bool          `name:"json" help:"Print figures as [{name,value,unit,limit,ok}]; the exit code is 1 when one misses its limit."`
}

// What leaving home is held to.
const (
	missedApart  = 0.015 // between what is accepted and what comes out
	missedOnSite = 0.05  // share missed at which the minutes on site are compared
	onSiteAtMost = 17    // minutes
)

// Run implements the command.
func (c *replayLeave) Run(e *env) error {
	for _, a := range c.Alpha {
		if !(a >= forecast.LeastAlpha && a <= forecast.MostAlpha) {
			return houzhen.E(houzhen.CodeInvalid, fmt.Sprintf("give chances from %g to %g", forecast.LeastAlpha, forecast.MostAlpha)).On("alpha")
		}
	}
	days, bad, err := readHalfDays(c.File)
	if err != nil {
		return err
	}
	outcomes := sim.Leaves{Days: days, ScoreFrom: c.ScoreFrom, Alphas: c.Alpha, Grace: c.Grace, Seed: c.Seed}.Run()
	figures := leaveFigures(outcomes, len(bad))
	if c.JSON {
		printBad(e.errOut, bad)
		err = figures.JSON(e.out)
	} else {
		printBad(e.out, bad)
		err = printLeave(e.out, outcomes)
	}
	if err != nil {
		return err
	}
	if n := figures.Misses(); n > 0 && c.JSON {
		return fmt.Errorf("%d figures miss their limits", n)
	}
	return nil
}

// leaveFigures holds outcomes to their limits. Without a patient there is
// nothing to hold.
func leaveFigures(outcomes []sim.LeaveOutcome, bad int) measure.Report {
	figures := measure.Report{measure.Plain("rows.bad", float64(bad), "rows")}
	if len(outcomes) == 0 || outcomes[0].People == 0 {
		return figures
	}
	figures.Add(measure.Plain("people", float64(outcomes[0].People), ""))
	for _, o := range outcomes {
		name := "alpha_" + strconv.FormatFloat(o.Alpha, 'g', -1, 64)
		figures.Add(
			measure.Plain(name+".missed", o.Missed, "share"),
			measure.Most(name+".missed.apart", math.Abs(o.Missed-o.Alpha), missedApart, "share"),
			measure.Plain(name+".on_site", o.OnSite, "min"),
		)
	}
	if at := sim.OnSiteAt(outcomes, missedOnSite); !math.IsNaN(at) {
		figures.Add(measure.Most("on_site.at_5_percent", at, onSiteAtMost, "min"))
	}
	return figures
}

func printLeave(w io.Writer, outcomes []sim.LeaveOutcome) error {
	t := &tableWriter{w: w}
	t.line("alpha  people  missed  minutes on site")
	for _, o := range outcomes {
		t.line("%5.3f %7d  %6.3f %16.1f", o.Alpha, o.People, o.Missed, o.OnSite)
	}
	if at := sim.OnSiteAt(outcomes, missedOnSite); !math.IsNaN(at) {
		t.line("at 5 %% missed: %.1f minutes on site", at)
	}
	return t.err
}
