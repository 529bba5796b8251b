package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Replay finds the answer that a caller's idempotency key was given before,
// with the digest of the request it answered.
func (db *DB) Replay(ctx context.Context, caller, key string) (digest string, status int, body []byte, found bool, err error) {
	var sealed []byte
	err = db.View(ctx, func(tx *Tx) error {
		return tx.scan(ctx, `SELECT digest, status, body FROM replay WHERE caller = $1 AND request_key = $2`,
			[]any{caller, key}, &digest, (*number)(&status), &sealed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil, false, nil
	}
	if err != nil {
		return "", 0, nil, false, fmt.Errorf("find replay: %w", err)
	}
	plain, err := db.unseal(sealed, sealReplayBody)
	return digest, status, []byte(plain), err == nil, err
}

// SaveReplay keeps an answer for the same key to come again. The first writer
// wins: an answer that is there stays.
func (db *DB) SaveReplay(ctx context.Context, caller, key, digest string, status int, body []byte) error {
	sealed, err := db.seal(string(body), sealReplayBody)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO replay (caller, request_key, digest, status, body, created_at)
 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, caller, key, digest, int64(status), sealed, micros(tx.now))
		if err != nil {
			return fmt.Errorf("save replay: %w", err)
		}
		return nil
	})
}
