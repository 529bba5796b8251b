package limit_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen/internal/limit"
)

var start = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// limiters opens every kind there is; n is a number no other test has.
func limiters(t *testing.T) map[string]limit.Limiter {
	t.Helper()
	small := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = small.Close() })
	all := map[string]limit.Limiter{"memory": limit.NewMemory(), "in-process redis": limit.NewShared(small)}
	url := os.Getenv("HOUZHEN_TEST_REDIS_URL")
	if url == "" {
		if os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
			t.Fatal("HOUZHEN_TEST_REDIS_URL is not set")
		}
		return all
	}
	opt, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	opt.DB = 19
	real := redis.NewClient(opt)
	if err := real.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = real.Close() })
	all["redis"] = limit.NewShared(real)
	return all
}

func each(t *testing.T, f func(*testing.T, limit.Limiter)) {
	t.Helper()
	for name, l := range limiters(t) {
		t.Run(name, func(t *testing.T) { f(t, l) })
	}
}

func take(t *testing.T, l limit.Limiter, at time.Time, keys ...limit.Key) time.Duration {
	t.Helper()
	wait, err := l.Take(t.Context(), at, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestABurstThenTheRate(t *testing.T) {
	each(t, func(t *testing.T, l limit.Limiter) {
		t.Helper()
		key := limit.Key{Name: "account:a", Rate: limit.PerMinute(6, 8)}
		passed := 0
		for range 20 {
			if take(t, l, start, key) == 0 {
				passed++
			}
		}
		if passed != 8 {
			t.Errorf("%d passed at once, want 8", passed)
		}
		if wait := take(t, l, start, key); wait != 10*time.Second {
			t.Errorf("the next one waits %v, want 10s", wait)
		}
		if wait := take(t, l, start.Add(10*time.Second), key); wait != 0 {
			t.Errorf("after that it still waits %v", wait)
		}
		if wait := take(t, l, start.Add(10*time.Second), key); wait != 10*time.Second {
			t.Errorf("the one after waits %v, want 10s", wait)
		}
		if wait := take(t, l, start, limit.Key{Name: "account:b", Rate: key.Rate}); wait != 0 {
			t.Errorf("another one waits %v for what the first did", wait)
		}
	})
}

func TestARefusedAttemptCountsForNobody(t *testing.T) {
	each(t, func(t *testing.T, l limit.Limiter) {
		t.Helper()
		rate := limit.PerMinute(1, 1)
		mine, shared := limit.Key{Name: "me", Rate: rate}, limit.Key{Name: "house", Rate: limit.PerMinute(1, 2)}
		for i, want := range []bool{true, false, false} {
			if got := take(t, l, start, mine, shared) == 0; got != want {
				t.Errorf("attempt %d: passed %v, want %v", i, got, want)
			}
		}
		if wait := take(t, l, start, limit.Key{Name: "neighbour", Rate: rate}, shared); wait != 0 {
			t.Errorf("the neighbour waits %v for attempts that were refused", wait)
		}
	})
}

func TestNoRateLetsAllThrough(t *testing.T) {
	each(t, func(t *testing.T, l limit.Limiter) {
		t.Helper()
		for range 1000 {
			if wait := take(t, l, start, limit.Key{Name: "x"}); wait != 0 {
				t.Fatalf("waits %v without a rate", wait)
			}
		}
	})
}

// Two nodes together let through the burst and what each has of its own.
func TestNodesShareALimit(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	nodes := []limit.Limiter{limit.NewShared(client), limit.NewShared(client)}
	key := limit.Key{Name: "account:a", Rate: limit.PerMinute(60, 40)}
	passed := 0
	for i := range 400 {
		if take(t, nodes[i%2], start, key) == 0 {
			passed++
		}
	}
	if passed < 40 || passed > 40+2*10 {
		t.Errorf("%d passed on two nodes, want 40 and at most a quarter more on each", passed)
	}
	server.Close()
	if _, err := nodes[0].Take(t.Context(), start.Add(time.Hour), key); err != nil {
		t.Errorf("a quiet key asked the server: %v", err)
	}
}

// However attempts come, no stretch of time sees more than burst and rate allow.
func TestNeverMoreThanTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := limit.Rate{Every: time.Duration(rapid.IntRange(1, 5000).Draw(t, "every")) * time.Millisecond, Burst: rapid.IntRange(1, 9).Draw(t, "burst")}
		l := limit.NewMemory()
		now := start
		var passed []time.Time
		for i := range rapid.IntRange(1, 80).Draw(t, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "pause"+strconv.Itoa(i))) * time.Millisecond)
			wait, err := l.Take(context.Background(), now, limit.Key{Name: "k", Rate: rate})
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				passed = append(passed, now)
			}
			if wait > rate.Every {
				t.Fatalf("waits %v, longer than the interval %v", wait, rate.Every)
			}
		}
		for i := range passed {
			for j := i; j < len(passed); j++ {
				if most := rate.Burst + int(passed[j].Sub(passed[i])/rate.Every); j-i+1 > most {
					t.Fatalf("%d passed within %v, at most %d may", j-i+1, passed[j].Sub(passed[i]), most)
				}
			}
		}
	})
}

func TestAServerThatIsAwayIsAnError(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	l := limit.NewShared(client)
	server.Close()
	key := limit.Key{Name: "k", Rate: limit.PerMinute(60, 8)}
	var err error
	for range 8 {
		_, e := l.Take(t.Context(), start, key)
		err = errors.Join(err, e)
	}
	if err == nil {
		t.Error("got no error from a limiter whose server is away")
	}
}
