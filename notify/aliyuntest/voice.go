package aliyuntest

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

const actionCall = "SingleCallByTts"

func readCall(p params) (order, *refusal) {
	if k := p.missing("CalledNumber", "TtsCode"); k != "" {
		return order{}, missing(k)
	}
	it := item{phone: p.get("CalledNumber"), params: p.get("TtsParam"), outID: p.get("OutId"), from: p}
	return order{action: actionCall, outID: it.outID, template: p.get("TtsCode"), items: []item{it}}, nil
}

// checkCall judges one call by the rules of the voice service.
func (s *Server) checkCall(o order) *refusal {
	it := &o.items[0]
	digits, ok := strings.CutPrefix(o.template, "TTS_")
	switch {
	case !ok || digits == "" || strings.Trim(digits, "0123456789") != "":
		return business("isv.TTS_TEMPLATE_ILLEGAL", "the template does not exist or is not approved")
	case len(o.outID) > maxOutID:
		return business("isv.INVALID_PARAMETERS", "OutId is too long")
	}
	if it.phone = mainland(it.phone); it.phone == "" {
		return business("isv.MOBILE_NUMBER_ILLEGAL", "a number is not a mobile number")
	}
	if times, err := strconv.Atoi(or(it.from.get("PlayTimes"), "1")); err != nil || times < 1 || times > 3 {
		return business("isv.INVALID_PARAMETERS", "PlayTimes is out of its range")
	}
	if refused := checkParams(it.params, nil); refused != nil {
		return refused
	}
	if w, permits := s.calls.allow(it.phone, s.opt.Now()); w != "" {
		return business("isv.BUSINESS_LIMIT_CONTROL", FlowText(w, permits))
	}
	return nil
}

// callLimits are how often one person may be called.
var callLimits = []struct {
	window  Window
	length  time.Duration
	permits int
}{{Minute, time.Minute, 1}, {Hour, time.Hour, 5}, {Day, 24 * time.Hour, 20}}

// calls remembers when each number was called.
type calls struct {
	mu   sync.Mutex
	made map[string][]time.Time
}

func newCalls() *calls { return &calls{made: map[string][]time.Time{}} }

// allow counts a call, or names the limit that it is over.
func (c *calls) allow(phone string, now time.Time) (Window, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range callLimits {
		n := 0
		for _, at := range c.made[phone] {
			if now.Sub(at) < l.length {
				n++
			}
		}
		if n >= l.permits {
			return l.window, l.permits
		}
	}
	c.made[phone] = append(c.made[phone], now)
	return "", 0
}

// answered is the status of a call that a person picked up.
const answered = "200000"

// CallReport is one receipt of a call as the provider posts it (VoiceReport).
type CallReport struct {
	CallID          string `json:"call_id"`
	OriginateTime   string `json:"originate_time"`
	StartTime       string `json:"start_time"` // "" of a call that nobody answered
	EndTime         string `json:"end_time"`
	Callee          string `json:"callee"`
	Duration        string `json:"duration"` // seconds
	StatusCode      string `json:"status_code"`
	StatusMsg       string `json:"status_msg"`
	HangupDirection string `json:"hangup_direction"`
	OutID           string `json:"out_id"`
	DTMF            string `json:"dtmf"`
	VoiceType       string `json:"voice_type"`
}

// CallReceipts posts the receipts of calls that were not given before to url,
// like Receipts.
func (s *Server) CallReceipts(ctx context.Context, url string, how Posting) (int, error) {
	rows, next := s.ledger.pendingCalls()
	list := make([]CallReport, 0, len(rows))
	for _, t := range rows {
		at := t.At.In(provider).Format(time.DateTime)
		r := CallReport{
			CallID: t.BizID, OriginateTime: at, StartTime: at, EndTime: at, Callee: t.Phone, Duration: "10", StatusCode: answered,
			OutID: t.OutID, VoiceType: "voice", HangupDirection: "1",
		}
		if s.opt.Answer != nil {
			r.StatusCode = s.opt.Answer(t)
		}
		if r.StatusCode != answered {
			r.StartTime, r.Duration = "", "0"
		}
		list = append(list, r)
	}
	if how.Shuffle != 0 {
		r := rand.New(rand.NewPCG(how.Shuffle, 0))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	if done, err := postAll(ctx, url, list, how); err != nil {
		return done, err
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.ledger.called = max(s.ledger.called, next)
	return len(list), nil
}

func (l *ledger) pendingCalls() (list []Taken, next int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for next = l.called; next < len(l.rows); next++ {
		if l.rows[next].call {
			list = append(list, l.at(next))
		}
	}
	return list, next
}
