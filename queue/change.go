package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// change is one verb at work: the queue as it was loaded, as the rules make
// it, and what is to be told. Nothing is written before save, so a refusal
// leaves no trace.
type change struct {
	tx     Tx
	now    time.Time
	p      Policy
	q      Queue
	before map[string]Ticket
	whole  bool   // every ticket is loaded, so the order can be run
	left   *Queue // the head of the queue that a moved ticket leaves
	facts  []fact
	calls  []Call
	r      command // what was asked, for the log
	about  string  // the ticket it is about
	why    Reason
}

// fact waits for the version that saving gives its subject.
type fact struct {
	kind     houzhen.EventKind
	ticketID string // "" for a fact about the queue itself
	session  string
	data     houzhen.PickData
}

func newChange(tx Tx, q Queue, p Policy, whole bool) *change {
	c := &change{tx: tx, now: tx.Now(), p: p, q: q, whole: whole, before: map[string]Ticket{}}
	for _, t := range q.Tickets {
		c.before[t.ID] = t
	}
	if whole {
		c.wake()
	}
	return c
}

// by says which verb is at work, about whom, for the log.
func (c *change) by(verb, operator string) *change {
	c.r.verb, c.r.operator = verb, operator
	return c
}

// wake brings back those whose time to go later has come.
func (c *change) wake() {
	var ids []string
	c.q, ids = Wake(c.q, c.now)
	for _, id := range ids {
		if t, err := c.ticket(id); err == nil {
			c.tell(houzhen.TicketReturned, t, because(ReasonWoken))
		}
	}
}

// ticket finds a loaded ticket; the pointer is good until the next fill.
func (c *change) ticket(id string) (*Ticket, error) {
	i := slices.IndexFunc(c.q.Tickets, func(t Ticket) bool { return t.ID == id })
	if i < 0 {
		return nil, houzhen.E(houzhen.CodeNotFound, "no such ticket in this queue").On("ticket")
	}
	return &c.q.Tickets[i], nil
}

// byAppointment finds a loaded ticket, nil for none.
func (c *change) byAppointment(id string) *Ticket {
	i := slices.IndexFunc(c.q.Tickets, func(t Ticket) bool { return t.AppointmentID == id })
	if i < 0 {
		return nil
	}
	return &c.q.Tickets[i]
}

// loadAll brings the other tickets of the locked queue, once the doctor has
// started: only then does the order matter.
func (c *change) loadAll(ctx context.Context) error {
	if c.whole || c.q.StartedAt.IsZero() {
		return nil
	}
	tickets, err := c.tx.LockedTickets(ctx, c.q)
	if err != nil {
		return fmt.Errorf("load queue: %w", err)
	}
	for _, t := range tickets {
		if _, known := c.before[t.ID]; !known {
			c.before[t.ID] = t
			c.q.Tickets = append(c.q.Tickets, t)
		}
	}
	c.whole = true
	c.wake()
	return nil
}

// fill asks patients to the door and records why each was picked.
func (c *change) fill() {
	if !c.whole {
		return
	}
	var picks []Pick
	c.q, picks = Fill(c.q, c.p, c.now)
	for _, pick := range picks {
		c.note(VerbReady, pick.TicketID, pick.Reason)
	}
}

// note records something that a verb caused beside its own call.
func (c *change) note(verb, ticketID string, why Reason) {
	call := Call{
		RequestID: c.tx.NewID(), SessionID: c.q.SessionID, TicketID: ticketID,
		DoctorID: c.q.DoctorID, RoomID: c.q.RoomID, Verb: verb, Reason: why, At: c.now, Operator: c.r.operator,
	}
	if t, err := c.ticket(ticketID); err == nil && t.DoctorID != "" && verb != VerbReady {
		call.DoctorID, call.RoomID = t.DoctorID, t.RoomID
	}
	c.calls = append(c.calls, call)
}

// tell emits a fact about a ticket once it is saved.
func (c *change) tell(kind houzhen.EventKind, t *Ticket, why Reason) {
	c.facts = append(c.facts, fact{
		kind: kind, ticketID: t.ID, session: c.q.SessionID,
		data: houzhen.PickData{Room: t.RoomID, Doctor: t.DoctorID, Reason: why.Code, Args: why.Args},
	})
}

