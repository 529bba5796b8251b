package roster

import (
	"context"
	"fmt"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Taken counts what an import saved.
type Taken struct {
	Rosters    int     `json:"rosters"`
	Exceptions int     `json:"exceptions"`
	Faults     []Fault `json:"faults"`
}

// Import saves a roster. From a file with a single fault nothing is taken,
// and CodeRoster has all faults as its detail, unless skipBad leaves the
// faulty lines out. Sessions are made of it by booking.GenerateSessions.
func Import(ctx context.Context, store booking.Store, p Parsed, skipBad bool) (Taken, error) {
	t := Taken{Faults: p.Faults}
	if t.Faults == nil {
		t.Faults = []Fault{}
	}
	if len(p.Faults) > 0 && !skipBad {
		return t, houzhen.E(houzhen.CodeRoster, "roster has faulty lines").
			With("count", strconv.Itoa(len(p.Faults))).WithDetail(p.Faults)
	}
	err := store.InTx(ctx, func(tx booking.Tx) error {
		for _, r := range p.Rosters {
			if err := tx.SaveRoster(ctx, r); err != nil {
				return fmt.Errorf("save roster: %w", err)
			}
		}
		for _, e := range p.Exceptions {
			if err := tx.SaveException(ctx, e); err != nil {
				return fmt.Errorf("save exception: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	t.Rosters, t.Exceptions = len(p.Rosters), len(p.Exceptions)
	return t, nil
}
