package draw

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// sweepLimit is how many requests are settled in one transaction.
const sweepLimit = 100

// Service runs draws.
type Service struct {
	store  Store
	places Booker
	random io.Reader
}

// NewService makes the service; seeds are read from random, which must be fit
// for secrets.
func NewService(store Store, places Booker, random io.Reader) *Service {
	return &Service{store: store, places: places, random: random}
}

// Prepare announces the draws of all sessions that the rules of release give
// to draws and that are not released yet, moves the windows of announced ones
// whose release was moved, and calls off those that the rules no longer draw.
// Nothing is moved or called off within booking.ReleaseNotice of its window, as
// people count on it, unless its places would open to all before it is through. It tells how many changed.
func (s *Service) Prepare(ctx context.Context) (int, error) {
	rules, err := s.places.ReleaseRules(ctx)
	if err != nil {
		return 0, fmt.Errorf("load release rules: %w", err)
	}
	if !slices.ContainsFunc(rules, func(r booking.ReleaseRule) bool { return len(r.DrawDoctors) > 0 }) {
		return 0, nil // there never was a draw
	}
	sessions, err := s.places.Releases(ctx, "")
	if err != nil {
		return 0, fmt.Errorf("load releases: %w", err)
	}
	changed := 0
	for _, o := range sessions {
		rule := booking.RuleFor(rules, o.DepartmentID, s.places.Policy())
		turn := s.announce
		if !rule.Draws(o.DoctorID) {
			turn = s.callOff
		}
		did, err := turn(ctx, o, rule)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

// announce commits to a seed. The window ends as long before the session opens
// to all as the draw needs.
func (s *Service) announce(ctx context.Context, o booking.Session, rule booking.ReleaseRule) (changed bool, err error) {
	closes := o.ReleaseAt.Add(-booking.DrawSettle)
	opens := closes.Add(-rule.DrawWindow)
	err = s.store.InTx(ctx, func(tx Tx) error {
		changed = false
		l, err := tx.LockLottery(ctx, o.ID)
		switch {
		case houzhen.CodeOf(err) == houzhen.CodeNotFound:
			if !tx.Now().Before(opens) || opens.Before(rule.On.Add(booking.ReleaseNotice).Truncate(time.Second)) {
				return nil // too late to commit beforehand, or told otherwise before the rule was made: its places are raced for
			}
			seed, err := NewSeed(s.random)
			if err != nil {
				return fmt.Errorf("make seed: %w", err)
			}
			changed = true
			return tx.AddLottery(ctx, Lottery{
				SessionID: o.ID, Opens: opens, Closes: closes, Commitment: Commit(seed), Seed: seed, State: Announced, Version: 1,
			})
		case err != nil:
			return fmt.Errorf("load draw: %w", err)
		case l.State != Announced || l.Opens.Equal(opens) && l.Closes.Equal(closes):
			return nil
		case (fixed(l.Opens, tx.Now()) || fixed(opens, tx.Now())) && !l.late(o):
			return nil
		case !tx.Now().Before(opens):
			return nil // its window has begun
		}
		l.Opens, l.Closes, changed = opens, closes, true
		return tx.UpdateLottery(ctx, l)
	})
	return changed, err
}

// callOff removes the draw of a session that the rules no longer draw.
func (s *Service) callOff(ctx context.Context, o booking.Session, _ booking.ReleaseRule) (changed bool, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		changed = false
		l, err := tx.LockLottery(ctx, o.ID)
		switch {
		case houzhen.CodeOf(err) == houzhen.CodeNotFound:
			return nil
		case err != nil:
			return fmt.Errorf("load draw: %w", err)
		case l.State != Announced || !tx.Now().Before(l.Opens) || fixed(l.Opens, tx.Now()) && !l.late(o):
			return nil
		}
		changed = true
		return tx.RemoveLottery(ctx, l)
	})
	return changed, err
}

