package sandboxpay

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/houzhen/houzhen/booking/pay"
)

// Options are what a server needs from its surroundings.
type Options struct {
	Secret []byte // shared with the client
	Now    func() time.Time
	Path   string // file that keeps what it knows; "" keeps nothing
	Prefix string // of every address, "" or such as "/sandbox-pay"
	// Notify hands a callback to the hospital; an error means that it is sent
	// again later.
	Notify func(ctx context.Context, header http.Header, body []byte) error
}

// Server is the provider. It is safe for use by many goroutines.
type Server struct {
	opt    Options
	sign   signer
	mux    *http.ServeMux
	mu     sync.Mutex
	known  *ledger
	script Script
	post   []*notice
}

// NewServer makes the provider; Close releases its file.
func NewServer(opt Options) (*Server, error) {
	known, err := openLedger(opt.Path)
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, sign: signer{opt.Secret, opt.Now}, known: known, mux: http.NewServeMux()}
	for pattern, do := range map[string]func([]byte, *http.Request) (any, string){
		"POST /orders":            s.create,
		"GET /orders/{no}":        s.query,
		"POST /orders/{no}/close": s.close,
		"POST /refunds":           s.refund,
		"GET /refunds/{no}":       s.queryRefund,
	} {
		s.mux.HandleFunc(pattern, s.api(do))
	}
	s.mux.HandleFunc("GET /cashier/{token}", s.cashier)
	s.mux.HandleFunc("POST /cashier/{token}", s.payPage)
	s.mux.HandleFunc("GET /style.css", s.style)
	return s, nil
}

// Close releases the file.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.file == nil {
		return nil
	}
	return s.known.file.Close()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.StripPrefix(s.opt.Prefix, s.mux).ServeHTTP(w, r)
}

// maxBody bounds a request.
const maxBody = 16 << 10

// api answers a signed request. The second result of do is a refusal's code.
func (s *Server) api(do func([]byte, *http.Request) (any, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil || !s.sign.signed(r.Header, r.Method+" "+r.URL.Path, body) {
			answer(w, http.StatusUnauthorized, refusalWire{"sign"})
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.script.Down {
			answer(w, http.StatusServiceUnavailable, refusalWire{"down"})
			return
		}
		got, refusal := do(body, r)
		if spend(&s.script.LoseAnswers) {
			panic(http.ErrAbortHandler)
		}
		if refusal != "" {
			answer(w, http.StatusConflict, refusalWire{refusal})
			return
		}
		answer(w, http.StatusOK, got)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *Server) wire(o *order) tradeWire {
	if o.State == pay.TradeOpen && !s.opt.Now().Before(o.Expires) {
		o.State = pay.TradeClosed
	}
	t := tradeWire{OutNo: o.OutNo, State: o.State}
	if o.State == pay.TradeOpen {
		t.Cashier = s.opt.Prefix + "/cashier/" + o.Token
	}
	if o.Paid > 0 {
		t.TradeNo, t.Fen, t.Insured, t.PaidAt = o.TradeNo, o.Paid, o.Insured, o.PaidAt
	}
	return t
}

func (s *Server) create(body []byte, _ *http.Request) (any, string) {
	var in orderWire
	if json.Unmarshal(body, &in) != nil || in.OutNo == "" || in.Fen <= 0 {
		return nil, "malformed"
	}
	o, ok := s.known.orders[in.OutNo]
	if !ok {
		o = &order{
			OutNo: in.OutNo, Token: rand.Text(), Subject: in.Subject, Return: in.Return, Fen: in.Fen, State: pay.TradeOpen, Expires: in.Expires,
		}
		if s.known.keep(line{Order: o}) != nil {
			return nil, "internal"
		}
	}
	if o.Fen != in.Fen {
		return nil, "differs"
	}
	return s.wire(o), ""
}

func (s *Server) query(_ []byte, r *http.Request) (any, string) {
	o, ok := s.known.orders[r.PathValue("no")]
	if !ok {
		return tradeWire{OutNo: r.PathValue("no"), State: pay.TradeUnknown}, ""
	}
	return s.wire(o), ""
}

func (s *Server) close(_ []byte, r *http.Request) (any, string) {
	o, ok := s.known.orders[r.PathValue("no")]
	if !ok {
		return tradeWire{OutNo: r.PathValue("no"), State: pay.TradeUnknown}, ""
	}
	if o.State == pay.TradeOpen {
		o.State = pay.TradeClosed
		if s.known.keep(line{Order: o}) != nil {
			return nil, "internal"
		}
	}
	return s.wire(o), ""
}

func (s *Server) refund(body []byte, _ *http.Request) (any, string) {
	var in refundWire
	if json.Unmarshal(body, &in) != nil || in.RefundNo == "" || in.Fen <= 0 {
		return nil, "malformed"
	}
	if old, ok := s.known.refunds[in.RefundNo]; ok && old.State != pay.RefundFailed {
		return refundWire{old.OutNo, old.RefundNo, old.Fen, old.State}, ""
	}
	o, ok := s.known.orders[in.OutNo]
	switch {
	case !ok || o.State != pay.TradePaid:
		return nil, "not_paid"
	case s.known.refunded(in.OutNo, in.RefundNo)+in.Fen > o.Paid:
		return nil, "too_much"
	case spend(&s.script.RefuseRefunds):
		return nil, "refused"
	}
	x := &refund{in.OutNo, in.RefundNo, in.Fen, pay.RefundRunning, s.opt.Now().Add(s.script.RefundAfter)}
	if s.known.keep(line{Refund: x}) != nil {
		return nil, "internal"
	}
	return refundWire{x.OutNo, x.RefundNo, x.Fen, x.State}, ""
}

func (s *Server) queryRefund(_ []byte, r *http.Request) (any, string) {
	x, ok := s.known.refunds[r.PathValue("no")]
	if !ok {
		return refundWire{RefundNo: r.PathValue("no"), State: pay.RefundUnknown}, ""
	}
	s.finish(x)
	return refundWire{x.OutNo, x.RefundNo, x.Fen, x.State}, ""
}

// finish ends a refund whose time has come, and tells the hospital.
func (s *Server) finish(x *refund) {
	if x.State != pay.RefundRunning || s.opt.Now().Before(x.DoneAt) {
		return
	}
	x.State = pay.RefundDone
	if spend(&s.script.FailRefunds) {
		x.State = pay.RefundFailed
	}
	_ = s.known.keep(line{Refund: x})
	s.tell(noticeWire{Refund: &refundWire{x.OutNo, x.RefundNo, x.Fen, x.State}})
}
