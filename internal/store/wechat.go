package store

import (
	"context"
	"fmt"
	"time"
)

// WeChat is the ledger of consents of people's WeChat accounts. Every step is
// one statement, so that two messages at once cannot spend one consent. Of a
// person nothing but the keyed hash of his openid is kept.
type WeChat struct{ db *DB }

// WeChat gives the ledger of consents.
func (db *DB) WeChat() *WeChat { return &WeChat{db} }

func (w *WeChat) change(ctx context.Context, what, text string, args ...any) (changed bool, err error) {
	err = w.db.InTx(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, text, args...)
		changed = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("%s consent: %w", what, err)
	}
	return changed, nil
}

// Spend takes one consent, false if there is none. A lasting one is looked at
// and kept.
func (w *WeChat) Spend(ctx context.Context, openID, template string, lasting bool) (bool, error) {
	by := int64(1)
	if lasting {
		by = 0
	}
	return w.change(ctx, "spend", `UPDATE wechat_consent SET credits = credits - $1 WHERE openid_index = $2 AND template = $3 AND credits > 0`,
		by, w.db.index(openID, sealOpenID), template)
}

// Return gives back one that was spent on a message that did not go.
func (w *WeChat) Return(ctx context.Context, openID, template string) error {
	_, err := w.change(ctx, "return", `UPDATE wechat_consent SET credits = credits + 1 WHERE openid_index = $1 AND template = $2`,
		w.db.index(openID, sealOpenID), template)
	return err
}

// Grant adds one that a person gave at an instant. What is told again, or was
// overtaken by a later one, adds nothing.
func (w *WeChat) Grant(ctx context.Context, openID, template string, at time.Time) error {
	_, err := w.change(ctx, "grant", `INSERT INTO wechat_consent (openid_index, template, credits, granted_at) VALUES ($1, $2, 1, $3)
 ON CONFLICT (openid_index, template) DO UPDATE SET credits = wechat_consent.credits + 1, granted_at = excluded.granted_at
 WHERE wechat_consent.granted_at < excluded.granted_at`, w.db.index(openID, sealOpenID), template, micros(at))
	return err
}

// Clear takes all back. When they were given is kept, so that an old telling
// cannot bring one back.
func (w *WeChat) Clear(ctx context.Context, openID, template string) error {
	_, err := w.change(ctx, "clear", `UPDATE wechat_consent SET credits = 0 WHERE openid_index = $1 AND template = $2`,
		w.db.index(openID, sealOpenID), template)
	return err
}
