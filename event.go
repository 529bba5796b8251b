package houzhen

import (
	"encoding/json"
	"time"
)

// EventKind names a fact in the past tense.
type EventKind string

// Every kind of fact. internal/app/reactions.go says what each one causes;
// a test holds that table complete.
const (
	AppointmentBooked    EventKind = "appointment.booked"
	AppointmentMoved     EventKind = "appointment.moved"
	AppointmentCancelled EventKind = "appointment.cancelled"
	AppointmentCheckedIn EventKind = "appointment.checked_in"
	AppointmentFulfilled EventKind = "appointment.fulfilled"
	AppointmentNoShow    EventKind = "appointment.no_show"
	PlaceReleased        EventKind = "place.released"  // the capacity of an absent patient went back
	PlaceOpened          EventKind = "place.opened"    // places were added to a session beyond what was released
	PlaceDisplaced       EventKind = "place.displaced" // a capacity cut took the place somebody stands on
	OptionKept           EventKind = "option.kept"     // a place is kept in somebody's name
	OptionChosen         EventKind = "option.chosen"
	OptionLapsed         EventKind = "option.lapsed"
	DrawLost             EventKind = "draw.lost" // a lot was drawn that gave no place
	SessionOpened        EventKind = "session.opened"
	SessionSuspended     EventKind = "session.suspended"
	SessionResized       EventKind = "session.resized"     // its capacity or its quotas were changed
	SessionRetimed       EventKind = "session.retimed"     // it takes place at other hours
	AppointmentRetimed   EventKind = "appointment.retimed" // those hours gave a visit another time, at the same number
	SessionClosed        EventKind = "session.closed"
	SessionSubstituted   EventKind = "session.substituted"   // another doctor sits in the same session
	SessionPlaceChanged  EventKind = "session.place_changed" // another room, the same queue
	SuspensionAsked      EventKind = "suspension.asked"
	SuspensionDecided    EventKind = "suspension.decided"   // approved, refused, withdrawn or stopped
	RefundChosen         EventKind = "refund.chosen"        // a patient of a suspended session wants the fee back
	AppointmentReseated  EventKind = "appointment.reseated" // whoever is here goes on to another doctor
	ReplyReceived        EventKind = "reply.received"       // an SMS came back
	ContinuationGiven    EventKind = "visit.continued"      // one registration is good once more; of the visit
	TicketAdmitted       EventKind = "ticket.admitted"      // known to the queue, not yet arrived
	TicketCheckedIn      EventKind = "ticket.checked_in"
	TicketCalled         EventKind = "ticket.called"
	TicketRecalled       EventKind = "ticket.recalled"
	TicketMissed         EventKind = "ticket.missed"
	TicketStarted        EventKind = "ticket.started" // the patient entered the room
	TicketFinished       EventKind = "ticket.finished"
	TicketDropped        EventKind = "ticket.dropped" // left the queue: cancelled, abandoned, session closed
	TicketLeaveNow       EventKind = "ticket.leave_now"
	TicketWaitALittle    EventKind = "ticket.wait_a_little"  // told to leave home before, and now that there is time
	TicketOrdered        EventKind = "ticket.ordered"        // staff or the patient changed its place in the order
	TicketSetAside       EventKind = "ticket.set_aside"      // goes later, or is set aside
	TicketOutForTests    EventKind = "ticket.out_for_tests"  // comes back the same day
	TicketReturned       EventKind = "ticket.returned"       // waits again: back from tests, or from being aside
	TicketUndone         EventKind = "ticket.undone"         // what had been done to it was taken back
	PatientResultsReady  EventKind = "patient.results_ready" // the laboratory says so; of an appointment
	PatientElsewhere     EventKind = "patient.elsewhere"     // seen at another service point of the house
	PatientAdmitted      EventKind = "patient.admitted"      // to a ward
	PatientDied          EventKind = "patient.died"
	PatientMerged        EventKind = "patient.merged" // two records were one person's: of the one that is kept
	ProxyAsked           EventKind = "proxy.asked"    // an account wants to book for a patient who has not agreed
	QueuePaused          EventKind = "queue.paused"
	QueueResumed         EventKind = "queue.resumed"
	ZoneNotice           EventKind = "zone.notice" // what the desk tells a zone is another; of the zone
	QueueDesks           EventKind = "queue.desks" // a doctor joined or left a queue that several serve
	SignInAsked          EventKind = "sign_in.asked"
	CreditMarked         EventKind = "credit.marked"   // somebody did not keep his word; the data says whether it counts
	CreditLimited        EventKind = "credit.limited"  // that mark closes online booking
	CreditLifted         EventKind = "credit.lifted"   // a mark counts no more
	CreditAppealed       EventKind = "credit.appealed" // a patient speaks against a mark
	CreditDecided        EventKind = "credit.decided"  // by a person, or by nobody in time
	CreditRulesPublished EventKind = "credit.rules_published"
	PaymentAsked         EventKind = "payment.asked"    // a held place waits to be paid for
	PaymentKept          EventKind = "payment.kept"     // paid, and the price of an appointment
	PaymentRefunded      EventKind = "payment.refunded" // given back
	PaymentStuck         EventKind = "payment.stuck"    // no rule can decide: it waits for a person
	PaymentSettled       EventKind = "payment.settled"  // a person has settled it
	WaitlistJoined       EventKind = "waitlist.joined"
	WaitlistOpened       EventKind = "waitlist.opened"  // a place that came back is kept for the list
	WaitlistOffered      EventKind = "waitlist.offered" // kept for one person to accept
	WaitlistInvited      EventKind = "waitlist.invited" // the first of a few takes it
	WaitlistAccepted     EventKind = "waitlist.accepted"
	WaitlistLapsed       EventKind = "waitlist.lapsed" // not accepted: declined, late, or the session suspended
	WaitlistLost         EventKind = "waitlist.lost"   // somebody else was first
	WaitlistClosed       EventKind = "waitlist.closed" // the wait is over without a place
)

