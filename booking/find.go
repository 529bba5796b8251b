package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// maxFindDays bounds one search.
const maxFindDays = 92

// FindQuery asks for free places. No dates mean from today to the horizon.
type FindQuery struct {
	DepartmentID, DoctorID string
	From, To               houzhen.Date
	Who                    Who // whose view: general places, and those kept for him
}

// SliceOffer is what one slice has.
type SliceOffer struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Free    int       `json:"free"`
	FirstNo int       `json:"first_no"`
}

// Offer is a session with its free places. Slices without any are left out.
type Offer struct {
	Session Session
	Slices  []SliceOffer
	Free    int
}

// Find lists released sessions that are not over, full ones too, by start.
func (s *Service) Find(ctx context.Context, q FindQuery) (offers []Offer, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		today := s.today(tx.Now())
		if q.From.Before(today) {
			q.From = today
		}
		if q.To.IsZero() {
			q.To = q.From.AddDays(max(s.policy.HorizonDays, 1))
		}
		if q.From.DaysUntil(q.To) > maxFindDays {
			return houzhen.E(houzhen.CodeInvalid, "too many days at once").On("to")
		}
		offers, err = s.offers(ctx, tx, q)
		return err
	})
	return offers, err
}

func (s *Service) offers(ctx context.Context, tx Tx, q FindQuery) ([]Offer, error) {
	sessions, err := s.bookableSessions(ctx, tx, SessionFilter{DepartmentID: q.DepartmentID, DoctorID: q.DoctorID, From: q.From, To: q.To})
	if err != nil || len(sessions) == 0 {
		return []Offer{}, err
	}
	free, err := s.freeOf(ctx, tx, sessions, q.Who)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, 0, len(sessions))
	for _, o := range sessions {
		offers = append(offers, Offer{Session: o, Slices: slicesOf(free[o.ID]), Free: len(free[o.ID])})
	}
	return offers, nil
}

// bookableSessions lists sessions that can be booked now, by start.
func (s *Service) bookableSessions(ctx context.Context, tx Tx, f SessionFilter) ([]Session, error) {
	f.Status = []SessionStatus{SessionPlanned, SessionOpen}
	sessions, err := tx.Sessions(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	sessions = slices.DeleteFunc(sessions, func(o Session) bool { return o.bookable(tx.Now(), Who{}) != nil })
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID))
	})
	return sessions, nil
}

// freeOf loads the bookable places of several sessions.
func (s *Service) freeOf(ctx context.Context, tx Tx, sessions []Session, who Who) (map[string][]Slot, error) {
	ids := make([]string, 0, len(sessions))
	for _, o := range sessions {
		ids = append(ids, o.ID)
	}
	slots, err := tx.Slots(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("load slots: %w", err)
	}
	of := map[string][]Slot{}
	for _, slot := range slots {
		of[slot.SessionID] = append(of[slot.SessionID], slot)
	}
	for _, o := range sessions {
		spent, err := s.spentNumbers(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		of[o.ID] = free(of[o.ID], spent, tx.Now(), who, o.FallBackAt)
	}
	return of, nil
}

// slicesOf groups free places, which are in order of time, by slice.
func slicesOf(places []Slot) []SliceOffer {
	offers := []SliceOffer{}
	for _, p := range places {
		last := len(offers) - 1
		if last < 0 || !offers[last].Start.Equal(p.Start) || !offers[last].End.Equal(p.End) {
			offers = append(offers, SliceOffer{Start: p.Start, End: p.End, FirstNo: p.No})
			last++
		}
		offers[last].Free++
		offers[last].FirstNo = min(offers[last].FirstNo, p.No)
	}
	return offers
}
