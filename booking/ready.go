package booking

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// mostReady is how many sessions are read before their release: half of what
// memory has room for.
const mostReady = maxShelves / 2

// readyAtOnce is how many of them are read in one go, so that those who book
// meanwhile find a connection and a processor.
const readyAtOnce = 32

// MakeReady reads the sessions that are released within lead into memory, so that
// the crowd of the first moment does not wait for its sessions to be read. It
// gives how many were read. What is read a lead before may be older than memory
// goes by: then it is read again by whoever asks.
func (s *Service) MakeReady(ctx context.Context, lead time.Duration) (int, error) {
	if s.lane == nil {
		return 0, nil
	}
	var sessions []Session
	err := s.store.View(ctx, func(tx Tx) (err error) {
		sessions, err = tx.SessionsReleased(ctx, tx.Now(), tx.Now().Add(lead), mostReady)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list sessions to be released: %w", err)
	}
	n := 0
	for some := range slices.Chunk(sessions, readyAtOnce) {
		gens := s.lane.unread(some)
		s.lane.loadAll(ctx, gens)
		n += len(gens)
	}
	return n, ctx.Err()
}

// unread lists the sessions from which memory could not pick a place now, each
// with what its shelf has been through so far.
func (l *lane) unread(sessions []Session) map[string]int {
	now := l.store.Time()
	l.mu.Lock()
	defer l.mu.Unlock()
	gens := map[string]int{}
	for _, o := range sessions {
		if f := l.shelf(o.ID); !f.usable(now, l.Fresh) {
			gens[o.ID] = f.gen
			f.loading++
		}
	}
	return gens
}
