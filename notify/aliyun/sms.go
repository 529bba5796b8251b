package aliyun

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"

	"github.com/houzhen/houzhen/notify"
)

// SMS sends text messages and finds out what became of them.
type SMS struct{ c *Client }

// Abilities declares that the provider renders, reports and can be asked, and
// that an out-id is no protection against sending twice.
func (s *SMS) Abilities() notify.Abilities {
	return notify.Abilities{Batch: maxBatch, Receipts: true, Query: true, Renders: true, Cost: smsCost, PerSecond: 5000}
}

// smsCost is what one part costs about, in thousandths of a yuan.
const smsCost = 45

// Channel is notify.SMS.
func (s *SMS) Channel() notify.Channel { return notify.SMS }

// Send hands one message to the provider, which renders it from its approved
// template: the parcel's own, or the one of the settings. A wording that has no template in the person's language goes in
// Chinese.
func (s *SMS) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	if p.Phone.IsZero() {
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoPhone}
	}
	template := s.template(p)
	if template == "" {
		return notify.Sent{Outcome: notify.OutcomeMessage, Code: codeNoTemplate}
	}
	return s.c.do(ctx, func(o options) (answer, error) {
		api, err := o.sms()
		if err != nil {
			return answer{}, err
		}
		req := dysmsapi.CreateSendSmsRequest() // never used again: the SDK keeps old values in it
		req.Domain = s.c.conf.Endpoint
		req.RegionId = s.c.conf.Region
		req.PhoneNumbers = p.Phone.Reveal()
		req.SignName = s.c.conf.Sign
		req.TemplateCode = template
		req.TemplateParam = templateParams(p.Vars)
		req.OutId = p.OutID
		resp, err := api.SendSms(req)
		if err != nil {
			return answer{}, err
		}
		return answer{resp.Code, resp.Message, resp.BizId}, nil
	})
}

// sms makes a client of the SDK for one call. The region is the request's,
// which spares the client a check that New made.
func (o options) sms() (*dysmsapi.Client, error) {
	api, err := dysmsapi.NewClientWithOptions("", o.config, o.client.credential)
	if err != nil {
		return nil, err
	}
	enclose(&api.Client)
	return api, nil
}
