package directory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Relations of an account to a patient.
const (
	RelationSelf   = "self"
	RelationChild  = "child"
	RelationParent = "parent"
	RelationSpouse = "spouse"
	RelationOther  = "other"
)

var relations = []string{RelationSelf, RelationChild, RelationParent, RelationSpouse, RelationOther}

const (
	guardedAge = 14 // younger ones are booked for by a guardian only
	adultAge   = 18 // from then on a child agrees himself
	maxTravel  = 24 * 60
)

// NewPatient is a person whom an account wants to book for. Sex and Birth are
// for documents that do not say them. Without a phone it is the account's own.
type NewPatient struct {
	Name, Doc     string
	DocType       DocType
	Phone         string
	Relation      string
	Sex           Sex
	Birth         houzhen.Date
	Lang          houzhen.Lang
	TravelMinutes int
}

// person checks what was typed.
func (n NewPatient) person(today houzhen.Date) (Patient, error) {
	p := Patient{DocType: n.DocType, Lang: houzhen.ParseLang(string(n.Lang)), TravelMinutes: n.TravelMinutes, Version: 1}
	if !slices.Contains(relations, n.Relation) {
		return p, houzhen.E(houzhen.CodeInvalid, "no such relation").On("relation")
	}
	if n.TravelMinutes < 0 || n.TravelMinutes > maxTravel {
		return p, houzhen.E(houzhen.CodeInvalid, "travel minutes out of range").On("travel_minutes")
	}
	var err error
	if p.Name, err = ParseName(n.Name); err != nil {
		return p, err
	}
	if n.Phone != "" {
		if p.Phone, err = ParsePhone(n.Phone); err != nil {
			return p, err
		}
	}
	doc, info, err := ParseIDNumber(n.DocType, n.Doc, today)
	if err != nil {
		return p, err
	}
	p.Doc, p.Sex, p.Birth = doc, info.Sex, info.Birth
	if p.Sex == SexUnknown && (n.Sex == Male || n.Sex == Female) {
		p.Sex = n.Sex
	}
	if p.Birth.IsZero() {
		p.Birth = n.Birth
	}
	if today.Before(p.Birth) {
		return p, houzhen.E(houzhen.CodeInvalid, "born in the future").On("birth")
	}
	if p.under(guardedAge, today) && n.Relation != RelationChild {
		return p, houzhen.E(houzhen.CodeConsent, "a child is booked for by a guardian").On("relation").With("reason", "guardian")
	}
	return p, nil
}

// under reports whether the patient is known to be younger.
func (p Patient) under(age int, today houzhen.Date) bool {
	return !p.Birth.IsZero() && Age(p.Birth, today) < age
}

// RegisterPatient lets an account book for a person, himself or another.
//
// A new person agrees at once when the account's phone is the person's own, or
// when a guardian registers a minor. Others agree later, from their own phone
// (GiveConsent). A person who is registered already is linked, never changed,
// if the name is the same; otherwise CodePatientExists.
func (s *Service) RegisterPatient(ctx context.Context, accountID string, n NewPatient) (p Patient, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		account, err := tx.Account(ctx, accountID)
		if err != nil {
			return fmt.Errorf("load account: %w", err)
		}
		today := houzhen.DateOf(tx.Now(), s.loc)
		wanted, err := n.person(today)
		if err != nil {
			return err
		}
		if wanted.Phone.IsZero() {
			wanted.Phone = account.Phone
		}
		p, err = s.link(ctx, tx, account, wanted, n.Relation, today)
		return err
	})
	s.known.forget()
	return p, err
}

