package booking

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Service runs the verbs of booking on a store.
type Service struct {
	store  Store
	loc    *time.Location
	policy Policy
	rules  []Rule
	lane   *lane // nil: each booking goes alone

	absence     Absence                                       // nil: nothing is known of anybody
	expectation Expectation                                   // nil: nobody is kept away
	draws       Draws                                         // nil: no draw is announced
	returns     Returns                                       // nil: places that come back are public
	delay       func(least, most time.Duration) time.Duration // before a returned place is public
}

// NewService makes the service. loc is the hospital's zone; the policy must
// be valid.
func NewService(store Store, loc *time.Location, policy Policy, options ...Option) (*Service, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("booking policy: %w", err)
	}
	s := &Service{store: store, loc: loc, policy: policy, rules: []Rule{limits{policy}}, delay: anyDelay}
	for _, o := range options {
		o(s)
	}
	if hearing, ok := store.(Hearing); ok {
		s.lane = newLane(s, hearing)
	}
	return s, nil
}

// anyDelay gives a duration that cannot be foreseen.
func anyDelay(least, most time.Duration) time.Duration { return least + rand.N(most-least+1) }

// Policy gives the policy in force.
func (s *Service) Policy() Policy { return s.policy }

// Appointment finds an appointment by its id.
func (s *Service) Appointment(ctx context.Context, id string) (a Appointment, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		a, err = tx.Appointment(ctx, id)
		return err
	})
	return a, err
}

// Appointments lists appointments without traces, by id.
func (s *Service) Appointments(ctx context.Context, f AppointmentFilter) (list []Appointment, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Appointments(ctx, f)
		return err
	})
	return slices.DeleteFunc(list, Appointment.Trace), err
}

// Session finds a session by its id.
func (s *Service) Session(ctx context.Context, id string) (found Session, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		found, err = tx.Session(ctx, id)
		return err
	})
	return found, err
}

// Sessions lists sessions.
func (s *Service) Sessions(ctx context.Context, f SessionFilter) (list []Session, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Sessions(ctx, f)
		return err
	})
	return list, err
}

// ByVoucher finds the appointment of a voucher as somebody typed it, of any
// day: CodeVoucher, or CodeAmbiguous where a person must look.
func (s *Service) ByVoucher(ctx context.Context, tx Tx, voucher string) (Appointment, error) {
	v, err := ParseVoucher(voucher)
	if err != nil {
		return Appointment{}, err
	}
	list, err := tx.AppointmentsByVoucher(ctx, v)
	if err != nil {
		return Appointment{}, fmt.Errorf("find voucher: %w", err)
	}
	return ofVoucher(list, s.today(tx.Now()))
}

// Resolve finds the appointment of a voucher on the business date of tx.
func (s *Service) Resolve(ctx context.Context, tx Tx, voucher string) (Appointment, error) {
	a, err := s.ByVoucher(ctx, tx, voucher)
	switch {
	case err != nil:
		return Appointment{}, err
	case a.Day != s.today(tx.Now()):
		return Appointment{}, houzhen.E(houzhen.CodeNotToday, "appointment is of another day").With("date", a.Day.String())
	}
	return a, nil
}

// Today gives the business date of an instant.
func (s *Service) Today(now time.Time) houzhen.Date { return s.today(now) }

func (s *Service) today(now time.Time) houzhen.Date { return houzhen.BusinessDate(now, s.loc) }

// dayBegun reports whether numbers of that date are no longer used twice.
func (s *Service) dayBegun(d houzhen.Date, now time.Time) bool {
	return !now.Before(DayBegins(d, s.loc))
}
