package queue

import (
	"context"
	"slices"
	"time"
)

// Place is a ticket with its position.
type Place struct {
	Ticket Ticket
	Ahead  int
	Reason Reason
}

// Counts says how many tickets there are of each kind.
type Counts struct {
	NotCheckedIn, Waiting, Missed, Done, Dropped int // Waiting includes those at the door
}

// BoardView is what screens, phones and the doctor's strip are made from. It
// names nobody: whoever shows it adds masked names.
type BoardView struct {
	Queue   Queue // the head; its tickets are in the lists below
	At      time.Time
	InRoom  []Ticket
	Called  []Ticket
	Ready   []Place  // at the door, first one first
	Waiting []Place  // not yet asked to the door, in the order they will be
	Missed  []Ticket // by number
	Absent  []Ticket // not checked in, by number
	Aside   []Ticket // to go later, set aside, or out for tests, by number
	Counts  Counts
	Next    Place // whom a press of "next" would call; zero when nobody
}

// View makes the board of a queue.
func View(q Queue, p Policy, now time.Time) BoardView {
	q, _ = Wake(q, now)
	v := BoardView{Queue: q, At: now}
	v.Queue.Tickets = nil
	byID := make(map[string]*Ticket, len(q.Tickets))
	for i := range q.Tickets {
		t := &q.Tickets[i]
		byID[t.ID] = t
		v.sort(t)
	}
	for _, at := range Positions(q, p, now) {
		place := Place{Ticket: *byID[at.TicketID], Ahead: at.Ahead, Reason: at.Reason}
		if place.Ticket.State == Ready {
			v.Ready = append(v.Ready, place)
		} else {
			v.Waiting = append(v.Waiting, place)
		}
	}
	v.Counts.Waiting = len(v.Ready) + len(v.Waiting)
	v.Next = v.next()
	return v
}

// sort puts a ticket that has no position into its list.
func (v *BoardView) sort(t *Ticket) {
	switch t.State {
	case InConsult:
		v.InRoom = append(v.InRoom, *t)
	case Called:
		v.Called = append(v.Called, *t)
	case Missed:
		v.Missed = append(v.Missed, *t)
		v.Counts.Missed++
	case NotCheckedIn:
		v.Absent = append(v.Absent, *t)
		v.Counts.NotCheckedIn++
	case Done:
		v.Counts.Done++
	case Dropped:
		v.Counts.Dropped++
	case Deferred, Suspended, OutForTests:
		v.Aside = append(v.Aside, *t)
	case Waiting, Ready:
	}
}

func (v *BoardView) next() Place {
	for _, places := range [][]Place{v.Ready, v.Waiting} {
		if len(places) > 0 {
			return places[0]
		}
	}
	return Place{}
}

// Because replaces "first at the door" by the reason for which each of those
// at the door was picked, as the calls of the session tell.
func (v BoardView) Because(calls []Call) BoardView {
	v.Ready = slices.Clone(v.Ready)
	for i := range v.Ready {
		if why, ok := doorReason(calls, v.Ready[i].Ticket.ID); ok {
			v.Ready[i].Reason = why
		}
	}
	v.Next = v.next()
	return v
}

// Position finds the place of a ticket that waits or stands at the door.
func (v BoardView) Position(ticketID string) (Place, bool) {
	for _, places := range [][]Place{v.Ready, v.Waiting} {
		for _, at := range places {
			if at.Ticket.ID == ticketID {
				return at, true
			}
		}
	}
	return Place{}, false
}

// Board loads a session's board.
func (s *Service) Board(ctx context.Context, sessionID string) (BoardView, error) {
	var v BoardView
	err := s.store.View(ctx, func(tx Tx) error {
		var err error
		v, err = s.BoardTx(ctx, tx, sessionID)
		return err
	})
	return v, err
}

// BoardTx is Board inside a transaction.
func (s *Service) BoardTx(ctx context.Context, tx Tx, sessionID string) (BoardView, error) {
	q, err := tx.Queue(ctx, sessionID)
	if err != nil {
		return BoardView{}, err
	}
	v := View(q, s.policyOf(q.ZoneID), tx.Now())
	if len(v.Ready) == 0 {
		return v, nil
	}
	calls, err := tx.Calls(ctx, sessionID)
	if err != nil {
		return BoardView{}, err
	}
	return v.Because(calls), nil
}
