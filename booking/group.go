package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// load reads the sessions of a group that memory does not know or may no
// longer believe. A session that cannot be read stays unknown, and whoever
// asks for it asks the database alone.
func (l *lane) load(ctx context.Context, group []*pending) { l.loadAll(ctx, l.stale(group)) }

// loadAll reads sessions, each known with what its shelf had been through when
// its reader began.
func (l *lane) loadAll(ctx context.Context, gens map[string]int) {
	if len(gens) == 0 {
		return
	}
	ids := make([]string, 0, len(gens))
	for id := range gens {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var now time.Time
	var read stock
	err := l.store.View(ctx, func(tx Tx) (err error) {
		now = tx.Now()
		if err := tx.Ahead(ctx, func(tx Tx) error {
			_, err := readStock(ctx, tx, ids)
			return err
		}); err != nil {
			return err
		}
		read, err = readStock(ctx, tx, ids)
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		slotsOf := bySession(read.slots, func(p Slot) string { return p.SessionID })
		seatsOf := bySession(read.seats, func(s Seat) string { return s.SessionID })
		for _, o := range read.sessions {
			if f := l.shelves[o.ID]; f.gen == gens[o.ID] {
				f.fill(o, slotsOf[o.ID], seatsOf[o.ID], now, l.s.loc)
			}
		}
	}
	for id := range gens {
		if f := l.shelves[id]; f.loading == 1 {
			f.loading = 0
			clear(f.recent)
		} else {
			f.loading--
		}
	}
}

// stock is what the database holds of some sessions.
type stock struct {
	sessions []Session
	slots    []Slot // Taken not filled: the seats say it
	seats    []Seat
}

func readStock(ctx context.Context, tx Tx, ids []string) (s stock, err error) {
	if s.sessions, err = tx.Sessions(ctx, SessionFilter{IDs: ids}); err != nil {
		return s, fmt.Errorf("load sessions: %w", err)
	}
	if s.slots, err = tx.Layout(ctx, ids...); err != nil {
		return s, fmt.Errorf("load slots: %w", err)
	}
	if s.seats, err = tx.Seats(ctx, ids...); err != nil {
		return s, fmt.Errorf("load seats: %w", err)
	}
	return s, nil
}

// bySession splits rows that are in order of their sessions.
func bySession[T any](rows []T, of func(T) string) map[string][]T {
	m := map[string][]T{}
	for len(rows) > 0 {
		id, n := of(rows[0]), 1
		for n < len(rows) && of(rows[n]) == id {
			n++
		}
		m[id], rows = rows[:n], rows[n:]
	}
	return m
}

// stale lists the sessions of a group that must be read, each with what its
// shelf has been through so far.
func (l *lane) stale(group []*pending) map[string]int {
	now := l.store.Time()
	l.mu.Lock()
	defer l.mu.Unlock()
	gens := map[string]int{}
	for _, p := range group {
		id := p.r.SessionID
		f := l.shelf(id)
		if f.fresh(now, l.Fresh) || f.usable(now, l.Fresh) && f.offers(p.r, now) {
			continue
		}
		if _, listed := gens[id]; !listed {
			gens[id] = f.gen
			f.loading++
		}
	}
	return gens
}

// shelf gives that of a session, an empty one if memory has none.
func (l *lane) shelf(id string) *shelf {
	f := l.shelves[id]
	if f == nil {
		l.makeRoom()
		f = newShelf()
		l.shelves[id] = f
	}
	return f
}

// makeRoom forgets sessions that nobody asks for just now.
func (l *lane) makeRoom() {
	if len(l.shelves) < maxShelves {
		return
	}
	for id, f := range l.shelves {
		if f.idle() {
			delete(l.shelves, id)
		}
		if len(l.shelves) < maxShelves/2 {
			return
		}
	}
}

// commit writes the bookings of a group in one transaction.
func (l *lane) commit(ctx context.Context, picked []*pending) {
	slices.SortFunc(picked, byPlace) // as every other group, so that two never wait for each other
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	w, err := l.written(ctx, picked)
	if err != nil {
		return // who was written after all will find himself when he asks alone
	}
	now := l.store.Time()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range picked {
		if !w.busy[i] {
			p.shelf.seenAt = now
		}
		switch {
		case w.ids[p.id]:
			l.release(p, booked)
			p.answer(outcome{a: w.rows[i]})
		case w.refusals[i] != nil:
			l.release(p, returned)
			p.answer(outcome{err: w.refusals[i], refused: byRule})
		case w.busy[i]:
			p.retry()
		}
	}
}

// written writes a group: in hope that the indexes let everybody pass, where that
// costs less and they have let pass whoever came lately, else with care.
func (l *lane) written(ctx context.Context, picked []*pending) (w *written, err error) {
	try := func(hope bool) error {
		return l.store.InTx(ctx, func(tx Tx) (err error) {
			w, err = l.s.write(ctx, tx, picked, hope)
			return err
		})
	}
	if l.Hopes && l.wary.Add(-1) < 0 {
		if err = try(true); houzhen.CodeOf(err) != houzhen.CodeConflict {
			return w, err
		}
		l.wary.Store(waryGroups)
	}
	return w, try(false)
}

// waryGroups is how many groups are written with care after one that was not and
// met somebody else's: another node, as a rule, that sells the same sessions.
const waryGroups = 32

// groupTimeout bounds a group's transaction, which outlives its callers.
const groupTimeout = 30 * time.Second

func byPlace(a, b *pending) int {
	if c := strings.Compare(a.place.SessionID, b.place.SessionID); c != 0 {
		return c
	}
	return a.place.No - b.place.No
}
