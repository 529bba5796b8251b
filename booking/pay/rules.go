package pay

import (
	"time"

	"github.com/houzhen/houzhen/booking"
)

// enter moves a payment into a state in which it is looked at after a while;
// 0 means not at all.
func (p Payment) enter(s State, now time.Time, after time.Duration) Payment {
	p.State, p.Silent, p.DueAt = s, 0, time.Time{}
	if after > 0 {
		p.DueAt = now.Add(after)
	}
	return p
}

// due is enter for what is to be done at once.
func (p Payment) due(s State, now time.Time) Payment {
	p = p.enter(s, now, 0)
	p.DueAt = now
	return p
}

// end moves a payment into a state that it does not leave by itself.
func (p Payment) end(s State, now time.Time) Payment {
	p = p.enter(s, now, 0)
	p.EndedAt, p.Cashier = now, ""
	return p
}

// back gives a payment whose money is to go back. What the insurance bore
// cannot be given back through the provider and waits for a person.
func (p Payment) back(reason string, now time.Time) Payment {
	if p.Insured > 0 {
		return p.byHand(ReasonInsured, now)
	}
	p.Reason, p.Attempts = reason, 0
	return p.due(RefundDue, now)
}

// byHand gives a payment that a person has to look at.
func (p Payment) byHand(reason string, now time.Time) Payment {
	p.Reason, p.EndedAt = reason, time.Time{}
	return p.enter(Manual, now, 0)
}

// taken reports whether a trade says that money has moved.
func (t Trade) taken() bool { return t.State == TradePaid || t.State == TradePartial }

// whole reports whether a trade pays for p exactly.
func (t Trade) whole(p Payment) bool { return t.State == TradePaid && t.Fen == p.Fee }

// awaits reports whether money for p would be news: none has come, or only the
// insurance's part.
func (p Payment) awaits() bool {
	switch p.State {
	case Waiting, Asked, Open, Closing, Closed:
		return true
	case Manual:
		return p.Reason == ReasonPartial
	case Kept, RefundDue, RefundAsked, Refunded, Settled:
	}
	return false
}

// receive notes money that the provider reports as taken, and decides what it
// buys: the appointment a if it stands, unless another payment bought that;
// otherwise it goes back. An amount that is not the whole fee waits for a
// person.
func (p Payment) receive(t Trade, a booking.Appointment, stands, bought bool, now time.Time) Payment {
	p.Paid, p.Insured, p.TradeNo, p.PaidAt, p.Cashier, p.EndedAt = t.Fen, t.Insured, t.TradeNo, t.PaidAt, "", time.Time{}
	if p.PaidAt.IsZero() {
		p.PaidAt = now
	}
	switch {
	case t.State == TradePartial:
		return p.byHand(ReasonPartial, now)
	case !t.whole(p):
		return p.byHand(ReasonAmount, now)
	case bought:
		return p.back(ReasonTwice, now)
	case !stands:
		return p.back(why(a), now)
	}
	p.Reason = ""
	return p.enter(Kept, now, 0)
}

// why says for which reason the money of an ended appointment goes back.
func why(a booking.Appointment) string {
	switch {
	case a.Reason == booking.ReasonExpired, a.State == booking.Held:
		return ReasonLate
	case a.By == booking.ByHospital:
		return ReasonSuspended
	}
	return ReasonCancelled
}

// unpaid gives the payment after the provider said that nobody has paid, or
// that it knows nothing of the order. held says that the place is still kept.
func (p Payment) unpaid(t Trade, held bool, now time.Time, policy Policy) Payment {
	switch p.State {
	case Asked, Open:
	case Closing:
		if t.State != TradeOpen {
			return p.end(Closed, now)
		}
		p.Silent, p.DueAt = 0, now.Add(policy.Lease)
		return p
	case Waiting, Closed, Kept, RefundDue, RefundAsked, Refunded, Manual, Settled:
		return p // an answer that something newer has overtaken
	}
	switch {
	case t.State == TradeClosed, t.State == TradeUnknown && !held:
		return p.end(Closed, now)
	case t.State == TradeUnknown: // it certainly never came: once more, by the same number
		return p.due(Waiting, now)
	case !held:
		return p.due(Closing, now)
	}
	p = p.enter(Open, now, policy.Poll)
	if t.Cashier != "" {
		p.Cashier = t.Cashier
	}
	if p.DueAt.After(p.ExpiresAt) {
		p.DueAt = p.ExpiresAt
	}
	return p
}

// refunded gives the payment after the provider spoke of its refund.
func (p Payment) refunded(r RefundStatus, now time.Time, policy Policy) Payment {
	switch {
	case p.State == Manual && p.Reason == ReasonRefundFailed && r.State == RefundDone && r.Fen == p.Paid:
		return p.end(Refunded, now)
	case p.State == Settled && p.Reason == ReasonRefundFailed && r.State == RefundDone:
		return p.byHand(ReasonAfter, now)
	case p.State != RefundAsked:
		return p // an answer that something newer has overtaken
	case r.State == RefundDone && r.Fen != p.Paid:
		return p.byHand(ReasonAmount, now)
	case r.State == RefundDone:
		return p.end(Refunded, now)
	case r.State == RefundRunning:
		p.Silent, p.DueAt = 0, now.Add(policy.MaxOff)
		return p
	case p.Attempts >= policy.Refunds:
		return p.byHand(ReasonRefundFailed, now)
	}
	// Failed, or never heard of: it certainly was not done.
	return p.enter(RefundDue, now, policy.later(max(p.Attempts, 1)))
}

// act is what is to be asked of the provider.
type act int

const (
	actNone act = iota
	actCreate
	actQuery
	actClose
	actRefund
	actQueryRefund
)

// next says what is to be done about a payment that is due, and gives it as it
// is to be saved before that is done: if the answer is lost, it falls due again.
func (p Payment) next(held bool, now time.Time, policy Policy) (Payment, act) {
	wait := now.Add(policy.Lease)
	switch p.State {
	case Waiting:
		if !held {
			return p.end(Closed, now), actNone
		}
		p.State, p.DueAt = Asked, wait
		return p, actCreate
	case Asked, Open:
		p.Silent, p.DueAt = p.Silent+1, wait
		if held {
			return p, actQuery
		}
		p.State, p.Silent = Closing, 1
		return p, actClose
	case Closing:
		if p.Silent >= policy.Silences { // money that comes all the same is seen by its callback
			return p.end(Closed, now), actNone
		}
		p.Silent, p.DueAt = p.Silent+1, now.Add(policy.later(p.Silent+1))
		return p, actClose
	case RefundDue:
		p.State, p.Attempts, p.Silent, p.DueAt = RefundAsked, p.Attempts+1, 0, wait
		return p, actRefund
	case RefundAsked:
		if p.Silent >= policy.Silences {
			return p.byHand(ReasonRefundFailed, now), actNone
		}
		p.Silent, p.DueAt = p.Silent+1, now.Add(policy.later(p.Silent+1))
		return p, actQueryRefund
	case Closed, Kept, Refunded, Manual, Settled:
	}
	return p.enter(p.State, now, 0), actNone
}
