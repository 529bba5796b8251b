package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

const ticketColumns = `id, session_id, zone_id, appointment_id, patient_id, no, label, slice_start, slice_end, state, lane,
 walk_in, checked_in_at, lane_since, ready_at, called_at, last_call_at, calls, misses, skip_normals, at_end, started_at,
 ended_at, doctor_id, room_id, travel_minutes, leave_advised_at, end_reason, priority_group,
 assigned_doctor_id, not_before, results_at, returns, overtaken, overtaken_for, care, lives_near, wait_advised_at, first_visit,
 set_out_at, no_show, note, version`

func ticketInto(t *queue.Ticket) []any {
	return []any{
		&t.ID, &t.SessionID, &t.ZoneID, &t.AppointmentID, &t.PatientID, (*number)(&t.No), &t.Label, (*instant)(&t.SliceStart),
		(*instant)(&t.SliceEnd), (*string)(&t.State), (*string)(&t.Lane), (*flag)(&t.WalkIn), (*instant)(&t.CheckedInAt),
		(*instant)(&t.LaneSince), (*instant)(&t.ReadyAt), (*instant)(&t.CalledAt), (*instant)(&t.LastCallAt),
		(*number)(&t.Calls), (*number)(&t.Misses), (*number)(&t.SkipNormals), (*flag)(&t.AtEnd), (*instant)(&t.StartedAt),
		(*instant)(&t.EndedAt), &t.DoctorID, &t.RoomID, (*number)(&t.TravelMinutes), (*instant)(&t.LeaveAdvisedAt),
		&t.EndReason, &t.Group, &t.AssignedDoctorID, (*instant)(&t.NotBefore), (*instant)(&t.ResultsAt), (*number)(&t.Returns),
		(*number)(&t.Overtaken), (*int64)(&t.OvertakenFor), &t.Care, (*flag)(&t.LivesNear), (*instant)(&t.WaitAdvisedAt),
		(*flag)(&t.FirstVisit), (*instant)(&t.SetOutAt), (*chance)(&t.NoShow), &t.Note, &t.Version,
	}
}

func ticketArgs(t queue.Ticket) []any {
	return []any{
		t.ID, t.SessionID, t.ZoneID, t.AppointmentID, t.PatientID, int64(t.No), t.Label, micros(t.SliceStart),
		micros(t.SliceEnd), string(t.State), string(t.Lane), bit(t.WalkIn), micros(t.CheckedInAt), micros(t.LaneSince),
		micros(t.ReadyAt), micros(t.CalledAt), micros(t.LastCallAt), int64(t.Calls), int64(t.Misses), int64(t.SkipNormals),
		bit(t.AtEnd), micros(t.StartedAt), micros(t.EndedAt), t.DoctorID, t.RoomID, int64(t.TravelMinutes),
		micros(t.LeaveAdvisedAt), t.EndReason, t.Group, t.AssignedDoctorID, micros(t.NotBefore), micros(t.ResultsAt),
		int64(t.Returns), int64(t.Overtaken), int64(t.OvertakenFor), t.Care, bit(t.LivesNear),
		micros(t.WaitAdvisedAt), bit(t.FirstVisit), micros(t.SetOutAt), millionths(t.NoShow), t.Note, t.Version,
	}
}

