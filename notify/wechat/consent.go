package wechat

import (
	"context"
	"time"
)

// Consents is the ledger of who may be sent what, by openid and template. Each
// method is one step that cannot be half done.
type Consents interface {
	// Spend takes one consent; lasting ones are looked at and kept. It gives
	// false when there is none.
	Spend(ctx context.Context, openID, template string, lasting bool) (bool, error)
	// Return gives back one that was taken for a message that did not go.
	Return(ctx context.Context, openID, template string) error
	// Grant adds one that a person gave at an instant. The same instant again,
	// or an earlier one, is a repeated telling and adds nothing.
	Grant(ctx context.Context, openID, template string, at time.Time) error
	// Clear takes all back: the person or the provider said no.
	Clear(ctx context.Context, openID, template string) error
}
