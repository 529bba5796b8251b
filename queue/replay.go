package queue

import "time"

// Step is one line of a session's story: what happened to which ticket, when,
// and why. A call tells the reason for which the patient was picked.
type Step struct {
	N        int // how many-eth call of the session; 0 for everything else
	At       time.Time
	Verb     string
	TicketID string
	DoctorID string
	RoomID   string
	Reason   Reason
	Waited   time.Duration // at the door, before the call
}

// Explain tells a session's story from its stored calls, oldest first. It is
// the answer to "why him before me": no step needs the queue as it was.
func Explain(calls []Call) []Step {
	atDoor := map[string]time.Time{}
	var story []Step
	n := 0
	for _, c := range calls {
		step := Step{At: c.At, Verb: c.Verb, TicketID: c.TicketID, DoctorID: c.DoctorID, RoomID: c.RoomID, Reason: c.Reason}
		switch c.Verb {
		case VerbReady:
			atDoor[c.TicketID] = c.At
		case VerbNext:
			n++
			step.N = n
			if since, ok := atDoor[c.TicketID]; ok {
				step.Waited = c.At.Sub(since)
			}
		}
		story = append(story, step)
	}
	return story
}
