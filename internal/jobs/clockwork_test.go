package jobs_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/outbox/outboxtest"
)

// shanghai is the hospital's zone: 8 hours ahead, without summer time.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// monday is 2026-05-04 09:00 in the hospital.
var monday = outboxtest.Start

// diary writes down when schedules ran, in the hospital's time.
type diary struct {
	mu    sync.Mutex
	lines []string
	fail  map[string]error
}

func (d *diary) schedule(name, spec string) jobs.Schedule {
	return jobs.Schedule{Name: name, Spec: spec, Run: func(_ context.Context, at time.Time) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.lines = append(d.lines, name+" "+at.In(shanghai).Format("01-02 15:04:05"))
		return d.fail[name]
	}}
}

func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.lines = nil }()
	return d.lines
}

func newStore() *outboxtest.Store {
	return outboxtest.New(func() time.Time { return monday }, nil)
}

func clockwork(t *testing.T, s outbox.Store, schedules ...jobs.Schedule) *jobs.Clockwork {
	t.Helper()
	c, err := jobs.NewClockwork(jobs.ClockworkOptions{Store: s, Location: shanghai, Schedules: schedules, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fire(t *testing.T, c *jobs.Clockwork, at time.Time) int {
	t.Helper()
	n, err := c.Fire(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTicksAreInTheHospitalsZone(t *testing.T) {
	var d diary
	c := clockwork(t, newStore(), d.schedule("remind", "0 17 * * *"))
	fire(t, c, monday)
	equal(t, d.take(), []string{"remind 05-03 17:00:00"}) // a new house looks once what is due
	equal(t, c.Next(monday), time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC))
	equal(t, fire(t, c, monday.Add(8*time.Hour-time.Second)), 0)
	equal(t, fire(t, c, monday.Add(8*time.Hour)), 1)
	equal(t, d.take(), []string{"remind 05-04 17:00:00"})
	equal(t, fire(t, c, monday.Add(8*time.Hour)), 0)
}

func TestSpecsAreCronWithOrWithoutSeconds(t *testing.T) {
	for spec, want := range map[string]string{
		"*/5 * * * *":    "09:05:00",
		"30 * * * * *":   "09:00:30",
		"@every 45s":     "09:00:45",
		"@hourly":        "10:00:00",
		"@daily":         "00:00:00",
		"0 17 * * 1-5":   "17:00:00",
		"15 10 29 2 *":   "10:15:00",
		"@every 1h":      "10:00:00",
		"0 4,12 * * MON": "12:00:00",
	} {
		c := clockwork(t, newStore(), (&diary{}).schedule("x", spec))
		if got := c.Next(monday).In(shanghai).Format("15:04:05"); got != want {
			t.Errorf("%s: got next tick %s, want %s", spec, got, want)
		}
	}
}

func TestALongGapIsOneRun(t *testing.T) {
	var d diary
	s := newStore()
	c := clockwork(t, s, d.schedule("sweep", "* * * * *"), d.schedule("remind", "0 17 * * *"))
	fire(t, c, monday)
	d.take()
	later := clockwork(t, s, d.schedule("sweep", "* * * * *"), d.schedule("remind", "0 17 * * *")) // after a restart
	equal(t, fire(t, later, monday.AddDate(1, 0, 0).Add(30*time.Second)), 2)
	equal(t, d.take(), []string{"sweep 05-04 09:00:00", "remind 05-03 17:00:00"})
	equal(t, fire(t, later, monday.AddDate(1, 0, 0).Add(40*time.Second)), 0)
}

func TestATickMissedWhileNobodyRanIsCaughtUp(t *testing.T) {
	var d diary
	s := newStore()
	fire(t, clockwork(t, s, d.schedule("remind", "0 17 * * *")), monday)
	d.take()
	fire(t, clockwork(t, s, d.schedule("remind", "0 17 * * *")), monday.Add(9*time.Hour)) // started at 18:00
	equal(t, d.take(), []string{"remind 05-04 17:00:00"})
}

func TestEveryTickRunsOnceHoweverManyNodes(t *testing.T) {
	var d diary
	s := newStore()
	var nodes []*jobs.Clockwork
	for range 5 {
		nodes = append(nodes, clockwork(t, s, d.schedule("sweep", "* * * * *"), d.schedule("often", "@every 20s")))
	}
	for second := 0; second <= 120; second += 10 {
		var wg sync.WaitGroup
		for _, c := range nodes {
			wg.Go(func() {
				if _, err := c.Fire(t.Context(), monday.Add(time.Duration(second)*time.Second)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	got := d.take()
	if want := 3 + 7; len(got) != want {
		t.Errorf("got %d runs, want %d: %v", len(got), want, got)
	}
	slices.Sort(got)
	equal(t, len(slices.Compact(got)), 10)
}

func TestANodeThatIsBehindDoesNotRunAnOlderTick(t *testing.T) {
	var d diary
	s := newStore()
	ahead, behind := clockwork(t, s, d.schedule("sweep", "* * * * *")), clockwork(t, s, d.schedule("sweep", "* * * * *"))
	fire(t, behind, monday)
	fire(t, ahead, monday.Add(10*time.Minute))
	d.take()
	equal(t, fire(t, behind, monday.Add(9*time.Minute)), 0)
	equal(t, fire(t, behind, monday.Add(11*time.Minute)), 1)
}

func TestAnErrorOfOneScheduleDoesNotStopTheOthers(t *testing.T) {
	d := diary{fail: map[string]error{"bad": errors.New("no")}}
	panics := jobs.Schedule{Name: "panics", Spec: "* * * * *", Run: func(context.Context, time.Time) error { panic("boom") }}
	c := clockwork(t, newStore(), d.schedule("bad", "* * * * *"), panics, d.schedule("good", "* * * * *"))
	n, err := c.Fire(t.Context(), monday)
	if err == nil || n != 3 {
		t.Errorf("got %d runs and error %v, want 3 and an error", n, err)
	}
	equal(t, d.take(), []string{"bad 05-04 09:00:00", "good 05-04 09:00:00"})
}

// A daily run that failed must not wait for tomorrow.
func TestAFailedRunIsRepeatedUntilItSucceeds(t *testing.T) {
	d := diary{fail: map[string]error{"remind": errors.New("database is away")}}
	c := clockwork(t, newStore(), d.schedule("remind", "0 17 * * *"))
	five := monday.Add(8 * time.Hour)
	if _, err := c.Fire(t.Context(), five); err == nil {
		t.Fatal("got no error")
	}
	equal(t, c.Next(five), five.Add(time.Minute))
	equal(t, fire(t, c, five.Add(59*time.Second)), 0)
	if _, err := c.Fire(t.Context(), five.Add(time.Minute)); err == nil {
		t.Fatal("got no error")
	}
	equal(t, c.Next(five.Add(time.Minute)), five.Add(3*time.Minute))
	d.fail = nil
	equal(t, fire(t, c, five.Add(3*time.Minute)), 1)
	equal(t, fire(t, c, five.Add(time.Hour)), 0)
	equal(t, c.Next(five.Add(time.Hour)), five.Add(24*time.Hour))
	equal(t, d.take(), []string{"remind 05-04 17:00:00", "remind 05-04 17:00:00", "remind 05-04 17:00:00"})
}

func TestATickThatCannotBeRecordedIsNotRun(t *testing.T) {
	var d diary
	s := newStore()
	s.FailNext(errors.New("database is away"))
	c := clockwork(t, s, d.schedule("sweep", "* * * * *"))
	if _, err := c.Fire(t.Context(), monday); err == nil {
		t.Error("got no error")
	}
	equal(t, len(d.take()), 0)
	equal(t, fire(t, c, monday.Add(time.Second)), 1) // and is not forgotten
	equal(t, d.take(), []string{"sweep 05-04 09:00:00"})
}

func TestFireStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := jobs.Schedule{Name: "first", Spec: "* * * * *", Run: func(context.Context, time.Time) error { cancel(); return nil }}
	var d diary
	c := clockwork(t, newStore(), first, d.schedule("second", "* * * * *"))
	if n, err := c.Fire(ctx, monday); n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d runs and error %v, want 1 and %v", n, err, context.Canceled)
	}
	equal(t, len(d.take()), 0)
}

func TestBadSchedulesAreRefused(t *testing.T) {
	good := (&diary{}).schedule("a", "* * * * *")
	for name, list := range map[string][]jobs.Schedule{
		"two of one name":    {good, good},
		"without a name":     {{Spec: "* * * * *", Run: good.Run}},
		"without a function": {{Name: "a", Spec: "* * * * *"}},
		"no spec":            {{Name: "a", Run: good.Run}},
		"a spec of rubbish":  {{Name: "a", Spec: "at five", Run: good.Run}},
		"30 February":        {{Name: "a", Spec: "0 0 30 2 *", Run: good.Run}},
	} {
		_, err := jobs.NewClockwork(jobs.ClockworkOptions{Store: newStore(), Location: shanghai, Schedules: list, Logger: quiet})
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestRunFiresAsTheClockIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		clk := clock.NewStep(monday)
		c := clockwork(t, newStore(), d.schedule("sweep", "*/5 * * * *"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx, clk) }()
		synctest.Wait()
		equal(t, d.take(), []string{"sweep 05-04 09:00:00"})
		clk.Advance(4 * time.Minute)
		synctest.Wait()
		equal(t, len(d.take()), 0)
		clk.Advance(time.Minute)
		synctest.Wait()
		equal(t, d.take(), []string{"sweep 05-04 09:05:00"})
		clk.Set(monday.Add(24 * time.Hour))
		c.Wake()
		synctest.Wait()
		equal(t, d.take(), []string{"sweep 05-05 09:00:00"})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestRunKeepsUpWithAFastClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		clk := clock.NewFast(monday, 60)
		c := clockwork(t, newStore(), d.schedule("sweep", "* * * * *"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond) // ten minutes of the clock
		defer cancel()
		if err := c.Run(ctx, clk); err != nil {
			t.Error(err)
		}
		equal(t, len(d.take()), 11)
	})
}
