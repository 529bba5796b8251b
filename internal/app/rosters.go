package app

import (
	"context"

	"github.com/houzhen/houzhen/api"
)

// rosters takes rosters in (api.Roster).
type rosters struct{ *App }

// Import reads a roster by its file's name.
func (r rosters) Import(ctx context.Context, name string, body []byte, skipBad bool) (api.RosterResult, error) {
	return api.RosterResult{}, nil
}
