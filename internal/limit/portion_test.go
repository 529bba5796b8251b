package limit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/limit"
)

// asked counts how often a limiter is asked.
type asked struct {
	limit.Limiter
	times int
	err   error
}

func (a *asked) Take(ctx context.Context, now time.Time, keys ...limit.Key) (time.Duration, error) {
	a.times++
	if a.err != nil {
		return 0, a.err
	}
	return a.Limiter.Take(ctx, now, keys...)
}

func second(n int) limit.Key {
	return limit.Key{Name: "channel", Rate: limit.Rate{Every: time.Second / time.Duration(n), Burst: n}}
}

func TestPortionsOfManyNodesKeepTheRateTogether(t *testing.T) {
	house := &asked{Limiter: limit.NewMemory()}
	nodes := []*limit.Portion{limit.NewPortion(house, second(5000)), limit.NewPortion(house, second(5000))}
	passed, now := 0, start
	for range 3000 { // three seconds, in which three times too many come
		for i := range 10 {
			wait, err := nodes[i%2].Take(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				passed++
			}
		}
		now = now.Add(time.Millisecond)
	}
	if most := 5000 + 3*5000; passed > most || passed < most-200 {
		t.Errorf("%d passed in three seconds, want about the burst of 5,000 and three times 5,000, and never more", passed)
	}
	if house.times > 15_000 {
		t.Errorf("the limiter was asked %d times for %d attempts", house.times, 30_000)
	}
}

func TestABusyKeyIsAskedForOnceAPortion(t *testing.T) {
	house := &asked{Limiter: limit.NewMemory()}
	p := limit.NewPortion(house, second(5000))
	for range 100 {
		if wait, err := p.Take(t.Context(), start); wait > 0 || err != nil {
			t.Fatalf("waits %v, %v", wait, err)
		}
	}
	if house.times != 2 {
		t.Errorf("asked %d times for a hundred attempts, want twice", house.times)
	}
	if _, err := p.Take(t.Context(), start.Add(time.Second)); err != nil || house.times != 3 {
		t.Errorf("asked %d times, want again when the portion is old (%v)", house.times, err)
	}
}

func TestASlowKeyIsAskedForEachTime(t *testing.T) {
	house := &asked{Limiter: limit.NewMemory()}
	p := limit.NewPortion(house, second(2))
	for i, want := range []bool{true, true, false} {
		if wait, err := p.Take(t.Context(), start); (wait == 0) != want || err != nil {
			t.Errorf("attempt %d: waits %v, %v", i, wait, err)
		}
	}
	if house.times != 3 {
		t.Errorf("asked %d times, want three", house.times)
	}
}

func TestALimiterThatIsAwayGivesNoPortion(t *testing.T) {
	house := &asked{Limiter: limit.NewMemory(), err: errors.New("away")}
	p := limit.NewPortion(house, second(5000))
	for range 3 {
		if _, err := p.Take(t.Context(), start); err == nil {
			t.Error("got no error while the limiter is away")
		}
	}
	if house.times != 3 {
		t.Errorf("asked %d times, want each time", house.times)
	}
}
