package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/notify"
)

// planReminders enters the reminders of everybody who has a visit tomorrow.
// The ledger's own key keeps it from entering one twice, so it may run again
// and a tick that was missed is made up for by the next. Nobody who books or
// moves later is reminded, so a node that has been through a day is done.
func (a *App) planReminders(ctx context.Context, _ time.Time) error {
	now := a.Now()
	tomorrow := houzhen.DateOf(now, a.loc).AddDays(1)
	if tomorrow == a.reminded || now.Before(tomorrow.AddDays(-1).Clock(a.policy.RemindAt, a.loc)) {
		return nil
	}
	filter := booking.AppointmentFilter{States: []booking.State{booking.Booked}, Purpose: booking.PurposeVisit}
	err := a.bySessions(ctx, tomorrow, filter, a.planReminderBatch)
	if err == nil {
		a.reminded = tomorrow
	}
	return err
}

// planReminderBatch plans for the appointments of some sessions.
func (a *App) planReminderBatch(ctx context.Context, filter booking.AppointmentFilter) error {
	hooked, after := outbox.WithHooks(ctx)
	err := a.inTx(hooked, func(tx everything) error {
		page, err := tx.Appointments(hooked, filter)
		if err != nil {
			return fmt.Errorf("load appointments: %w", err)
		}
		met, err := a.meet(hooked, tx, page)
		if err != nil {
			return err
		}
		var rows []notify.Message
		for _, at := range page {
			s, err := a.subject(met, tx, at)
			if err != nil {
				return err
			}
			due := a.policy.PlanReminder(s, tx.Now())
			if len(due) > 0 && a.cfg.Replies {
				p, err := patientOf(met, tx, at.PatientID)
				if err != nil {
					return err
				}
				if err := a.askToConfirm(hooked, tx, at, p); err != nil {
					return err
				}
			}
			rows = append(rows, due...)
		}
		return a.enter(hooked, tx, rows)
	})
	if err == nil {
		after(ctx)
	}
	return err
}
