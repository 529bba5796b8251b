package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// BookRequest asks for a place. SlotNo 0 takes any free one at Start; a zero
// Start the first free one.
type BookRequest struct {
	Caller, Key   string // who asks, and his idempotency key
	SessionID     string
	SlotNo        int
	Start         time.Time
	PatientID     string
	AccountID     string // "" at the desk
	Channel       string
	Groups        []Quota // whose kept places the caller has shown the patient may have
	TravelMinutes int
	Drawn         bool          // his lot was drawn: ahead of the release
	Hold          bool          // only keep the place until Confirm, at most as long as the policy says
	HoldFor       time.Duration // or that long, where it is not zero
}

func (r BookRequest) validate() error {
	switch {
	case r.Caller == "" || r.Key == "":
		return houzhen.E(houzhen.CodeKeyMissing, "caller or idempotency key is missing").On("idempotency_key")
	case len(r.Key) > 200:
		return houzhen.E(houzhen.CodeInvalid, "idempotency key is too long").On("idempotency_key")
	case r.SessionID == "":
		return houzhen.E(houzhen.CodeMissing, "session is missing").On("session_id")
	case r.PatientID == "":
		return houzhen.E(houzhen.CodeMissing, "patient is missing").On("patient_id")
	case r.SlotNo < 0:
		return houzhen.E(houzhen.CodeSlotUnknown, "slot number is negative").On("slot")
	case r.TravelMinutes < 0 || r.TravelMinutes > 24*60:
		return houzhen.E(houzhen.CodeInvalid, "travel minutes out of range").On("travel_minutes")
	}
	return nil
}

func (r BookRequest) id() string { return AppointmentID("appointment", r.Caller, r.Key) }

func (r BookRequest) digest() string {
	start := ""
	if !r.Start.IsZero() {
		start = r.Start.UTC().Format(time.RFC3339Nano)
	}
	return keyDigest(r.SessionID, strconv.Itoa(r.SlotNo), start, r.PatientID, r.AccountID, r.Channel, strconv.FormatBool(r.Hold))
}

// Book takes a place for a patient. The same request with the same key gives
// the same appointment again; another request with it CodeKeyReused. Whoever
// loses a race gets CodeSlotTaken or CodeSessionFull with []Alternative.
func (s *Service) Book(ctx context.Context, r BookRequest) (Appointment, error) {
	a, _, err := s.BookOnce(ctx, r)
	return a, err
}

// BookOnce is Book, and tells whether the appointment is the answer to an
// earlier request with the same key.
func (s *Service) BookOnce(ctx context.Context, r BookRequest) (a Appointment, again bool, err error) {
	if err := r.validate(); err != nil {
		return Appointment{}, false, err
	}
	if s.lane != nil && !r.Drawn { // a draw books one after the other, each his own group's places first
		switch out := s.lane.book(ctx, r); out.refused {
		case byMemory:
			return Appointment{}, false, s.lane.suggest(ctx, out.err, r)
		case byRule:
			return s.replay(ctx, r, out.err)
		case byNobody:
			return out.a, false, out.err
		case byGroup: // asks alone
		}
	}
	return s.bookAlone(ctx, r)
}

// bookAlone books in a transaction of its own, looking at everything anew.
func (s *Service) bookAlone(ctx context.Context, r BookRequest) (Appointment, bool, error) {
	a, err := s.book(ctx, r)
	if err == nil || houzhen.CodeOf(err) == houzhen.CodeInternal {
		return a, false, err
	}
	return s.replay(ctx, r, err)
}

// replay answers a refused request that succeeded before. A request that did
// not is refused as it was, with alternatives.
func (s *Service) replay(ctx context.Context, r BookRequest, refusal error) (Appointment, bool, error) {
	old, err := s.Appointment(ctx, r.id())
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return Appointment{}, false, s.withAlternatives(ctx, refusal, r.SessionID, r.Start, r.SlotNo)
	case err != nil:
		return Appointment{}, false, fmt.Errorf("look for replay: %w", err)
	case old.Key != r.digest():
		return Appointment{}, false, houzhen.E(houzhen.CodeKeyReused, "key was used for another request").On("idempotency_key")
	}
	return old, true, nil
}