// ticketsOf lists the tickets of some sessions by session and number.
func (tx *Tx) ticketsOf(ctx context.Context, sessionIDs []string) ([]queue.Ticket, error) {
	var out []queue.Ticket
	err := chunks(sessionIDs, 1, func(list string, args []any) error {
		some, err := all(ctx, tx, ticketInto, `SELECT `+ticketColumns+` FROM ticket WHERE session_id IN (`+list+`)
 ORDER BY session_id, no, id`, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	return out, nil
}

// Ticket finds a ticket.
func (tx *Tx) Ticket(ctx context.Context, id string) (queue.Ticket, error) {
	return one(ctx, tx, missing("ticket"), ticketInto, `SELECT `+ticketColumns+` FROM ticket WHERE id = $1`, id)
}

// PutOff gives those of some patients who are to go later somewhere although
// they had been asked to the door: they were with another doctor.
func (tx *Tx) PutOff(ctx context.Context, patientIDs []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := tx.lookup("ticket", "patient_id, state, ready_at", "patient_id", patientIDs, 1, func(from string, args []any) error {
		some, err := all(ctx, tx, idInto, `SELECT patient_id FROM `+from+` AND state = 'deferred' AND ready_at > 0`, args...)
		for _, id := range some {
			out[id] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list who was put off: %w", err)
	}
	return out, nil
}

// TicketByAppointment finds the ticket of an appointment.
func (tx *Tx) TicketByAppointment(ctx context.Context, appointmentID string) (queue.Ticket, error) {
	return one(ctx, tx, missing("ticket"), ticketInto,
		`SELECT `+ticketColumns+` FROM ticket WHERE appointment_id = $1 AND appointment_id <> ''`, appointmentID)
}

// Elsewhere locks and lists a patient's tickets whose slices start in
// [from, to), by id, so that two queues cannot call him at once.
func (tx *Tx) Elsewhere(ctx context.Context, patientID string, from, to time.Time) ([]queue.Ticket, error) {
	out, err := all(ctx, tx, ticketInto, `SELECT `+ticketColumns+` FROM ticket WHERE patient_id = $1
 AND slice_start >= $2 AND slice_start < $3 ORDER BY id`+tx.db.d.lock, patientID, micros(from), micros(to))
	if err != nil {
		return nil, fmt.Errorf("list tickets of the patient: %w", err)
	}
	return out, nil
}

// AddTicket inserts a ticket; CodeConflict if the appointment has one.
func (tx *Tx) AddTicket(ctx context.Context, t queue.Ticket) error {
	err := tx.mustInsert(ctx, houzhen.E(houzhen.CodeConflict, "appointment has a ticket"), `INSERT INTO ticket (`+ticketColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
 $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43)`, ticketArgs(t)...)
	if err == nil {
		tx.seen.ticket(t)
	}
	return err
}

// SaveTicket saves by id and the version that was read, and raises it;
// CodeConflict when it was changed meanwhile. The appointment never changes.
func (tx *Tx) SaveTicket(ctx context.Context, t *queue.Ticket) error {
	err := tx.mustUpdate(ctx, houzhen.E(houzhen.CodeConflict, "ticket was changed meanwhile"), `UPDATE ticket SET session_id = $1, zone_id = $2, patient_id = $3, no = $4, label = $5,
 slice_start = $6, slice_end = $7, state = $8, lane = $9, walk_in = $10, checked_in_at = $11, lane_since = $12,
 ready_at = $13, called_at = $14, last_call_at = $15, calls = $16, misses = $17, skip_normals = $18, at_end = $19,
 started_at = $20, ended_at = $21, doctor_id = $22, room_id = $23, travel_minutes = $24, leave_advised_at = $25,
 end_reason = $26, priority_group = $27, assigned_doctor_id = $28, not_before = $29, results_at = $30, returns = $31,
 overtaken = $32, overtaken_for = $33, care = $34, lives_near = $35, wait_advised_at = $36, first_visit = $37,
 set_out_at = $38, no_show = $39, note = $40`, `id = $41`, `version = $42`,
		t.SessionID, t.ZoneID, t.PatientID, int64(t.No), t.Label, micros(t.SliceStart), micros(t.SliceEnd), string(t.State),
		string(t.Lane), bit(t.WalkIn), micros(t.CheckedInAt), micros(t.LaneSince), micros(t.ReadyAt), micros(t.CalledAt),
		micros(t.LastCallAt), int64(t.Calls), int64(t.Misses), int64(t.SkipNormals), bit(t.AtEnd), micros(t.StartedAt),
		micros(t.EndedAt), t.DoctorID, t.RoomID, int64(t.TravelMinutes), micros(t.LeaveAdvisedAt), t.EndReason, t.Group,
		t.AssignedDoctorID, micros(t.NotBefore), micros(t.ResultsAt), int64(t.Returns), int64(t.Overtaken), int64(t.OvertakenFor),
		t.Care, bit(t.LivesNear), micros(t.WaitAdvisedAt), bit(t.FirstVisit), micros(t.SetOutAt), millionths(t.NoShow), t.Note,
		t.ID, t.Version)
	if err == nil {
		t.Version++
		tx.seen.ticket(*t)
	}
	return err
}

// consultation is one finished ticket, as the forecast needs it.
type consultation struct {
	queue.Consultation
	ended  time.Time
	sentOn bool // it ended with another doctor
}

func consultationInto(c *consultation) []any {
	return []any{
		&c.SessionID, &c.DoctorID, &c.PatientID, (*string)(&c.Lane), (*flag)(&c.First), (*flag)(&c.WalkIn), (*instant)(&c.SessionStart), (*instant)(&c.SessionEnd),
		(*instant)(&c.Here), (*instant)(&c.Start), (*instant)(&c.ended), (*flag)(&c.sentOn),
	}
}

// Consultations gives consultations that ended since an instant, newest first,
// at most limit, those too after which the patient was sent to tests or on to
// another doctor; doctorID "" means all doctors.
func (tx *Tx) Consultations(ctx context.Context, doctorID string, since time.Time, limit int) ([]queue.Consultation, error) {
	w := where{conditions: []string{"t.state = 'done'", "t.started_at > 0"}}
	w.text("t.doctor_id = ", doctorID)
	w.add("t.ended_at >= ", micros(since))
	rows, err := all(ctx, tx, consultationInto, `SELECT t.session_id, t.doctor_id, t.patient_id, t.lane, t.first_visit, t.walk_in, q.start_at, q.end_at, t.checked_in_at, t.started_at, t.ended_at, 0
		FROM ticket t JOIN queue q ON q.session_id = t.session_id`+w.clause()+
		` ORDER BY t.ended_at DESC LIMIT `+after(w.args), append(w.args, int64(limit))...)
	if err != nil {
		return nil, fmt.Errorf("list consultations: %w", err)
	}
	if rows, err = tx.withOthers(ctx, rows, doctorID, since, limit); err != nil {
		return nil, err
	}
	out := make([]queue.Consultation, len(rows))
	for i, c := range rows {
		out[i] = c.Consultation
		out[i].Length = c.ended.Sub(c.Start)
		if c.sentOn {
			out[i].Length = queue.NoLength
		}
	}
	return out, nil
}
