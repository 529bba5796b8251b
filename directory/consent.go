package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// MayActFor says whether an account may book for and look after a patient:
// CodeForbidden if it never registered him, CodeConsent if he has not agreed.
func (s *Service) MayActFor(ctx context.Context, accountID, patientID string) error {
	return s.store.View(ctx, func(tx Tx) error {
		k, err := kinship(ctx, tx, accountID, patientID)
		switch {
		case err != nil:
			return err
		case k.Relation != RelationSelf && k.ConsentAt.IsZero():
			return houzhen.E(houzhen.CodeConsent, "patient has not agreed").On("patient_id")
		}
		return nil
	})
}

func kinship(ctx context.Context, tx Tx, accountID, patientID string) (Kinship, error) {
	if accountID == "" {
		return Kinship{}, houzhen.E(houzhen.CodeForbidden, "no account").On("patient_id")
	}
	kin, err := tx.Kin(ctx, accountID)
	if err != nil {
		return Kinship{}, fmt.Errorf("load kin: %w", err)
	}
	for _, k := range kin {
		if k.PatientID == patientID {
			return k, nil
		}
	}
	return Kinship{}, houzhen.E(houzhen.CodeForbidden, "account has not registered the patient").On("patient_id")
}

// GiveConsent records that a patient agrees to be booked for by an account. It
// is given from the patient's own phone: by the account that signs in with it.
func (s *Service) GiveConsent(ctx context.Context, byAccountID, accountID, patientID string) error {
	return s.setConsent(ctx, byAccountID, accountID, patientID, true)
}

// WithdrawConsent takes the agreement back, from the patient's own phone or by
// the account itself.
func (s *Service) WithdrawConsent(ctx context.Context, byAccountID, accountID, patientID string) error {
	return s.setConsent(ctx, byAccountID, accountID, patientID, false)
}

func (s *Service) setConsent(ctx context.Context, byAccountID, accountID, patientID string, agree bool) error {
	defer s.known.forget()
	return s.store.InTx(ctx, func(tx Tx) error {
		k, err := kinship(ctx, tx, accountID, patientID)
		if err != nil {
			return err
		}
		if agree || byAccountID != accountID {
			if err := ownPhone(ctx, tx, byAccountID, patientID); err != nil {
				return err
			}
		}
		switch {
		case agree == !k.ConsentAt.IsZero() || k.Relation == RelationSelf:
			return nil
		case agree:
			k.ConsentAt = tx.Now()
			kin, err := tx.Kin(ctx, accountID)
			if err != nil {
				return fmt.Errorf("load kin: %w", err)
			}
			if err := room(kin, k); err != nil {
				return err
			}
		default:
			k.ConsentAt = time.Time{}
		}
		if err := tx.SaveKin(ctx, k); err != nil {
			return fmt.Errorf("save consent: %w", err)
		}
		return nil
	})
}

func ownPhone(ctx context.Context, tx Tx, accountID, patientID string) error {
	account, err := tx.Account(ctx, accountID)
	if err != nil {
		return fmt.Errorf("load account: %w", err)
	}
	p, err := tx.Patient(ctx, patientID)
	if err != nil {
		return fmt.Errorf("load patient: %w", err)
	}
	if account.Phone != p.Phone {
		return houzhen.E(houzhen.CodeForbidden, "not the patient's own phone")
	}
	return nil
}
