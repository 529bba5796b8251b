package sandboxpay

import (
	"time"

	"github.com/houzhen/houzhen/booking/pay"
)

// tradeWire is an order as it goes over the wire.
type tradeWire struct {
	OutNo   string         `json:"out_no"`
	TradeNo string         `json:"trade_no,omitempty"`
	State   pay.TradeState `json:"state"`
	Fen     int64          `json:"fen,omitempty"`
	Insured int64          `json:"insured,omitempty"`
	PaidAt  time.Time      `json:"paid_at,omitzero"`
	Cashier string         `json:"cashier,omitempty"`
}

func (t tradeWire) trade() pay.Trade {
	return pay.Trade{
		OutNo: t.OutNo, TradeNo: t.TradeNo, State: t.State, Fen: t.Fen, Insured: t.Insured, PaidAt: t.PaidAt, Cashier: t.Cashier,
	}
}

// orderWire asks for an order.
type orderWire struct {
	OutNo   string    `json:"out_no"`
	Fen     int64     `json:"fen"`
	Subject string    `json:"subject"`
	Expires time.Time `json:"expires"`
	Return  string    `json:"return"`
}

// refundWire is a refund as it goes over the wire, both ways.
type refundWire struct {
	OutNo    string          `json:"out_no"`
	RefundNo string          `json:"refund_no"`
	Fen      int64           `json:"fen,omitempty"`
	State    pay.RefundState `json:"state,omitempty"`
}

func (r refundWire) status() pay.RefundStatus {
	return pay.RefundStatus{OutNo: r.OutNo, RefundNo: r.RefundNo, State: r.State, Fen: r.Fen}
}

// noticeWire is a callback.
type noticeWire struct {
	Trade  *tradeWire  `json:"trade,omitempty"`
	Refund *refundWire `json:"refund,omitempty"`
}

// refusalWire says why a request was not done.
type refusalWire struct {
	Code string `json:"code"`
}