// late reports whether the places of a session open to all before its draw is
// through: the release was moved when there was time for it, and the draw, which
// is looked at later, has to follow even within the notice.
func (l Lottery) late(o booking.Session) bool {
	return o.ReleaseAt.Before(l.Closes.Add(booking.DrawSettle))
}

// fixed reports whether a window that opens at an instant is so near that it
// is not changed any more.
func fixed(opens, now time.Time) bool { return !opens.After(now.Add(booking.ReleaseNotice)) }

// JoinRequest asks for a lot.
type JoinRequest struct {
	SessionID            string
	PatientID, AccountID string
	Groups               []booking.Quota
	TravelMinutes        int
}

// Join gives a person his lot. Asking again gives the same; nobody has two.
// Before the window it is CodeNotReleased with the instant, after it
// CodeDrawClosed.
func (s *Service) Join(ctx context.Context, j JoinRequest) (r Request, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		l, err := tx.Lottery(ctx, j.SessionID)
		if err != nil {
			return err
		}
		if r, err = tx.DrawRequestOf(ctx, j.SessionID, j.PatientID); err == nil || houzhen.CodeOf(err) != houzhen.CodeNotFound {
			return err
		}
		if err := l.takes(tx.Now()); err != nil {
			return err
		}
		r = Request{
			ID: tx.NewID(), SessionID: j.SessionID, PatientID: j.PatientID, AccountID: j.AccountID,
			Groups: j.Groups, TravelMinutes: j.TravelMinutes, At: tx.Now(),
		}
		err = tx.AddDrawRequest(ctx, r)
		if houzhen.CodeOf(err) == houzhen.CodeConflict { // asked twice at the same time
			r, err = tx.DrawRequestOf(ctx, j.SessionID, j.PatientID)
			return err
		}
		if err != nil {
			return fmt.Errorf("add lot: %w", err)
		}
		// The insert waits for a draw that is being made; what was read before
		// may be old.
		if l, err = tx.Lottery(ctx, j.SessionID); err != nil {
			return fmt.Errorf("load draw again: %w", err)
		}
		return l.takes(tx.Now())
	})
	return r, err
}

// takes says whether requests are taken at now.
func (l Lottery) takes(now time.Time) error {
	switch {
	case now.Before(l.Opens):
		return houzhen.E(houzhen.CodeNotReleased, "requests are not taken yet").On("session_id").
			With("at", l.Opens.UTC().Format(time.RFC3339))
	case l.State != Announced || !now.Before(l.Closes):
		return houzhen.E(houzhen.CodeDrawClosed, "requests are not taken any more").On("session_id")
	}
	return nil
}

