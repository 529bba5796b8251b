package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// crowd is what facts that are worked on in one transaction share: what was read
// ahead for all of them, and the messages that they cause, which enter the
// ledger together. What it holds may have changed within the transaction; that
// makes a message too many, which the gate finds, and never one too few.
type crowd struct {
	tx           everything
	appointments map[string]booking.Appointment
	tickets      map[string]queue.Ticket
	sessions     map[string]booking.Session
	putOff       map[string]bool // of the tickets' patients, whom a queue put off because they were with another doctor
	people       map[string]directory.Patient
	prefs        map[string]notify.Prefs
	contacts     map[string][]store.Contact
	collects     bool // what the facts cause is done together, after the last of them
	rows         []notify.Message
	visits       []string // appointments whose patients were seen
}

type crowdKey struct{}

// crowdOf gives the crowd of a transaction, an empty one if there is none.
func crowdOf(ctx context.Context, tx everything) *crowd {
	if c, ok := ctx.Value(crowdKey{}).(*crowd); ok && c.tx == tx {
		return c
	}
	return &crowd{}
}

// tells reports whether a fact is one that its appointment's patient is told of.
func tells(k houzhen.EventKind) bool {
	switch k {
	case houzhen.AppointmentBooked, houzhen.AppointmentMoved, houzhen.AppointmentCancelled, houzhen.PlaceDisplaced, houzhen.AppointmentRetimed:
		return true
	default:
		return false
	}
}

// together reads ahead what most facts need (outbox.Grouping).
func (a *App) together(ctx context.Context, otx outbox.Tx, facts []houzhen.Event) (context.Context, func(context.Context) error, error) {
	tx, _ := otx.(everything)
	c := &crowd{tx: tx, collects: true, sessions: map[string]booking.Session{}}
	var appointments, tickets []string
	for _, e := range facts {
		switch {
		case tells(e.Kind):
			appointments = append(appointments, e.Subject)
		case ofTicket(e.Kind):
			tickets = append(tickets, e.Subject)
		}
	}
	if err := c.read(ctx, distinct(appointments), distinct(tickets), a.namesPeople()); err != nil {
		return ctx, nil, err
	}
	ctx = context.WithValue(ctx, crowdKey{}, c)
	lane := houzhen.UrgencyOf(facts[0].Kind) // of all of them
	return ctx, func(ctx context.Context) error {
		if err := a.fulfilAll(ctx, tx, c.visits); err != nil {
			return err
		}
		return a.launch(ctx, tx, c.rows, lane)
	}, nil
}

type launchKey struct{}

// react works on facts. Many that are worked on together send what they cause
// themselves.
func (a *App) react(ctx context.Context, ids []string) error {
	if len(ids) > 1 {
		l := a.Notify.NewLaunch(ctx)
		defer l.Forget()
		ctx = context.WithValue(ctx, launchKey{}, l)
	}
	return a.reactor.Handle(ctx, ids)
}

// launch enters messages and lets those that are due leave after the commit, if
// they are not less urgent than the lane that they would keep waiting. The others
// find their own way.
func (a *App) launch(ctx context.Context, tx everything, rows []notify.Message, lane houzhen.Urgency) error {
	l, ok := ctx.Value(launchKey{}).(*notify.Launch)
	if !ok {
		return a.enterNow(ctx, tx, rows)
	}
	var due, rest []notify.Message
	for _, m := range rows {
		if m.Urgency > lane || m.DueAt.After(tx.Now()) {
			rest = append(rest, m)
		} else {
			due = append(due, m)
		}
	}
	if err := a.enterNow(ctx, tx, rest); err != nil || len(due) == 0 {
		return err
	}
	if err := l.Enter(ctx, tx, due); err != nil {
		return err
	}
	outbox.AfterCommit(ctx, func(ctx context.Context) {
		if _, err := l.Send(ctx); err != nil {
			a.log.ErrorContext(ctx, "messages left to the sweep", "error", err)
		}
	})
	return nil
}

// ofTicket reports whether a fact is of a ticket and causes more than a drawing.
func ofTicket(k houzhen.EventKind) bool {
	switch k {
	case houzhen.TicketCheckedIn, houzhen.TicketCalled, houzhen.TicketMissed, houzhen.TicketFinished, houzhen.TicketOutForTests:
		return true
	default:
		return false
	}
}

