package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Sessions keeps HTTP sessions for alexedwards/scs, of which it is a CtxStore.
// Tokens are stored as keyed hashes and data sealed: whoever reads the table
// can neither take a session over nor see whose it is.
type Sessions struct{ db *DB }

// Sessions is the store of HTTP sessions.
func (db *DB) Sessions() Sessions { return Sessions{db} }

// FindCtx gives the data of a session that has not expired.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var sealed []byte
	err := s.db.Glance(ctx, func(tx *Tx) error {
		return tx.scan(ctx, `SELECT data FROM web_session WHERE token_index = $1 AND expires_at > $2`,
			[]any{s.db.index(token, sealWebToken), micros(tx.now)}, &sealed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find web session: %w", err)
	}
	data, err := s.db.unseal(sealed, sealWebData)
	return []byte(data), err == nil, err
}

// CommitCtx stores or replaces a session.
func (s Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	sealed, err := s.db.seal(string(b), sealWebData)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO web_session (token_index, data, expires_at) VALUES ($1, $2, $3)
 ON CONFLICT (token_index) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			s.db.index(token, sealWebToken), sealed, micros(expiry))
		if err != nil {
			return fmt.Errorf("save web session: %w", err)
		}
		return nil
	})
}

// DeleteCtx removes a session, if there is one.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM web_session WHERE token_index = $1`, s.db.index(token, sealWebToken)); err != nil {
			return fmt.Errorf("delete web session: %w", err)
		}
		return nil
	})
}

// Find is FindCtx for callers without a context; scs asks for it to be there.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s Sessions) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