// Run draws what is closed and settles what is drawn, and tells how many draws
// it moved on. It may be stopped anywhere: whoever was booked is booked under
// the key of his lot and is found again.
func (s *Service) Run(ctx context.Context) (int, error) {
	var due []Lottery
	err := s.store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.LotteriesDue(ctx, tx.Now(), sweepLimit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("load due draws: %w", err)
	}
	done := 0
	for _, l := range due {
		if l.State == Announced {
			if err := s.draw(ctx, l.SessionID); err != nil {
				return done, err
			}
		}
		if err := s.settle(ctx, l.SessionID); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// draw ranks all requests and reveals the seed, in one act. The lock keeps
// late requests out: they see that it is drawn.
func (s *Service) draw(ctx context.Context, sessionID string) error {
	slots, err := s.places.Slots(ctx, sessionID)
	if err != nil {
		return fmt.Errorf("load slots: %w", err)
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		l, err := tx.LockLottery(ctx, sessionID)
		if err != nil || l.State != Announced || tx.Now().Before(l.Closes) {
			return err
		}
		requests, err := tx.DrawRequests(ctx, sessionID)
		if err != nil {
			return fmt.Errorf("load requests: %w", err)
		}
		ids := make([]string, len(requests))
		by := make(map[string]Request, len(requests))
		for i, r := range requests {
			ids[i], by[r.ID] = r.ID, r
		}
		for i, id := range Order(l.Seed, ids) {
			r := by[id]
			r.Rank = i + 1
			if err := tx.UpdateDrawRequest(ctx, r); err != nil {
				return fmt.Errorf("rank request: %w", err)
			}
		}
		l.State, l.DrawnAt = Drawn, tx.Now()
		l.Places = len(slices.DeleteFunc(slots, func(p booking.Slot) bool { return p.Withheld || p.Taken || p.Band != booking.BandBooked }))
		return tx.UpdateLottery(ctx, l)
	})
}

// settle books in drawn order until no place is left; the others have lost.
func (s *Service) settle(ctx context.Context, sessionID string) error {
	full := map[string]bool{}
	for {
		var open []Request
		err := s.store.View(ctx, func(tx Tx) (err error) {
			open, err = tx.DrawRequestsOpen(ctx, sessionID, sweepLimit)
			return err
		})
		if err != nil {
			return fmt.Errorf("load requests: %w", err)
		}
		if len(open) == 0 {
			return s.close(ctx, sessionID)
		}
		for i := range open {
			if open[i], err = s.book(ctx, open[i], full); err != nil {
				return err
			}
		}
		if err := s.save(ctx, open); err != nil {
			return err
		}
	}
}

// right names whose places a lot may have.
func (r Request) right() string { return fmt.Sprint(r.Groups) }

// book books for one who was drawn. full remembers for whom there is nothing
// left: places that are kept for a group may be left for somebody further down.
func (s *Service) book(ctx context.Context, r Request, full map[string]bool) (Request, error) {
	if full[r.right()] || full["all"] {
		r.Outcome = Lost
		return r, nil
	}
	a, err := s.places.Book(ctx, booking.BookRequest{
		Caller: Channel, Key: r.ID, SessionID: r.SessionID, PatientID: r.PatientID, AccountID: r.AccountID,
		Channel: Channel, Groups: r.Groups, TravelMinutes: r.TravelMinutes, Drawn: true,
	})
	switch code := houzhen.CodeOf(err); code {
	case "":
		r.Outcome, r.AppointmentID = Won, a.ID
	case houzhen.CodeSessionFull:
		r.Outcome, full[r.right()] = Lost, true
	case houzhen.CodeSessionSuspended, houzhen.CodeSessionClosed:
		r.Outcome, full["all"] = Lost, true
	case houzhen.CodeInternal, houzhen.CodeUnavailable, houzhen.CodeConflict:
		return r, fmt.Errorf("book for a lot: %w", err)
	default:
		r.Outcome, r.Code = Refused, code
	}
	return r, nil
}

// save writes results, with a fact for each who got no place.
func (s *Service) save(ctx context.Context, decided []Request) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		for _, r := range decided {
			if err := tx.UpdateDrawRequest(ctx, r); err != nil {
				return fmt.Errorf("save result: %w", err)
			}
			if r.Outcome == Won {
				continue // the booking is told
			}
			if err := emit(tx, houzhen.DrawLost, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func emit(tx Tx, kind houzhen.EventKind, r Request) error {
	data, err := json.Marshal(houzhen.DrawData{Rank: r.Rank, Patient: r.PatientID, Outcome: string(r.Outcome)})
	if err != nil {
		return fmt.Errorf("encode fact: %w", err)
	}
	return tx.Emit(houzhen.Event{ID: tx.NewID(), Kind: kind, Subject: r.ID, Version: 1, Session: r.SessionID, At: tx.Now(), Data: data})
}

func (s *Service) close(ctx context.Context, sessionID string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		l, err := tx.LockLottery(ctx, sessionID)
		if err != nil || l.State != Drawn {
			return err
		}
		l.State = Settled
		return tx.UpdateLottery(ctx, l)
	})
}
