package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// beforeOthers gives those consultations of sessions that ended with the patient
// being sent to tests or on to another doctor: his ticket keeps the one after
// them only, so they are read from the calls. Where nobody pressed that he had
// come in, none is known.
func (tx *Tx) beforeOthers(ctx context.Context, doctorID string, since time.Time, sessions []any) ([]consultation, error) {
	w := where{}
	w.in("c.verb", []any{queue.VerbTests, queue.VerbTransfer})
	w.in("c.session_id", sessions)
	w.text("c.doctor_id = ", doctorID)
	w.add("c.at >= ", micros(since))
	w.add("s.verb = ", queue.VerbStart)
	w.raw(`s.at = (SELECT MAX(m.at) FROM call m
		WHERE m.session_id = c.session_id AND m.ticket_id = c.ticket_id AND m.verb = s.verb AND m.at <= c.at)`)
	rows, err := all(ctx, tx, consultationInto, `SELECT c.session_id, c.doctor_id, t.patient_id, 'normal', t.first_visit, t.walk_in, q.start_at, q.end_at, s.at AS here, s.at, c.at, CASE c.verb WHEN 'transfer' THEN 1 ELSE 0 END
		FROM call c JOIN queue q ON q.session_id = c.session_id JOIN ticket t ON t.id = c.ticket_id
		JOIN call s ON s.session_id = c.session_id AND s.ticket_id = c.ticket_id`+w.clause(), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list consultations before others: %w", err)
	}
	return rows, nil
}

// withOthers adds to finished consultations, newest first, those of the same
// sessions that ended otherwise, as far as they are not older than the limit
// reaches.
func (tx *Tx) withOthers(ctx context.Context, done []consultation, doctorID string, since time.Time, limit int) ([]consultation, error) {
	if len(done) == 0 {
		return done, nil
	}
	var sessions []any
	for _, c := range done {
		if !slices.Contains(sessions, any(c.SessionID)) {
			sessions = append(sessions, c.SessionID)
		}
	}
	if len(done) == limit && done[limit-1].ended.After(since) {
		since = done[limit-1].ended
	}
	others, err := tx.beforeOthers(ctx, doctorID, since, sessions)
	if err != nil {
		return nil, err
	}
	done = append(done, others...)
	slices.SortStableFunc(done, func(a, b consultation) int {
		return cmp.Or(b.ended.Compare(a.ended), cmp.Compare(a.PatientID, b.PatientID))
	})
	return done[:min(len(done), limit)], nil
}