func (s *Service) book(ctx context.Context, r BookRequest) (Appointment, error) {
	session, places, err := s.look(ctx, r)
	if err != nil {
		return Appointment{}, err
	}
	var a Appointment
	err = s.store.InTx(ctx, func(tx Tx) error {
		a = r.appointment(session, tx.Now(), s.policy)
		if err := s.take(ctx, tx, &a, session, places, r); err != nil {
			return err
		}
		if a.State == Held {
			return nil // nothing to tell before it is confirmed
		}
		return emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
	})
	return a, err
}

// look reads what the decision needs, outside the transaction that books: the
// session, and the places to try in order.
func (s *Service) look(ctx context.Context, r BookRequest) (session Session, places []Slot, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if session, err = bookableSession(ctx, tx, r.SessionID, r.who()); err != nil {
			return err
		}
		var none error
		if places, none = s.placesFor(ctx, tx, session, r); houzhen.CodeOf(none) == houzhen.CodeInternal {
			return none
		}
		ask := Ask{Request: r, Session: session}
		if len(places) > 0 {
			ask = ask.at(places[0].Start, places[0].End)
		}
		verdicts, err := s.judge(ctx, tx, []Ask{ask})
		if err != nil {
			return err
		}
		return cmp.Or(verdicts[0], none)
	})
	return session, places, err
}

// placesFor gives the places that a request may have, in the order in which to
// try them, or why there is none.
func (s *Service) placesFor(ctx context.Context, tx Tx, session Session, r BookRequest) ([]Slot, error) {
	if r.SlotNo == 0 {
		places, err := s.freePlaces(ctx, tx, session, r.who())
		if places = r.among(places); err != nil || len(places) > 0 {
			return places, err
		}
		return nil, whyNone(ctx, tx, session, r.Start, r.who())
	}
	slot, err := tx.Slot(ctx, r.SessionID, r.SlotNo)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeSlotUnknown:
		return nil, houzhen.E(houzhen.CodeSlotUnknown, "no such slot").On("slot")
	case err != nil:
		return nil, fmt.Errorf("load slot: %w", err)
	}
	return []Slot{slot}, slot.bookable(tx.Now(), r.who(), session.FallBackAt)
}

// bookableSession loads a session and says whether it can be booked.
func bookableSession(ctx context.Context, tx Tx, id string, who Who) (Session, error) {
	session, err := tx.Session(ctx, id)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return session, houzhen.E(houzhen.CodeNotFound, "no such session").On("session_id")
	case err != nil:
		return session, fmt.Errorf("load session: %w", err)
	}
	return session, session.bookable(tx.Now(), who)
}

// among gives those of free places that the request is content with, in the
// order in which to try them. Who was drawn takes one that is kept for his
// group before a general one, which the next in the draw may need.
func (r BookRequest) among(places []Slot) []Slot {
	at := startingAt(places, r.Start)
	if r.Drawn {
		slices.SortStableFunc(at, func(a, b Slot) int { return cmp.Compare(a.general(), b.general()) })
	}
	return at
}

func startingAt(places []Slot, start time.Time) []Slot {
	if start.IsZero() {
		return places
	}
	var at []Slot
	for _, p := range places {
		if p.Start.Equal(start) {
			at = append(at, p)
		}
	}
	return at
}

// appointment makes the row of a request, still without a place.
func (r BookRequest) appointment(s Session, now time.Time, p Policy) Appointment {
	return r.appointmentOf(r.id(), r.digest(), s, now, p)
}

// appointmentOf is appointment where the request's id and digest are known.
func (r BookRequest) appointmentOf(id, digest string, s Session, now time.Time, p Policy) Appointment {
	a := Appointment{
		ID: id, SessionID: s.ID, PatientID: r.PatientID, AccountID: r.AccountID,
		DoctorID: s.DoctorID, Day: s.Date, Nth: min(1, p.PerDay), State: Booked, Purpose: PurposeVisit,
		Channel: r.Channel, Key: digest, BookedAt: now, TravelMinute: r.TravelMinutes, Version: 1,
	}
	a.Voucher = voucherOf(a.ID)
	if r.Hold {
		a.State, a.BookedAt, a.ExpiresAt = Held, time.Time{}, now.Add(cmp.Or(r.HoldFor, p.Hold))
	}
	return a
}
