package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

// accountRow is an account as it is stored.
type accountRow struct {
	directory.Account
	phone []byte
}

func accountInto(r *accountRow) []any { return []any{&r.ID, &r.phone, (*string)(&r.Lang)} }

// Account finds an account.
func (tx *Tx) Account(ctx context.Context, id string) (directory.Account, error) {
	return tx.oneAccount(ctx, `id = $1`, id)
}

// AccountByPhone finds the account that signs in with a phone.
func (tx *Tx) AccountByPhone(ctx context.Context, p houzhen.Phone) (directory.Account, error) {
	return tx.oneAccount(ctx, `phone_index = $1`, tx.db.index(p.Reveal(), sealAccountPhone))
}

func (tx *Tx) oneAccount(ctx context.Context, condition, arg string) (directory.Account, error) {
	r, err := one(ctx, tx, missing("account"), accountInto, `SELECT id, phone, lang FROM account WHERE `+condition, arg)
	if err != nil {
		return directory.Account{}, err
	}
	phone, err := tx.db.unseal(r.phone, sealAccountPhone)
	r.Phone = houzhen.NewPhone(phone)
	return r.Account, err
}

// AddAccount inserts an account; CodeConflict when the phone has one.
func (tx *Tx) AddAccount(ctx context.Context, a directory.Account) error {
	phone, err := tx.db.seal(a.Phone.Reveal(), sealAccountPhone)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `INSERT INTO account (id, phone, phone_index, lang) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		a.ID, phone, tx.db.index(a.Phone.Reveal(), sealAccountPhone), string(a.Lang))
	if err != nil {
		return fmt.Errorf("add account: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "phone has an account").On("phone")
	}
	return nil
}

func kinInto(k *directory.Kinship) []any {
	return []any{&k.AccountID, &k.PatientID, &k.Relation, (*instant)(&k.ConsentAt)}
}

// Kin lists whom an account may act for, by patient.
func (tx *Tx) Kin(ctx context.Context, accountID string) ([]directory.Kinship, error) {
	out, err := all(ctx, tx, kinInto, `SELECT account_id, patient_id, relation, consent_at FROM kinship
 WHERE account_id = $1 ORDER BY patient_id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("list kin: %w", err)
	}
	return out, nil
}

// relativeRow is one whom an account has registered, as stored.
type relativeRow struct {
	patientRow
	relation  string
	consentAt time.Time
}

func relativeInto(r *relativeRow) []any {
	return append(patientInto(&r.patientRow), &r.relation, (*instant)(&r.consentAt))
}

// Relatives lists whom an account has registered, by patient.
func (tx *Tx) Relatives(ctx context.Context, accountID string) ([]directory.Relative, error) {
	rows, err := all(ctx, tx, relativeInto, `SELECT `+patientColumns+`, relation, consent_at FROM kinship JOIN patient ON patient.id = kinship.patient_id
 WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("list relatives: %w", err)
	}
	out := make([]directory.Relative, len(rows))
	for i, r := range rows {
		p, err := tx.db.patient(r.patientRow)
		if err != nil {
			return nil, err
		}
		out[i] = directory.Relative{Patient: p, Relation: r.relation, ConsentAt: r.consentAt}
	}
	return out, nil
}

// SaveKin inserts or updates a kinship by account and patient.
func (tx *Tx) SaveKin(ctx context.Context, k directory.Kinship) error {
	_, err := tx.exec(ctx, `INSERT INTO kinship (account_id, patient_id, relation, consent_at) VALUES ($1, $2, $3, $4)
 ON CONFLICT (account_id, patient_id) DO UPDATE SET relation = excluded.relation, consent_at = excluded.consent_at`,
		k.AccountID, k.PatientID, k.Relation, micros(k.ConsentAt))
	if err != nil {
		return fmt.Errorf("save kinship: %w", err)
	}
	return nil
}
