package aliyuntest

import (
	"hash/maphash"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Taken is one message that the server took. A compact Server knows At,
// Phone, OutID and BizID only.
type Taken struct {
	At       time.Time
	Action   string
	Phone    string // 11 digits, of an SMS or a call
	Account  string // of a push
	Sign     string
	Template string
	Params   string // JSON; of a push the parameters that the app gets
	Title    string
	Body     string
	OutID    string            // JobKey of a push
	BizID    string            // MessageId of a push
	Fields   map[string]string // everything else that a push was sent with
}

// Audit is what the server saw of one out-id.
type Audit struct {
	Count       int // requests taken with it
	First, Last time.Time
}

// ledger is the server's own record of what it took.
type ledger struct {
	mu     sync.Mutex
	seed   maphash.Seed
	rows   []row
	full   []Taken // as long as rows, or empty when compact
	newest map[int64]int32
	audits map[uint64]audit
	next   int // the first row whose receipt was not given yet
	called int // the same for calls
	keep   bool
}

// row is the compact memory of a message.
type row struct {
	outID  string
	at     int64 // Unix microseconds
	phone  int64 // 0 for a push
	before int32 // the row before it to the same number, -1 if none
	biz    int32 // the first row of its request, which all its rows are named by
	call   bool  // a call, which has receipts of its own
}

type audit struct {
	count       int32
	first, last int64
}

func newLedger(compact bool) *ledger {
	return &ledger{seed: maphash.MakeSeed(), newest: map[int64]int32{}, audits: map[uint64]audit{}, keep: !compact}
}

// enter records an order that is taken and gives the ids of its messages. A
// batch of SMS has one id, a mass push one for each.
func (l *ledger) enter(o order, at time.Time, sms bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	micro := at.UnixMicro()
	first := int32(len(l.rows))
	ids := make([]string, 0, 1)
	for i, it := range o.items {
		n := int32(len(l.rows))
		r := row{outID: strings.Clone(it.outID), at: micro, before: -1, biz: n, call: o.action == actionCall}
		r.phone, _ = strconv.ParseInt(it.phone, 10, 64) // was checked; 0 for a push
		if sms {
			r.biz = first
			if b, ok := l.newest[r.phone]; ok {
				r.before = b
			}
			l.newest[r.phone] = n
		}
		l.rows = append(l.rows, r)
		if i == 0 || !sms {
			ids = append(ids, bizID(r.biz))
			l.count(r.outID, micro)
		}
		if l.keep {
			l.full = append(l.full, Taken{
				At: time.UnixMicro(micro).UTC(), Action: o.action, Phone: it.phone, Account: it.account, Sign: it.sign, Template: o.template,
				Params: it.params, Title: it.title, Body: it.body, OutID: r.outID, BizID: bizID(r.biz), Fields: restOf(it.from, it.prefix),
			})
		}
	}
	return ids
}

func (l *ledger) count(outID string, at int64) {
	if outID == "" {
		return
	}
	k := maphash.String(l.seed, outID)
	a, seen := l.audits[k]
	if !seen {
		a.first = at
	}
	a.count++
	a.last = at
	l.audits[k] = a
}

// bizID gives an id in the provider's form for a row.
func bizID(n int32) string { return strconv.FormatInt(900619746900000000+int64(n), 10) + "^0" }

// at gives row n; the caller holds the lock.
func (l *ledger) at(n int) Taken {
	if l.keep {
		return l.full[n]
	}
	r := l.rows[n]
	t := Taken{At: time.UnixMicro(r.at).UTC(), OutID: r.outID, BizID: bizID(r.biz)}
	if r.phone != 0 {
		t.Phone = strconv.FormatInt(r.phone, 10)
	}
	return t
}

// entry is a message with what is known of its receipt.
type entry struct {
	Taken
	reported bool
}

// to gives the messages to a number, newest first.
func (l *ledger) to(phone string) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	number, _ := strconv.ParseInt(phone, 10, 64) // 0 has no messages
	var found []entry
	n, ok := l.newest[number]
	for ; ok && n >= 0; n = l.rows[n].before {
		found = append(found, entry{l.at(int(n)), int(n) < l.next})
	}
	return found
}

// All gives every message in the order of taking. Messages taken meanwhile
// are given too.
func (s *Server) All() iter.Seq[Taken] {
	l := s.ledger
	return func(yield func(Taken) bool) {
		for n := 0; ; n++ {
			l.mu.Lock()
			if n >= len(l.rows) {
				l.mu.Unlock()
				return
			}
			t := l.at(n)
			l.mu.Unlock()
			if !yield(t) {
				return
			}
		}
	}
}

// Taken gives every message so far in the order of taking.
func (s *Server) Taken() []Taken {
	list := make([]Taken, 0, s.Count())
	for t := range s.All() {
		list = append(list, t)
	}
	return list
}

// Count says how many messages were taken.
func (s *Server) Count() int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return len(s.ledger.rows)
}

// Audit says how often and when messages with an out-id were taken; its Count
// is 0 for one that never was.
func (s *Server) Audit(outID string) Audit {
	l := s.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	a, seen := l.audits[maphash.String(l.seed, outID)]
	if !seen {
		return Audit{}
	}
	return Audit{int(a.count), time.UnixMicro(a.first).UTC(), time.UnixMicro(a.last).UTC()}
}

// Repeated counts the out-ids with which more than one request was taken.
func (s *Server) Repeated() int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	n := 0
	for _, a := range s.ledger.audits {
		if a.count > 1 {
			n++
		}
	}
	return n
}
