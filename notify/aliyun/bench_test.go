package aliyun_test

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// BenchmarkSend measures whole sends, client and gateway in this process, and
// prints sends per second and processor time per send of both together.
func BenchmarkSend(b *testing.B) {
	for _, workers := range []int{1, 8, 16} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			s, conf := start(b, aliyuntest.Options{Compact: true, DailyLimit: -1})
			sms := client(b, conf).SMS()
			var n atomic.Int64
			cpu := processor(b)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, workers, func() {
				p := parcel(fmt.Sprintf("0197%032d", n.Add(1)))
				if sent := sms.Send(b.Context(), p); sent.Outcome != notify.OutcomeAccepted {
					b.Error(sent)
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
			b.ReportMetric(float64((processor(b)-cpu).Microseconds())/float64(b.N), "cpu-us/send")
			if s.Count() != b.N || s.Repeated() != 0 {
				b.Errorf("taken %d, repeated %d, want %d once each", s.Count(), s.Repeated(), b.N)
			}
		})
	}
}

// run shares b.N calls among workers.
func run(b *testing.B, workers int, call func()) {
	b.Helper()
	var next atomic.Int64
	done := make(chan struct{})
	for range workers {
		go func() {
			for next.Add(1) <= int64(b.N) {
				call()
			}
			done <- struct{}{}
		}()
	}
	for range workers {
		<-done
	}
}

// processor gives the processor time that this process has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
