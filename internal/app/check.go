package app

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify/aliyun"
)

// CheckProvider asks the provider whether it takes our credentials; nothing is
// sent. now is the machine's time, which signatures carry.
func (a *App) CheckProvider(ctx context.Context, now time.Time) (string, error) {
	if !a.cfg.UseAliyun() {
		return "none; messages go to files in the data folder", nil
	}
	client, err := aliyun.New(a.cfg.Aliyun.client())
	if err != nil {
		return "", err
	}
	defer client.Close()
	if err := client.Check(ctx, now); err != nil {
		return "", err
	}
	return "takes our credentials", nil
}

// VerifyAudit recomputes the chain of the audit.
func (a *App) VerifyAudit(ctx context.Context) error {
	err := a.Store.View(ctx, func(tx *store.Tx) error { return tx.VerifyAudit(ctx) })
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
