package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/notify"
)

// secondReminders is how many days before a visit the second reminder goes.
const secondReminders = 3

// planSecondReminders enters the reminder of three days before for those who
// are likely to stay away. The ledger's own key keeps it from entering one
// twice, so that it may run again.
func (a *App) planSecondReminders(ctx context.Context, _ time.Time) error {
	now := a.Now()
	today := houzhen.DateOf(now, a.loc)
	day := today.AddDays(secondReminders)
	if now.Before(today.Clock(a.policy.RemindAt, a.loc)) {
		return nil
	}
	var chosen []string
	err := a.view(ctx, func(tx everything) error {
		forecasts, err := tx.ForecastsOf(ctx, day, day)
		chosen = noshow.ToRemind(forecasts, noshow.RemindTwice)
		return err
	})
	if err != nil {
		return fmt.Errorf("choose whom to remind: %w", err)
	}
	for part := range slices.Chunk(chosen, 100) {
		if err := a.remindTwice(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) remindTwice(ctx context.Context, ids []string) error {
	hooked, after := outbox.WithHooks(ctx)
	err := a.inTx(hooked, func(tx everything) error {
		var rows []notify.Message
		for _, id := range ids {
			at, err := tx.Appointment(hooked, id)
			if err != nil {
				return fmt.Errorf("load appointment: %w", err)
			}
			if at.State != booking.Booked {
				continue
			}
			s, err := a.subject(hooked, tx, at)
			if err != nil {
				return err
			}
			rows = append(rows, a.policy.PlanReminder3(s, tx.Now())...)
		}
		return a.enter(hooked, tx, rows)
	})
	if err == nil {
		after(ctx)
	}
	return err
}

// forecasts gives API and pages what is expected of upcoming sessions
// (api.Forecasts).
type forecasts struct{ *App }

// Expected tells for each session of a day how many of its patients are
// likely to stay away and how many more it might take at a risk.
func (f forecasts) Expected(ctx context.Context, day houzhen.Date, risk float64) ([]api.Expected, error) {
	var out []api.Expected
	err := f.view(ctx, func(tx everything) error {
		out = nil
		sessions, err := tx.Sessions(ctx, booking.SessionFilter{From: day, To: day, Status: []booking.SessionStatus{booking.SessionPlanned, booking.SessionOpen}})
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		booked, err := tx.Appointments(ctx, booking.AppointmentFilter{From: day, To: day, Purpose: booking.PurposeVisit, States: []booking.State{booking.Booked}})
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		made, err := tx.ForecastsOf(ctx, day, day)
		if err != nil {
			return err
		}
		out, err = expected(sessions, booked, made, risk)
		return err
	})
	return out, err
}

func expected(sessions []booking.Session, booked []booking.Appointment, made []noshow.Forecast, risk float64) ([]api.Expected, error) {
	byID := map[string]noshow.Forecast{}
	for _, f := range made {
		byID[f.AppointmentID] = f
	}
	var out []api.Expected
	for _, s := range sessions {
		e := api.Expected{Session: s}
		var p []float64
		for _, at := range booked {
			if at.SessionID != s.ID {
				continue
			}
			e.Booked++
			if f, ok := byID[at.ID]; ok && f.SessionID == s.ID {
				p = append(p, f.P)
				e.Likely = append(e.Likely, f)
			}
		}
		if len(p) == 0 {
			continue
		}
		advice, err := noshow.Advise(p, risk)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(e.Likely, func(a, b noshow.Forecast) int { return int(1e6*b.P) - int(1e6*a.P) })
		e.Estimated, e.Advice, e.Crowd = len(p), advice, noshow.Absent(p)
		out = append(out, e)
	}
	return out, nil
}
