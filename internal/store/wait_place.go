package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/waitlist"
)

const waitPlaceColumns = `session_id, slot_no, status, opened_at, due_at, round, version`

func waitPlaceInto(p *waitlist.Place) []any {
	return []any{
		&p.SessionID, (*number)(&p.SlotNo), (*string)(&p.Status), (*instant)(&p.OpenedAt), (*instant)(&p.DueAt),
		(*number)(&p.Round), &p.Version,
	}
}

// WaitPlace finds what becomes of a place that came back.
func (tx *Tx) WaitPlace(ctx context.Context, sessionID string, no int) (waitlist.Place, error) {
	return one(ctx, tx, missing("waitlist place"), waitPlaceInto,
		`SELECT `+waitPlaceColumns+` FROM wait_place WHERE session_id = $1 AND slot_no = $2`, sessionID, int64(no))
}

// WaitPlaces lists the places of a session that came back, by number.
func (tx *Tx) WaitPlaces(ctx context.Context, sessionID string) ([]waitlist.Place, error) {
	return tx.waitPlaces(ctx, `WHERE session_id = $1 ORDER BY slot_no`, sessionID)
}

// WaitPlacesDue lists places for which something is due, the longest first.
func (tx *Tx) WaitPlacesDue(ctx context.Context, now time.Time, limit int) ([]waitlist.Place, error) {
	return tx.waitPlaces(ctx, `WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, session_id, slot_no LIMIT $2`, micros(now), int64(limit))
}

func (tx *Tx) waitPlaces(ctx context.Context, rest string, args ...any) ([]waitlist.Place, error) {
	out, err := all(ctx, tx, waitPlaceInto, `SELECT `+waitPlaceColumns+` FROM wait_place `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list waitlist places: %w", err)
	}
	return out, nil
}

// SaveWaitPlace inserts a place of version 0, or saves by the version that was
// read, and raises it; CodeConflict.
func (tx *Tx) SaveWaitPlace(ctx context.Context, p *waitlist.Place) error {
	var n int64
	var err error
	if p.Version == 0 {
		n, err = tx.exec(ctx, `INSERT INTO wait_place (`+waitPlaceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT DO NOTHING`,
			p.SessionID, int64(p.SlotNo), string(p.Status), micros(p.OpenedAt), micros(p.DueAt), int64(p.Round))
	} else {
		n, err = tx.exec(ctx, `UPDATE wait_place SET status = $1, opened_at = $2, due_at = $3, round = $4, version = version + 1
 WHERE session_id = $5 AND slot_no = $6 AND version = $7`,
			string(p.Status), micros(p.OpenedAt), micros(p.DueAt), int64(p.Round), p.SessionID, int64(p.SlotNo), p.Version)
	}
	if err := tx.changed(n, err, "waitlist place"); err != nil {
		return err
	}
	p.Version++
	return nil
}

const proposalColumns = `id, entry_id, patient_id, session_id, slot_no, start_at, end_at, round, kind, status, appointment_id,
 opened_at, expires_at, answered_at, version`

func proposalInto(p *waitlist.Proposal) []any {
	return []any{
		&p.ID, &p.EntryID, &p.PatientID, &p.SessionID, (*number)(&p.SlotNo), (*instant)(&p.Start), (*instant)(&p.End),
		(*number)(&p.Round), (*string)(&p.Kind), (*string)(&p.Status), &p.AppointmentID, (*instant)(&p.OpenedAt),
		(*instant)(&p.ExpiresAt), (*instant)(&p.AnsweredAt), &p.Version,
	}
}

// Proposal finds an offer.
func (tx *Tx) Proposal(ctx context.Context, id string) (waitlist.Proposal, error) {
	return one(ctx, tx, missing("offer"), proposalInto, `SELECT `+proposalColumns+` FROM wait_offer WHERE id = $1`, id)
}

// Proposals lists the offers of a place, oldest first.
func (tx *Tx) Proposals(ctx context.Context, sessionID string, no int) ([]waitlist.Proposal, error) {
	return tx.proposals(ctx, `WHERE session_id = $1 AND slot_no = $2 ORDER BY opened_at, id`, sessionID, int64(no))
}

// ProposalsOf lists the offers that an entry had, oldest first.
func (tx *Tx) ProposalsOf(ctx context.Context, entryID string) ([]waitlist.Proposal, error) {
	return tx.proposals(ctx, `WHERE entry_id = $1 ORDER BY opened_at, id`, entryID)
}

func (tx *Tx) proposals(ctx context.Context, rest string, args ...any) ([]waitlist.Proposal, error) {
	out, err := all(ctx, tx, proposalInto, `SELECT `+proposalColumns+` FROM wait_offer `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return out, nil
}

// AddProposal inserts an offer; CodeConflict when the entry has an open one.
func (tx *Tx) AddProposal(ctx context.Context, p waitlist.Proposal) error {
	n, err := tx.exec(ctx, `INSERT INTO wait_offer (`+proposalColumns+`) VALUES (`+placeholders(1, 15)+`) ON CONFLICT DO NOTHING`,
		p.ID, p.EntryID, p.PatientID, p.SessionID, int64(p.SlotNo), micros(p.Start), micros(p.End), int64(p.Round), string(p.Kind),
		string(p.Status), p.AppointmentID, micros(p.OpenedAt), micros(p.ExpiresAt), micros(p.AnsweredAt), p.Version)
	return tx.changed(n, err, "offer")
}

// UpdateProposal saves what became of an offer, by the version that was read.
func (tx *Tx) UpdateProposal(ctx context.Context, p *waitlist.Proposal) error {
	n, err := tx.exec(ctx, `UPDATE wait_offer SET status = $1, appointment_id = $2, answered_at = $3, version = version + 1
 WHERE id = $4 AND version = $5`, string(p.Status), p.AppointmentID, micros(p.AnsweredAt), p.ID, p.Version)
	if err := tx.changed(n, err, "offer"); err != nil {
		return err
	}
	p.Version++
	return nil
}

// WaitTally counts what became of the places that came back in a department,
// "" for all, in sessions of some dates.
func (tx *Tx) WaitTally(ctx context.Context, departmentID string, from, to houzhen.Date) (waitlist.Tally, error) {
	w := where{}
	w.text("s.department_id = ", departmentID)
	w.dates("s.day", from, to)
	var opened, taken, public, offers, accepted number
	err := tx.scan(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN p.status = 'booked' THEN 1 ELSE 0 END), 0),
 COALESCE(SUM(CASE WHEN p.status = 'public' THEN 1 ELSE 0 END), 0)
 FROM wait_place p JOIN session s ON s.id = p.session_id`+w.clause(), w.args, &opened, &taken, &public)
	if err == nil {
		err = tx.scan(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN o.status = 'accepted' THEN 1 ELSE 0 END), 0)
 FROM wait_offer o JOIN session s ON s.id = o.session_id`+w.clause(), w.args, &offers, &accepted)
	}
	if err != nil {
		return waitlist.Tally{}, fmt.Errorf("tally waitlist: %w", err)
	}
	return waitlist.Tally{
		Opened: int(opened), Taken: int(taken), Public: int(public), Offers: int(offers), Accepted: int(accepted),
	}, nil
}
