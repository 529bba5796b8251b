package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/forecast"
)

// modelLife is how long what was learned before a session serves it. Today's
// own consultations count at once and without it.
const modelLife = 6 * time.Hour

// models keeps what the past teaches of each session's doctor. It is a cache:
// a node that has forgotten reads the past consultations again.
type models struct {
	zone *time.Location

	mu sync.Mutex
	of map[string]known // by session
}

type known struct {
	model *forecast.Model
	since time.Time
}

func newModels(zone *time.Location) *models { return &models{zone: zone, of: map[string]known{}} }

// get gives the model for a session's forecasts under a zone's policy.
func (m *models) get(ctx context.Context, tx queue.Tx, q queue.Queue, p queue.Policy, now time.Time) (*forecast.Model, error) {
	if model, ok := m.kept(q.SessionID, now); ok {
		return model, nil
	}
	model, err := forecast.Load(ctx, tx, q, p, m.zone)
	if err != nil {
		return nil, fmt.Errorf("load forecast: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of[q.SessionID] = known{model, now}
	return model, nil
}

// kept gives the model of a session that need not be learned.
func (m *models) kept(sessionID string, now time.Time) (*forecast.Model, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.of[sessionID]
	return k.model, ok && now.Sub(k.since).Abs() < modelLife
}

// prune forgets models that nobody asks for any more.
func (m *models) prune(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, k := range m.of {
		if now.Sub(k.since) > modelLife {
			delete(m.of, id)
		}
	}
}
