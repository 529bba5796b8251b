package aliyun

import (
	"context"
	"encoding/json"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dyvmsapi"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Voice calls a phone and has a text read. It is the last resort for a
// critical message: the provider lets one person be called once a minute, five
// times an hour and twenty times a day, and does not call again by itself.
type Voice struct{ c *Client }

// Voice gives the sender of read calls.
func (c *Client) Voice() *Voice { return &Voice{c} }

// Abilities declares that a lost answer cannot be asked about: the provider
// knows calls by an id of its own, which was lost with the answer.
func (s *Voice) Abilities() notify.Abilities {
	return notify.Abilities{Receipts: true, Renders: true, Cost: voiceCost, PerSecond: 1000}
}

// voiceCost is what a minute costs about, in thousandths of a yuan.
const voiceCost = 120

// playTimes is how often a text is read in one call: twice, for who picks up
// and does not expect a machine.
const playTimes = 2

// Channel is notify.Voice.
func (s *Voice) Channel() notify.Channel { return notify.Voice }

// Send starts one call. That it was accepted says that it will be made, not
// that anybody answers; the receipt does.
func (s *Voice) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	if p.Phone.IsZero() {
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoPhone}
	}
	code := s.c.conf.template(s.c.conf.VoiceTemplates, p)
	if code == "" {
		return notify.Sent{Outcome: notify.OutcomeMessage, Code: codeNoTemplate}
	}
	return s.c.do(ctx, func(o options) (answer, error) {
		api, err := dyvmsapi.NewClientWithOptions("", o.config, o.client.credential)
		if err != nil {
			return answer{}, err
		}
		enclose(&api.Client)
		req := dyvmsapi.CreateSingleCallByTtsRequest()
		req.Domain, req.RegionId = s.c.conf.VoiceEndpoint, s.c.conf.Region
		req.CalledNumber = p.Phone.Reveal()
		req.CalledShowNumber = s.c.conf.VoiceNumber
		req.TtsCode = code
		req.TtsParam = templateParams(p.Vars)
		req.PlayTimes = requests.NewInteger(playTimes)
		req.OutId = p.OutID
		resp, err := api.SingleCallByTts(req)
		if err != nil {
			return answer{}, err
		}
		return answer{resp.Code, resp.Message, resp.CallId}, nil
	})
}

// call is one receipt of a call (VoiceReport) as posted.
type call struct {
	CallID     loose `json:"call_id"`
	Callee     loose `json:"callee"`
	StatusCode loose `json:"status_code"`
	Duration   loose `json:"duration"`
	EndTime    loose `json:"end_time"`
	OutID      loose `json:"out_id"`
}

// answered is the provider's status of a call that a person picked up.
const answered = "200000"

// ParseCalls reads a posted batch of call receipts. A call is delivered when
// somebody answered; busy, off and unanswered are not. Nothing proves who
// posted them. The provider waits 700 ms for the acknowledgement.
func ParseCalls(body []byte) ([]notify.Receipt, error) {
	var list []call
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, houzhen.E(houzhen.CodeMalformed, "not an array of calls")
	}
	receipts := make([]notify.Receipt, 0, len(list))
	for _, r := range list {
		one := notify.Receipt{
			OutID: cleanOutID(string(r.OutID)), ProviderID: cleanID(string(r.CallID)), Phone: houzhen.NewPhone(digits(string(r.Callee))),
			Delivered: r.StatusCode == answered, ErrorCode: cleanCarrier(string(r.StatusCode)), At: civil(string(r.EndTime)),
		}
		if one.OutID != "" {
			receipts = append(receipts, one)
		}
	}
	return receipts, nil
}