// EventKinds lists every kind, in the order above.
var EventKinds = []EventKind{
	AppointmentBooked, AppointmentMoved, AppointmentCancelled, AppointmentCheckedIn, AppointmentFulfilled, AppointmentNoShow,
	SessionSubstituted, SessionPlaceChanged, SuspensionAsked, SuspensionDecided, RefundChosen, AppointmentReseated, ReplyReceived,
	PlaceReleased, PlaceOpened, PlaceDisplaced, OptionKept, OptionChosen, OptionLapsed, DrawLost, SessionOpened, SessionSuspended, SessionResized, SessionRetimed, AppointmentRetimed, SessionClosed,
	TicketAdmitted, TicketCheckedIn, TicketCalled, TicketRecalled, TicketMissed, TicketStarted, TicketFinished, TicketDropped,
	ContinuationGiven, TicketWaitALittle, TicketOrdered, TicketSetAside, TicketOutForTests, TicketReturned, TicketUndone, QueueDesks,
	TicketLeaveNow, PatientResultsReady, PatientElsewhere, PatientAdmitted, PatientDied, PatientMerged, ProxyAsked, QueuePaused, QueueResumed, ZoneNotice, SignInAsked,
	CreditMarked, CreditLimited, CreditLifted, CreditAppealed, CreditDecided, CreditRulesPublished,
	PaymentAsked, PaymentKept, PaymentRefunded, PaymentStuck, PaymentSettled,
	WaitlistJoined, WaitlistOpened, WaitlistOffered, WaitlistInvited, WaitlistAccepted, WaitlistLapsed, WaitlistLost, WaitlistClosed,
}

// Urgency orders work: it names the job lane that a fact or a message takes.
type Urgency int

// The lanes, most urgent first.
const (
	Critical Urgency = iota // somebody stands waiting for it: called, suspended, sign-in code
	Soon                    // within seconds: booked, checked in, missed
	Routine                 // within minutes: reminders, statistics
)

// Event is one committed fact. It is written in the transaction that made it
// true and carries ids only, never a person's data.
type Event struct {
	ID      string
	Kind    EventKind
	Subject string // the appointment, ticket or session it is about
	Version int64  // the subject's version after the change
	Session string // the session concerned, "" if none
	At      time.Time
	Data    json.RawMessage // kind-specific, see the Data types; may be empty
}

