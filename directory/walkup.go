package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// newbornDays is how old a child without a document of his own may be: that
// long it may take to register him.
const newbornDays = 366

// WalkUp is a person at the desk or on the telephone without a document: by
// name and phone, to be completed at the visit; or a newborn, by the document
// of a parent who is registered (domain rules §2.6, §7.20).
type WalkUp struct {
	Name, Phone string
	Birth       houzhen.Date // needed for a newborn
	Sex         Sex
	Lang        houzhen.Lang
	ParentType  DocType // of a newborn
	ParentDoc   string
}

// AddWalkUpTx makes the person, or gives the same one again who is not complete
// yet, in a transaction that the caller owns.
func (s *Service) AddWalkUpTx(ctx context.Context, tx Tx, w WalkUp) (Patient, error) {
	p := Patient{Standing: StandingIncomplete, Sex: w.Sex, Birth: w.Birth, Lang: houzhen.ParseLang(string(w.Lang)), Version: 1}
	var err error
	if p.Name, err = ParseName(w.Name); err != nil {
		return p, err
	}
	if p.Phone, err = ParsePhone(w.Phone); err != nil {
		return p, err
	}
	today := houzhen.DateOf(tx.Now(), s.loc)
	if today.Before(w.Birth) {
		return p, houzhen.E(houzhen.CodeInvalid, "born in the future").On("birth")
	}
	if w.ParentDoc != "" {
		if p, err = s.newborn(ctx, tx, p, w, today); err != nil {
			return p, err
		}
	}
	known, err := tx.PatientsByPhone(ctx, p.Phone)
	if err != nil {
		return p, fmt.Errorf("look for person: %w", err)
	}
	same := func(k Patient) bool {
		return k.Standing == p.Standing && k.Name == p.Name && k.Linked == p.Linked && k.Birth == p.Birth
	}
	if i := slices.IndexFunc(known, same); i >= 0 {
		return known[i], nil
	}
	p.ID = tx.NewID()
	if err := tx.AddPatient(ctx, p); err != nil {
		return p, fmt.Errorf("add person: %w", err)
	}
	return p, nil
}

func (s *Service) newborn(ctx context.Context, tx Tx, p Patient, w WalkUp, today houzhen.Date) (Patient, error) {
	if w.Birth.IsZero() || w.Birth.DaysUntil(today) > newbornDays {
		return p, houzhen.E(houzhen.CodeInvalid, "a parent's document serves in the first year only").On("birth")
	}
	doc, _, err := ParseIDNumber(w.ParentType, w.ParentDoc, today)
	if err != nil {
		return p, err
	}
	parent, err := tx.PatientByDoc(ctx, w.ParentType, doc)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return p, houzhen.E(houzhen.CodeNotFound, "the parent is not registered").On("parent_doc")
	}
	if err != nil {
		return p, fmt.Errorf("find parent: %w", err)
	}
	p.Standing, p.Linked = StandingNewborn, parent.ID
	return p, nil
}

// Document is what a person showed at the desk. Sex and Birth are for documents
// that do not say them.
type Document struct {
	Type   DocType
	Number string
	Sex    Sex
	Birth  houzhen.Date
}

// CompleteTx gives an incomplete or newborn record its document, in a
// transaction that the caller owns. Is the document another record's, that one
// is given with known set: the two are one person's, and the caller merges
// them. Another name on it is CodePatientExists.
func (s *Service) CompleteTx(ctx context.Context, tx Tx, patientID string, d Document) (p Patient, known bool, err error) {
	defer s.known.forget()
	if p, err = tx.Patient(ctx, patientID); err != nil {
		return p, false, err
	}
	if p.Standing != StandingIncomplete && p.Standing != StandingNewborn {
		return p, false, houzhen.E(houzhen.CodeState, "record is complete")
	}
	doc, info, err := ParseIDNumber(d.Type, d.Number, houzhen.DateOf(tx.Now(), s.loc))
	if err != nil {
		return p, false, err
	}
	other, err := tx.PatientByDoc(ctx, d.Type, doc)
	if err == nil {
		if other, err = Current(ctx, tx, other); err == nil && other.Name != p.Name {
			err = houzhen.E(houzhen.CodePatientExists, "document is another person's").On("doc")
		}
		return other, true, err
	}
	if houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return p, false, fmt.Errorf("find document: %w", err)
	}
	p.DocType, p.Doc, p.Standing, p.Linked = d.Type, doc, StandingComplete, ""
	p.Sex, p.Birth = cmp.Or(info.Sex, d.Sex, p.Sex), cmp.Or(info.Birth, d.Birth, p.Birth)
	if err := tx.UpdatePatient(ctx, p); err != nil {
		return p, false, fmt.Errorf("complete record: %w", err)
	}
	p.Version++
	return p, false, nil
}
