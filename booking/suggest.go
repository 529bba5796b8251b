package booking

import (
	"context"
	"errors"
	"time"

	"github.com/houzhen/houzhen"
)

// suggestFor is how long alternatives are told again without looking anew.
const suggestFor = time.Second

// suggestion is what was last found near one lost place.
type suggestion struct {
	found   []Alternative
	at      time.Time
	looking bool
}

// suggest adds alternatives to a refusal by memory. Of all who are refused the
// same place within a second, one looks; the others are told what was found
// last, or nothing while the first look takes its time.
func (l *lane) suggest(ctx context.Context, refusal error, r BookRequest) error {
	start := r.Start
	l.mu.Lock()
	f := l.shelves[r.SessionID]
	if f == nil || houzhen.CodeOf(refusal) == houzhen.CodeNotReleased {
		l.mu.Unlock()
		return refusal
	}
	for i := range f.places {
		if start.IsZero() && r.SlotNo != 0 && f.places[i].No == r.SlotNo {
			start = f.places[i].Start
		}
	}
	known := f.near[start.Unix()]
	if known == nil {
		known = &suggestion{}
		f.near[start.Unix()] = known
	}
	now := l.store.Time()
	if known.looking || !known.at.IsZero() && !now.Before(known.at) && now.Sub(known.at) < suggestFor {
		defer l.mu.Unlock()
		return known.tell(refusal)
	}
	known.looking = true
	l.mu.Unlock()
	found := l.s.withAlternatives(ctx, refusal, r.SessionID, r.Start, r.SlotNo)
	l.mu.Lock()
	defer l.mu.Unlock()
	known.looking = false
	if e, ok := errors.AsType[*houzhen.Error](found); ok {
		if list, ok := e.Detail.([]Alternative); ok {
			known.found, known.at = list, now
		}
	}
	return found
}

func (k *suggestion) tell(refusal error) error {
	e, ok := errors.AsType[*houzhen.Error](refusal)
	if !ok || k.found == nil {
		return refusal
	}
	told := *e
	return told.WithDetail(k.found)
}
