package store

import (
	"context"
	"fmt"
	"time"
)

// PurgeMessageBodies empties the texts and secrets of messages made before an
// instant that are not waiting to be sent, and says how many. The rows stay.
func (db *DB) PurgeMessageBodies(ctx context.Context, before time.Time) (int, error) {
	return db.purge(ctx, "message bodies", `UPDATE message SET body = NULL, secret = NULL WHERE created_at < $1
 AND state NOT IN ('planned', 'claimed') AND (body IS NOT NULL OR secret IS NOT NULL)`, before)
}

// PurgeInbox drops the messages on people's own pages that came before an
// instant.
func (db *DB) PurgeInbox(ctx context.Context, before time.Time) (int, error) {
	return db.purge(ctx, "inbox", `DELETE FROM inbox_item WHERE at < $1`, before)
}

// PurgeReplays forgets answers that were given before an instant.
func (db *DB) PurgeReplays(ctx context.Context, before time.Time) (int, error) {
	return db.purge(ctx, "replays", `DELETE FROM replay WHERE created_at < $1`, before)
}

// PurgeSignIns forgets sign-in codes that were asked for before an instant.
func (db *DB) PurgeSignIns(ctx context.Context, before time.Time) (int, error) {
	return db.purge(ctx, "sign-ins", `DELETE FROM sign_in WHERE created_at < $1`, before)
}

// DeleteExpiredSessions removes HTTP sessions whose time is over.
func (db *DB) DeleteExpiredSessions(ctx context.Context) (int, error) {
	return db.purge(ctx, "web sessions", `DELETE FROM web_session WHERE expires_at <= $1`, db.now())
}

func (db *DB) purge(ctx context.Context, what, text string, before time.Time) (int, error) {
	var gone int64
	err := db.InTx(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, text, micros(before))
		gone = n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge %s: %w", what, err)
	}
	return int(gone), nil
}