// link finds or adds the person and saves the kinship.
func (s *Service) link(ctx context.Context, tx Tx, account Account, wanted Patient, relation string, today houzhen.Date) (Patient, error) {
	kin, err := tx.Kin(ctx, account.ID)
	if err != nil {
		return wanted, fmt.Errorf("load kin: %w", err)
	}
	p, err := tx.PatientByDoc(ctx, wanted.DocType, wanted.Doc)
	known := err == nil
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return wanted, fmt.Errorf("find patient: %w", err)
	}
	if known {
		if p, err = Current(ctx, tx, p); err != nil {
			return wanted, err
		}
	}
	if !known {
		p = wanted
		p.ID = tx.NewID()
	}
	for _, k := range kin {
		switch {
		case known && k.PatientID == p.ID && p.Name == wanted.Name:
			return p, nil // registered before: the same answer
		case relation == RelationSelf && k.Relation == RelationSelf:
			return p, houzhen.E(houzhen.CodeInvalid, "account is somebody else already").On("relation").With("reason", "self_exists")
		}
	}
	if known && (p.Name != wanted.Name || relation == RelationSelf && p.Phone != account.Phone) {
		return p, houzhen.E(houzhen.CodePatientExists, "document is registered").On("doc")
	}
	k := Kinship{AccountID: account.ID, PatientID: p.ID, Relation: relation}
	if relation != RelationSelf && agrees(p, account, relation, known, today) {
		k.ConsentAt = tx.Now()
	}
	if err := room(kin, k); err != nil {
		return p, err
	}
	if !known {
		if err := tx.AddPatient(ctx, p); err != nil {
			return p, fmt.Errorf("add patient: %w", err)
		}
	}
	if err := tx.SaveKin(ctx, k); err != nil {
		return p, fmt.Errorf("save kin: %w", err)
	}
	if relation == RelationSelf || !k.ConsentAt.IsZero() {
		return p, nil
	}
	e := houzhen.Event{ID: tx.NewID(), Kind: houzhen.ProxyAsked, Subject: p.ID, Version: tx.Now().UnixMicro(), At: tx.Now()}
	if err := tx.Emit(e); err != nil {
		return p, fmt.Errorf("emit fact: %w", err)
	}
	return p, nil
}

// agrees says whether consent is there at once: the account holds the
// person's own phone, or registers a new minor as its guardian.
func agrees(p Patient, account Account, relation string, known bool, today houzhen.Date) bool {
	return p.Phone == account.Phone || !known && relation == RelationChild && p.under(adultAge, today)
}

// Relative is a person whom an account has registered.
type Relative struct {
	Patient   Patient
	Relation  string
	ConsentAt time.Time
}

// Agreed reports whether the account may act for the relative.
func (r Relative) Agreed() bool { return r.Relation == RelationSelf || !r.ConsentAt.IsZero() }

// Family lists whom an account has registered. Of those who have not agreed
// yet it gives the id and the name only.
func (s *Service) Family(ctx context.Context, accountID string) ([]Relative, error) {
	family, _, err := s.family(ctx, accountID)
	return family, err
}

func (s *Service) family(ctx context.Context, accountID string) (family []Relative, now time.Time, err error) {
	err = s.store.Glance(ctx, func(tx Tx) (err error) {
		now = tx.Now()
		family, err = tx.Relatives(ctx, accountID)
		return err
	})
	if err != nil {
		return nil, now, fmt.Errorf("load relatives: %w", err)
	}
	for i, r := range family {
		if !r.Agreed() {
			family[i].Patient = Patient{ID: r.Patient.ID, Name: r.Patient.Name}
		}
	}
	return family, now, nil
}

// Patients lists the people an account may act for, himself first.
func (s *Service) Patients(ctx context.Context, accountID string) ([]Patient, error) {
	gen := s.known.generation()
	family, now, err := s.family(ctx, accountID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(family, func(a, b Relative) int { return self(a) - self(b) })
	list := make([]Patient, 0, len(family))
	for _, r := range family {
		if r.Agreed() {
			list = append(list, r.Patient)
		}
	}
	s.known.keep(accountID, slices.Clone(list), now, gen)
	return list, nil
}

func self(r Relative) int {
	if r.Relation == RelationSelf {
		return 0
	}
	return 1
}

// Patient finds one person.
func (s *Service) Patient(ctx context.Context, id string) (p Patient, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		p, err = tx.Patient(ctx, id)
		return err
	})
	return p, err
}

// PatientByDoc finds the person of an identity document of any type that fits
// the number, the identity card first; CodeNotFound.
func (s *Service) PatientByDoc(ctx context.Context, number string) (p Patient, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		today := houzhen.DateOf(tx.Now(), s.loc)
		for _, t := range []DocType{DocID, DocPassport, DocHKMacao, DocTaiwan, DocForeigner, DocOfficer, DocHousehold, DocOther} {
			doc, _, err := ParseIDNumber(t, number, today)
			if err != nil {
				continue
			}
			p, err = tx.PatientByDoc(ctx, t, doc)
			if err == nil || houzhen.CodeOf(err) != houzhen.CodeNotFound {
				return err
			}
		}
		return houzhen.E(houzhen.CodeNotFound, "no patient with such a document").On("doc")
	})
	return p, err
}
