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
)

// crowd is what facts that are worked on in one transaction share: what was read
// ahead for all of them, and the messages that they cause, which enter the
// ledger together. What it holds may have changed within the transaction; that
// makes a message too many, which the gate finds, and never one too few.
type crowd struct {
	tx           everything
	appointments map[string]booking.Appointment
	people       map[string]directory.Patient
	prefs        map[string]notify.Prefs
	contacts     map[string][]store.Contact
	collects     bool // messages wait for those of the other facts
	rows         []notify.Message
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
	case houzhen.AppointmentBooked, houzhen.AppointmentMoved, houzhen.AppointmentCancelled, houzhen.PlaceDisplaced:
		return true
	default:
		return false
	}
}

// together reads ahead what most facts need (outbox.Grouping).
func (a *App) together(ctx context.Context, otx outbox.Tx, facts []houzhen.Event) (context.Context, func(context.Context) error, error) {
	tx, _ := otx.(everything)
	c := &crowd{tx: tx, collects: true}
	var ids []string
	for _, e := range facts {
		if tells(e.Kind) {
			ids = append(ids, e.Subject)
		}
	}
	if err := c.read(ctx, distinct(ids), a.namesPeople()); err != nil {
		return ctx, nil, err
	}
	ctx = context.WithValue(ctx, crowdKey{}, c)
	lane := houzhen.UrgencyOf(facts[0].Kind) // of all of them
	return ctx, func(ctx context.Context) error { return a.launch(ctx, tx, c.rows, lane) }, nil
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

func (c *crowd) read(ctx context.Context, appointments []string, named bool) (err error) {
	if len(appointments) == 0 {
		return nil
	}
	if c.appointments, err = c.tx.AppointmentsByID(ctx, appointments); err != nil {
		return err
	}
	var people []string
	for _, at := range c.appointments {
		people = append(people, at.PatientID)
	}
	return c.meet(ctx, distinct(people), named)
}

// meet reads people and asks them.
func (c *crowd) meet(ctx context.Context, people []string, named bool) (err error) {
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

// patientOf gives somebody who is told.
func patientOf(ctx context.Context, tx everything, id string) (directory.Patient, error) {
	if p, ok := crowdOf(ctx, tx).people[id]; ok {
		return p, nil
	}
	p, err := tx.Patient(ctx, id)
	if err != nil {
		return p, fmt.Errorf("load patient: %w", err)
	}
	return p, nil
}
