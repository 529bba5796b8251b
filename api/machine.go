package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/internal/auth"
)

// Machines keeps the systems that may ask, and their tokens; auth.Machines has
// these. A token is given when it is made and never again.
type Machines interface {
	List(ctx context.Context) ([]auth.Keyed, error)
	Create(ctx context.Context, n auth.NewMachine) (auth.Machine, string, error)
	Rotate(ctx context.Context, id, by string, overlap, life time.Duration) (token string, err error)
	Revoke(ctx context.Context, id, by string) error
}
