package app

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/roster"
)

// rosters takes rosters in (api.Roster).
type rosters struct{ *App }

// Import reads a roster, told by the ending of its file's name, and lays out
// the sessions of the coming weeks. Faulty lines are in the result; nothing is
// taken of a file that has one, unless skipBad.
func (r rosters) Import(ctx context.Context, name string, body []byte, skipBad bool) (api.RosterResult, error) {
	taken, err := r.ImportRoster(ctx, name, body, skipBad)
	result := api.RosterResult{Taken: taken.Rosters + taken.Exceptions}
	for _, f := range taken.Faults {
		result.Faults = append(result.Faults, api.RosterFault{Line: f.Line, Field: f.Field, Code: f.Code, Args: f.Args})
	}
	if houzhen.CodeOf(err) == houzhen.CodeRoster {
		err = nil // the result says which lines
	}
	return result, err
}

// ImportRoster saves a roster and makes the sessions of it.
func (a *App) ImportRoster(ctx context.Context, name string, body []byte, skipBad bool) (roster.Taken, error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return roster.Taken{}, err
	}
	format := roster.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), "."))
	taken, err := roster.Import(ctx, a.Store.Booking(), roster.Parse(bytes.NewReader(body), format, index), skipBad)
	if err != nil {
		return taken, err
	}
	return taken, a.generate(ctx, a.clock.Now())
}
