package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

// policies are the queue policies of all zones, in memory: a decision asks for
// one at every press. Whoever sets one reads them again at once, other nodes
// within a minute; each decision's version is in the queue's log.
type policies struct {
	builtIn queue.Policy // where nobody has set one

	mu       sync.RWMutex
	zones    map[string]queue.Policy
	versions map[int]queue.Policy
}

// newPolicies begins with the published policy, but for the risk at which
// patients are told to leave home, which a setting may change.
func newPolicies(risk float64) *policies {
	builtIn := queue.DefaultPolicy()
	builtIn.LeaveAlpha = risk
	return &policies{builtIn: builtIn, zones: map[string]queue.Policy{}, versions: map[int]queue.Policy{}}
}

// of gives the policy that a zone has of its own, otherwise the hospital's,
// otherwise the built-in one.
func (p *policies) of(zoneID string) queue.Policy {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if own, ok := p.zones[zoneID]; ok {
		return own
	}
	if whole, ok := p.zones[""]; ok {
		return whole
	}
	return p.builtIn
}

// version gives the policy that decisions were made by.
func (p *policies) version(n int) queue.Policy {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if known, ok := p.versions[n]; ok {
		return known
	}
	return p.builtIn
}

// take puts the versions, oldest first, into force.
func (p *policies) take(rows []store.ZonePolicy) error {
	zones, versions := map[string]queue.Policy{}, map[int]queue.Policy{}
	for _, r := range rows {
		if r.Document == "" {
			delete(zones, r.ZoneID)
			continue
		}
		policy, err := queue.ParsePolicy([]byte(r.Document))
		if err != nil {
			return fmt.Errorf("read policy %d: %w", r.Version, err)
		}
		policy.Version = r.Version
		zones[r.ZoneID], versions[r.Version] = policy, policy
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.zones, p.versions = zones, versions
	return nil
}

// QueuePolicy is the policy by which a zone's queues are ordered now.
func (a *App) QueuePolicy(zoneID string) queue.Policy { return a.policies.of(zoneID) }

// loadPolicies reads the policies of all zones again.
func (a *App) loadPolicies(ctx context.Context, _ time.Time) error {
	var rows []store.ZonePolicy
	err := a.view(ctx, func(tx everything) (err error) {
		rows, err = tx.ZonePolicies(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return a.policies.take(rows)
}

// queuePolicies lets managers see and set policies (api.Policies).
type queuePolicies struct{ *App }

// Policies lists every zone's policy in force, the hospital's first.
func (q queuePolicies) Policies(ctx context.Context) ([]api.ZonePolicy, error) {
	if err := q.loadPolicies(ctx, time.Time{}); err != nil {
		return nil, err
	}
	house, err := q.Directory.House(ctx)
	if err != nil {
		return nil, err
	}
	list := []api.ZonePolicy{{Policy: q.policies.of(""), Own: true}}
	for _, z := range house.Zones {
		p := q.policies.of(z.ID)
		own := p.Version != q.policies.of("").Version
		list = append(list, api.ZonePolicy{ZoneID: z.ID, Zone: z.Name, Policy: p, Own: own})
	}
	return list, nil
}

// SetPolicy puts a whole policy into force for a zone, or for the hospital with
// zone "". An empty document gives a zone back to the hospital's policy. It is
// audited, and kept as a version for ever: past decisions are read by it.
func (q queuePolicies) SetPolicy(ctx context.Context, zoneID, document, by string) (queue.Policy, error) {
	if document != "" {
		p, err := queue.ParsePolicy([]byte(document))
		if err != nil {
			return p, err
		}
		whole, err := p.Document()
		if err != nil {
			return p, err
		}
		document = string(whole)
	}
	index, err := q.Directory.Index(ctx)
	if err != nil {
		return queue.Policy{}, err
	}
	if _, known := index.Zone(zoneID); zoneID != "" && !known {
		return queue.Policy{}, houzhen.E(houzhen.CodeNotFound, "no such zone").On("zone")
	}
	err = q.inTx(ctx, func(tx everything) error {
		rows, err := tx.ZonePolicies(ctx)
		if err != nil {
			return err
		}
		next := store.ZonePolicy{ZoneID: zoneID, Version: 1, Document: document, SetBy: by, SetAt: tx.Now().UnixMicro()}
		if len(rows) > 0 {
			next.Version = rows[len(rows)-1].Version + 1
		}
		if err := tx.AddZonePolicy(ctx, next); err != nil {
			return err
		}
		return tx.Append(ctx, by, "queue.policy", zoneID, fmt.Sprintf("version %d", next.Version))
	})
	if err != nil {
		return queue.Policy{}, err
	}
	if err := q.loadPolicies(ctx, time.Time{}); err != nil {
		return queue.Policy{}, err
	}
	return q.policies.of(zoneID), nil
}
