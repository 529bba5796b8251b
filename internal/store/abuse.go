package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/abuse"
)

var _ abuse.Tx = (*Tx)(nil)

const traceColumns = `id, at, action, account_id, device, address, patient_id, session_id, appointment_id`

func traceInto(t *abuse.Trace) []any {
	return []any{
		&t.ID, (*instant)(&t.At), (*string)(&t.Action), &t.AccountID, &t.Origin.Device, &t.Origin.Address, &t.PatientID, &t.SessionID,
		&t.AppointmentID,
	}
}

// AddTraces keeps what was done; one that is known already is left as it is.
func (tx *Tx) AddTraces(ctx context.Context, traces []abuse.Trace) error {
	for _, t := range traces {
		_, err := tx.exec(ctx, `INSERT INTO abuse_trace (`+traceColumns+`) VALUES (`+placeholders(1, 9)+`) ON CONFLICT (id) DO NOTHING`,
			t.ID, micros(t.At), string(t.Action), t.AccountID, t.Origin.Device, t.Origin.Address, t.PatientID, t.SessionID, t.AppointmentID)
		if err != nil {
			return fmt.Errorf("add trace: %w", err)
		}
	}
	return nil
}

// Traces lists traces since an instant, oldest first.
func (tx *Tx) Traces(ctx context.Context, since time.Time) ([]abuse.Trace, error) {
	out, err := all(ctx, tx, traceInto, `SELECT `+traceColumns+` FROM abuse_trace WHERE at >= $1 ORDER BY at, id`, micros(since))
	if err != nil {
		return nil, fmt.Errorf("list traces: %w", err)
	}
	return out, nil
}

const flagColumns = `id, kind, subject, seen, first_at, last_at, evidence, state, until_at, decided_by, decided_at, reason, version`

// flagRow is a flag as it is stored.
type flagRow struct {
	abuse.Flag
	evidence string
}

func flagInto(r *flagRow) []any {
	f := &r.Flag
	return []any{
		&f.ID, (*string)(&f.Kind), &f.Subject, (*number)(&f.Count), (*instant)(&f.First), (*instant)(&f.Last), &r.evidence,
		(*string)(&f.State), (*instant)(&f.Until), &f.DecidedBy, (*instant)(&f.DecidedAt), &f.Reason, &f.Version,
	}
}

// Flags lists flags in some states, latest first.
func (tx *Tx) Flags(ctx context.Context, states ...abuse.State) ([]abuse.Flag, error) {
	w := where{}
	w.in("state", texts(states))
	rows, err := all(ctx, tx, flagInto, `SELECT `+flagColumns+` FROM abuse_flag`+w.clause()+` ORDER BY last_at DESC, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list flags: %w", err)
	}
	flags := make([]abuse.Flag, 0, len(rows))
	for _, r := range rows {
		f, err := tx.wholeFlag(ctx, r)
		if err != nil {
			return nil, err
		}
		flags = append(flags, f)
	}
	return flags, nil
}

// LockFlag finds a flag and keeps others from deciding it.
func (tx *Tx) LockFlag(ctx context.Context, id string) (abuse.Flag, error) {
	r, err := one(ctx, tx, missing("flag"), flagInto, `SELECT `+flagColumns+` FROM abuse_flag WHERE id = $1`+tx.db.d.lock, id)
	if err != nil {
		return r.Flag, err
	}
	return tx.wholeFlag(ctx, r)
}

func (tx *Tx) wholeFlag(ctx context.Context, r flagRow) (abuse.Flag, error) {
	if err := json.Unmarshal([]byte(r.evidence), &r.Evidence); err != nil {
		return r.Flag, fmt.Errorf("decode evidence: %w", err)
	}
	accounts, err := all(ctx, tx, func(s *string) []any { return []any{s} },
		`SELECT account_id FROM abuse_account WHERE flag_id = $1 ORDER BY account_id`, r.ID)
	if err != nil {
		return r.Flag, fmt.Errorf("list accounts of flag: %w", err)
	}
	r.Accounts = accounts
	return r.Flag, nil
}

// SaveFlag inserts a flag of version 0 or updates it by its version, with the
// accounts that are part of it.
func (tx *Tx) SaveFlag(ctx context.Context, f *abuse.Flag) error {
	evidence, err := json.Marshal(f.Evidence)
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	args := []any{
		f.ID, string(f.Kind), f.Subject, int64(f.Count), micros(f.First), micros(f.Last), string(evidence), string(f.State),
		micros(f.Until), f.DecidedBy, micros(f.DecidedAt), f.Reason, f.Version + 1,
	}
	changed := int64(1)
	if f.Version == 0 {
		_, err = tx.exec(ctx, `INSERT INTO abuse_flag (`+flagColumns+`) VALUES (`+placeholders(1, len(args))+`)`, args...)
	} else {
		changed, err = tx.exec(ctx, `UPDATE abuse_flag SET kind = $2, subject = $3, seen = $4, first_at = $5, last_at = $6, evidence = $7,
 state = $8, until_at = $9, decided_by = $10, decided_at = $11, reason = $12, version = $13 WHERE id = $1 AND version = $14`,
			append(args, f.Version)...)
	}
	switch {
	case err != nil:
		return fmt.Errorf("write flag: %w", err)
	case changed == 0:
		return houzhen.E(houzhen.CodeConflict, "flag was changed meanwhile")
	}
	f.Version++
	return tx.saveFlagAccounts(ctx, *f)
}

func (tx *Tx) saveFlagAccounts(ctx context.Context, f abuse.Flag) error {
	for _, id := range f.Accounts {
		_, err := tx.exec(ctx, `INSERT INTO abuse_account (flag_id, account_id, barred_until) VALUES ($1, $2, $3)
 ON CONFLICT (flag_id, account_id) DO UPDATE SET barred_until = excluded.barred_until`, f.ID, id, micros(f.Until))
		if err != nil {
			return fmt.Errorf("write account of flag: %w", err)
		}
	}
	return nil
}

// bar is until when an account is barred.
type bar struct {
	account string
	until   time.Time
}

func barInto(b *bar) []any { return []any{&b.account, (*instant)(&b.until)} }

// Barred gives until when accounts may not book online. The second bound is for
// the index, which holds only those that ever were barred; the sum in the first
// keeps SQLite from asking itself at every new instant whether that bound would
// do instead, for which it plans the statement anew.
func (tx *Tx) Barred(ctx context.Context, now time.Time, accountIDs []string) (map[string]time.Time, error) {
	barred := map[string]time.Time{}
	err := chunks(accountIDs, 2, func(list string, args []any) error {
		rows, err := all(ctx, tx, barInto, `SELECT account_id, barred_until FROM abuse_account
 WHERE barred_until + 0 > $1 AND barred_until > 0 AND account_id IN (`+list+`)`, append([]any{micros(now)}, args...)...)
		for _, b := range rows {
			if b.until.After(barred[b.account]) {
				barred[b.account] = b.until
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find barred accounts: %w", err)
	}
	return barred, nil
}

// PurgeTraces forgets what was done before an instant.
func (db *DB) PurgeTraces(ctx context.Context, before time.Time) (int, error) {
	return db.purge(ctx, "traces", `DELETE FROM abuse_trace WHERE at < $1`, before)
}
