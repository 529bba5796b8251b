package store

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen/directory"
)

const (
	staffColumns  = `id, login, display, role, password_hash, doctor_id, disabled`
	screenColumns = `id, kind, target, token_hash, paired_at`
)

func staffInto(s *directory.Staff) []any {
	return []any{&s.ID, &s.Login, &s.Display, (*string)(&s.Role), &s.PasswordHash, &s.DoctorID, (*flag)(&s.Disabled)}
}

func screenInto(s *directory.Screen) []any {
	return []any{&s.ID, &s.Kind, &s.Target, &s.TokenHash, (*instant)(&s.PairedAt)}
}

// Staff finds a member of staff.
func (tx *Tx) Staff(ctx context.Context, id string) (directory.Staff, error) {
	return one(ctx, tx, missing("staff"), staffInto, `SELECT `+staffColumns+` FROM staff WHERE id = $1`, id)
}

// StaffByLogin finds a member of staff by the name that signs in.
func (tx *Tx) StaffByLogin(ctx context.Context, login string) (directory.Staff, error) {
	return one(ctx, tx, missing("staff"), staffInto, `SELECT `+staffColumns+` FROM staff WHERE login = $1`, login)
}

// StaffList lists everybody by login.
func (tx *Tx) StaffList(ctx context.Context) ([]directory.Staff, error) {
	out, err := all(ctx, tx, staffInto, `SELECT `+staffColumns+` FROM staff ORDER BY login`)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return out, nil
}

// SaveStaff inserts or updates by id; CodeConflict when another has the login.
func (tx *Tx) SaveStaff(ctx context.Context, s directory.Staff) error {
	return tx.save(ctx, "staff", staffColumns, s.ID, s.Login, s.Display, string(s.Role), s.PasswordHash, s.DoctorID, bit(s.Disabled))
}

// ScreenByToken finds a screen by the hash of its token.
func (tx *Tx) ScreenByToken(ctx context.Context, tokenHash string) (directory.Screen, error) {
	return one(ctx, tx, missing("screen"), screenInto, `SELECT `+screenColumns+` FROM screen WHERE token_hash = $1`, tokenHash)
}

// Screens lists all screens by id.
func (tx *Tx) Screens(ctx context.Context) ([]directory.Screen, error) {
	out, err := all(ctx, tx, screenInto, `SELECT `+screenColumns+` FROM screen ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list screens: %w", err)
	}
	return out, nil
}

// SaveScreen inserts or updates by id; CodeConflict when another has the token.
func (tx *Tx) SaveScreen(ctx context.Context, s directory.Screen) error {
	return tx.save(ctx, "screen", screenColumns, s.ID, s.Kind, s.Target, s.TokenHash, micros(s.PairedAt))
}
