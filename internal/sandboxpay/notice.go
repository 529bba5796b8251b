package sandboxpay

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/houzhen/houzhen/booking/pay"
)

// notice is a callback on its way.
type notice struct {
	body  []byte
	due   time.Time
	tries int
}

// notices is how often a callback is sent before the provider gives up.
const notices = 8

// tell puts a callback, and as many copies as the script says, into the post.
// The caller holds the lock.
func (s *Server) tell(n noticeWire) {
	if s.script.Mute {
		return
	}
	body, err := json.Marshal(n)
	if err != nil {
		return
	}
	for range 1 + s.script.Copies {
		s.post = append(s.post, &notice{body: body, due: s.opt.Now().Add(s.script.Delay)})
	}
}

// Deliver ends refunds whose time has come and sends the callbacks that are
// due, each once; one that is not taken is sent again later, less and less
// often. It gives how many were taken.
func (s *Server) Deliver(ctx context.Context) (int, error) {
	taken := 0
	for _, n := range s.due() {
		header := http.Header{}
		s.sign.sign(header, "notice", n.body)
		err := s.opt.Notify(ctx, header, n.body)
		if ctx.Err() != nil {
			return taken, ctx.Err()
		}
		s.sent(n, err == nil)
		if err == nil {
			taken++
		}
	}
	return taken, nil
}

func (s *Server) due() []*notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.known.refunds {
		s.finish(x)
	}
	var due []*notice
	for _, n := range s.post {
		if !n.due.After(s.opt.Now()) {
			due = append(due, n)
		}
	}
	if s.script.Newest {
		slices.Reverse(due)
	}
	return due
}

func (s *Server) sent(n *notice, taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.tries++
	n.due = s.opt.Now().Add(15 * time.Second << n.tries)
	if taken || n.tries == notices {
		s.post = slices.DeleteFunc(s.post, func(x *notice) bool { return x == n })
	}
}

// Busy reports whether a callback or a refund is on its way.
func (s *Server) Busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.known.refunds {
		if x.State == pay.RefundRunning {
			return true
		}
	}
	return len(s.post) > 0
}
