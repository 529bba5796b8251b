package measure

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
)

func now() time.Time { return clock.Real{}.Now() }

// Load is what a loop of callers came to.
type Load struct {
	Done    int           // pieces of work that were finished
	Elapsed time.Duration // from the first piece begun to the last one finished
	Waited  Samples       // one a piece
}

// PerSecond gives the rate; 0 where nothing was done.
func (l Load) PerSecond() float64 {
	if l.Done == 0 || l.Elapsed <= 0 {
		return 0
	}
	return float64(l.Done) / l.Elapsed.Seconds()
}

// Closed lets a number of callers do pieces 0 … pieces-1, each caller the next
// one when he is done with his last, until all are done or limit has passed
// (0: no limit). The first error stops everybody.
func Closed(ctx context.Context, callers, pieces int, limit time.Duration, do func(ctx context.Context, caller, piece int) error) (Load, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	waited := make([]Samples, callers)
	begun := now()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				piece := int(next.Add(1)) - 1
				from := now()
				if piece >= pieces || limit > 0 && from.Sub(begun) >= limit {
					return
				}
				if err := do(ctx, caller, piece); err != nil {
					cancel(fmt.Errorf("piece %d: %w", piece, err))
					return
				}
				waited[caller] = append(waited[caller], now().Sub(from))
			}
		})
	}
	wg.Wait()
	l := Load{Elapsed: now().Sub(begun)}
	for _, w := range waited {
		l.Done += len(w)
		l.Waited = append(l.Waited, w...)
	}
	return l, failure(ctx)
}

// Open begins piece i at start + i/rate, whatever became of those before it,
// and counts each one's wait from that instant on, so that a server that stalls
// does not also stop the questions that would have shown it. It answers when
// all pieces are done.
func Open(ctx context.Context, start time.Time, rate float64, pieces int, do func(ctx context.Context, piece int, due time.Time) error) (Load, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	waited := make(Samples, pieces)
	var wg sync.WaitGroup
	begun := 0
	for ; begun < pieces; begun++ {
		due := start.Add(time.Duration(float64(begun) / rate * float64(time.Second)))
		if err := Until(ctx, due); err != nil {
			break
		}
		piece := begun
		wg.Go(func() {
			if err := do(ctx, piece, due); err != nil {
				cancel(fmt.Errorf("piece %d: %w", piece, err))
			}
			waited[piece] = now().Sub(due)
		})
	}
	wg.Wait()
	return Load{Done: begun, Elapsed: now().Sub(start), Waited: waited[:begun]}, failure(ctx)
}

// failure gives the error that stopped a loop.
func failure(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return nil
	}
	return err
}

// Until waits for an instant; not at all when it has passed.
func Until(ctx context.Context, at time.Time) error {
	d := at.Sub(now())
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-clock.Real{}.After(d):
		return nil
	}
}

// Rounds measures several ways of doing one thing in turn, round by round, each
// round beginning with another way, so that what else the machine does falls on
// all of them. It gives one list of figures a way.
func Rounds(ctx context.Context, rounds int, ways ...func(ctx context.Context) (float64, error)) ([][]float64, error) {
	took := make([][]float64, len(ways))
	for round := range rounds {
		for turn := range ways {
			way := (round + turn) % len(ways)
			v, err := ways[way](ctx)
			if err != nil {
				return took, err
			}
			took[way] = append(took[way], v)
		}
	}
	return took, nil
}

// Ratio gives the median of a over b, taken round by round.
func Ratio(a, b []float64) float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, a[i]/b[i])
	}
	return Median(ratios)
}
