package aliyun

import (
	"context"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/push"

	"github.com/houzhen/houzhen/notify"
)

// maxTasks is how many notices one MassPush takes.
const maxTasks = 100

// SendBatch hands over many notices, maxTasks in a call. Each has a job key and
// a provider's id of its own. An answer without an id for every notice is
// lost for all of them, because nothing says whose is missing.
func (s *Push) SendBatch(ctx context.Context, parcels []notify.Parcel) []notify.Sent {
	out := make([]notify.Sent, len(parcels))
	var ready []int
	for i, p := range parcels {
		switch {
		case s.c.conf.PushAppKey == 0:
			out[i] = notify.Sent{Outcome: notify.OutcomeConfig, Code: codeNoAppKey}
		case p.Push == "":
			out[i] = notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoAccount}
		default:
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		n := min(maxTasks, len(ready))
		s.sendMany(ctx, parcels, ready[:n], out)
		ready = ready[n:]
	}
	return out
}

// sendMany makes one call. Where the provider refuses it for what may be the
// fault of one notice, its halves are tried, as nothing of it was taken.
func (s *Push) sendMany(ctx context.Context, parcels []notify.Parcel, call []int, out []notify.Sent) {
	if len(call) == 1 {
		out[call[0]] = s.Send(ctx, parcels[call[0]])
		return
	}
	tasks := make([]push.MassPushPushTask, len(call))
	for n, i := range call {
		tasks[n] = s.c.conf.pushTask(parcels[i])
	}
	var ids []string
	sent := s.c.do(ctx, func(o options) (answer, error) {
		api, err := push.NewClientWithOptions("", o.config, o.client.credential)
		if err != nil {
			return answer{}, err
		}
		enclose(&api.Client)
		req := push.CreateMassPushRequest()
		req.Domain, req.RegionId = s.c.conf.PushEndpoint, s.c.conf.Region
		req.AppKey = requests.Integer(strconv.FormatInt(s.c.conf.PushAppKey, 10))
		req.PushTask = &tasks
		resp, err := api.MassPush(req)
		if err != nil {
			return answer{}, err
		}
		if ids = resp.MessageIds.MessageId; len(ids) != len(call) {
			return answer{}, nil
		}
		return answer{code: codeOK}, nil
	})
	if sent.Outcome == notify.OutcomeMessage || sent.Outcome == notify.OutcomeRecipient {
		s.sendMany(ctx, parcels, call[:len(call)/2], out)
		s.sendMany(ctx, parcels, call[len(call)/2:], out)
		return
	}
	for n, i := range call {
		out[i] = sent
		if sent.Outcome == notify.OutcomeAccepted {
			out[i].ProviderID = cleanID(ids[n])
		}
	}
}
