package aliyuntest

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Fault is how the server treats one order instead of taking and answering
// it. The zero Fault is no fault.
type Fault struct {
	Delay time.Duration // wait so long before anything else
	Taken bool          // take the order, although the client will not learn of it

	Code    string // refuse with this code and message; Status 0 is 200
	Message string

	Hang  bool // never answer; ends when the client goes
	Reset bool // break the connection

	Raw    bool // answer Status, Type and Body as they are
	Status int
	Type   string
	Body   string
}

func (f Fault) normal() bool { return f.Code == "" && !f.Hang && !f.Reset && !f.Raw }

// ButTaken makes a fault that loses the answer of an order that was taken.
func (f Fault) ButTaken() Fault { f.Taken = true; return f }

// Normal is no fault, to let a request of a script pass.
func Normal() Fault { return Fault{} }

// Refuse answers a business code, such as isv.AMOUNT_NOT_ENOUGH.
func Refuse(code, message string) Fault { return Fault{Code: code, Message: message} }

// RefuseWith answers a code with an HTTP status, as the gateway itself does.
func RefuseWith(status int, code string) Fault {
	return Fault{Code: code, Message: code, Status: status}
}

// Delay waits, then goes on normally.
func Delay(d time.Duration) Fault { return Fault{Delay: d} }

// Hang never answers.
func Hang() Fault { return Fault{Hang: true} }

// Reset breaks the connection without an answer.
func Reset() Fault { return Fault{Reset: true} }

// Answer gives a raw answer.
func Answer(status int, contentType, body string) Fault {
	return Fault{Raw: true, Status: status, Type: contentType, Body: body}
}

// Garbage answers bytes that are no JSON.
func Garbage() Fault { return Answer(http.StatusOK, typeJSON, "\x00\xff{]garbage") }

// Empty answers 200 and nothing.
func Empty() Fault { return Answer(http.StatusOK, typeJSON, "") }

// BadGateway answers a proxy's page.
func BadGateway() Fault {
	return Answer(http.StatusBadGateway, typeHTML, "<html><body><h1>502 Bad Gateway</h1></body></html>")
}

// NumericCode answers an error whose code is no string.
func NumericCode() Fault {
	return Answer(http.StatusBadRequest, typeJSON, `{"Code":400,"Message":{"en":"no"},"RequestId":7}`)
}

// Call is what a script sees of an order.
type Call struct {
	Action, OutID, Template, Phone, Account string
}

// script decides the fault of each order: first those queued, then what the
// function says.
type script struct {
	mu     sync.Mutex
	queue  []Fault
	decide func(Call) Fault
}

// Script gives faults for the next orders, one each, in the order given.
// Requests that are not genuine, and queries, use none up.
func (s *Server) Script(faults ...Fault) {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.queue = append(s.script.queue, faults...)
}

// Decide sets a function that gives the fault of every order for which Script
// has none; nil ends it. It is called by many goroutines at once.
func (s *Server) Decide(f func(Call) Fault) {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.decide = f
}

func (s *script) next(o order) Fault {
	s.mu.Lock()
	decide := s.decide
	if len(s.queue) > 0 {
		f := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		return f
	}
	s.mu.Unlock()
	if decide == nil {
		return Fault{}
	}
	return decide(Call{Action: o.action, OutID: o.outID, Template: o.template, Phone: o.items[0].phone, Account: o.items[0].account})
}

// pause waits and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// misbehave does everything that is no proper answer.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault) {
	switch {
	case f.Code != "":
		s.refuse(w, &refusal{max(f.Status, http.StatusOK), f.Code, f.Message})
	case f.Hang:
		<-r.Context().Done()
	case f.Reset:
		reset(w)
	default:
		answer(w, f.Status, f.Type, []byte(f.Body))
	}
}

// reset closes the connection so that the client sees it broken, not ended.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection of its own: abort as net/http does
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // makes Close send a reset
	}
	_ = conn.Close()
}
