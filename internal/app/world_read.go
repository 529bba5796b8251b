package app

import (
	"context"
	"maps"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// scene is what one batch of messages reads of the world: each kind of row once
// for the whole batch, and what only a few need when the first of them asks.
type scene struct {
	*world
	ctx   context.Context
	tx    everything
	index *directory.Index

	appointments map[string]booking.Appointment
	tickets      map[string]queue.Ticket
	after        map[string][]booking.Appointment // what came of an appointment that was suspended, by its id
	cases        map[inSession]suspension.Case
	sessions     map[string]booking.Session
	people       map[string]directory.Patient
	reachable    map[string][]store.Contact
	queues       map[string]map[string]standing // by session and ticket

	prefs    map[string]notify.Prefs
	silenced map[string]bool
	families map[string][]string
	pauses   []notify.Pause
}

// inSession is an appointment in the session that it had.
type inSession struct{ session, appointment string }

// set reads what a batch of messages is about.
func (w *world) set(ctx context.Context, tx everything, index *directory.Index, messages []notify.Message) (*scene, error) {
	s := &scene{
		world: w, ctx: ctx, tx: tx, index: index, sessions: map[string]booking.Session{}, queues: map[string]map[string]standing{},
	}
	var people, subjects, tickets, suspended []string
	for _, m := range messages {
		if m.Kind == notify.KindSignIn {
			continue
		}
		people = append(people, m.Recipient)
		if ofTurn(m.Kind) {
			tickets = append(tickets, m.Subject)
			continue
		}
		subjects = append(subjects, m.Subject)
		if m.Kind == notify.KindSuspended {
			suspended = append(suspended, m.Subject)
		}
	}
	people, subjects, tickets, suspended = distinct(people), distinct(subjects), distinct(tickets), distinct(suspended)
	if err := s.meet(people); err != nil {
		return nil, err
	}
	read := func(s *scene) error { return s.read(people, subjects, tickets, suspended) }
	err := tx.Foresee(ctx, func(guess queue.Tx) {
		dry := *s
		dry.tx, _ = guess.(everything)
		_ = read(&dry) // whatever stops the guess is met again in earnest
	})
	if err != nil {
		return nil, err
	}
	if err := read(s); err != nil {
		return nil, err
	}
	if err := s.readSessions(); err != nil {
		return nil, err
	}
	return s, s.readCases(suspended)
}

// meet knows people, what they want and how channels name them: who was asked
// for the plan of the same transaction is not asked again.
func (s *scene) meet(people []string) error {
	met := crowdOf(s.ctx, s.tx)
	unmet := slices.DeleteFunc(slices.Clone(people), func(id string) bool { _, known := met.people[id]; return known })
	rest := crowd{tx: s.tx}
	if len(unmet) > 0 {
		if err := rest.meet(s.ctx, unmet, s.reach); err != nil {
			return err
		}
	}
	s.people, s.prefs, s.reachable = both(met.people, rest.people), both(met.prefs, rest.prefs), both(met.contacts, rest.contacts)
	return nil
}

// both gives what either holds.
func both[T any](one, other map[string]T) map[string]T {
	if len(one) == 0 {
		return other
	}
	all := maps.Clone(one)
	maps.Copy(all, other)
	return all
}

// read reads what depends on nothing but the messages and their people.
func (s *scene) read(people, subjects, tickets, suspended []string) (err error) {
	phones := make(map[string]houzhen.Phone, len(people))
	for _, id := range people {
		if p, known := s.people[id]; known {
			phones[id] = p.Phone
		}
	}
	for _, read := range []func() error{
		func() (err error) { s.pauses, err = s.tx.Pauses(s.ctx); return err },
		func() (err error) { s.silenced, err = s.tx.Silenced(s.ctx, people); return err },
		func() (err error) { s.families, err = s.tx.Households(s.ctx, phones); return err },
		func() (err error) { s.appointments, err = s.tx.AppointmentsByID(s.ctx, subjects); return err },
		func() (err error) { s.tickets, err = s.tx.TicketsByID(s.ctx, tickets); return err },
		func() (err error) { s.after, err = s.tx.AppointmentsByOrigin(s.ctx, suspended); return err },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) readSessions() error {
	var ids []string
	for _, a := range s.appointments {
		ids = append(ids, a.SessionID)
	}
	for _, t := range s.tickets {
		ids = append(ids, t.SessionID)
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	s.sessions, err = sessionsByID(s.ctx, s.tx, ids)
	return err
}

// sessionsByID gives those sessions that exist.
func sessionsByID(ctx context.Context, tx everything, ids []string) (map[string]booking.Session, error) {
	list, err := tx.Sessions(ctx, booking.SessionFilter{IDs: distinct(ids)})
	out := make(map[string]booking.Session, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, err
}

func (s *scene) readCases(appointments []string) error {
	var sessions []string
	for _, id := range appointments {
		sessions = append(sessions, s.appointments[id].SessionID)
	}
	list, err := s.tx.CasesOf(s.ctx, distinct(sessions), appointments)
	s.cases = make(map[inSession]suspension.Case, len(list))
	for _, c := range list {
		s.cases[inSession{c.SessionID, c.AppointmentID}] = c
	}
	return err
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// at gives an appointment.
func (s *scene) at(id string) (booking.Appointment, error) {
	if have, ok := s.appointments[id]; ok {
		return have, nil
	}
	return s.tx.Appointment(s.ctx, id)
}

// patient gives a person, who is the recipient of a message as a rule.
func (s *scene) patient(id string) (directory.Patient, error) {
	if have, ok := s.people[id]; ok {
		return have, nil
	}
	return s.tx.Patient(s.ctx, id)
}

func (s *scene) session(id string) (booking.Session, error) {
	if have, ok := s.sessions[id]; ok {
		return have, nil
	}
	got, err := s.tx.Session(s.ctx, id)
	if err == nil {
		s.sessions[id] = got
	}
	return got, err
}

// standings says where everybody in a queue stands.
func (s *scene) standings(sessionID string) (map[string]standing, error) {
	if have, ok := s.queues[sessionID]; ok {
		return have, nil
	}
	q, err := s.tx.Queue(s.ctx, sessionID)
	if err != nil {
		return nil, err
	}
	at, err := s.board.standings(s.ctx, s.tx, q, s.tx.Now())
	if err == nil {
		s.queues[sessionID] = at
	}
	return at, err
}
