package aliyun

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/push"

	"github.com/houzhen/houzhen/notify"
)

// Push shows notices on the devices of one account.
type Push struct{ c *Client }

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
		resp, err := api.Push(s.request(p))
		if err != nil {
			return answer{}, err
		}
		if resp.MessageId == "" { // the only sign of success
			return answer{}, nil
		}
		return answer{code: codeOK, id: resp.MessageId}, nil
	})
}

func (s *Push) request(p notify.Parcel) *push.PushRequest {
	req := push.CreatePushRequest()
	req.Domain = s.c.conf.PushEndpoint
	req.RegionId = s.c.conf.Region
	req.AppKey = requests.Integer(strconv.FormatInt(s.c.conf.PushAppKey, 10))
	req.Target, req.TargetValue = "ACCOUNT", p.Push
	req.DeviceType, req.PushType = "ALL", "NOTICE"
	req.Title, req.Body = p.Title, p.Text
	req.StoreOffline = requests.NewBoolean(true)
	if !p.Expires.IsZero() {
		req.ExpireTime = p.Expires.UTC().Format(time.RFC3339)
	}
	req.JobKey = p.OutID // comes back in the provider's receipt log
	req.AndroidNotificationChannel = s.c.conf.PushChannel
	req.AndroidOpenType = "APPLICATION" // the app reads the link below and opens its page
	req.IOSApnsEnv = s.c.conf.PushAPNS
	more := extras(p)
	req.AndroidExtParameters, req.IOSExtParameters, req.HarmonyExtParameters = more, more, more
	return req
}

// extras gives what the app needs to open the right page and to tell us that
// it showed the message.
func extras(p notify.Parcel) string {
	b, err := json.Marshal(struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
		Link string `json:"link,omitempty"`
	}{p.OutID, string(p.Kind), p.Link})
	if err != nil { // of strings, which cannot fail
		return ""
	}
	return string(b)
}
