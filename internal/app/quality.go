package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue/forecast"
)

// Qualities tells how good each zone's forecasts were. A zone of which nothing
// was rated yet is left out.
func (b *boards) Qualities(ctx context.Context) ([]board.Quality, error) {
	index, err := b.house(ctx)
	if err != nil {
		return nil, fmt.Errorf("load house: %w", err)
	}
	list := []board.Quality{}
	err = b.view(ctx, func(tx everything) error {
		rated, err := tx.Qualities(ctx)
		for _, q := range rated {
			zone, known := index.Zone(q.ZoneID)
			if !known || q.People == 0 {
				continue
			}
			list = append(list, board.Quality{
				ID: zone.ID, Zone: zone.Name, People: q.People, FirstRight: q.FirstRight, LastRight: q.LastRight,
				Off: q.Off.Minutes(), Width: q.Width.Minutes(), Changes: q.Changes, At: milli(q.RatedAt),
			})
		}
		return err
	})
	return list, err
}

// IfCame tells when somebody would be called who is not booked and came in now.
func (b *boards) IfCame(ctx context.Context, sessionID string) (board.IfCame, error) {
	now := b.now()
	is := board.IfCame{Session: sessionID, At: milli(now)}
	err := b.view(ctx, func(tx everything) error {
		session, err := tx.Session(ctx, sessionID)
		if err != nil || session.Status != booking.SessionOpen {
			return err
		}
		q, err := tx.Queue(ctx, sessionID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		model, err := b.models.get(ctx, tx, q, b.policy(q.ZoneID), now)
		if err != nil {
			return err
		}
		f, ok := forecast.IfCame(q, b.policy(q.ZoneID), model, now)
		if !ok {
			return nil
		}
		shown := forecast.Shown(f.Range())
		is.Open, is.Ahead, is.Lo, is.Hi = true, f.Ahead, milli(shown.Low), milli(shown.High)
		return nil
	})
	return is, err
}
