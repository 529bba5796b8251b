package queue

import (
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Service is the queue's verbs. A verb that takes a Tx is part of the caller's
// transaction; one without runs its own.
type Service struct {
	store    Store
	policyOf func(zoneID string) Policy
	loc      *time.Location
}

// NewService makes the verbs. policyOf gives a zone's policy, loc is the
// hospital's zone, by which a business date is told.
func NewService(store Store, policyOf func(zoneID string) Policy, loc *time.Location) *Service {
	return &Service{store: store, policyOf: policyOf, loc: loc}
}

// CallRequest names the desk that presses a button. RequestID makes it
// idempotent; DoctorID and RoomID default to the queue's own.
type CallRequest struct {
	SessionID, RequestID, DoctorID, RoomID string
	Operator                               string // who pressed, for the record
}

// TicketRequest presses a button about one ticket. Finish and Start may leave
// TicketID empty: the doctor's present patient. Version, if given, is the
// ticket's as whoever pressed saw it: another one is refused with CodeConflict
// and the words of who changed it.
type TicketRequest struct {
	SessionID, RequestID, TicketID, DoctorID string
	Operator                                 string
	Version                                  int64
}

// Outcome is what a verb did.
type Outcome struct {
	Call     Call   // the stored pick: the same for every repetition of the request
	Ticket   Ticket // as it is now; zero when the verb is about the desk
	Also     []Call // what else it caused: finished, asked to the door, put back
	Version  int64  // of the queue
	Replayed bool   // the request had been answered before; nothing was done
}

// command is a request in the one form that once works on.
type command struct {
	session, request, ticket, doctor, room, verb string
	operator, cause                              string
	version                                      int64
	act                                          Action
}

func (r CallRequest) command(verb string) command {
	return command{session: r.SessionID, request: r.RequestID, doctor: r.DoctorID, room: r.RoomID, verb: verb, operator: r.Operator}
}

func (r TicketRequest) command(verb string) command {
	return command{
		session: r.SessionID, request: r.RequestID, ticket: r.TicketID, doctor: r.DoctorID, verb: verb,
		operator: r.Operator, version: r.Version,
	}
}

// decision changes the loaded queue and says about which ticket and why.
type decision func(c *change, r command) (ticketID string, why Reason, err error)

// reading is a decision that looks beyond the queue.
type reading func(ctx context.Context, c *change, r command) (ticketID string, why Reason, err error)

// once locks the queue, answers a request that was answered before, otherwise
// decides, saves and tells.
func (s *Service) once(ctx context.Context, tx Tx, r command, decide decision) (Outcome, error) {
	return s.onceReading(ctx, tx, r, func(_ context.Context, c *change, r command) (string, Reason, error) { return decide(c, r) })
}

func (s *Service) onceReading(ctx context.Context, tx Tx, r command, decide reading) (Outcome, error) {
	if r.request == "" {
		return Outcome{}, houzhen.E(houzhen.CodeKeyMissing, "a queue verb needs a request id").On("request_id")
	}
	if r.session == "" && r.ticket == "" {
		return Outcome{}, houzhen.E(houzhen.CodeMissing, "a queue verb needs its session").On("session")
	}
	if r.session == "" {
		t, err := tx.Ticket(ctx, r.ticket)
		if err != nil {
			return Outcome{}, err
		}
		r.session = t.SessionID
	}
	err := tx.Foresee(ctx, func(tx Tx) {
		_, _ = tx.LockQueue(ctx, r.session)
		_, _ = tx.CallByRequest(ctx, r.session, r.request)
	})
	if err != nil {
		return Outcome{}, err
	}
	q, err := tx.LockQueue(ctx, r.session)
	if err != nil {
		return Outcome{}, err
	}
	call, err := tx.CallByRequest(ctx, r.session, r.request)
	if err == nil {
		return replay(ctx, tx, q, call, r)
	}
	if houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return Outcome{}, err
	}
	return s.perform(ctx, newChange(tx, q, s.policyOf(q.ZoneID), true), r, decide)
}

func (s *Service) perform(ctx context.Context, c *change, r command, decide reading) (Outcome, error) {
	if r.doctor == "" {
		r.doctor = c.q.DoctorID
	}
	if r.room == "" {
		r.room = c.q.RoomID
	}
	c.r = r
	if err := c.unchanged(ctx, r); err != nil {
		return Outcome{}, err
	}
	ticketID, why, err := decide(ctx, c, r)
	if err != nil {
		return Outcome{}, err
	}
	if why, err = c.reasonAtDoor(ctx, ticketID, why); err != nil {
		return Outcome{}, err
	}
	also := c.calls
	call := Call{
		RequestID: r.request, SessionID: r.session, TicketID: ticketID,
		DoctorID: r.doctor, RoomID: r.room, Verb: r.verb, Reason: why, At: c.now, Operator: r.operator, Cause: r.cause,
	}
	c.calls = append(slices.Clone(also), call)
	c.about, c.why = ticketID, why
	c.explain(ticketID, why)
	if err := c.save(ctx); err != nil {
		return Outcome{}, err
	}
	return Outcome{Call: call, Ticket: c.before[ticketID], Also: also, Version: c.q.Version}, nil
}

// unchanged refuses a press about a ticket that was changed since whoever
// pressed saw it, and says by which verb, when and by whom.
func (c *change) unchanged(ctx context.Context, r command) error {
	if r.version == 0 || r.ticket == "" {
		return nil
	}
	t, err := c.ticket(r.ticket)
	if err != nil || t.Version == r.version {
		return err
	}
	calls, err := c.tx.Calls(ctx, c.q.SessionID)
	if err != nil {
		return err
	}
	e := houzhen.E(houzhen.CodeConflict, "the ticket was changed meanwhile").On("version")
	for _, call := range slices.Backward(calls) {
		if call.TicketID == r.ticket {
			return e.With("verb", call.Verb).With("by", call.Operator).With("at", call.At.Format(time.RFC3339))
		}
	}
	return e
}

// replay answers a request again. The same id for another button or another
// ticket is a mistake of the caller.
func replay(ctx context.Context, tx Tx, q Queue, call Call, r command) (Outcome, error) {
	if call.Verb != r.verb || (r.ticket != "" && r.ticket != call.TicketID) {
		return Outcome{}, houzhen.E(houzhen.CodeKeyReused, "that request id made another call").On("request_id")
	}
	o := Outcome{Call: call, Version: q.Version, Replayed: true}
	if call.TicketID == "" {
		return o, nil
	}
	t, err := tx.Ticket(ctx, call.TicketID)
	o.Ticket = t
	return o, err
}

// inTx runs a verb in a transaction of its own.
func (s *Service) inTx(ctx context.Context, verb func(Tx) (Outcome, error)) (Outcome, error) {
	var o Outcome
	err := s.store.InTx(ctx, func(tx Tx) error {
		var err error
		o, err = verb(tx)
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	return o, nil
}