// tellQueue emits a fact about the queue itself.
func (c *change) tellQueue(kind houzhen.EventKind, why Reason) {
	c.facts = append(c.facts, fact{
		kind: kind, session: c.q.SessionID,
		data: houzhen.PickData{Room: c.q.RoomID, Doctor: c.q.DoctorID, Reason: why.Code, Args: why.Args},
	})
}

// saved saves and gives one ticket as it was written.
func (c *change) saved(ctx context.Context, ticketID string) (Ticket, error) {
	c.about = ticketID
	if err := c.save(ctx); err != nil {
		return Ticket{}, err
	}
	return c.before[ticketID], nil
}

// save writes the tickets that changed, the head, the calls, the log and the
// facts.
func (c *change) save(ctx context.Context) error {
	if err := c.tx.Together(func() error { return c.saveAll(ctx) }); err != nil {
		return err
	}
	return c.emit()
}

func (c *change) saveAll(ctx context.Context) error {
	var changed []Ticket
	for i := range c.q.Tickets {
		did, err := c.saveTicket(ctx, &c.q.Tickets[i])
		if err != nil {
			return err
		}
		if did {
			changed = append(changed, c.q.Tickets[i])
		}
	}
	for _, q := range []*Queue{&c.q, c.left} {
		if q == nil {
			continue
		}
		if err := c.tx.SaveQueue(ctx, q); err != nil {
			return fmt.Errorf("save queue: %w", err)
		}
	}
	for _, call := range c.calls {
		if err := c.tx.AddCall(ctx, call); err != nil {
			return fmt.Errorf("record call: %w", err)
		}
	}
	return c.write(ctx, changed)
}

// write appends to the log, and to that of a queue that a ticket left.
func (c *change) write(ctx context.Context, changed []Ticket) error {
	e := c.entry(c.q)
	e.Change.Tickets = changed
	for _, call := range c.calls {
		if call.RequestID != c.r.request {
			e.Change.Picks = append(e.Change.Picks, Note{call.Verb, call.TicketID, call.Reason})
		}
	}
	if err := c.tx.AddEntry(ctx, e); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if c.left == nil {
		return nil
	}
	e = c.entry(*c.left)
	e.Verb, e.Change.Gone = VerbDrop, []string{c.about}
	if err := c.tx.AddEntry(ctx, e); err != nil {
		return fmt.Errorf("write log of queue left: %w", err)
	}
	return nil
}

func (c *change) entry(q Queue) Entry {
	q.Tickets = nil
	return Entry{
		SessionID: q.SessionID, Version: q.Version, At: c.now, Verb: c.r.verb, Operator: c.r.operator, RequestID: c.r.request,
		TicketID: c.about, Cause: c.r.cause, Reason: c.why, Policy: c.p.Version, Change: Change{Head: q},
	}
}

func (c *change) saveTicket(ctx context.Context, t *Ticket) (changed bool, err error) {
	before, known := c.before[t.ID]
	switch {
	case !known:
		if err := c.tx.AddTicket(ctx, *t); err != nil {
			return false, fmt.Errorf("add ticket: %w", err)
		}
	case *t != before:
		if err := c.tx.SaveTicket(ctx, t); err != nil {
			return false, fmt.Errorf("save ticket: %w", err)
		}
	default:
		return false, nil
	}
	c.before[t.ID] = *t
	return true, nil
}

func (c *change) emit() error {
	for _, f := range c.facts {
		data, err := json.Marshal(f.data)
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		e := houzhen.Event{
			ID: c.tx.NewID(), Kind: f.kind, Subject: f.session, Version: c.q.Version,
			Session: f.session, At: c.now, Data: data,
		}
		if f.ticketID != "" {
			e.Subject, e.Version = f.ticketID, c.before[f.ticketID].Version
		}
		if err := c.tx.Emit(e); err != nil {
			return fmt.Errorf("emit fact: %w", err)
		}
	}
	return nil
}
