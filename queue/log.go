package queue

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Entry is one line of a queue's log: what was done, by whom and why, and
// everything it changed as it stood afterwards. Entries are appended and never
// changed; together they rebuild the queue as it was after each of them. They
// hold ids, never a person's data.
type Entry struct {
	SessionID string
	Version   int64 // of the queue after it: the entry's number
	At        time.Time
	Verb      string
	Operator  string // who pressed: a member of staff, or "patient"; "" the system
	RequestID string // "" where nobody asked
	TicketID  string // "" when it is about the queue
	Cause     string // the reason code the operator gave
	Reason    Reason
	Policy    int // version of the policy it was decided by
	Change    Change
}

// Change is what an entry left behind it.
type Change struct {
	Head    Queue    `json:"head"`
	Tickets []Ticket `json:"tickets,omitempty"` // those that it changed
	Gone    []string `json:"gone,omitempty"`    // those that went to another queue
	Picks   []Note   `json:"picks,omitempty"`   // what else it caused: asked to the door, finished, put back
}

// Note is something that a verb caused beside its own doing.
type Note struct {
	Verb     string `json:"verb"`
	TicketID string `json:"ticket"`
	Reason   Reason `json:"reason"`
}

// Rebuild gives the queue as it was after the last of the entries, which are
// the oldest of its log without a gap at the beginning. It fails with
// CodeInternal when they are of several queues or out of order.
func Rebuild(log []Entry) (Queue, error) {
	var q Queue
	for i, e := range log {
		if i > 0 && (e.SessionID != log[0].SessionID || e.Version <= log[i-1].Version) {
			return Queue{}, houzhen.E(houzhen.CodeInternal, fmt.Sprintf("entry %d of the log does not follow the one before", i))
		}
		q = e.after(q)
	}
	return q, nil
}

// after gives the queue as the entry left it.
func (e Entry) after(q Queue) Queue {
	tickets := slices.DeleteFunc(slices.Clone(q.Tickets), func(t Ticket) bool { return slices.Contains(e.Change.Gone, t.ID) })
	for _, t := range e.Change.Tickets {
		if i := slices.IndexFunc(tickets, func(o Ticket) bool { return o.ID == t.ID }); i >= 0 {
			tickets[i] = t
		} else {
			tickets = append(tickets, t)
		}
	}
	slices.SortFunc(tickets, func(a, b Ticket) int { return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID)) })
	q = e.Change.Head
	q.Tickets = tickets
	return q
}

// Moment is one entry with the queue around it: the step of a replay.
type Moment struct {
	Entry  Entry
	After  Queue
	Shifts map[string][]Shift // by ticket: how it changed the positions of those who wait
}

// Story replays a log step by step. policyOf gives the policy of a version.
func Story(log []Entry, policyOf func(version int) Policy) ([]Moment, error) {
	var story []Moment
	var q Queue
	for i, e := range log {
		if _, err := Rebuild(log[max(i-1, 0) : i+1]); err != nil {
			return nil, err
		}
		after := e.after(q)
		m := Moment{Entry: e, After: after}
		if i > 0 {
			m.Shifts = Shifts(q, after, policyOf(e.Policy), e.At)
		}
		q = after
		story = append(story, m)
	}
	return story, nil
}
