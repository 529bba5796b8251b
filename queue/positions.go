package queue

import "time"

// Order runs the picks ahead and gives everybody who will be called, first
// one first: those at the door, then those waiting. It is the function that
// calls, so what patients are shown is what will happen if nobody else comes.
func Order(q Queue, p Policy, now time.Time) []Pick {
	q, _ = Wake(q, now)
	q = q.clone()
	l := newLine(&q, &p, now)
	order := make([]Pick, 0, len(q.Tickets))
	for len(l.waiting[numberEmergency]) > 0 { // they go to the door before those who stand there
		i, pick, _ := l.bring(Desk{})
		q.Tickets[i].State = Called
		order = append(order, pick)
	}
	for _, i := range l.door {
		t := &q.Tickets[i]
		order = append(order, Pick{t.ID, because(ReasonReadyFirst, "lane", string(t.Lane))})
		t.State = Called
	}
	for {
		i, pick, ok := l.bring(Desk{})
		if !ok {
			return order
		}
		order = append(order, pick)
		q.Tickets[i].State = Called
	}
}

// Positions says how many stand before each patient who is checked in and not
// yet called. The one in the room and the one called are not counted.
func Positions(q Queue, p Policy, now time.Time) []Position {
	order := Order(q, p, now)
	positions := make([]Position, len(order))
	for i, pick := range order {
		positions[i] = Position{TicketID: pick.TicketID, Ahead: i, Reason: pick.Reason}
	}
	return positions
}

// Expected is Order with those not yet checked in, or to go later, where they
// would stand if they came now: the input of the forecast.
func Expected(q Queue, p Policy, now time.Time) []Pick {
	q = q.clone()
	for i, t := range q.Tickets {
		switch t.State {
		case NotCheckedIn:
			kept := KeptAway(q, t, p, now)
			t = place(q, t, p, now)
			t.State = Waiting
			if kept {
				t.keepPlace()
			}
		case Deferred:
			t = awake(t)
		default:
			continue
		}
		q.Tickets[i] = t
	}
	return Order(q, p, now)
}

// Ahead gives a ticket's position, or false when it is not waiting.
func Ahead(q Queue, p Policy, ticketID string, now time.Time) (Position, bool) {
	for _, at := range Positions(q, p, now) {
		if at.TicketID == ticketID {
			return at, true
		}
	}
	return Position{}, false
}
