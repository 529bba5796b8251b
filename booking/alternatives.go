package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Alternative is a free place near the one that was lost. Nobody keeps it.
type Alternative struct {
	SessionID    string       `json:"session_id"`
	DepartmentID string       `json:"department_id"`
	DoctorID     string       `json:"doctor_id"`
	Date         houzhen.Date `json:"date"`
	Start        time.Time    `json:"start"`
	End          time.Time    `json:"end"`
	Free         int          `json:"free"`
	FirstNo      int          `json:"first_no"`
}

const (
	alternativeDays = 14 // searched after the lost one
	sessionsAtOnce  = 6  // whose slots are loaded together
)

// helpful are the refusals after which another place helps.
var helpful = []houzhen.Code{
	houzhen.CodeSlotTaken, houzhen.CodeSessionFull, houzhen.CodeSlotPast, houzhen.CodeSlotWithheld,
	houzhen.CodeSessionSuspended, houzhen.CodeSessionClosed,
}

// withAlternatives adds the nearest free places to a refusal. If they cannot
// be found the refusal stands as it is.
func (s *Service) withAlternatives(ctx context.Context, refusal error, sessionID string, start time.Time, no int) error {
	code := houzhen.CodeOf(refusal)
	if !slices.Contains(helpful, code) {
		return refusal
	}
	found := []Alternative{}
	err := s.store.View(ctx, func(tx Tx) error {
		lost, err := tx.Session(ctx, sessionID)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		if start.IsZero() {
			start = lost.Start
			if slot, err := tx.Slot(ctx, sessionID, no); no > 0 && err == nil {
				start = slot.Start
			}
		}
		found, err = s.alternatives(ctx, tx, lost, start)
		return err
	})
	var e *houzhen.Error
	if err != nil || !errors.As(refusal, &e) {
		return refusal
	}
	told := *e
	return told.WithDetail(found)
}

// alternatives ranks: the nearest slices of the same session, then the same
// doctor's next days, then the department by nearness.
func (s *Service) alternatives(ctx context.Context, tx Tx, lost Session, start time.Time) ([]Alternative, error) {
	today := s.today(tx.Now())
	sessions, err := s.bookableSessions(ctx, tx, SessionFilter{
		DepartmentID: lost.DepartmentID, From: today, To: lost.Date.AddDays(alternativeDays),
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(sessions, func(a, b Session) int {
		return cmp.Or(cmp.Compare(kind(lost, a), kind(lost, b)), cmp.Compare(away(start, a.Start), away(start, b.Start)))
	})
	found := []Alternative{}
	for chunk := range slices.Chunk(sessions, sessionsAtOnce) {
		free, err := s.freeOf(ctx, tx, chunk, Who{})
		if err != nil {
			return nil, err
		}
		for _, o := range chunk {
			offers := slicesOf(free[o.ID])
			like := o.Start.Add(start.Sub(lost.Start)) // as late in this session as the lost one
			slices.SortStableFunc(offers, func(a, b SliceOffer) int {
				return cmp.Compare(away(like, a.Start), away(like, b.Start))
			})
			if o.ID != lost.ID { // one slice of each other session, so that there is a choice
				offers = offers[:min(len(offers), 1)]
			}
			for _, f := range offers {
				found = append(found, Alternative{o.ID, o.DepartmentID, o.DoctorID, o.Date, f.Start, f.End, f.Free, f.FirstNo})
			}
			if len(found) >= s.policy.Suggestions {
				return found[:s.policy.Suggestions], nil
			}
		}
	}
	return found, nil
}

// kind ranks a session as a replacement: itself, its doctor, its department.
func kind(lost, other Session) int {
	switch {
	case other.ID == lost.ID:
		return 0
	case other.DoctorID == lost.DoctorID:
		return 1
	}
	return 2
}

func away(a, b time.Time) time.Duration { return max(a.Sub(b), b.Sub(a)) }
