package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/draw"
)

const drawRequestColumns = `id, session_id, patient_id, account_id, shown, travel_minutes, asked_at, drawn_rank, outcome, code, appointment_id`

// drawRequestRow is a lot as it is stored.
type drawRequestRow struct {
	draw.Request
	shown string
}

func drawRequestInto(r *drawRequestRow) []any {
	return []any{
		&r.ID, &r.SessionID, &r.PatientID, &r.AccountID, &r.shown, (*number)(&r.TravelMinutes), (*instant)(&r.At), (*number)(&r.Rank),
		(*string)(&r.Outcome), (*string)(&r.Code), &r.AppointmentID,
	}
}

func drawRequestOf(r drawRequestRow, err error) (draw.Request, error) {
	if err != nil {
		return draw.Request{}, err
	}
	r.Groups = nil
	if r.shown == "" {
		return r.Request, nil
	}
	if err := json.Unmarshal([]byte(r.shown), &r.Groups); err != nil {
		return draw.Request{}, fmt.Errorf("read groups of a lot: %w", err)
	}
	return r.Request, nil
}

func (tx *Tx) drawRequests(ctx context.Context, rest string, args ...any) ([]draw.Request, error) {
	rows, err := all(ctx, tx, drawRequestInto, `SELECT `+drawRequestColumns+` FROM draw_request WHERE `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list lots: %w", err)
	}
	out := make([]draw.Request, len(rows))
	for i, r := range rows {
		if out[i], err = drawRequestOf(r, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DrawRequest finds a lot.
func (tx *Tx) DrawRequest(ctx context.Context, id string) (draw.Request, error) {
	return drawRequestOf(one(ctx, tx, missing("lot"), drawRequestInto, `SELECT `+drawRequestColumns+` FROM draw_request WHERE id = $1`, id))
}

// DrawRequestOf finds a person's lot in the draw of a session.
func (tx *Tx) DrawRequestOf(ctx context.Context, sessionID, patientID string) (draw.Request, error) {
	return drawRequestOf(one(ctx, tx, missing("lot"), drawRequestInto,
		`SELECT `+drawRequestColumns+` FROM draw_request WHERE session_id = $1 AND patient_id = $2`, sessionID, patientID))
}

// DrawRequests lists the lots of a draw by rank, then id.
func (tx *Tx) DrawRequests(ctx context.Context, sessionID string) ([]draw.Request, error) {
	return tx.drawRequests(ctx, `session_id = $1 ORDER BY drawn_rank, id`, sessionID)
}

// DrawRequestsOpen lists lots without an outcome by rank.
func (tx *Tx) DrawRequestsOpen(ctx context.Context, sessionID string, limit int) ([]draw.Request, error) {
	return tx.drawRequests(ctx, `session_id = $1 AND outcome = '' ORDER BY drawn_rank, id LIMIT $2`, sessionID, int64(limit))
}

// DrawRequestsOfPatients lists the lots of some people, the latest first.
func (tx *Tx) DrawRequestsOfPatients(ctx context.Context, patientIDs []string) ([]draw.Request, error) {
	if len(patientIDs) == 0 {
		return []draw.Request{}, nil
	}
	w := where{}
	w.in("patient_id", padded(patientIDs))
	return tx.drawRequests(ctx, w.conditions[0]+` ORDER BY asked_at DESC, id`, w.args...)
}

// AddDrawRequest inserts a lot; CodeConflict when the person has one.
func (tx *Tx) AddDrawRequest(ctx context.Context, r draw.Request) error {
	shown := ""
	if len(r.Groups) > 0 {
		b, err := json.Marshal(r.Groups)
		if err != nil {
			return fmt.Errorf("write groups of a lot: %w", err)
		}
		shown = string(b)
	}
	n, err := tx.exec(ctx, `INSERT INTO draw_request (`+drawRequestColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		r.ID, r.SessionID, r.PatientID, r.AccountID, shown, int64(r.TravelMinutes), micros(r.At), int64(r.Rank),
		string(r.Outcome), string(r.Code), r.AppointmentID)
	if err != nil {
		return fmt.Errorf("add lot: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "the person has a lot")
	}
	return nil
}

// UpdateDrawRequest saves how a lot came out.
func (tx *Tx) UpdateDrawRequest(ctx context.Context, r draw.Request) error {
	n, err := tx.exec(ctx, `UPDATE draw_request SET drawn_rank = $1, outcome = $2, code = $3, appointment_id = $4 WHERE id = $5`,
		int64(r.Rank), string(r.Outcome), string(r.Code), r.AppointmentID, r.ID)
	return tx.changed(n, err, "lot")
}
