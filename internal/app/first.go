package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/internal/roster"
)

// FirstHouse fills an empty directory with the sample hospital and its roster,
// so that there is something to see and to replace.
func (a *App) FirstHouse(ctx context.Context) error {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return err
	}
	if index.Hospital.ID != "" {
		return nil
	}
	house, lines, err := roster.Sample()
	if err != nil {
		return fmt.Errorf("sample hospital: %w", err)
	}
	if err := a.Directory.SaveHouse(ctx, house); err != nil {
		return err
	}
	if _, err := roster.Import(ctx, a.Store.Booking(), lines, false); err != nil {
		return err
	}
	return a.generate(ctx, a.clock.Now())
}
