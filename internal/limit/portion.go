package limit

import (
	"context"
	"sync"
	"time"
)

// Portion judges the attempts of a busy key, asking a limiter for several at
// once and giving them out one by one. Attempts are counted before they are
// made, so that all nodes together never see more than the rate; what is left
// over after portionAge is lost.
type Portion struct {
	limiter Limiter
	key     Key // of a whole portion
	size    int

	mu   sync.Mutex
	left int
	at   time.Time // when the portion was taken
}

// portionAge is how long a portion may be used, and about how much of a key's
// rate one portion holds.
const portionAge = 10 * time.Millisecond

// NewPortion makes a Portion for one key: as many attempts at once as its rate
// lets through in portionAge, and one by one for a slow key.
func NewPortion(l Limiter, k Key) *Portion {
	size := 1
	if k.Rate.Every > 0 {
		size = max(1, min(int(portionAge/k.Rate.Every), k.Rate.Burst))
	}
	k.Rate = Rate{Every: k.Rate.Every * time.Duration(size), Burst: k.Rate.Burst / size}
	return &Portion{limiter: l, key: k, size: size}
}

// Take judges one attempt: 0 for one that passes, else how long to wait.
func (p *Portion) Take(ctx context.Context, now time.Time) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.at); p.left > 0 && age >= 0 && age < portionAge {
		p.left--
		return 0, nil
	}
	wait, err := p.limiter.Take(ctx, now, p.key)
	if wait > 0 || err != nil {
		return wait, err
	}
	p.left, p.at = p.size-1, now
	return 0, nil
}
