package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// sessionsAtOnce is how many sessions are worked through in one transaction:
// about a hundred visits.
const sessionsAtOnce = 4

// bySessions does the appointments of a day, those of some sessions at a time.
func (a *App) bySessions(ctx context.Context, day houzhen.Date, f booking.AppointmentFilter,
	do func(context.Context, booking.AppointmentFilter) error,
) error {
	sessions, err := a.Booking.Sessions(ctx, booking.SessionFilter{From: day, To: day})
	if err != nil {
		return fmt.Errorf("list sessions of a day: %w", err)
	}
	for some := range slices.Chunk(sessions, sessionsAtOnce) {
		f.SessionIDs = nil
		for _, s := range some {
			f.SessionIDs = append(f.SessionIDs, s.ID)
		}
		if err := do(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
