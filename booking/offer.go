package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// Returns has the first right to places that come back. It is asked in the
// transaction that gives one back.
type Returns interface {
	// Returned reports whether the place is kept from the public. Who keeps one
	// opens it again: see OpenPlace.
	Returned(ctx context.Context, tx Tx, session Session, slot Slot) (kept bool, err error)
	// Retimed is told in the transaction that gives a session new hours: what is
	// offered of the slots is void, and what is kept of them is offered anew.
	Retimed(ctx context.Context, tx Tx, r Retimed) error
}

// Retimed is what new hours of a session mean to those who wait for it.
type Retimed struct {
	Session Session                 // with its new hours
	Slots   []Slot                  // those that changed, as they are now
	Times   map[time.Time]time.Time // slices by their start, in UTC: which one stands for which; none: it is no more
}

// WithReturns lets a waitlist have places that come back before the public.
func WithReturns(r Returns) Option { return func(s *Service) { s.returns = r } }

// WithDelay replaces how long a returned place waits before it is public: a
// duration from least to most, which nobody can tell beforehand.
func WithDelay(delay func(least, most time.Duration) time.Duration) Option {
	return func(s *Service) { s.delay = delay }
}

// publicFrom says from when on everybody may take a place that came back: a
// kept one not before the session is over, a freed walk-in number at once, and
// any other after a delay that a program cannot wait for (domain rule §3.14).
func (s *Service) publicFrom(ctx context.Context, tx Tx, session Session, slot Slot) (time.Time, error) {
	if s.returns != nil && session.bookable(tx.Now(), Who{Drawn: true}) == nil {
		kept, err := s.returns.Returned(ctx, tx, session, slot)
		if err != nil {
			return time.Time{}, fmt.Errorf("ask who waits: %w", err)
		}
		if kept {
			return KeptUntil(session), nil
		}
	}
	if slot.Band != BandBooked || s.policy.ReturnMax == 0 {
		return time.Time{}, nil
	}
	return tx.Now().Add(s.delay(s.policy.ReturnMin, s.policy.ReturnMax)), nil
}

// KeptUntil is the opening of a place that is kept for those who wait: never,
// unless it is opened for everybody.
func KeptUntil(session Session) time.Time { return session.End.Add(time.Hour) }

// kept reports whether the place is kept for those who wait, and not only
// waiting to be public again.
func (s Slot) kept() bool { return s.OpenAt.After(s.End.Add(time.Hour - time.Microsecond)) }

// vacate opens a number that was given up before its day, or was only held.
func (s *Service) vacate(ctx context.Context, tx Tx, sessionID string, no int) error {
	session, err := tx.Session(ctx, sessionID)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	slot, err := tx.Slot(ctx, sessionID, no)
	if err != nil {
		return fmt.Errorf("load slot: %w", err)
	}
	at, err := s.publicFrom(ctx, tx, session, slot)
	if err != nil || at.IsZero() {
		return err
	}
	return openSlot(ctx, tx, slot, at)
}

func openSlot(ctx context.Context, tx Tx, slot Slot, at time.Time) error {
	if err := tx.OpenSlot(ctx, slot.SessionID, slot.No, at); err != nil {
		return fmt.Errorf("set opening: %w", err)
	}
	return nil
}

// OpenPlace gives a place that was kept to the public, after the delay that
// every returned place has.
func (s *Service) OpenPlace(ctx context.Context, tx Tx, slot Slot) error {
	at := time.Time{}
	if slot.Band == BandBooked && s.policy.ReturnMax > 0 {
		at = tx.Now().Add(s.delay(s.policy.ReturnMin, s.policy.ReturnMax))
	}
	return openSlot(ctx, tx, slot, at)
}

// Seating gives one place to one person.
type Seating struct {
	ID            string // of the appointment
	PatientID     string
	AccountID     string
	Channel       string
	Groups        []Quota
	TravelMinutes int
	Until         time.Time // kept for him to accept until then; zero books at once
	Unpaid        bool      // keeps the place as any that is paid for first, instead of booking it
}

// Seat keeps or books a place for a person who has the first right to it, in a
// transaction that the caller owns and in which he has locked the session.
// Neither release nor opening is asked about; every rule is, and the unique
// indexes judge as always: CodeSlotTaken, CodeAlreadyBooked, CodeLimit.
func (s *Service) Seat(ctx context.Context, tx Tx, session Session, slot Slot, r Seating) (Appointment, error) {
	if err := s.MaySeat(ctx, tx, session, slot, r); err != nil {
		return Appointment{}, err
	}
	a := r.request(session, slot).appointment(session, tx.Now(), s.policy)
	a.ID, a.Key, a.Voucher = r.ID, "", voucherOf(r.ID)
	switch {
	case !r.Until.IsZero():
		a.State, a.Purpose, a.BookedAt, a.ExpiresAt = Held, PurposeOffer, time.Time{}, r.Until
	case r.Unpaid:
		a = a.unpaid(tx.Now(), s.policy)
	}
	a.sit(session, slot)
	if a.Start.Before(tx.Now()) && slot.Band == BandWalkIn {
		a.Start, a.End = session.SliceAt(tx.Now())
	}
	if err := s.insert(ctx, tx, &a); err != nil {
		return Appointment{}, err
	}
	if a.State == Held {
		return a, nil // told by whoever offers it
	}
	return a, emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
}