// Data of AppointmentBooked, AppointmentMoved, AppointmentCancelled, PlaceReleased.
type (
	// BookedData says which place was taken and by whom.
	BookedData struct {
		Slot    int    `json:"slot"`
		Patient string `json:"patient"`
		Day     Date   `json:"day"`
	}
	// MovedData says which place was left for which.
	MovedData struct {
		FromSession string `json:"from_session"`
		FromSlot    int    `json:"from_slot"`
		Slot        int    `json:"slot"`
		Patient     string `json:"patient"`
		Day         Date   `json:"day"`
	}
	// CancelledData says who cancelled and why.
	CancelledData struct {
		Slot    int    `json:"slot"`
		Patient string `json:"patient"`
		By      string `json:"by"` // patient | hospital | system
		Reason  string `json:"reason"`
	}
	// MarkedData says of whom a mark is, for what, and whether it counts.
	MarkedData struct {
		Patient     string `json:"patient"`
		Appointment string `json:"appointment"`
		Cause       string `json:"cause"`
		State       string `json:"state"`
	}
	// ReleasedData names the new place that the released capacity became.
	ReleasedData struct {
		Slot    int `json:"slot"`
		NewSlot int `json:"new_slot"`
	}
	// OpenedData names the new places and from when on others than the
	// waitlist may have them.
	OpenedData struct {
		Slots  []int     `json:"slots"`
		OpenAt time.Time `json:"open_at"`
	}
	// ResizedData says how many places a session or one of its slices has now.
	ResizedData struct {
		Start     time.Time `json:"start,omitzero"` // of the slice; zero for the session
		Places    int       `json:"places"`
		Displaced int       `json:"displaced"` // patients who must be found another place
	}
	// RetimedData says which time a visit has now.
	RetimedData struct {
		Slot    int       `json:"slot"`
		Patient string    `json:"patient"`
		Day     Date      `json:"day"`
		Start   time.Time `json:"start"`
		End     time.Time `json:"end"`
	}
	// HoursData says from which hours to which a session went, and whom that
	// concerned.
	HoursData struct {
		FromStart time.Time `json:"from_start"`
		FromEnd   time.Time `json:"from_end"`
		Start     time.Time `json:"start"`
		End       time.Time `json:"end"`
		Moved     int       `json:"moved"`
		Displaced int       `json:"displaced"`
	}
	// PaymentData is of the payment facts: for which appointment, how much.
	PaymentData struct {
		Appointment string `json:"appointment"`
		Fen         int64  `json:"fen"`
		Reason      string `json:"reason,omitempty"`
	}
	// WaitData says who waits, and for closed lists why they are.
	WaitData struct {
		Patient string `json:"patient"`
		Reason  string `json:"reason,omitempty"`
	}
	// KeptData names the place that came back and is kept for the list.
	KeptData struct {
		Slot int `json:"slot"`
	}
	// OfferData says which place is offered to whom, until when.
	OfferData struct {
		Entry       string    `json:"entry"`
		Patient     string    `json:"patient"`
		Slot        int       `json:"slot"`
		Until       time.Time `json:"until"`
		Appointment string    `json:"appointment,omitempty"`
	}
	// DrawData says how a lot came out.
	DrawData struct {
		Rank    int    `json:"rank"` // 1 was drawn first
		Patient string `json:"patient"`
		Outcome string `json:"outcome"` // lost | refused
	}
	// MergedData names the record that was given up.
	MergedData struct {
		Lost string `json:"lost"`
	}
	// PickData says who was called where, and why.
	PickData struct {
		Room   string            `json:"room"`
		Doctor string            `json:"doctor"`
		Reason string            `json:"reason"`
		Args   map[string]string `json:"args,omitempty"`
	}
)

// ContinuedData says which continuation a visit was given, and until when it is
// good.
type ContinuedData struct {
	Continuation string `json:"continuation"`
	Until        Date   `json:"until"`
}

// ElsewhereData says where a patient was seen and until when he is expected to
// stay; no place means that he left it.
type ElsewhereData struct {
	Place string    `json:"place"`
	Until time.Time `json:"until,omitzero"`
}

// UrgencyOf says which lane the reactions to a kind of fact take.
func UrgencyOf(k EventKind) Urgency {
	switch k {
	case TicketCalled, TicketRecalled, SessionSuspended, SignInAsked, TicketLeaveNow, TicketWaitALittle, TicketMissed, ReplyReceived:
		return Critical
	case AppointmentNoShow, AppointmentFulfilled, PlaceReleased, SessionOpened, SessionClosed, OptionLapsed:
		return Routine
	default:
		return Soon
	}
}
