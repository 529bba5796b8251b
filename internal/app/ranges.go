package app

import (
	"context"
	"sync"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// ranges remembers what each patient was shown, so that a range changes when
// it is wrong and not whenever it could be drawn anew, and what it came to. It
// is a cache: a node that has forgotten shows a fresh range. What is rated goes
// to the database within a minute.
type ranges struct {
	mu    sync.Mutex
	shown map[string]forecast.Card
	rated map[string]*store.ShownRange // by ticket, of those who have checked in
	fresh map[string]bool              // of them, that differ from what is stored
}

func newRanges() *ranges {
	return &ranges{shown: map[string]forecast.Card{}, rated: map[string]*store.ShownRange{}, fresh: map[string]bool{}}
}

func (r *ranges) keep(id string, fresh forecast.Range, from forecast.Situation, now time.Time) forecast.Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.shown[id].Next(fresh, from, now)
	r.shown[id] = next
	return next
}

// rate notes what those of a queue who have checked in were shown, and when
// those were called who had been shown something.
func (r *ranges) rate(q queue.Queue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range q.Tickets {
		t := &q.Tickets[i]
		switch t.State {
		case queue.Waiting, queue.Ready:
			r.see(t)
		case queue.Called, queue.InConsult:
			if s := r.rated[t.ID]; s != nil && s.CalledAt.IsZero() {
				s.CalledAt, r.fresh[t.ID] = t.CalledAt, true
			}
		case queue.NotCheckedIn, queue.Missed, queue.OutForTests, queue.Deferred, queue.Suspended, queue.Done, queue.Dropped:
		}
	}
}

// see notes the range that a waiting patient is shown. Only his first turn is
// rated: after a missed call or tests he waits by another rule.
func (r *ranges) see(t *queue.Ticket) {
	card, known := r.shown[t.ID]
	if !known || t.Misses > 0 || t.Returns > 0 {
		return
	}
	s := r.rated[t.ID]
	if s == nil {
		s = &store.ShownRange{TicketID: t.ID, ZoneID: t.ZoneID, FirstLow: card.Low, FirstMid: card.Mid, FirstHigh: card.High}
		r.rated[t.ID] = s
	} else if s.LastLow.Equal(card.Low) && s.LastHigh.Equal(card.High) {
		return
	} else {
		s.Changes++
	}
	s.LastLow, s.LastMid, s.LastHigh = card.Low, card.Mid, card.High
	r.fresh[t.ID] = true
}

// take gives what is to be stored.
func (r *ranges) take() []store.ShownRange {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]store.ShownRange, 0, len(r.fresh))
	for id := range r.fresh {
		list = append(list, *r.rated[id])
	}
	clear(r.fresh)
	return list
}

// prune forgets ranges that are over.
func (r *ranges) prune(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.shown {
		if now.After(s.High.Add(time.Hour)) {
			delete(r.shown, id)
		}
	}
	for id, s := range r.rated {
		if now.After(s.LastHigh.Add(time.Hour)) && !r.fresh[id] {
			delete(r.rated, id)
		}
	}
}

// savedAtOnce bounds how many ranges one transaction stores, and savedPace is how
// long, in real time, the next one rests: all of a busy hospital's at once would
// keep those who press a button waiting.
const (
	savedAtOnce = 100
	savedPace   = 50 * time.Millisecond
)

// saveRanges stores what patients were shown since the last time.
func (a *App) saveRanges(ctx context.Context) error {
	list := a.boards.shown.take()
	for len(list) > 0 {
		n := min(savedAtOnce, len(list))
		err := a.inTx(ctx, func(tx everything) error { return tx.SaveShown(ctx, list[:n]...) })
		if err != nil {
			return err
		}
		if list = list[n:]; len(list) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.Real{}.After(savedPace):
		}
	}
	return nil
}

// rateForecasts rates every zone's forecasts of the last thirty days.
func (a *App) rateForecasts(ctx context.Context, _ time.Time) error {
	now := a.clock.Now()
	return a.inTx(ctx, func(tx everything) error {
		shown, err := tx.ShownRanges(ctx, now.AddDate(0, 0, -forecast.QualityDays))
		if err != nil {
			return err
		}
		of := map[string][]forecast.Outcome{}
		for _, s := range shown {
			of[s.ZoneID] = append(of[s.ZoneID], forecast.Outcome{
				Shown:  forecast.Range{Low: s.FirstLow, Mid: s.FirstMid, High: s.FirstHigh},
				Last:   forecast.Range{Low: s.LastLow, Mid: s.LastMid, High: s.LastHigh},
				Called: s.CalledAt, Changes: s.Changes,
			})
		}
		for zone, outcomes := range of {
			q := forecast.QualityOf(outcomes, now)
			err := tx.SaveQuality(ctx, store.Quality{
				ZoneID: zone, People: q.People, FirstRight: q.FirstRight, LastRight: q.LastRight, Off: q.Off, Width: q.Width,
				Changes: q.Changes, RatedAt: now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
