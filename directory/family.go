package directory

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// MostRelatives is for how many others one account books at most. Those who
// have not agreed yet are as many again at most, and count for themselves.
const MostRelatives = 5

// room says whether an account may have one more relative: CodeFamilyFull.
func room(kin []Kinship, k Kinship) error {
	if k.Relation == RelationSelf {
		return nil
	}
	n := 0
	for _, o := range kin {
		if o.PatientID != k.PatientID && o.Relation != RelationSelf && o.ConsentAt.IsZero() == k.ConsentAt.IsZero() {
			n++
		}
	}
	if n >= MostRelatives {
		return houzhen.E(houzhen.CodeFamilyFull, "account books for enough others").With("most", strconv.Itoa(MostRelatives))
	}
	return nil
}

// Agreement is somebody else's account that books for a person, or wants to.
type Agreement struct {
	AccountID, PatientID string
	Name                 houzhen.Name  // of the person
	By                   houzhen.Phone // of the account
	Relation             string        // that the account says it has to him
	ConsentAt            time.Time     // zero until the person agrees
}

// Agreements lists which other accounts book, or want to book, for the people
// whose own phone an account signs in with: it is theirs to agree.
func (s *Service) Agreements(ctx context.Context, accountID string) (list []Agreement, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list = []Agreement{}
		account, err := tx.Account(ctx, accountID)
		if err != nil {
			return fmt.Errorf("load account: %w", err)
		}
		people, err := tx.PatientsByPhone(ctx, account.Phone)
		if err != nil {
			return fmt.Errorf("load people of the phone: %w", err)
		}
		for _, p := range people {
			of, err := agreementsOf(ctx, tx, p, accountID)
			if err != nil {
				return err
			}
			list = append(list, of...)
		}
		return nil
	})
	return list, err
}

func agreementsOf(ctx context.Context, tx Tx, p Patient, but string) (list []Agreement, err error) {
	if p.Standing == StandingMerged {
		return nil, nil
	}
	kin, err := tx.KinOf(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("load kin: %w", err)
	}
	for _, k := range kin {
		if k.AccountID == but || k.Relation == RelationSelf {
			continue
		}
		by, err := tx.Account(ctx, k.AccountID)
		if err != nil {
			return nil, fmt.Errorf("load account: %w", err)
		}
		list = append(list, Agreement{k.AccountID, p.ID, p.Name, by.Phone, k.Relation, k.ConsentAt})
	}
	return list, nil
}
