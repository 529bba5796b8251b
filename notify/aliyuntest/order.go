package aliyuntest

import (
	"net/http"
	"strconv"
)

// order is an understood request to send: one request, one out-id, one or
// more recipients.
type order struct {
	action   string
	outID    string
	template string
	items    []item
}

// item is one recipient of an order with what he is to get.
type item struct {
	phone   string // as given, for SMS
	account string // for push
	sign    string
	params  string // JSON
	title   string
	body    string
	outID   string // differs from the order's in mass push only
	from    params // all fields of a push, of which those with prefix are its own
	prefix  string
}

// perform does what the script says about an order, or else takes it and
// answers.
func (s *Server) perform(w http.ResponseWriter, r *http.Request, o order) {
	f := s.script.next(o)
	if f.Delay > 0 && !pause(r, f.Delay) {
		return
	}
	if f.normal() {
		ids, refused := s.take(o)
		if refused != nil {
			s.refuse(w, refused)
			return
		}
		s.accept(w, o, ids)
		return
	}
	if f.Taken {
		if _, refused := s.take(o); refused != nil {
			s.refuse(w, refused)
			return
		}
	}
	s.misbehave(w, r, f)
}

// take checks an order by the rules of its API and enters it into the ledger;
// it gives the provider's ids.
func (s *Server) take(o order) ([]string, *refusal) {
	sms := o.action == "SendSms" || o.action == "SendBatchSms"
	if sms {
		if refused := s.checkSMS(o); refused != nil {
			return nil, refused
		}
		if !s.flow.allow(o, s.opt.Now()) {
			return nil, business("isv.BUSINESS_LIMIT_CONTROL", FlowText(Day, s.opt.DailyLimit))
		}
	}
	if o.action == actionCall {
		if refused := s.checkCall(o); refused != nil {
			return nil, refused
		}
	}
	return s.ledger.enter(o, s.opt.Stamp(), sms), nil
}

// accept answers a request that was taken.
func (s *Server) accept(w http.ResponseWriter, o order, ids []string) {
	b := make([]byte, 0, 256)
	switch o.action {
	case "SendSms", "SendBatchSms":
		b = append(b, `{"Message":"OK","BizId":"`...)
		b = append(b, ids[0]...)
		b = append(b, `","Code":"OK"`...)
	case actionCall:
		b = append(b, `{"Message":"OK","Code":"OK","CallId":"`...)
		b = append(b, ids[0]...)
		b = append(b, '"')
	case "Push":
		b = append(b, `{"MessageId":"`...)
		b = append(b, ids[0]...)
		b = append(b, '"')
	default:
		b = append(b, `{"MessageIds":{"MessageId":[`...)
		for i, id := range ids {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendQuote(b, id)
		}
		b = append(b, `]}`...)
	}
	b = append(b, `,"RequestId":"`...)
	b = s.appendRequestID(b)
	b = append(b, `"}`...)
	answer(w, http.StatusOK, typeJSON, b)
}
