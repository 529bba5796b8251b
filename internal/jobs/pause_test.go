package jobs_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

// pausedLanes says of each lane whether Redis has it paused.
func pausedLanes(t *testing.T, p *jobs.Pipeline) map[string]bool {
	t.Helper()
	o, err := p.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paused := map[string]bool{}
	for _, l := range o.Lanes {
		paused[l.Name] = l.Paused
	}
	return paused
}

// Staff of several nodes pause and unpause lanes while tasks come, run and are
// lost with Redis: under the race detector nothing is touched twice at once, what
// was said last holds, and it holds in an emptied Redis.
func TestLanesArePausedByManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		var b book
		nodes := [2]*jobs.Pipeline{}
		for i := range nodes {
			nodes[i] = jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: 1, Poll: slowly, EpochCheck: 10 * time.Millisecond})
			nodes[i].Handle("facts", b.take)
			run(t, nodes[i])
		}
		pass(time.Second) // each knows the life of this Redis
		lanes := []houzhen.Urgency{houzhen.Critical, houzhen.Soon, houzhen.Routine}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 20 {
					verb, u := nodes[i%2].Pause, lanes[j%3]
					if (i/2+j)%2 == 0 {
						verb = nodes[i%2].Unpause
					}
					if err := verb(t.Context(), u); err != nil {
						t.Error(err)
					}
					if err := nodes[i%2].Enqueue(t.Context(), "facts", u, []string{"x"}); err != nil {
						t.Error(err)
					}
					pass(time.Duration(i+1) * time.Millisecond)
				}
			})
		}
		all.Go(func() {
			pass(30 * time.Millisecond)
			if err := c.FlushDB(t.Context()).Err(); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		for _, err := range []error{
			nodes[0].Unpause(t.Context(), houzhen.Critical), nodes[1].Pause(t.Context(), houzhen.Soon), nodes[0].Pause(t.Context(), houzhen.Routine),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Second) // both nodes have seen it
		want := map[string]bool{"critical": false, "soon": true, "routine": true}
		equal(t, pausedLanes(t, nodes[1]), want)
		if err := c.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		equal(t, pausedLanes(t, nodes[0]), want)
		for _, u := range []houzhen.Urgency{houzhen.Soon, houzhen.Routine} {
			if err := nodes[1].Unpause(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		wait(t, nodes[0])
	})
}
