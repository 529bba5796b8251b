// Package pay decides what becomes of the money for a place: who pays in
// advance and how much, which payment buys which appointment, and which goes
// back.
//
// A payment is a small machine of its own beside the appointment it is for.
// The row is written before the provider is called; an answer that was lost is
// asked for by our own number and never blindly repeated; and whatever cannot
// be decided by rule ends on a list that a person works through. Amounts are
// whole fen. It never sees a card or an account: of the provider's data it
// keeps opaque numbers only.
package pay

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking"
)

// State is where a payment is in its life; docs/states.md draws the moves.
type State string

// Payment states. Waiting to Closing are before any money has come, Kept to
// Refunded after; Manual waits for a person, who makes it Settled.
const (
	Waiting     State = "waiting"      // asked of the patient, the provider knows nothing yet
	Asked       State = "asked"        // the order is on its way to the provider; its answer is not known
	Open        State = "open"         // the provider waits for the patient
	Closing     State = "closing"      // the provider is to take no more money for it
	Closed      State = "closed"       // nobody paid
	Kept        State = "kept"         // paid, and the price of an appointment
	RefundDue   State = "refund_due"   // to be given back
	RefundAsked State = "refund_asked" // the refund is on its way; its end is not known
	Refunded    State = "refunded"
	Manual      State = "manual"  // a person has to look: Reason says why
	Settled     State = "settled" // a person has: Settlement says how
)

// Why a payment was given back or waits for a person.
const (
	ReasonCancelled    = "cancelled"     // the patient gave the place up
	ReasonSuspended    = "suspended"     // the hospital took it away
	ReasonLate         = "late"          // paid after the hold, and the place was gone
	ReasonTwice        = "twice"         // another payment has bought the place
	ReasonFeeDiffers   = "fee_differs"   // the place that was chosen instead has another price
	ReasonAmount       = "amount"        // what was paid is not what was asked
	ReasonPartial      = "partial"       // the insurance has paid its part and the rest is missing
	ReasonInsured      = "insured"       // a part was the insurance's, which has to be undone by hand
	ReasonRefundFailed = "refund_failed" // the provider refused or kept silent too often
	ReasonHIS          = "his_refused"   // another system does not agree with the refund
	ReasonAfter        = "after_settled" // the provider gave back what a person had settled already
)

// How a person settled a payment that no rule could.
const (
	SettledCash     = "cash"     // given back at the cashier
	SettledTransfer = "transfer" // given back by another way
	SettledKept     = "kept"     // rightly the hospital's
	SettledNothing  = "nothing"  // no money had really moved
)

// Settlements lists the ways to settle, in the order in which they are offered.
func Settlements() []string {
	return []string{SettledCash, SettledTransfer, SettledKept, SettledNothing}
}

// Payment is one try to pay for one appointment: one order at the provider,
// known to both by OutNo. A patient may need several tries; at most one of
// them is Kept.
type Payment struct {
	ID            string
	OutNo         string // our number at the provider, at most 32 letters and digits
	AppointmentID string
	PatientID     string
	Nth           int   // which try for that appointment, from 1
	Fee           int64 // asked, fen
	Paid          int64 // taken by the provider, fen
	Insured       int64 // of Paid, what the insurance bore, fen
	State         State
	Reason        string
	Settlement    string
	SettledBy     string // who settled it: a member of staff
	TradeNo       string // the provider's number of the payment
	Cashier       string // where the patient pays
	ExpiresAt     time.Time
	DueAt         time.Time // when it is to be looked at next, zero if never
	Attempts      int       // tries of the refund
	Silent        int       // calls in a row that the provider did not answer
	CreatedAt     time.Time
	PaidAt        time.Time
	EndedAt       time.Time // closed, refunded, settled
	Version       int64
}

// RefundNo is the number of its refund at the provider.
func (p Payment) RefundNo() string { return p.OutNo + "R" }

// Money reports whether money has come that has neither gone back nor been
// settled by a person.
func (p Payment) Money() bool {
	switch p.State {
	case Kept, RefundDue, RefundAsked, Manual:
		return true
	case Waiting, Asked, Open, Closing, Closed, Refunded, Settled:
	}
	return false
}

// Unpaid reports whether the payment still waits for the patient.
func (p Payment) Unpaid() bool { return p.State == Waiting || p.State == Asked || p.State == Open }

// Filter selects payments; zero fields do not restrict.
type Filter struct {
	AppointmentID string
	PatientID     string
	States        []State
	AfterID       string // for paging in id order
	Limit         int
}

// Tx is what paying asks of a transaction: all of booking's, and payments.
type Tx interface {
	booking.Tx

	Payment(ctx context.Context, id string) (Payment, error) // CodeNotFound
	// LockPayment keeps other writers off the row until the end. Sessions are
	// locked first, then appointments, then payments.
	LockPayment(ctx context.Context, id string) (Payment, error)
	PaymentByOutNo(ctx context.Context, outNo string) (Payment, error)
	Payments(ctx context.Context, f Filter) ([]Payment, error) // by id
	// AddPayment inserts: CodeConflict when that try of the appointment exists.
	AddPayment(ctx context.Context, p Payment) error
	// UpdatePayment saves by id and Version and raises it: CodeConflict when it
	// was changed meanwhile, or when another one is Kept for the appointment.
	UpdatePayment(ctx context.Context, p *Payment) error
	// PaymentsDue lists what is due by now, oldest first.
	PaymentsDue(ctx context.Context, now time.Time, limit int) ([]Payment, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Booking is what paying asks of booking; booking.Service has it.
type Booking interface {
	// Grant books the place that a payment is for, in the caller's transaction:
	// the one that is held, or after the hold lapsed the same one or, where
	// equal is allowed, another of its slice. False means that it is not to be had.
	Grant(ctx context.Context, tx booking.Tx, appointmentID string, equal bool) (booking.Appointment, bool, error)
}
