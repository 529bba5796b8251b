package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/internal/sim"
)

// replayNoShow estimates every appointment of a file as it would have been
// estimated then, and says how good that was.
type replayNoShow struct {
	File      string       `arg:"" help:"CSV, or CSV in gzip, with PatientId, AppointmentID, ScheduledDay, AppointmentDay and No-show; Gender, Age, Neighbourhood and the marks are used where they are there."`
	Out       string       `help:"Write appointment_id,p of every row to this file." placeholder:"p.csv"`
	ScoreFrom houzhen.Date `help:"Learn from all, score the appointments from this date on." placeholder:"YYYY-MM-DD"`
	JSON      bool         `name:"json" help:"Print one JSON object."`
}

// noShowReport is what the replay prints.
type noShowReport struct {
	Rows      int          `json:"rows"`
	Bad       int          `json:"bad"`
	Unknown   int          `json:"unknown"` // rows without an outcome: estimated, not scored
	ScoreFrom houzhen.Date `json:"score_from"`
	Score     noshow.Score `json:"score"`
	Leak      bool         `json:"leak"` // too good to be true
	BadRows   []sim.BadRow `json:"bad_rows"`
}

// badShown is how many bad rows are told one by one.
const badShown = 50

// Run implements the command.
func (c *replayNoShow) Run(e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open appointments: %w", err)
	}
	defer func() { _ = f.Close() }()
	records, bad, err := sim.ReadVisits(f)
	if err != nil {
		return err
	}
	p := noshow.Online(noshow.New(), records)
	if err := c.write(records, p); err != nil {
		return err
	}
	return c.print(e.out, judge(records, p, bad, c.ScoreFrom))
}

func judge(records []noshow.Record, p []float64, bad []sim.BadRow, from houzhen.Date) noShowReport {
	r := noShowReport{Rows: len(records) + len(bad), Bad: len(bad), ScoreFrom: from, BadRows: bad[:min(len(bad), badShown)]}
	var scored []float64
	var missed []bool
	for i, v := range records {
		if v.Unknown {
			r.Unknown++
			continue
		}
		if !v.Day.Before(from) {
			scored, missed = append(scored, p[i]), append(missed, v.NoShow)
		}
	}
	r.Score = noshow.Rate(scored, missed)
	r.Leak = r.Score.Leaks()
	return r
}

// write puts the estimates beside the ids, in the order of the file.
func (c *replayNoShow) write(records []noshow.Record, p []float64) (err error) {
	if c.Out == "" {
		return nil
	}
	f, err := os.Create(c.Out)
	if err != nil {
		return fmt.Errorf("create estimates: %w", err)
	}
	defer func() {
		if failed := f.Close(); err == nil {
			err = failed
		}
	}()
	b := bufio.NewWriter(f)
	w := csv.NewWriter(b)
	if err := w.Write([]string{"appointment_id", "p"}); err != nil {
		return fmt.Errorf("write estimates: %w", err)
	}
	for i, v := range records {
		if err := w.Write([]string{v.ID, strconv.FormatFloat(p[i], 'f', 6, 64)}); err != nil {
			return fmt.Errorf("write estimates: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write estimates: %w", err)
	}
	return b.Flush()
}

func (c *replayNoShow) print(w io.Writer, r noShowReport) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	t := &tableWriter{w: w}
	t.line("rows     %d (%d bad, %d without an outcome)", r.Rows, r.Bad, r.Unknown)
	for _, b := range r.BadRows {
		t.line("line %d %s", b.Line, b.Reason)
	}
	t.line("scored   %d, %.1f %% missed", r.Score.N, 100*r.Score.Rate)
	t.line("AUC      %.4f", r.Score.AUC)
	t.line("Brier    %.4f", r.Score.Brier)
	t.line("ECE      %.4f", r.Score.ECE)
	t.line("bin      n  predicted  observed")
	for i, b := range r.Score.Bins {
		t.line("%3d %6d  %9.3f  %8.3f", i+1, b.N, b.Predicted, b.Observed)
	}
	if r.Leak {
		t.line("An AUC above %.2f is too good to be true: look for an outcome among what is known before.", noshow.LeakAUC)
	}
	return t.err
}

// tableWriter prints lines until one fails.
type tableWriter struct {
	w   io.Writer
	err error
}

func (t *tableWriter) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}
