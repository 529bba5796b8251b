package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen/internal/auth"
)

const (
	machineColumns = `m.id, m.channel, m.name, m.scopes, m.created_at, m.created_by, m.revoked_at`
	tokenColumns   = `t.id, t.machine_id, t.hash, t.hint, t.created_at, t.created_by, t.expires_at, t.last_used_at` //nolint:gosec // names of columns
)

// scopes is a list of words in a text column.
type scopes []auth.Scope

// Scan implements sql.Scanner.
func (s *scopes) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("want text, have %T", src)
	}
	*s = nil
	for w := range strings.FieldsSeq(text) {
		*s = append(*s, auth.Scope(w))
	}
	return nil
}

func scopeText(list []auth.Scope) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

func machineInto(m *auth.Machine) []any {
	return []any{&m.ID, &m.Channel, &m.Name, (*scopes)(&m.Scopes), (*instant)(&m.CreatedAt), &m.CreatedBy, (*instant)(&m.RevokedAt)}
}

func tokenInto(t *auth.Token) []any {
	return []any{
		&t.ID, &t.MachineID, &t.Hash, &t.Hint, (*instant)(&t.CreatedAt), &t.CreatedBy, (*instant)(&t.ExpiresAt), (*instant)(&t.LastUsedAt),
	}
}

// AddMachine stores a machine; CodeConflict when the id exists.
func (tx *Tx) AddMachine(ctx context.Context, m auth.Machine) error {
	_, err := tx.exec(ctx, `INSERT INTO machine (id, channel, name, scopes, created_at, created_by, revoked_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, m.Channel, m.Name, scopeText(m.Scopes), micros(m.CreatedAt), m.CreatedBy, micros(m.RevokedAt))
	if err != nil {
		return fmt.Errorf("add machine: %w", err)
	}
	return nil
}

// Machine finds a machine.
func (tx *Tx) Machine(ctx context.Context, id string) (auth.Machine, error) {
	return one(ctx, tx, missing("machine"), machineInto, `SELECT `+machineColumns+` FROM machine m WHERE m.id = $1`, id)
}

// Machines lists all machines by channel and name.
func (tx *Tx) Machines(ctx context.Context) ([]auth.Machine, error) {
	list, err := all(ctx, tx, machineInto, `SELECT `+machineColumns+` FROM machine m ORDER BY m.channel, m.name, m.id`)
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	return list, nil
}

// RevokeMachine ends a machine; one that was ended before stays as it is.
func (tx *Tx) RevokeMachine(ctx context.Context, id string) error {
	if _, err := tx.Machine(ctx, id); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE machine SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0`, micros(tx.now), id); err != nil {
		return fmt.Errorf("revoke machine: %w", err)
	}
	return nil
}

// AddToken stores a token of a machine.
func (tx *Tx) AddToken(ctx context.Context, t auth.Token) error {
	_, err := tx.exec(ctx, `INSERT INTO machine_token (id, machine_id, hash, hint, created_at, created_by, expires_at, last_used_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.MachineID, t.Hash, t.Hint, micros(t.CreatedAt), t.CreatedBy, micros(t.ExpiresAt), micros(t.LastUsedAt))
	if err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	return nil
}

// Tokens lists all tokens, oldest first.
func (tx *Tx) Tokens(ctx context.Context) ([]auth.Token, error) {
	list, err := all(ctx, tx, tokenInto, `SELECT `+tokenColumns+` FROM machine_token t ORDER BY t.created_at, t.id`)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}

// keyed is a token with its machine.
type keyed struct {
	auth.Token
	machine auth.Machine
}

// TokenByHash finds a token with its machine, live or not.
func (tx *Tx) TokenByHash(ctx context.Context, hash string) (auth.Token, auth.Machine, error) {
	k, err := one(ctx, tx, missing("token"), func(k *keyed) []any { return append(tokenInto(&k.Token), machineInto(&k.machine)...) },
		`SELECT `+tokenColumns+`, `+machineColumns+` FROM machine_token t JOIN machine m ON m.id = t.machine_id WHERE t.hash = $1`, hash)
	return k.Token, k.machine, err
}

// ExpireTokens lets the tokens of a machine end at an instant, those that end
// sooner anyway excepted.
func (tx *Tx) ExpireTokens(ctx context.Context, machineID string, at time.Time) error {
	if _, err := tx.exec(ctx, `UPDATE machine_token SET expires_at = $1 WHERE machine_id = $2 AND expires_at > $3`,
		micros(at), machineID, micros(at)); err != nil {
		return fmt.Errorf("expire tokens: %w", err)
	}
	return nil
}

// TokenUsed notes that a token was used now.
func (tx *Tx) TokenUsed(ctx context.Context, id string) error {
	if _, err := tx.exec(ctx, `UPDATE machine_token SET last_used_at = $1 WHERE id = $2`, micros(tx.now), id); err != nil {
		return fmt.Errorf("note use of token: %w", err)
	}
	return nil
}
