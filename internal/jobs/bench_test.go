package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

// Tasks per second, enqueued and done, with an empty handler. Each carries
// 100 ids, so rows per second are a hundred times as many.
func BenchmarkEmbedded(b *testing.B) {
	carry(b, embedded(b), 1)
}

func BenchmarkRedis(b *testing.B) { carry(b, real(b), 2) }

func carry(b *testing.B, c redis.UniversalClient, servers int) {
	b.Helper()
	p := jobs.New(jobs.Options{Redis: c, Logger: quiet, Servers: servers, Poll: 5 * time.Millisecond})
	p.Handle("facts", func(context.Context, []string) error { return nil })
	run(b, p)
	all := ids(jobs.MaxIDs)
	for b.Loop() {
		if err := p.Enqueue(b.Context(), "facts", houzhen.Soon, all); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}

// From Enqueue to the handler, one task at a time on an idle pipeline.
func BenchmarkEmbeddedLatency(b *testing.B) {
	p := jobs.New(jobs.Options{Redis: embedded(b), Logger: quiet, Servers: 1})
	got := make(chan struct{})
	p.Handle("facts", func(context.Context, []string) error { got <- struct{}{}; return nil })
	run(b, p)
	for b.Loop() {
		if err := p.Enqueue(b.Context(), "facts", houzhen.Critical, []string{"a"}); err != nil {
			b.Fatal(err)
		}
		<-got
	}
}
