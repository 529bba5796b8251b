package suspension

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Service runs the workflow on a store.
type Service struct {
	store  Store
	places *booking.Service
	peers  Peers
	policy Policy
}

// Peers gives the doctors who may stand in for one: the same department and
// grade, or a higher one.
type Peers func(ctx context.Context, doctorID string) ([]string, error)

// NewService makes the service; the policy must be valid.
func NewService(store Store, places *booking.Service, peers Peers, policy Policy) (*Service, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("suspension policy: %w", err)
	}
	return &Service{store: store, places: places, peers: peers, policy: policy}, nil
}

// Policy gives the policy in force.
func (s *Service) Policy() Policy { return s.policy }

// AskRequest asks that one session does not take place.
type AskRequest struct {
	SessionID string
	Reason    string
	By        Person
}

// Ask asks for the suspension of one session; CodeConflict when somebody has.
func (s *Service) Ask(ctx context.Context, r AskRequest) (a Suspension, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		a, err = s.askTx(ctx, tx, r)
		return err
	})
	return a, err
}

func (s *Service) askTx(ctx context.Context, tx Tx, r AskRequest) (Suspension, error) {
	a, err := s.policy.ask(r.By, r.Reason, tx.Now())
	if err != nil {
		return a, err
	}
	x, err := tx.Session(ctx, r.SessionID)
	if err != nil {
		return a, fmt.Errorf("load session: %w", err)
	}
	if err := askSession(x, tx.Now()); err != nil {
		return a, err
	}
	a.ID, a.Kind, a.SessionID = tx.NewID(), KindSession, x.ID
	if err := s.add(ctx, tx, a); err != nil {
		return a, err
	}
	return a, tx.AddItem(ctx, Item{SuspensionID: a.ID, SessionID: x.ID, Rank: 1})
}

func (s *Service) add(ctx context.Context, tx Tx, a Suspension) error {
	if err := tx.AddSuspension(ctx, a); err != nil {
		return err
	}
	if err := tell(tx, houzhen.SuspensionAsked, a); err != nil {
		return err
	}
	return tx.Append(ctx, a.AskedBy, "suspension.ask", a.ID, a.Reason)
}

// AskAlone asks for and approves the suspension of one session in one act, as
// the rule for urgent cases lets one person do.
func (s *Service) AskAlone(ctx context.Context, r AskRequest) (a Suspension, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if a, err = s.askTx(ctx, tx, r); err != nil {
			return err
		}
		a, err = s.approveTx(ctx, tx, a, r.By)
		return err
	})
	return a, err
}

// Approve approves what another person asked for. One session is suspended in
// the same transaction; a closure begins.
func (s *Service) Approve(ctx context.Context, id string, by Person) (a Suspension, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if a, err = tx.LockSuspension(ctx, id); err != nil {
			return err
		}
		a, err = s.approveTx(ctx, tx, a, by)
		return err
	})
	return a, err
}

func (s *Service) approveTx(ctx context.Context, tx Tx, a Suspension, by Person) (Suspension, error) {
	urgent := false
	if a.Kind == KindSession {
		x, err := tx.Session(ctx, a.SessionID)
		if err != nil {
			return a, fmt.Errorf("load session: %w", err)
		}
		urgent = s.policy.Urgent(x, tx.Now())
	}
	a, err := s.policy.approve(a, by, urgent, tx.Now())
	if err != nil {
		return a, err
	}
	if a.Kind == KindSession {
		if err := s.runAll(ctx, tx, a); err != nil {
			return a, err
		}
		a.State, a.EndedAt = Done, tx.Now()
	} else if err := s.schedule(ctx, tx, a); err != nil {
		return a, err
	}
	action := "suspension.approve"
	if a.Alone {
		action = "suspension.approve_alone"
	}
	return a, s.decided(ctx, tx, &a, by, action)
}

func (s *Service) decided(ctx context.Context, tx Tx, a *Suspension, by Person, action string) error {
	if err := tx.UpdateSuspension(ctx, a); err != nil {
		return err
	}
	if err := tell(tx, houzhen.SuspensionDecided, *a); err != nil {
		return err
	}
	return tx.Append(ctx, by.ID, action, a.ID, a.Reason)
}

// Refuse says no to what was asked; whoever asked withdraws it thereby.
func (s *Service) Refuse(ctx context.Context, id string, by Person) (Suspension, error) {
	return s.decide(ctx, id, by, "suspension.refuse", func(tx Tx, a Suspension) (Suspension, error) {
		return s.policy.refuse(a, by, tx.Now())
	})
}

// Stop lets a closure go no further; what is suspended stays so.
func (s *Service) Stop(ctx context.Context, id string, by Person) (Suspension, error) {
	return s.decide(ctx, id, by, "suspension.stop", func(tx Tx, a Suspension) (Suspension, error) {
		return s.policy.stop(a, by, tx.Now())
	})
}

func (s *Service) decide(ctx context.Context, id string, by Person, action string, to func(Tx, Suspension) (Suspension, error)) (a Suspension, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if a, err = tx.LockSuspension(ctx, id); err != nil {
			return err
		}
		if a, err = to(tx, a); err != nil {
			return err
		}
		if a.State == Stopped {
			if err := stopItems(ctx, tx, a); err != nil {
				return err
			}
		}
		return s.decided(ctx, tx, &a, by, action)
	})
	return a, err
}

func tell(tx Tx, kind houzhen.EventKind, a Suspension) error {
	return emit(tx, houzhen.Event{Kind: kind, Subject: a.ID, Version: a.Version, Session: a.SessionID}, nil)
}

func emit(tx Tx, e houzhen.Event, data any) error {
	e.ID, e.At = tx.NewID(), tx.Now()
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
