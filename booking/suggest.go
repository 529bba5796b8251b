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
	looking chan struct{} // closed when the look that is under way is over; nil: nobody looks
}

// suggest adds alternatives to a refusal by memory. Of all who are refused the
// same place within a second, one looks; the others are told what was found
// last, and before anything was found they wait for him.
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
	switch fresh := !known.at.IsZero() && !now.Before(known.at) && now.Sub(known.at) < suggestFor; {
	case known.looking == nil && !fresh:
		known.looking = make(chan struct{})
		l.mu.Unlock()
		return l.look(ctx, refusal, r, known, now)
	case known.looking != nil && known.found == nil:
		first := known.looking
		l.mu.Unlock()
		select {
		case <-first:
		case <-ctx.Done():
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	return known.tell(refusal)
}

// look searches for alternatives, and remembers them for the others.
func (l *lane) look(ctx context.Context, refusal error, r BookRequest, known *suggestion, now time.Time) error {
	told := l.s.withAlternatives(ctx, refusal, r.SessionID, r.Start, r.SlotNo)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(known.looking)
	known.looking = nil
	if e, ok := errors.AsType[*houzhen.Error](told); ok {
		if list, ok := e.Detail.([]Alternative); ok {
			known.found, known.at = list, now
		}
	}
	return told
}

func (k *suggestion) tell(refusal error) error {
	e, ok := errors.AsType[*houzhen.Error](refusal)
	if !ok || k.found == nil {
		return refusal
	}
	told := *e
	return told.WithDetail(k.found)
}
