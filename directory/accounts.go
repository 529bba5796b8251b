package directory

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// updateTries bounds how often a patient is saved again after somebody else
// saved him meanwhile.
const updateTries = 3

// EnsureAccount finds the account of a phone, or makes it.
func (s *Service) EnsureAccount(ctx context.Context, phone houzhen.Phone, lang houzhen.Lang) (a Account, err error) {
	if phone.IsZero() {
		return a, houzhen.E(houzhen.CodePhone, "phone is missing").On("phone")
	}
	for range 2 { // a second time when another node was faster
		err = s.store.InTx(ctx, func(tx Tx) error {
			a, err = tx.AccountByPhone(ctx, phone)
			if houzhen.CodeOf(err) != houzhen.CodeNotFound {
				return err
			}
			a = Account{ID: tx.NewID(), Phone: phone, Lang: houzhen.ParseLang(string(lang))}
			return tx.AddAccount(ctx, a)
		})
		if houzhen.CodeOf(err) != houzhen.CodeConflict {
			break
		}
	}
	if err != nil {
		return Account{}, fmt.Errorf("ensure account: %w", err)
	}
	return a, nil
}

// Account finds an account by its id.
func (s *Service) Account(ctx context.Context, id string) (a Account, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		a, err = tx.Account(ctx, id)
		return err
	})
	return a, err
}

// UpdateTravel keeps how many minutes a patient needs to come, 0 is unknown,
// and whether he lives near.
func (s *Service) UpdateTravel(ctx context.Context, patientID string, minutes int, near bool) error {
	if minutes < 0 || minutes > maxTravel {
		return houzhen.E(houzhen.CodeInvalid, "travel minutes out of range").On("travel_minutes")
	}
	return s.updatePatient(ctx, patientID, func(p *Patient) { p.TravelMinutes, p.LivesNear = minutes, near })
}

// UpdateLang keeps the language of a patient's messages.
func (s *Service) UpdateLang(ctx context.Context, patientID string, lang houzhen.Lang) error {
	return s.updatePatient(ctx, patientID, func(p *Patient) { p.Lang = houzhen.ParseLang(string(lang)) })
}

// UpdatePush keeps a patient's account at the push provider; "" without the app.
func (s *Service) UpdatePush(ctx context.Context, patientID, pushAccount string) error {
	if len(pushAccount) > 200 {
		return houzhen.E(houzhen.CodeInvalid, "push account is too long").On("push_account")
	}
	return s.updatePatient(ctx, patientID, func(p *Patient) { p.PushAccount = pushAccount })
}

func (s *Service) updatePatient(ctx context.Context, id string, change func(*Patient)) error {
	defer s.known.forget()
	var err error
	for range updateTries {
		err = s.store.InTx(ctx, func(tx Tx) error {
			p, err := tx.Patient(ctx, id)
			if err != nil {
				return err
			}
			old := p
			if change(&p); p == old {
				return nil
			}
			return tx.UpdatePatient(ctx, p)
		})
		if houzhen.CodeOf(err) != houzhen.CodeConflict {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("update patient: %w", err)
	}
	return nil
}
