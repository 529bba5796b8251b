package queuetest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// Ticket finds one by id.
func (t *tx) Ticket(_ context.Context, id string) (queue.Ticket, error) {
	ticket, ok := t.data.tickets[id]
	if !ok {
		return queue.Ticket{}, houzhen.E(houzhen.CodeNotFound, "no such ticket")
	}
	return ticket, nil
}

// TicketByAppointment finds an appointment's ticket.
func (t *tx) TicketByAppointment(_ context.Context, appointmentID string) (queue.Ticket, error) {
	for _, ticket := range t.data.tickets {
		if ticket.AppointmentID == appointmentID {
			return ticket, nil
		}
	}
	return queue.Ticket{}, houzhen.E(houzhen.CodeNotFound, "no ticket of that appointment")
}

// AddTicket refuses a second ticket of an appointment.
func (t *tx) AddTicket(ctx context.Context, ticket queue.Ticket) error {
	if _, err := t.TicketByAppointment(ctx, ticket.AppointmentID); err == nil {
		return houzhen.E(houzhen.CodeConflict, "the appointment has a ticket")
	}
	t.data.tickets[ticket.ID] = ticket
	return nil
}

// SaveTicket writes by the version read, which it raises.
func (t *tx) SaveTicket(_ context.Context, ticket *queue.Ticket) error {
	old, ok := t.data.tickets[ticket.ID]
	if !ok || old.Version != ticket.Version {
		return houzhen.E(houzhen.CodeConflict, "the ticket has another version")
	}
	ticket.Version++
	t.data.tickets[ticket.ID] = *ticket
	return nil
}

// CallByRequest finds what a request id made.
func (t *tx) CallByRequest(_ context.Context, sessionID, requestID string) (queue.Call, error) {
	for _, c := range t.data.calls {
		if c.SessionID == sessionID && c.RequestID == requestID {
			return c, nil
		}
	}
	return queue.Call{}, houzhen.E(houzhen.CodeNotFound, "no call of that request")
}

// AddCall refuses a request id that made a call before.
func (t *tx) AddCall(ctx context.Context, c queue.Call) error {
	if _, err := t.CallByRequest(ctx, c.SessionID, c.RequestID); err == nil {
		return houzhen.E(houzhen.CodeConflict, "the request made a call before")
	}
	t.data.calls = append(t.data.calls, c)
	return nil
}

// LastCall finds the latest call of a verb about a ticket.
func (t *tx) LastCall(ctx context.Context, sessionID, ticketID, verb string) (queue.Call, error) {
	calls, err := t.Calls(ctx, sessionID)
	for _, c := range slices.Backward(calls) {
		if c.TicketID == ticketID && c.Verb == verb {
			return c, err
		}
	}
	return queue.Call{}, houzhen.E(houzhen.CodeNotFound, "no such call")
}

// Calls lists a session's calls, oldest first.
func (t *tx) Calls(_ context.Context, sessionID string) ([]queue.Call, error) {
	var found []queue.Call
	for _, c := range t.data.calls {
		if c.SessionID == sessionID {
			found = append(found, c)
		}
	}
	return found, nil
}

// Elsewhere lists a patient's tickets by id.
func (t *tx) Elsewhere(_ context.Context, patientID string, from, to time.Time) ([]queue.Ticket, error) {
	var found []queue.Ticket
	for _, ticket := range t.data.tickets {
		start := t.data.queues[ticket.SessionID].Start
		if ticket.PatientID == patientID && !start.Before(from) && start.Before(to) {
			found = append(found, ticket)
		}
	}
	slices.SortFunc(found, func(a, b queue.Ticket) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// AddEntry appends to a log; what it is given is kept as JSON keeps it.
func (t *tx) AddEntry(_ context.Context, e queue.Entry) error {
	for _, o := range t.data.log {
		if o.SessionID == e.SessionID && o.Version == e.Version {
			return houzhen.E(houzhen.CodeConflict, "the log has that entry")
		}
	}
	e.Change.Head = clone(e.Change.Head)
	t.data.log = append(t.data.log, e)
	return nil
}

// Log gives a queue's log, oldest first.
func (t *tx) Log(_ context.Context, sessionID string) ([]queue.Entry, error) {
	var found []queue.Entry
	for _, e := range t.data.log {
		if e.SessionID == sessionID {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b queue.Entry) int { return cmp.Compare(a.Version, b.Version) })
	return found, nil
}

// Consultations lists finished ones, newest first.
func (t *tx) Consultations(_ context.Context, doctorID string, since time.Time, limit int) ([]queue.Consultation, error) {
	var found []queue.Consultation
	for _, ticket := range t.data.tickets {
		if ticket.State != queue.Done || ticket.EndedAt.Before(since) || (doctorID != "" && ticket.DoctorID != doctorID) {
			continue
		}
		q := t.data.queues[ticket.SessionID]
		found = append(found, queue.Consultation{
			SessionID: ticket.SessionID, DoctorID: ticket.DoctorID, PatientID: ticket.PatientID, Lane: ticket.Lane, First: ticket.FirstVisit, WalkIn: ticket.WalkIn,
			SessionStart: q.Start, SessionEnd: q.End, Here: ticket.CheckedInAt, Start: ticket.StartedAt, Length: ticket.EndedAt.Sub(ticket.StartedAt),
		})
	}
	found = append(found, t.beforeOthers(doctorID, since)...)
	slices.SortFunc(found, func(a, b queue.Consultation) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.DoctorID, b.DoctorID))
	})
	return found[:min(limit, len(found))], nil
}

// beforeOthers gives the consultations that ended with the patient being sent to
// tests or on to another doctor, whose ticket keeps the one after them only.
func (t *tx) beforeOthers(doctorID string, since time.Time) []queue.Consultation {
	var found []queue.Consultation
	started := map[string]time.Time{} // by ticket, the last
	for _, c := range t.data.calls {
		switch c.Verb {
		case queue.VerbStart:
			started[c.TicketID] = c.At
		case queue.VerbTests, queue.VerbTransfer:
			start, ok := started[c.TicketID]
			if !ok || c.At.Before(since) || doctorID != "" && c.DoctorID != doctorID {
				continue
			}
			length := c.At.Sub(start)
			if c.Verb == queue.VerbTransfer {
				length = queue.NoLength
			}
			q := t.data.queues[c.SessionID]
			found = append(found, queue.Consultation{
				SessionID: c.SessionID, DoctorID: c.DoctorID, PatientID: t.data.tickets[c.TicketID].PatientID, Lane: queue.LaneNormal,
				First: t.data.tickets[c.TicketID].FirstVisit, WalkIn: t.data.tickets[c.TicketID].WalkIn,
				SessionStart: q.Start, SessionEnd: q.End, Here: start, Start: start, Length: length,
			})
		}
	}
	return found
}
