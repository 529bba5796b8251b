package sandboxpay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/houzhen/houzhen/booking/pay"
)

// order is one order as the provider keeps it.
type order struct {
	OutNo   string         `json:"out_no"`
	TradeNo string         `json:"trade_no"`
	Token   string         `json:"token"` // in the address of its cashier page
	Subject string         `json:"subject"`
	Return  string         `json:"return"`
	Fen     int64          `json:"fen"`
	Paid    int64          `json:"paid"`
	Insured int64          `json:"insured"`
	State   pay.TradeState `json:"state"`
	Expires time.Time      `json:"expires"`
	PaidAt  time.Time      `json:"paid_at,omitzero"`
}

// refund is one refund as the provider keeps it.
type refund struct {
	OutNo    string          `json:"out_no"`
	RefundNo string          `json:"refund_no"`
	Fen      int64           `json:"fen"`
	State    pay.RefundState `json:"state"`
	DoneAt   time.Time       `json:"done_at"`
}

// ledger is what the provider knows. A file, if there is one, gets every
// change as a line.
type ledger struct {
	orders  map[string]*order
	refunds map[string]*refund
	file    *os.File
}

// line is one change in the file.
type line struct {
	Order  *order  `json:"order,omitempty"`
	Refund *refund `json:"refund,omitempty"`
}

func openLedger(path string) (*ledger, error) {
	l := &ledger{orders: map[string]*order{}, refunds: map[string]*refund{}}
	if path == "" {
		return l, nil
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read sandbox ledger: %w", err)
	}
	s := bufio.NewScanner(bytes.NewReader(old))
	for s.Scan() {
		var x line
		if json.Unmarshal(s.Bytes(), &x) != nil {
			continue // torn by a crash
		}
		l.take(x)
	}
	if l.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("open sandbox ledger: %w", err)
	}
	if len(old) > 0 && old[len(old)-1] != '\n' {
		_, err = l.file.WriteString("\n")
	}
	return l, err
}

func (l *ledger) take(x line) {
	if x.Order != nil {
		l.orders[x.Order.OutNo] = x.Order
	}
	if x.Refund != nil {
		l.refunds[x.Refund.RefundNo] = x.Refund
	}
}

// keep writes a change down.
func (l *ledger) keep(x line) error {
	l.take(x)
	if l.file == nil {
		return nil
	}
	b, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode change: %w", err)
	}
	if _, err := l.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write sandbox ledger: %w", err)
	}
	return nil
}

func (l *ledger) byToken(token string) *order {
	for _, o := range l.orders {
		if o.Token == token {
			return o
		}
	}
	return nil
}

// refunded gives how much of an order went back or is on its way.
func (l *ledger) refunded(outNo, except string) int64 {
	var sum int64
	for _, r := range l.refunds {
		if r.OutNo == outNo && r.RefundNo != except && r.State != pay.RefundFailed {
			sum += r.Fen
		}
	}
	return sum
}
