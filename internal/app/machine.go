package app

import (
	"context"

	"github.com/houzhen/houzhen/internal/auth"
)

// machine tells which machine holds a token, by the clock that its tokens live on.
func (a *App) machine(ctx context.Context, hash string) (auth.Principal, error) {
	return a.Machines.Identify(ctx, hash, a.clock.Now())
}
