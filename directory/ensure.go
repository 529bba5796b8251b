package directory

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// EnsurePatient gives the person of a document, registered if he is new, for a
// channel that speaks for him without an account of his. A person who is known
// is never changed, and known under another name is CodePatientExists: the
// caller learns nothing of him. For a child the caller vouches for the guardian
// by the relation RelationChild.
func (s *Service) EnsurePatient(ctx context.Context, n NewPatient) (p Patient, err error) {
	if n.Relation == "" {
		n.Relation = RelationOther
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		wanted, err := n.person(houzhen.DateOf(tx.Now(), s.loc))
		if err != nil {
			return err
		}
		p, err = tx.PatientByDoc(ctx, wanted.DocType, wanted.Doc)
		switch {
		case houzhen.CodeOf(err) == houzhen.CodeNotFound:
			p = wanted
			p.ID = tx.NewID()
			return tx.AddPatient(ctx, p)
		case err != nil:
			return fmt.Errorf("find patient: %w", err)
		case p.Name != wanted.Name:
			p = Patient{}
			return houzhen.E(houzhen.CodePatientExists, "document is registered under another name").On("patient.doc")
		}
		return nil
	})
	return p, err
}

// PatientOf finds the person of a document: CodeNotFound.
func (s *Service) PatientOf(ctx context.Context, t DocType, number string) (p Patient, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		doc, _, err := ParseIDNumber(t, number, houzhen.DateOf(tx.Now(), s.loc))
		if err != nil {
			return err
		}
		p, err = tx.PatientByDoc(ctx, t, doc)
		return err
	})
	return p, err
}
