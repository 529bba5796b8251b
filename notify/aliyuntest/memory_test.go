package aliyuntest

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// TestCompactMemory holds the memory of a compact gateway to what a replay of
// some hundred thousand messages can afford.
func TestCompactMemory(t *testing.T) {
	const messages, most = 100_000, 256
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := New(Options{Compact: true, DailyLimit: -1})
	at := time.Date(2016, 4, 29, 0, 0, 0, 0, time.UTC)
	for i := range messages {
		it := item{phone: fmt.Sprint(13000000000 + i/3), sign: "sign", params: fmt.Sprintf(`{"name":"%0100d"}`, i), outID: fmt.Sprintf("%036d", i)}
		s.ledger.enter(order{action: "SendSms", outID: it.outID, items: []item{it}}, at, true)
		s.nonces.use(fmt.Sprintf("%032x", i), at)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / messages
	t.Logf("%d bytes a message", each)
	if each > most {
		t.Errorf("%d bytes a message, want at most %d", each, most)
	}
	if s.Count() != messages || s.Repeated() != 0 {
		t.Errorf("taken %d, repeated %d", s.Count(), s.Repeated())
	}
}

func TestNoncesAreForgotten(t *testing.T) {
	n := newNonces()
	at := time.Date(2026, 5, 4, 4, 0, 0, 0, time.UTC)
	n.use("a", at)
	for range 3 {
		at = at.Add(nonceAge)
		n.use("b", at) // other nonces come by
		for i := range 64 {
			n.use(fmt.Sprint(i, at), at)
		}
	}
	if !n.use("a", at) {
		t.Error("a nonce of 90 minutes ago is still kept")
	}
}
