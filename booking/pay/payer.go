package pay

import (
	"context"
	"net/http"
	"time"
)

// Order asks a provider to take money: the patient is then led to a cashier
// page, or shown a code to scan.
type Order struct {
	OutNo   string // the same number always means the same order
	Fen     int64
	Subject string    // what the cashier page says it is for; no person, no department
	Expires time.Time // from then on the provider takes no money for it
	Return  string    // path that the cashier leads back to
}

// TradeState is how far an order is at the provider.
type TradeState string

// Trade states.
const (
	TradeUnknown TradeState = "unknown" // the provider's positive word that it knows no such order
	TradeOpen    TradeState = "open"
	TradePaid    TradeState = "paid"
	TradePartial TradeState = "partial" // the insurance has settled its part, the rest is not paid
	TradeClosed  TradeState = "closed"
)

// Trade is an order as the provider sees it.
type Trade struct {
	OutNo, TradeNo string
	State          TradeState
	Fen            int64 // taken
	Insured        int64 // of that, borne by the insurance
	PaidAt         time.Time
	Cashier        string // while open
}

// RefundState is how far a refund is at the provider.
type RefundState string

// Refund states.
const (
	RefundUnknown RefundState = "unknown" // the provider's positive word that it knows no such refund
	RefundRunning RefundState = "running"
	RefundDone    RefundState = "done"
	RefundFailed  RefundState = "failed"
)

// Refund asks a provider to give a paid order back whole. The same RefundNo
// always means the same refund, also when a failed one is tried again.
type Refund struct {
	OutNo, RefundNo, TradeNo string
	Fen                      int64
}

// RefundStatus is a refund as the provider sees it.
type RefundStatus struct {
	OutNo, RefundNo string
	State           RefundState
	Fen             int64
}

// Notice is one callback of a provider: about an order or about a refund.
// Callbacks come at least once, late, in any order, or never.
type Notice struct {
	Trade  *Trade
	Refund *RefundStatus
}

// Payer is one payment provider. An error of a call that has the code
// unavailable means that nobody knows whether the provider did it; any other
// error that it did not. Errors hold nothing of the provider's answer but its
// codes.
type Payer interface {
	Create(ctx context.Context, o Order) (Trade, error)
	Query(ctx context.Context, outNo string) (Trade, error)
	// Close lets the provider take no more money for an order; the answer says
	// whether somebody was faster.
	Close(ctx context.Context, outNo string) (Trade, error)
	Refund(ctx context.Context, r Refund) (RefundStatus, error)
	QueryRefund(ctx context.Context, outNo, refundNo string) (RefundStatus, error)
	// Read checks a callback's signature and understands it; CodeNotFound when
	// it is not the provider's.
	Read(ctx context.Context, header http.Header, body []byte) (Notice, error)
}
