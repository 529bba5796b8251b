package suspension

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// runAll suspends every session of a in the caller's transaction.
func (s *Service) runAll(ctx context.Context, tx Tx, a Suspension) error {
	items, err := tx.Items(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, i := range items {
		if err := s.suspend(ctx, tx, a, i, nil); err != nil {
			return err
		}
	}
	return nil
}

// suspend does one session: places, options, cases and the note that it is
// done, all or nothing. One that is suspended or over already is skipped.
func (s *Service) suspend(ctx context.Context, tx Tx, a Suspension, i Item, avoid []string) error {
	x, err := tx.LockSession(ctx, i.SessionID)
	if err != nil {
		return fmt.Errorf("lock session: %w", err)
	}
	i.DoneAt = tx.Now()
	if x.Status == booking.SessionSuspended || x.Status == booking.SessionClosed {
		i.Outcome = ItemSkipped
		return tx.UpdateItem(ctx, i)
	}
	peers, err := s.peers(ctx, x.DoctorID)
	if err != nil {
		return fmt.Errorf("find peers: %w", err)
	}
	result, whom, err := s.places.SuspendTx(ctx, tx, booking.SuspendRequest{
		SessionID: x.ID, Peers: peers, KeepCheckedIn: true, Avoid: avoid,
	})
	if err != nil {
		return err
	}
	if err := s.open(ctx, tx, a, x, whom); err != nil {
		return err
	}
	i.Outcome, i.Affected, i.Kept = ItemDone, result.Affected+len(whom.Here), result.Kept
	return tx.UpdateItem(ctx, i)
}

// open writes a case for everybody concerned. Whoever lost the last place that
// was kept for an earlier one is called, because nobody has told him.
func (s *Service) open(ctx context.Context, tx Tx, a Suspension, x booking.Session, whom booking.Affected) error {
	kept, err := keptBy(ctx, tx, whom.Ended)
	if err != nil {
		return err
	}
	for _, lost := range whom.Ended {
		if lost.Purpose == booking.PurposeOption {
			if err := callSoon(ctx, tx, lost.OriginID); err != nil {
				return err
			}
			continue
		}
		c := caseOf(a, x, lost)
		c.CallAt = s.policy.callAt(lost.Start, tx.Now(), kept[lost.ID])
		if _, err := tx.AddCase(ctx, c); err != nil {
			return err
		}
	}
	for _, here := range whom.Here {
		c := caseOf(a, x, here)
		c.Here = true
		if _, err := tx.AddCase(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func caseOf(a Suspension, x booking.Session, lost booking.Appointment) Case {
	return Case{
		AppointmentID: lost.ID, SuspensionID: a.ID, SessionID: x.ID, PatientID: lost.PatientID, Start: lost.Start, Version: 1,
	}
}

// keptBy tells for which of the lost places others are kept.
func keptBy(ctx context.Context, tx Tx, lost []booking.Appointment) (map[string]bool, error) {
	kept := map[string]bool{}
	if len(lost) == 0 {
		return kept, nil
	}
	patients := make([]string, 0, len(lost))
	for _, a := range lost {
		patients = append(patients, a.PatientID)
	}
	held, err := tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: patients, States: []booking.State{booking.Held}, Purpose: booking.PurposeOption,
	})
	if err != nil {
		return kept, fmt.Errorf("load kept places: %w", err)
	}
	for _, a := range held {
		kept[a.OriginID] = true
	}
	return kept, nil
}

func callSoon(ctx context.Context, tx Tx, originID string) error {
	origin, err := tx.Appointment(ctx, originID)
	if err != nil {
		return fmt.Errorf("load origin: %w", err)
	}
	c, err := tx.Case(ctx, origin.SessionID, originID)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	c.CallAt, c.LastCall = tx.Now(), CallNone
	return tx.UpdateCase(ctx, &c)
}

// Run suspends the sessions of running closures whose turn has come, each in a
// transaction of its own, so that a crash leaves whole sessions done and whole
// sessions to do. It gives how many were done; one that fails does not stop
// the others.
func (s *Service) Run(ctx context.Context) (done int, err error) {
	var items []Item
	if err := s.store.View(ctx, func(tx Tx) error {
		items, err = tx.ItemsDue(ctx, tx.Now(), s.policy.Batch)
		return err
	}); err != nil {
		return 0, err
	}
	var faults []error
	for _, i := range items {
		ok, err := s.step(ctx, i)
		if ok {
			done++
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("suspend session of a closure: %w", err))
		}
	}
	return done, errors.Join(faults...)
}

// step does one due session, unless somebody did it or the closure was stopped.
func (s *Service) step(ctx context.Context, due Item) (did bool, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		did = false
		a, err := tx.LockSuspension(ctx, due.SuspensionID)
		if err != nil || a.State != Approved {
			return err
		}
		items, err := tx.Items(ctx, a.ID)
		if err != nil {
			return err
		}
		left, avoid := 0, make([]string, 0, len(items))
		for _, i := range items {
			avoid = append(avoid, i.SessionID)
			if i.Outcome != ItemPending {
				continue
			}
			if i.SessionID == due.SessionID {
				did = true
				continue
			}
			left++
		}
		if !did {
			return nil
		}
		if err := s.suspend(ctx, tx, a, due, avoid); err != nil {
			did = false
			return err
		}
		if left > 0 {
			return nil
		}
		a.State, a.EndedAt = Done, tx.Now()
		if err := tx.UpdateSuspension(ctx, &a); err != nil {
			return err
		}
		return tell(tx, houzhen.SuspensionDecided, a)
	})
	return did, err
}

func stopItems(ctx context.Context, tx Tx, a Suspension) error {
	items, err := tx.Items(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, i := range items {
		if i.Outcome == ItemPending {
			i.Outcome, i.DueAt = ItemStopped, time.Time{}
			if err := tx.UpdateItem(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}
