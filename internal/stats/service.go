package stats

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/queue"
)

const (
	again   = 3       // days that are counted again, for what was set right since
	history = 400     // days counted when there is nothing yet
	maxDays = 2 * 366 // of one report
)

// Service counts sessions and reports the counts.
type Service struct {
	store Store
	loc   *time.Location
}

// NewService makes the service; loc is the hospital's zone.
func NewService(store Store, loc *time.Location) *Service {
	return &Service{store: store, loc: loc}
}

// Refresh counts the sessions since the last count up to now, and those of a
// few days before again. It says how many were counted.
func (s *Service) Refresh(ctx context.Context) (int, error) {
	var from, to houzhen.Date
	err := s.store.View(ctx, func(tx Tx) error {
		to = houzhen.BusinessDate(tx.Now(), s.loc)
		last, err := tx.LastFigures(ctx)
		if err != nil {
			return err
		}
		if !last.IsZero() {
			from = last.AddDays(-again)
			return nil
		}
		from, err = firstDay(ctx, tx, to)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find where counting stopped: %w", err)
	}
	counted := 0
	for day := from; !to.Before(day); day = day.AddDays(1) {
		n, err := s.countDay(ctx, day)
		if err != nil {
			return counted, fmt.Errorf("count %s: %w", day, err)
		}
		counted += n
	}
	return counted, nil
}

// firstDay gives the day of the oldest session within history, to if there is
// none: a hospital that has just begun has hundreds of days without anything.
func firstDay(ctx context.Context, tx Tx, to houzhen.Date) (houzhen.Date, error) {
	sessions, err := tx.Sessions(ctx, booking.SessionFilter{From: to.AddDays(-history), To: to})
	if err != nil {
		return houzhen.Date{}, fmt.Errorf("load sessions: %w", err)
	}
	for _, o := range sessions {
		if o.Date.Before(to) {
			to = o.Date
		}
	}
	return to, nil
}

func (s *Service) countDay(ctx context.Context, day houzhen.Date) (int, error) {
	var rows []Row
	err := s.store.View(ctx, func(tx Tx) error {
		inputs, err := s.load(ctx, tx, day)
		rows = make([]Row, 0, len(inputs))
		for _, in := range inputs {
			rows = append(rows, Summarise(in))
		}
		return err
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return len(rows), s.store.InTx(ctx, func(tx Tx) error { return tx.SaveFigures(ctx, rows) })
}

// load reads the sessions of a day that have begun or were suspended.
func (s *Service) load(ctx context.Context, tx Tx, day houzhen.Date) ([]Input, error) {
	sessions, err := tx.Sessions(ctx, booking.SessionFilter{From: day, To: day})
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	inputs, at, ids := []Input{}, map[string]int{}, []string{}
	for _, o := range sessions {
		if o.Status != booking.SessionSuspended && tx.Now().Before(o.Start) {
			continue
		}
		at[o.ID] = len(inputs)
		ids = append(ids, o.ID)
		inputs = append(inputs, Input{Session: o})
	}
	if len(inputs) == 0 {
		return inputs, nil
	}
	slots, err := tx.Slots(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("load slots: %w", err)
	}
	for _, o := range slots {
		in := &inputs[at[o.SessionID]]
		in.Slots = append(in.Slots, o)
	}
	appointments, err := tx.Appointments(ctx, booking.AppointmentFilter{From: day, To: day})
	if err != nil {
		return nil, fmt.Errorf("load appointments: %w", err)
	}
	for _, a := range appointments {
		if i, ok := at[a.SessionID]; ok {
			inputs[i].Appointments = append(inputs[i].Appointments, a)
		}
	}
	if err := addWaited(ctx, tx, day, inputs, at); err != nil {
		return nil, err
	}
	return inputs, s.addQueues(ctx, tx, day, inputs, at)
}

// addWaited adds who waited for a place.
func addWaited(ctx context.Context, tx Tx, day houzhen.Date, inputs []Input, at map[string]int) error {
	waited, err := tx.WaitEntries(ctx, waitlist.Filter{From: day, To: day})
	if err != nil {
		return fmt.Errorf("load waitlists: %w", err)
	}
	for _, e := range waited {
		if i, ok := at[e.SessionID]; ok {
			inputs[i].Waited = append(inputs[i].Waited, e)
		}
	}
	return nil
}

func (s *Service) addQueues(ctx context.Context, tx Tx, day houzhen.Date, inputs []Input, at map[string]int) error {
	queues, err := tx.Queues(ctx, "", day.At(0, 0, s.loc).UTC(), day.AddDays(1).At(4, 0, s.loc).UTC())
	if err != nil {
		return fmt.Errorf("load queues: %w", err)
	}
	byID := map[string]*queue.Queue{}
	for i := range queues {
		byID[queues[i].SessionID] = &queues[i]
	}
	for id, i := range at {
		inputs[i].Queue = byID[id]
	}
	return nil
}

// Rows lists what was counted from one day to another, both inclusive.
func (s *Service) Rows(ctx context.Context, from, to houzhen.Date) (rows []Row, err error) {
	if to.Before(from) || from.DaysUntil(to) > maxDays {
		return nil, houzhen.E(houzhen.CodeInvalid, "days are out of order or too many").On("to")
	}
	err = s.store.View(ctx, func(tx Tx) error {
		rows, err = tx.Figures(ctx, from, to)
		return err
	})
	return rows, err
}

// WriteCSV writes groups as a table: key, counts, every measure, then for each
// quota how many places were set aside and how many of them were taken. Shares
// are between 0 and 1, leads and waits in minutes; a cell without a figure is
// empty. name puts a key into words.
func WriteCSV(w io.Writer, groups []Group, by By, name func(key string) string) error {
	out := csv.NewWriter(w)
	head := []string{string(by), "name", "sessions", "places", "taken", "walk_ins", "checked_in", "seen", "no_shows", "cancelled", "affected", "joined"}
	for _, m := range Measures() {
		head = append(head, m.Name)
	}
	for _, q := range booking.AllQuotas {
		head = append(head, "quota_"+string(q)+"_places", "quota_"+string(q)+"_taken")
	}
	if err := out.Write(head); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	for _, g := range groups {
		f := g.Figures
		line := []string{g.Key, name(g.Key)}
		for _, n := range []int{f.Sessions, f.Places, f.Taken, f.WalkIns, f.CheckedIn, f.Seen, f.NoShows, f.Cancelled, f.Affected, f.Joined} {
			line = append(line, strconv.Itoa(n))
		}
		for _, m := range Measures() {
			line = append(line, m.text(f))
		}
		for _, q := range booking.AllQuotas {
			use := f.Quotas[string(q)]
			line = append(line, strconv.Itoa(use.Places), strconv.Itoa(use.Taken))
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write line: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}
