package aliyun

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/push"

	"github.com/houzhen/houzhen/notify"
)

// Push shows notices on the devices of one account.
type Push struct{ c *Client }

// Abilities declares that nobody tells whether a push arrived: the app does,
// by its own acknowledgement.
func (s *Push) Abilities() notify.Abilities {
	return notify.Abilities{Batch: maxTasks, PerSecond: 500}
}

// Channel is notify.Push.
func (s *Push) Channel() notify.Channel { return notify.Push }

// Send hands one notice to the provider, which keeps it for devices that are
// off until it expires. That it was accepted does not say that there is any
// device.
func (s *Push) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	switch {
	case s.c.conf.PushAppKey == 0:
		return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeNoAppKey}
	case p.Push == "":
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoAccount}
	}
	return s.c.do(ctx, func(o options) (answer, error) {
		api, err := push.NewClientWithOptions("", o.config, o.client.credential)
		if err != nil {
			return answer{}, err
		}
		enclose(&api.Client)
		resp, err := api.Push(s.c.conf.pushRequest(p))
		if err != nil {
			return answer{}, err
		}
		if resp.MessageId == "" { // the only sign of success
			return answer{}, nil
		}
		return answer{code: codeOK, id: resp.MessageId}, nil
	})
}
