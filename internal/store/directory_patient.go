package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

const patientColumns = `id, name, doc_type, doc, doc_index, doc_tail_index, sex, birth, phone, phone_index, lang, push,
 travel_minutes, standing, linked, lives_near, version`

// patientRow is a patient as stored: everything that names a person is sealed.
type patientRow struct {
	directory.Patient
	name, doc, birth, phone, push      []byte
	docIndex, docTailIndex, phoneIndex string
}

func patientInto(r *patientRow) []any {
	p := &r.Patient
	return []any{
		&p.ID, &r.name, (*string)(&p.DocType), &r.doc, &r.docIndex, &r.docTailIndex, (*string)(&p.Sex), &r.birth, &r.phone,
		&r.phoneIndex, (*string)(&p.Lang), &r.push, (*number)(&p.TravelMinutes),
		(*string)(&p.Standing), &p.Linked, (*flag)(&p.LivesNear), &p.Version,
	}
}

func (db *DB) patientArgs(p directory.Patient) ([]any, error) {
	name, err1 := db.seal(p.Name.Reveal(), sealPatientName)
	doc, err2 := db.seal(p.Doc.Reveal(), sealPatientDoc)
	birth, err3 := db.seal(p.Birth.String(), sealPatientBirth)
	phone, err4 := db.seal(p.Phone.Reveal(), sealPatientPhone)
	push, err5 := db.seal(p.PushAccount, sealPatientPush)
	return []any{
		p.ID, name, string(p.DocType), doc, db.index(p.Doc.Reveal(), sealPatientDoc), db.index(p.Doc.Tail(), sealPatientTail),
		string(p.Sex), birth, phone, db.index(p.Phone.Reveal(), sealPatientPhone), string(p.Lang), push,
		int64(p.TravelMinutes), string(p.Standing), p.Linked, bit(p.LivesNear), p.Version,
	}, errors.Join(err1, err2, err3, err4, err5)
}

func (db *DB) patient(r patientRow) (directory.Patient, error) {
	p := r.Patient
	name, err1 := db.unseal(r.name, sealPatientName)
	doc, err2 := db.unseal(r.doc, sealPatientDoc)
	birth, err3 := db.unseal(r.birth, sealPatientBirth)
	phone, err4 := db.unseal(r.phone, sealPatientPhone)
	push, err5 := db.unseal(r.push, sealPatientPush)
	p.Name, p.Doc, p.Phone, p.PushAccount = houzhen.NewName(name), houzhen.NewIDNumber(doc), houzhen.NewPhone(phone), push
	return p, errors.Join(err1, err2, err3, err4, err5, p.Birth.UnmarshalText([]byte(birth)))
}

// Patient finds a patient.
func (tx *Tx) Patient(ctx context.Context, id string) (directory.Patient, error) {
	return tx.onePatient(ctx, `id = $1`, id)
}

// PatientByDoc finds a patient by an identity document.
func (tx *Tx) PatientByDoc(ctx context.Context, t directory.DocType, n houzhen.IDNumber) (directory.Patient, error) {
	return tx.onePatient(ctx, `doc_type = $1 AND doc_index = $2 AND doc_index <> ''`, string(t),
		tx.db.index(n.Reveal(), sealPatientDoc))
}

func (tx *Tx) onePatient(ctx context.Context, condition string, args ...any) (directory.Patient, error) {
	r, err := one(ctx, tx, missing("patient"), patientInto, `SELECT `+patientColumns+` FROM patient WHERE `+condition, args...)
	if err != nil {
		return directory.Patient{}, err
	}
	return tx.db.patient(r)
}

// PatientsByPhone lists the patients whose messages go to a phone, by id.
func (tx *Tx) PatientsByPhone(ctx context.Context, p houzhen.Phone) ([]directory.Patient, error) {
	return tx.listPatients(ctx, `phone_index = $1 AND phone_index <> ''`, tx.db.index(p.Reveal(), sealPatientPhone))
}

// PatientsByDocTail finds patients among the given ids whose document ends in
// the given signs.
func (tx *Tx) PatientsByDocTail(ctx context.Context, tail string, among []string) ([]directory.Patient, error) {
	index := tx.db.index(tail, sealPatientTail)
	var out []directory.Patient
	err := chunks(among, 2, func(list string, args []any) error {
		some, err := tx.listPatients(ctx, `doc_tail_index = $1 AND doc_tail_index <> '' AND id IN (`+list+`)`,
			append([]any{index}, args...)...)
		out = append(out, some...)
		return err
	})
	return out, err
}

func (tx *Tx) listPatients(ctx context.Context, condition string, args ...any) ([]directory.Patient, error) {
	return tx.readPatients(ctx, `patient WHERE `+condition, args...)
}

func (tx *Tx) readPatients(ctx context.Context, from string, args ...any) ([]directory.Patient, error) {
	rows, err := all(ctx, tx, patientInto, `SELECT `+patientColumns+` FROM `+from+` ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list patients: %w", err)
	}
	out := make([]directory.Patient, len(rows))
	for i, r := range rows {
		if out[i], err = tx.db.patient(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PatientNames gives the names of patients by id; one who is not known is left
// out.
func (tx *Tx) PatientNames(ctx context.Context, ids []string) (map[string]houzhen.Name, error) {
	names := make(map[string]houzhen.Name, len(ids))
	type named struct {
		id   string
		name []byte
	}
	err := chunks(ids, 1, func(list string, args []any) error {
		rows, err := all(ctx, tx, func(n *named) []any { return []any{&n.id, &n.name} }, `SELECT id, name FROM patient WHERE id IN (`+list+`)`, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			name, err := tx.db.unseal(r.name, sealPatientName)
			if err != nil {
				return err
			}
			names[r.id] = houzhen.NewName(name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	return names, nil
}

// AddPatient inserts a patient; CodePatientExists when the document is known.
func (tx *Tx) AddPatient(ctx context.Context, p directory.Patient) error {
	args, err := tx.db.patientArgs(p)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `INSERT INTO patient (`+patientColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("add patient: %w", err)
	}
	if n == 0 {
		return patientExists()
	}
	return nil
}

func patientExists() *houzhen.Error {
	return houzhen.E(houzhen.CodePatientExists, "patient is registered").On("doc")
}

// UpdatePatient saves by id and the version that was read; CodeConflict when
// it was changed meanwhile, CodePatientExists when the document is another's.
func (tx *Tx) UpdatePatient(ctx context.Context, p directory.Patient) error {
	args, err := tx.db.patientArgs(p)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE patient SET name = $2, doc_type = $3, doc = $4, doc_index = $5, doc_tail_index = $6,
 sex = $7, birth = $8, phone = $9, phone_index = $10, lang = $11, push = $12, travel_minutes = $13,
 standing = $14, linked = $15, lives_near = $16, version = version + 1 WHERE id = $1 AND version = $17`, args...)
	if err != nil && tx.db.d.violation(err).kind == uniqueViolation {
		return patientExists()
	}
	return tx.changed(n, err, "patient")
}
