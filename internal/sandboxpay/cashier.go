package sandboxpay

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
)

//go:embed cashier.html
var cashierPage string

//go:embed cashier.css
var cashierStyle []byte

// cashierData is what the page shows.
type cashierData struct {
	Prefix, Token, Return, Yuan string
	Open, Paid, Closed          bool
}

// Yuan writes an amount of fen as "50.00".
func Yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func (s *Server) cashier(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	o := s.known.byToken(r.PathValue("token"))
	var d cashierData
	if o != nil {
		state := s.wire(o).State
		d = cashierData{
			Prefix: s.opt.Prefix, Token: o.Token, Return: o.Return, Yuan: Yuan(o.Fen), Open: state == pay.TradeOpen,
			Paid: state == pay.TradePaid || state == pay.TradePartial, Closed: state == pay.TradeClosed,
		}
	}
	s.mu.Unlock()
	if o == nil {
		http.NotFound(w, r)
		return
	}
	page, err := template.New("cashier").Parse(cashierPage)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	_ = page.Execute(w, d)
}

func (s *Server) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(cashierStyle)
}

// payPage pays and leads back to the hospital.
func (s *Server) payPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	err := s.Pay(r.Context(), token)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	to := s.known.byToken(token).Return
	s.mu.Unlock()
	if err != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		to = s.opt.Prefix + "/cashier/" + token
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // a path of the same site, as looked at above
}

// Pay is what the patient does on the cashier page that ends in token.
func (s *Server) Pay(ctx context.Context, token string) error {
	if err := s.paid(token); err != nil {
		return err
	}
	_, err := s.Deliver(ctx)
	return err
}

func (s *Server) paid(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.known.byToken(token)
	switch {
	case o == nil:
		return houzhen.E(houzhen.CodeNotFound, "no such cashier page")
	case s.wire(o).State != pay.TradeOpen:
		return houzhen.E(houzhen.CodeState, "order is not open")
	}
	o.State, o.Paid, o.Insured, o.PaidAt, o.TradeNo = pay.TradePaid, o.Fen, s.script.Insured, s.opt.Now().UTC(), "T"+o.Token
	if s.script.Charge > 0 {
		o.Paid = s.script.Charge
	}
	if s.script.Partial {
		o.State, o.Paid = pay.TradePartial, o.Insured
	}
	if err := s.known.keep(line{Order: o}); err != nil {
		return err
	}
	t := s.wire(o)
	s.tell(noticeWire{Trade: &t})
	return nil
}

// Moved gives how many fen the provider has taken and given back in all, for
// audits.
func (s *Server) Moved() (taken, back map[string]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken, back = map[string]int64{}, map[string]int64{}
	for _, o := range s.known.orders {
		if o.Paid > 0 {
			taken[o.OutNo] = o.Paid
		}
	}
	for _, x := range s.known.refunds {
		if x.State == pay.RefundDone {
			back[x.OutNo] += x.Fen
		}
	}
	return taken, back
}
