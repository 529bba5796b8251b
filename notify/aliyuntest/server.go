// Package aliyuntest is a server that speaks the SMS, the app push and the
// voice API of Alibaba Cloud (dysmsapi 2017-05-25, Push 2016-08-01 and dyvmsapi
// 2017-05-25, RPC style, version 1.0 signatures), for tests and for replaying
// real days without sending.
//
// It decides like the real gateway whether a request is genuine (key,
// signature, time, nonce) and whether a message may be taken (number, sign,
// template, parameters, flow control), and it keeps its own record of what it
// took, so that others can be audited by it. It can be told to misbehave:
// refuse, delay, hang, break the connection, answer rubbish. It never sends
// anything to anybody, and never trusts what its client believes.
package aliyuntest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// The credentials that a Server takes when Options names none.
const (
	DefaultKeyID  = "LTAI-aliyuntest"
	DefaultSecret = "aliyuntest-signs-with-this"
)

// DefaultDailyLimit is how many notifications of one sign and template one
// number gets within 24 hours.
const DefaultDailyLimit = 50

// Options says how a Server behaves. Only Now is needed.
type Options struct {
	Now   func() time.Time // the gateway's clock, which judges timestamps
	Stamp func() time.Time // the clock of Taken.At; nil means Now

	AccessKeyID     string // "" means DefaultKeyID
	AccessKeySecret string // "" means DefaultSecret

	Signs      []string            // signs that are known; empty means any of 2 to 12 characters
	Templates  map[string][]string // template code to its variables; nil means any code like SMS_1
	DailyLimit int                 // 0 means DefaultDailyLimit, negative switches it off

	// Compact keeps of each message when it was taken, its out-id and its
	// number, and nothing else: for replays of hundreds of thousands.
	Compact bool

	// Delivery gives the err_code of a message's receipt; nil means that
	// everything is DELIVERED.
	Delivery func(Taken) string
	// Answer gives the status code of a call's receipt; nil means that
	// everybody picks up.
	Answer func(Taken) string
}

// Server is the gateway. It is an http.Handler and can also listen by itself.
type Server struct {
	opt      Options
	nonces   *nonces
	flow     *flow
	calls    *calls
	ledger   *ledger
	script   script
	requests atomic.Int64
	sequence atomic.Uint64
	replies  int // SMS that phones sent, under the ledger's lock

	mu       sync.Mutex
	listener net.Listener
	http     *http.Server
}

// New makes a Server that does not listen yet.
func New(opt Options) *Server {
	if opt.Stamp == nil {
		opt.Stamp = opt.Now
	}
	if opt.AccessKeyID == "" {
		opt.AccessKeyID = DefaultKeyID
	}
	if opt.AccessKeySecret == "" {
		opt.AccessKeySecret = DefaultSecret
	}
	if opt.DailyLimit == 0 {
		opt.DailyLimit = DefaultDailyLimit
	}
	return &Server{opt: opt, nonces: newNonces(), flow: newFlow(opt.DailyLimit), calls: newCalls(), ledger: newLedger(opt.Compact)}
}

// Start listens on a free port of the loopback interface, in plain HTTP.
func (s *Server) Start(ctx context.Context) error {
	if s.opt.Now == nil {
		return errors.New("start aliyuntest: Options.Now is not set")
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start aliyuntest: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = l
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func(h *http.Server) { _ = h.Serve(l) }(s.http) // ends with Close
	return nil
}

// Addr gives host:port, to be used as the endpoint of a client.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Close stops listening and drops every connection, those that hang too. What
// was taken can still be read.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	if err := s.http.Close(); err != nil {
		return fmt.Errorf("close aliyuntest: %w", err)
	}
	return nil
}

// Requests counts every HTTP request that arrived, genuine or not.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// ServeHTTP judges one request, does what the script says, and answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	p, refused := s.authenticate(r)
	if refused != nil {
		s.refuse(w, refused)
		return
	}
	act, known := actions[p.get("Action")]
	switch {
	case !known:
		s.refuse(w, gateway(http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."))
		return
	case act.version != p.get("Version"):
		s.refuse(w, gateway(http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid."))
		return
	case act.serve != nil:
		act.serve(s, w, p)
		return
	}
	o, refused := act.read(p)
	if refused != nil {
		s.refuse(w, refused)
		return
	}
	s.perform(w, r, o)
}

// action is one operation of the API: serve answers a query, read
// understands an order to send.
type action struct {
	version string
	serve   func(*Server, http.ResponseWriter, params)
	read    func(params) (order, *refusal)
}

// actions is the whole API.
var actions = map[string]action{
	"SendSms":          {version: smsVersion, read: readSendSms},
	"SendBatchSms":     {version: smsVersion, read: readSendBatchSms},
	"QuerySendDetails": {version: smsVersion, serve: (*Server).querySendDetails},
	"Push":             {version: pushVersion, read: readPush},
	"MassPush":         {version: pushVersion, read: readMassPush},
	actionCall:         {version: voiceVersion, read: readCall},
}

const (
	smsVersion   = "2017-05-25"
	pushVersion  = "2016-08-01"
	voiceVersion = "2017-05-25"
)
