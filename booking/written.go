package booking

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/houzhen/houzhen"
)

// written is what one transaction made of a group, by the place in it.
type written struct {
	rows     []Appointment
	refusals []error
	busy     []bool          // the session was being changed, or had been
	ids      map[string]bool // of those who are booked
}

// write books a group: it shuts suspension out of the sessions, lets the rules
// judge, and inserts whom the unique indexes let pass, with their facts. One
// member's refusal is nobody else's. In hope that they let everybody pass it
// costs less, and is CodeConflict for all if they do not.
func (s *Service) write(ctx context.Context, tx Tx, picked []*pending, hope bool) (*written, error) {
	n := len(picked)
	w := &written{rows: make([]Appointment, n), refusals: make([]error, n), busy: make([]bool, n)}
	if err := tx.Ahead(ctx, func(tx Tx) error { return s.guess(ctx, tx, picked) }); err != nil {
		return nil, err
	}
	open, err := s.stillBookable(ctx, tx, picked, w)
	if err != nil {
		return nil, err
	}
	if open, err = s.allowed(ctx, tx, picked, open, w); err != nil || len(open) == 0 {
		return w, err
	}
	rows := make([]Appointment, 0, len(open))
	for _, i := range open {
		rows = append(rows, w.rows[i])
	}
	if w.ids, err = add(ctx, tx, rows, hope); err != nil {
		return nil, fmt.Errorf("add appointments: %w", err)
	}
	return w, s.tell(tx, rows, w.ids)
}

// add inserts appointments and gives the ids of those who got in.
func add(ctx context.Context, tx Tx, rows []Appointment, hope bool) (map[string]bool, error) {
	if !hope {
		return tx.AddAppointments(ctx, rows)
	}
	ids := make(map[string]bool, len(rows))
	for _, a := range rows {
		ids[a.ID] = true
	}
	return ids, tx.AddAllAppointments(ctx, rows)
}

// AddEachOf is AddAllAppointments for a store to which it is no cheaper than
// AddAppointments.
func AddEachOf(ctx context.Context, tx Tx, list []Appointment) error {
	switch ids, err := tx.AddAppointments(ctx, list); {
	case err != nil:
		return err
	case len(ids) < len(list):
		return houzhen.E(houzhen.CodeConflict, "a guard refused one of the appointments")
	}
	return nil
}

// guess reads what writing a group reads when nothing is in anybody's way.
func (s *Service) guess(ctx context.Context, tx Tx, picked []*pending) error {
	if _, err := tx.ShareSessions(ctx, askedFor(picked)...); err != nil {
		return err
	}
	asks := make([]Ask, len(picked))
	for i, p := range picked {
		asks[i] = p.ask().at(p.place.Start, p.place.End)
	}
	_, err := s.judge(ctx, tx, asks)
	return err
}

// askedFor lists the sessions of a group, which is in their order.
func askedFor(picked []*pending) []string {
	var ids []string
	for _, p := range picked {
		if id := p.r.SessionID; len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	return ids
}

// ask is what the rules are asked about a member.
func (p *pending) ask() Ask { return Ask{Request: p.r, Session: p.session} }

// stillBookable locks the sessions against being suspended and gives the
// members for whom all is as memory had it, each with his row made.
func (s *Service) stillBookable(ctx context.Context, tx Tx, picked []*pending, w *written) ([]int, error) {
	versions, err := tx.ShareSessions(ctx, askedFor(picked)...)
	if err != nil {
		return nil, fmt.Errorf("share sessions: %w", err)
	}
	now, begun := tx.Now(), map[string]houzhen.Date{}
	for i, p := range picked {
		o := p.session
		if v, free := versions[o.ID]; !free || v != o.Version {
			w.busy[i] = true
		} else if s.dayBegun(o.Date, now) {
			begun[o.ID] = o.Date
		}
	}
	spent, err := s.spentSince(ctx, tx, begun)
	if err != nil {
		return nil, err
	}
	var open []int
	for i, p := range picked {
		o := p.session
		if w.busy[i] = w.busy[i] || spent[seatKey{o.ID, p.place.No}]; w.busy[i] {
			continue
		}
		if who := p.r.who(); o.bookable(now, who) != nil || p.place.bookable(now, who, o.FallBackAt) != nil {
			continue // time has passed: he is told why when he asks alone
		}
		w.rows[i] = p.r.appointmentOf(p.id, p.digest, o, now, s.policy)
		w.rows[i].take(o, p.place, now)
		open = append(open, i)
	}
	return open, nil
}

// allowed asks the rules about the members that are left.
func (s *Service) allowed(ctx context.Context, tx Tx, picked []*pending, open []int, w *written) ([]int, error) {
	if len(open) == 0 {
		return nil, nil
	}
	asks := make([]Ask, 0, len(open))
	for _, i := range open {
		asks = append(asks, picked[i].ask().at(w.rows[i].Start, w.rows[i].End))
	}
	verdicts, err := s.judge(ctx, tx, asks)
	if err != nil {
		return nil, err
	}
	rest := open[:0]
	for k, i := range open {
		if w.refusals[i] = verdicts[k]; verdicts[k] == nil {
			rest = append(rest, i)
		}
	}
	return rest, nil
}

// tell writes the facts of those who are booked. A place that is only held is
// nobody's business before it is confirmed.
func (s *Service) tell(tx Tx, rows []Appointment, ids map[string]bool) error {
	var facts []houzhen.Event
	for _, a := range rows {
		if !ids[a.ID] || a.State == Held {
			continue
		}
		e, err := fact(tx, houzhen.AppointmentBooked, a.ID, a.Version, a.SessionID, bookedData(a))
		if err != nil {
			return err
		}
		facts = append(facts, e)
	}
	if len(facts) == 0 {
		return nil
	}
	if err := tx.EmitAll(facts); err != nil {
		return fmt.Errorf("emit facts: %w", err)
	}
	return nil
}

// seatKey names a number of a session.
type seatKey struct {
	session string
	no      int
}

// spentSince gives the numbers that were left on the day itself, in sessions
// whose day has begun and which nobody can leave just now.
func (s *Service) spentSince(ctx context.Context, tx Tx, begun map[string]houzhen.Date) (map[seatKey]bool, error) {
	spent := map[seatKey]bool{}
	if len(begun) == 0 {
		return spent, nil
	}
	seats, err := tx.Seats(ctx, slices.Sorted(maps.Keys(begun))...)
	if err != nil {
		return nil, fmt.Errorf("load left numbers: %w", err)
	}
	for _, x := range seats {
		if x.spent(begun[x.SessionID], s.loc) {
			spent[seatKey{x.SessionID, x.SlotNo}] = true
		}
	}
	return spent, nil
}
