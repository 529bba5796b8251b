package aliyuntest

import (
	_ "embed" // flow.txt
	"hash/maphash"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Window names the span of a flow limit.
type Window string

// The spans that the provider limits.
const (
	Minute Window = "minute"
	Hour   Window = "hour"
	Day    Window = "day"
)

//go:embed flow.txt
var flowTexts string

// FlowText gives the message with which the provider refuses over a limit,
// for a script that refuses with isv.BUSINESS_LIMIT_CONTROL.
func FlowText(w Window, permits int) string {
	for line := range strings.Lines(flowTexts) {
		if name, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == string(w) {
			return text + strconv.Itoa(permits)
		}
	}
	return string(w)
}

// flow counts messages per sign, template and number over the 24 hours before
// each send.
type flow struct {
	limit int
	seed  maphash.Seed
	mu    sync.Mutex
	sends map[uint64][]int64 // Unix seconds, oldest first
}

func newFlow(limit int) *flow {
	return &flow{limit: limit, seed: maphash.MakeSeed(), sends: map[uint64][]int64{}}
}

// allow counts an order, unless one of its numbers is over the limit.
func (f *flow) allow(o order, now time.Time) bool {
	if f.limit < 0 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dayAgo := now.Add(-24 * time.Hour).Unix()
	for _, it := range o.items {
		k := f.key(o, it)
		s := f.sends[k]
		for len(s) > 0 && s[0] <= dayAgo {
			s = s[1:]
		}
		if f.sends[k] = s; len(s) >= f.limit {
			return false
		}
	}
	for _, it := range o.items {
		k := f.key(o, it)
		f.sends[k] = append(f.sends[k], now.Unix())
	}
	return true
}

func (f *flow) key(o order, it item) uint64 {
	return maphash.Comparable(f.seed, [3]string{it.sign, o.template, it.phone})
}
