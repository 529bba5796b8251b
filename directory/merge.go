package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Merge says that two records were one person's (domain rule §7.18).
type Merge struct {
	ID         string
	Kept, Lost string // patients
	By, Reason string
	At         time.Time
	Undo       string // JSON: ids of what was changed, no personal data
}

// MergeTx gives one record up for another of the same person, in a transaction
// that the caller owns: the accounts that act for it act for the kept one.
// Two people with different dates of birth are not one. What is changed
// elsewhere is the caller's, who adds the Merge itself with how to undo it.
func (s *Service) MergeTx(ctx context.Context, tx Tx, m Merge) (accounts []string, err error) {
	defer s.known.forget()
	if m.Reason = strings.TrimSpace(m.Reason); m.Reason == "" {
		return nil, houzhen.E(houzhen.CodeMissing, "a merge needs a reason").On("reason")
	}
	kept, err := tx.Patient(ctx, m.Kept)
	if err != nil {
		return nil, err
	}
	lost, err := tx.Patient(ctx, m.Lost)
	if err != nil {
		return nil, err
	}
	if err := onePerson(kept, lost); err != nil {
		return nil, err
	}
	kin, err := tx.KinOf(ctx, lost.ID)
	if err != nil {
		return nil, fmt.Errorf("load kin: %w", err)
	}
	already, err := tx.KinOf(ctx, kept.ID)
	if err != nil {
		return nil, fmt.Errorf("load kin: %w", err)
	}
	has := map[string]bool{}
	for _, k := range already {
		has[k.AccountID] = true
	}
	for _, k := range kin {
		if has[k.AccountID] {
			continue
		}
		k.PatientID = kept.ID
		if err := tx.SaveKin(ctx, k); err != nil {
			return nil, fmt.Errorf("save kin: %w", err)
		}
		accounts = append(accounts, k.AccountID)
	}
	lost.Standing, lost.Linked = StandingMerged, kept.ID
	if err := tx.UpdatePatient(ctx, lost); err != nil {
		return nil, fmt.Errorf("give record up: %w", err)
	}
	return accounts, nil
}

// onePerson says why two records cannot be one person's.
func onePerson(kept, lost Patient) error {
	switch {
	case kept.ID == lost.ID:
		return houzhen.E(houzhen.CodeInvalid, "a record is not merged with itself").On("lost")
	case kept.Standing == StandingMerged || lost.Standing == StandingMerged:
		return houzhen.E(houzhen.CodeState, "a record was given up already").On("lost")
	case kept.Standing == StandingIncomplete && lost.Standing == StandingComplete:
		return houzhen.E(houzhen.CodeInvalid, "the complete record is kept").On("kept")
	case !kept.Birth.IsZero() && !lost.Birth.IsZero() && kept.Birth != lost.Birth:
		return houzhen.E(houzhen.CodeInvalid, "dates of birth differ").On("lost")
	}
	return nil
}

// Current gives the record that is kept of a person: the one itself, unless it
// was given up for another.
func Current(ctx context.Context, tx Tx, p Patient) (Patient, error) {
	for p.Standing == StandingMerged {
		next, err := tx.Patient(ctx, p.Linked)
		if err != nil {
			return p, fmt.Errorf("load kept record: %w", err)
		}
		p = next
	}
	return p, nil
}