func (c *crowd) read(ctx context.Context, appointments, tickets []string, named bool) (err error) {
	var people []string
	if len(appointments) > 0 {
		if c.appointments, err = c.tx.AppointmentsByID(ctx, appointments); err != nil {
			return err
		}
	}
	for _, at := range c.appointments {
		people = append(people, at.PatientID)
	}
	var waiting, sessions []string
	if len(tickets) > 0 {
		if c.tickets, err = c.tx.TicketsByID(ctx, tickets); err != nil {
			return err
		}
	}
	for _, t := range c.tickets {
		waiting, sessions = append(waiting, t.PatientID), append(sessions, t.SessionID)
	}
	people, waiting, sessions = distinct(append(people, waiting...)), distinct(waiting), distinct(sessions)
	if len(people) == 0 {
		return nil
	}
	return c.inOneGo(ctx, func(c *crowd) error {
		if err := c.line(ctx, waiting, sessions); err != nil {
			return err
		}
		return c.know(ctx, people, named)
	})
}

// inOneGo has read together what a crowd reads.
func (c *crowd) inOneGo(ctx context.Context, read func(*crowd) error) error {
	err := c.tx.Foresee(ctx, func(guess queue.Tx) {
		tx, _ := guess.(everything)
		_ = read(&crowd{tx: tx}) // whatever stops the guess is met again in earnest
	})
	if err != nil {
		return err
	}
	return read(c)
}

// line reads the sessions of those who are in queues, and who of them was put off.
func (c *crowd) line(ctx context.Context, waiting, sessions []string) (err error) {
	if len(waiting) == 0 {
		return nil
	}
	if c.putOff, err = c.tx.PutOff(ctx, waiting); err != nil {
		return err
	}
	c.sessions, err = sessionsByID(ctx, c.tx, sessions)
	return err
}

// meet reads people, what they want, and how channels name them.
func (c *crowd) meet(ctx context.Context, people []string, named bool) error {
	return c.inOneGo(ctx, func(c *crowd) error { return c.know(ctx, people, named) })
}

func (c *crowd) know(ctx context.Context, people []string, named bool) (err error) {
	if c.people, err = c.tx.PatientsByID(ctx, people); err != nil {
		return err
	}
	return c.ask(ctx, people, named)
}

// ask reads what people want, and how channels name them.
func (c *crowd) ask(ctx context.Context, people []string, named bool) (err error) {
	if c.prefs, err = c.tx.MessagePrefs(ctx, people); err != nil || !named {
		return err
	}
	c.contacts, err = c.tx.Contacts(ctx, people...)
	return err
}

// meet gives a context in which the patients of appointments are known.
func (a *App) meet(ctx context.Context, tx everything, list []booking.Appointment) (context.Context, error) {
	people := make([]string, len(list))
	for i, at := range list {
		people[i] = at.PatientID
	}
	c := &crowd{tx: tx}
	err := c.meet(ctx, distinct(people), a.namesPeople())
	return context.WithValue(ctx, crowdKey{}, c), err
}

// appointmentOf gives an appointment that a fact is about.
func appointmentOf(ctx context.Context, tx everything, id string) (booking.Appointment, error) {
	if at, ok := crowdOf(ctx, tx).appointments[id]; ok {
		return at, nil
	}
	return tx.Appointment(ctx, id)
}

// ticketOf gives a ticket that a fact is about.
func ticketOf(ctx context.Context, tx everything, id string) (queue.Ticket, error) {
	return readOr(ctx, crowdOf(ctx, tx).tickets, id, "ticket", tx.Ticket)
}

// sessionOf gives the session of a ticket.
func sessionOf(ctx context.Context, tx everything, id string) (booking.Session, error) {
	return readOr(ctx, crowdOf(ctx, tx).sessions, id, "session", tx.Session)
}

// patientOf gives somebody who is told.
func patientOf(ctx context.Context, tx everything, id string) (directory.Patient, error) {
	return readOr(ctx, crowdOf(ctx, tx).people, id, "patient", tx.Patient)
}

// readOr gives a row that was read for all, or loads it for those who follow.
func readOr[T any](ctx context.Context, of map[string]T, id, what string, load func(context.Context, string) (T, error)) (T, error) {
	if row, ok := of[id]; ok {
		return row, nil
	}
	row, err := load(ctx, id)
	if err != nil {
		return row, fmt.Errorf("load %s: %w", what, err)
	}
	if of != nil {
		of[id] = row
	}
	return row, nil
}