func (r Seating) request(session Session, slot Slot) BookRequest {
	return BookRequest{
		SessionID: session.ID, SlotNo: slot.No, PatientID: r.PatientID, AccountID: r.AccountID,
		Channel: r.Channel, Groups: r.Groups, TravelMinutes: r.TravelMinutes,
	}
}

// MaySeat says what the rules have against giving the place to the person;
// the unique indexes are not asked.
func (s *Service) MaySeat(ctx context.Context, tx Tx, session Session, slot Slot, r Seating) error {
	if err := s.seatable(ctx, tx, session, slot); err != nil {
		return err
	}
	request := r.request(session, slot)
	if err := slot.keptFor(tx.Now(), request.who(), session.FallBackAt); err != nil {
		return err // it was general when he was invited
	}
	verdicts, err := s.judge(ctx, tx, []Ask{{Request: request, Session: session, Start: slot.Start, End: slot.End}})
	if err != nil {
		return err
	}
	return verdicts[0]
}

// seatable says whether the place is one that can still be given to somebody.
func (s *Service) seatable(ctx context.Context, tx Tx, session Session, slot Slot) error {
	if err := session.bookable(tx.Now(), Who{Drawn: true}); err != nil {
		return err
	}
	if slot.Withheld || slot.Band == BandOverbook {
		return houzhen.E(houzhen.CodeSlotWithheld, "slot is withheld").On("slot")
	}
	if !tx.Now().Before(slot.End) || slot.Band == BandBooked && !tx.Now().Before(slot.Start) {
		return houzhen.E(houzhen.CodeSlotPast, "slot has begun").On("slot")
	}
	spent, err := s.spentNumbers(ctx, tx, session)
	if err != nil {
		return err
	}
	if spent[slot.No] || slot.Taken {
		return houzhen.E(houzhen.CodeSlotTaken, "the place is somebody's").On("slot")
	}
	return nil
}

// unpaid gives the appointment held until it is paid for.
func (a Appointment) unpaid(now time.Time, p Policy) Appointment {
	a.State, a.Purpose, a.BookedAt, a.ExpiresAt = Held, PurposeVisit, time.Time{}, now.Add(p.Hold)
	return a
}

// AcceptOffer books a place that was kept for its owner to accept, in a transaction
// that the caller owns. While the row stands the place is his and nobody
// else's, so that this always succeeds, even a moment after its time. Unpaid
// keeps it for as long as any place that is paid for first. Accepting again
// gives the same appointment.
func (s *Service) AcceptOffer(ctx context.Context, tx Tx, id string, unpaid bool) (Appointment, error) {
	a, err := tx.LockAppointment(ctx, id)
	switch {
	case err != nil:
		return a, fmt.Errorf("lock offered place: %w", err)
	case a.Purpose == PurposeVisit && (a.State == Booked || unpaid && a.State == Held):
		return a, nil
	case a.State != Held || a.Purpose != PurposeOffer:
		return a, houzhen.E(houzhen.CodeHoldExpired, "the place is no longer kept")
	}
	a.State, a.Purpose, a.ExpiresAt, a.BookedAt = Booked, PurposeVisit, time.Time{}, tx.Now()
	if unpaid {
		a = a.unpaid(tx.Now(), s.policy)
	}
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return a, fmt.Errorf("book offered place: %w", err)
	}
	if a.State == Held {
		return a, nil // told when it is asked to be paid for
	}
	return a, emit(tx, houzhen.AppointmentBooked, a, bookedData(a))
}

// Rescind ends a place that was kept for its owner to accept, in a transaction
// that the caller owns; the caller says who gets it next. One that was
// accepted, or has ended, stays as it is.
func (s *Service) Rescind(ctx context.Context, tx Tx, id, by, reason string) error {
	a, err := tx.LockAppointment(ctx, id)
	if err != nil {
		return fmt.Errorf("lock offered place: %w", err)
	}
	if a.State != Held || a.Purpose != PurposeOffer {
		return nil
	}
	a = a.end(tx.Now(), by, reason)
	if err := tx.UpdateAppointment(ctx, &a); err != nil {
		return fmt.Errorf("end offered place: %w", err)
	}
	return nil
}

// FreePlaces lists the places that somebody may book in a session at once,
// earliest first; none when the session cannot be booked.
func (s *Service) FreePlaces(ctx context.Context, tx Tx, session Session, who Who) ([]Slot, error) {
	if session.bookable(tx.Now(), who) != nil {
		return []Slot{}, nil
	}
	return s.freePlaces(ctx, tx, session, who)
}

// Vacancies lists the places of a session that nobody has, public or not.
func (s *Service) Vacancies(ctx context.Context, tx Tx, session Session) ([]Slot, error) {
	slots, err := tx.Slots(ctx, session.ID)
	if err != nil {
		return nil, fmt.Errorf("load slots: %w", err)
	}
	spent, err := s.spentNumbers(ctx, tx, session)
	if err != nil {
		return nil, err
	}
	vacant := make([]Slot, 0, len(slots))
	for _, p := range slots {
		if !p.Taken && !spent[p.No] && !p.Withheld && p.Band != BandOverbook {
			vacant = append(vacant, p)
		}
	}
	return vacant, nil
}
