package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

// signInRow is a sign-in code as it is stored.
type signInRow struct {
	auth.SignIn
	phone []byte
}

func signInInto(r *signInRow) []any {
	s := &r.SignIn
	return []any{
		&s.ID, &r.phone, &s.CodeHash, (*instant)(&s.ExpiresAt), (*number)(&s.Attempts), (*instant)(&s.UsedAt), (*instant)(&s.CreatedAt),
	}
}

// AddSignIn stores a code that was asked for; CodeConflict when the id exists.
func (tx *Tx) AddSignIn(ctx context.Context, s auth.SignIn) error {
	phone, err := tx.db.seal(s.Phone.Reveal(), sealSignInPhone)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `INSERT INTO sign_in (id, phone, phone_index, code_hash, expires_at, attempts, used_at, created_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		s.ID, phone, tx.db.index(s.Phone.Reveal(), sealSignInPhone), s.CodeHash, micros(s.ExpiresAt), int64(s.Attempts),
		micros(s.UsedAt), micros(s.CreatedAt))
	if err != nil {
		return fmt.Errorf("add sign-in: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "sign-in exists")
	}
	return nil
}

// SignIn finds a code that was asked for, and keeps others from trying it until
// the transaction ends.
func (tx *Tx) SignIn(ctx context.Context, id string) (auth.SignIn, error) {
	text := `SELECT id, phone, code_hash, expires_at, attempts, used_at, created_at FROM sign_in WHERE id = $1`
	if !tx.readOnly {
		text += tx.db.d.lock
	}
	r, err := one(ctx, tx, missing("sign-in"), signInInto, text, id)
	if err != nil {
		return auth.SignIn{}, err
	}
	phone, err := tx.db.unseal(r.phone, sealSignInPhone)
	r.Phone = houzhen.NewPhone(phone)
	return r.SignIn, err
}

// SignInFailed counts a wrong code and gives how many there were.
func (tx *Tx) SignInFailed(ctx context.Context, id string) (int, error) {
	var attempts number
	err := tx.scan(ctx, `UPDATE sign_in SET attempts = attempts + 1 WHERE id = $1 RETURNING attempts`, []any{id}, &attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, missing("sign-in")
	}
	if err != nil {
		return 0, fmt.Errorf("count wrong code: %w", err)
	}
	return int(attempts), nil
}

// SignInUsed marks a code as spent; CodeBadCode when it was before.
func (tx *Tx) SignInUsed(ctx context.Context, id string) error {
	n, err := tx.exec(ctx, `UPDATE sign_in SET used_at = $1 WHERE id = $2 AND used_at = 0`, micros(tx.now), id)
	if err != nil {
		return fmt.Errorf("spend sign-in: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeBadCode, "sign-in was used before")
	}
	return nil
}

// SignInsSince counts the codes a phone has asked for since an instant.
func (tx *Tx) SignInsSince(ctx context.Context, phone houzhen.Phone, since time.Time) (int, error) {
	var n number
	err := tx.scan(ctx, `SELECT COUNT(*) FROM sign_in WHERE phone_index = $1 AND created_at >= $2`,
		[]any{tx.db.index(phone.Reveal(), sealSignInPhone), micros(since)}, &n)
	if err != nil {
		return 0, fmt.Errorf("count sign-ins: %w", err)
	}
	return int(n), nil
}
