package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Public says of one kind of fact who learns of it and what.
type Public struct {
	Kind houzhen.EventKind
	Own  bool     // only the channel that made the appointment; otherwise every channel
	Data []string // what of the fact's data is said; ids, dates and words only
	Note string   // for the table in the documentation
}

// Table lists the public facts. A kind that is not here is nobody's business
// outside. Nothing here names or describes a person: a channel learns ids that
// it was given when it booked.
func Table() []Public {
	own := func(kind houzhen.EventKind, note string, data ...string) Public {
		return Public{kind, true, data, note}
	}
	all := func(kind houzhen.EventKind, note string, data ...string) Public {
		return Public{kind, false, data, note}
	}
	return []Public{
		own(houzhen.AppointmentBooked, "a place was booked or a held one confirmed", "slot", "day"),
		own(houzhen.AppointmentMoved, "another place was taken for the same visit", "from_session", "from_slot", "slot", "day"),
		own(houzhen.AppointmentRetimed, "the hospital changed the hours of the session, and so the time of the visit", "slot", "day", "start", "end"),
		own(houzhen.AppointmentCancelled, "given up, or taken back by the hospital; by and reason say which", "slot", "by", "reason"),
		own(houzhen.AppointmentCheckedIn, "the patient has come"),
		own(houzhen.AppointmentFulfilled, "the visit is over"),
		own(houzhen.AppointmentNoShow, "the patient did not come by the deadline of the half-day"),
		own(houzhen.OptionKept, "a place is kept in the name of a patient whose session was suspended", "slot"),
		own(houzhen.OptionChosen, "the patient chose the kept place", "slot"),
		own(houzhen.OptionLapsed, "the kept place went back", "slot"),
		own(houzhen.TicketCheckedIn, "the patient waits"),
		own(houzhen.TicketCalled, "the patient is called to a room", "room"),
		own(houzhen.TicketMissed, "the patient was called and did not come"),
		own(houzhen.TicketFinished, "the consultation is over"),
		all(houzhen.SessionOpened, "the half-day has begun"),
		all(houzhen.SessionSuspended, "the doctor cannot come; no place of it can be booked"),
		all(houzhen.SessionRetimed, "the session takes place at other hours", "from_start", "from_end", "start", "end"),
		all(houzhen.SessionClosed, "the half-day is over"),
		own(houzhen.PatientResultsReady, "results of a visit are there"),
	}
}

// Kinds gives the kinds that one channel alone learns of, and those that all do.
func Kinds() (own, all []houzhen.EventKind) {
	for _, p := range Table() {
		if p.Own {
			own = append(own, p.Kind)
		} else {
			all = append(all, p.Kind)
		}
	}
	return own, all
}

// Fact is a fact as the store reads it for a channel.
type Fact struct {
	Seq           int64
	Event         houzhen.Event
	AppointmentID string // that it is about, "" if about none
}

// Event is a public fact as it is told.
type Event struct {
	ID            string         `json:"id" doc:"Stays the same however often it is told"`
	Cursor        int64          `json:"cursor" doc:"Its number; give the last one as after"`
	Type          string         `json:"type"`
	At            time.Time      `json:"at"`
	AppointmentID string         `json:"appointment_id,omitempty"`
	SessionID     string         `json:"session_id,omitempty"`
	Version       int64          `json:"version" doc:"Of what it is about; a lower one is older"`
	Data          map[string]any `json:"data"`
}

// Tell gives what is said of a fact.
func Tell(f Fact) (Event, error) {
	e := Event{
		ID: f.Event.ID, Cursor: f.Seq, Type: string(f.Event.Kind), At: f.Event.At.UTC(), AppointmentID: f.AppointmentID,
		SessionID: f.Event.Session, Version: f.Event.Version, Data: map[string]any{},
	}
	table := Table()
	i := slices.IndexFunc(table, func(p Public) bool { return p.Kind == f.Event.Kind })
	if i < 0 {
		return e, fmt.Errorf("fact %s of kind %s is not public", f.Event.ID, f.Event.Kind)
	}
	if len(f.Event.Data) == 0 {
		return e, nil
	}
	var data map[string]any
	if err := json.Unmarshal(f.Event.Data, &data); err != nil {
		return e, fmt.Errorf("read fact %s: %w", f.Event.ID, err)
	}
	for _, key := range table[i].Data {
		if v, ok := data[key]; ok {
			e.Data[key] = v
		}
	}
	return e, nil
}

// TellAll gives what is said of several facts.
func TellAll(facts []Fact) ([]Event, error) {
	events := make([]Event, len(facts))
	for i, f := range facts {
		e, err := Tell(f)
		if err != nil {
			return nil, err
		}
		events[i] = e
	}
	return events, nil
}
