package waitlist

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Service runs the verbs of the waitlist on a store.
type Service struct {
	store   Store
	booking *booking.Service
	loc     *time.Location
	policy  Policy
	prepaid func(booking.Session) bool // whether its places are paid for before they are booked
}

// Option changes how a service is made.
type Option func(*Service)

// WithPrepaid says of which sessions places are paid for before they are
// booked; of none without it.
func WithPrepaid(of func(booking.Session) bool) Option { return func(s *Service) { s.prepaid = of } }

// NewService makes the service. loc is the hospital's zone; the policy must be
// valid. The booking service should have been made with Keeper of the same
// policy, or places that come back are not kept for the list.
func NewService(store Store, b *booking.Service, loc *time.Location, policy Policy, options ...Option) (*Service, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("waitlist policy: %w", err)
	}
	s := &Service{store: store, booking: b, loc: loc, policy: policy, prepaid: func(booking.Session) bool { return false }}
	for _, o := range options {
		o(s)
	}
	return s, nil
}

// Policy gives the policy in force.
func (s *Service) Policy() Policy { return s.policy }

// emit writes a fact about an entry, a place or an offer.
func emit(tx Tx, kind houzhen.EventKind, subject string, version int64, session string, data any) error {
	e := houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: subject, Version: version, Session: session, At: tx.Now()}
	if data != nil {
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		e.Data = b
	}
	if err := tx.Emit(e); err != nil {
		return fmt.Errorf("emit fact: %w", err)
	}
	return nil
}

func entryData(e Entry) houzhen.WaitData {
	return houzhen.WaitData{Patient: e.PatientID, Reason: e.Reason}
}

func proposalData(p Proposal) houzhen.OfferData {
	return houzhen.OfferData{Entry: p.EntryID, Patient: p.PatientID, Slot: p.SlotNo, Until: p.ExpiresAt, Appointment: p.AppointmentID}
}

// load finds a session and a place of it with the session locked: whoever
// changes what becomes of a place does so one after the other.
func lock(ctx context.Context, tx Tx, sessionID string, no int) (booking.Session, booking.Slot, error) {
	session, err := tx.LockSession(ctx, sessionID)
	if err != nil {
		return session, booking.Slot{}, fmt.Errorf("lock session: %w", err)
	}
	slot, err := tx.Slot(ctx, sessionID, no)
	if err != nil {
		return session, slot, fmt.Errorf("load slot: %w", err)
	}
	return session, slot, nil
}

func seating(e Entry, id string, until time.Time) booking.Seating {
	return booking.Seating{
		ID: id, PatientID: e.PatientID, AccountID: e.AccountID, Channel: Channel, Groups: e.who().Groups,
		TravelMinutes: e.TravelMinutes, Until: until,
	}
}
