package aliyun

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// maxBatch is how many messages go in one call. The provider takes 100, but
// its one out-id must say of each message that it was in the batch.
const maxBatch = 50

// batchPrefix begins the out-id of a batch, which is followed by a tag of each
// of its messages. A message's own out-id never begins so.
const batchPrefix = "hzb-"

// tagSize is how many characters of its hash stand for a message: 30 bits, to
// tell apart the few messages that one phone gets in a day.
const tagSize = 5

// SendBatch hands over many messages in as few calls as their wordings allow.
// The provider says yes or no to a whole call: a call refused for one number
// or one message is cut in two until it is known which; nothing of a refused
// call was taken. An answer that is lost is lost for all of its messages.
//
// The provider may be slow with batches, so that they are for what is not
// urgent within seconds. One phone gets at most one message of a call, because
// the receipts of a call differ by the phone alone.
func (s *SMS) SendBatch(ctx context.Context, parcels []notify.Parcel) []notify.Sent {
	out := make([]notify.Sent, len(parcels))
	for _, call := range s.calls(parcels, out) {
		s.sendCall(ctx, parcels, call, out)
	}
	return out
}

// calls cuts parcels into calls: of one template, at most maxBatch, a phone
// once. Those that cannot go at all have their answer in out already.
func (s *SMS) calls(parcels []notify.Parcel, out []notify.Sent) [][]int {
	type lot struct {
		template string
		number   int
	}
	var done [][]int
	open := map[lot]int{} // index into done
	phones := map[lot]map[string]bool{}
	for i, p := range parcels {
		template := s.template(p)
		switch {
		case p.Phone.IsZero():
			out[i] = notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoPhone}
			continue
		case template == "":
			out[i] = notify.Sent{Outcome: notify.OutcomeMessage, Code: codeNoTemplate}
			continue
		}
		l := lot{template: template}
		for ; ; l.number++ {
			at, begun := open[l]
			if !begun {
				open[l], phones[l] = len(done), map[string]bool{p.Phone.Reveal(): true}
				done = append(done, []int{i})
				break
			}
			if len(done[at]) < maxBatch && !phones[l][p.Phone.Reveal()] {
				phones[l][p.Phone.Reveal()] = true
				done[at] = append(done[at], i)
				break
			}
		}
	}
	return done
}

// sendCall sends one call, and halves of it where the provider refuses it for
// what may be the fault of one message.
func (s *SMS) sendCall(ctx context.Context, parcels []notify.Parcel, call []int, out []notify.Sent) {
	if len(call) == 1 {
		out[call[0]] = s.Send(ctx, parcels[call[0]])
		return
	}
	sent := s.sendMany(ctx, parcels, call)
	switch sent.Outcome {
	case notify.OutcomeMessage, notify.OutcomeRecipient, notify.OutcomeDefer:
		s.sendCall(ctx, parcels, call[:len(call)/2], out)
		s.sendCall(ctx, parcels, call[len(call)/2:], out)
	case notify.OutcomeAccepted, notify.OutcomeRetry, notify.OutcomeConfig, notify.OutcomeAmbiguous:
		for _, i := range call {
			out[i] = sent
		}
	}
}

func (s *SMS) sendMany(ctx context.Context, parcels []notify.Parcel, call []int) notify.Sent {
	var phones, signs, ids []string
	var values []json.RawMessage
	for _, i := range call {
		p := parcels[i]
		phones, signs, ids = append(phones, p.Phone.Reveal()), append(signs, s.c.conf.Sign), append(ids, p.OutID)
		params := templateParams(p.Vars)
		if params == "" {
			params = "{}"
		}
		values = append(values, json.RawMessage(params))
	}
	return s.c.do(ctx, func(o options) (answer, error) {
		api, err := o.sms()
		if err != nil {
			return answer{}, err
		}
		req := dysmsapi.CreateSendBatchSmsRequest()
		req.Domain = s.c.conf.Endpoint
		req.RegionId = s.c.conf.Region
		req.TemplateCode = s.template(parcels[call[0]])
		req.OutId = batchID(ids)
		for _, f := range []struct {
			field *string
			list  any
		}{{&req.PhoneNumberJson, phones}, {&req.SignNameJson, signs}, {&req.TemplateParamJson, values}} {
			b, err := json.Marshal(f.list)
			if err != nil {
				return answer{}, err
			}
			*f.field = string(b)
		}
		resp, err := api.SendBatchSms(req)
		if err != nil {
			return answer{}, err
		}
		return answer{resp.Code, resp.Message, resp.BizId}, nil
	})
}

// batchID gives the out-id of a call: what it begins with, and the tags.
func batchID(outIDs []string) string {
	var b strings.Builder
	b.WriteString(batchPrefix)
	for _, id := range outIDs {
		b.WriteString(Tag(id))
	}
	return b.String()
}

// Tags gives the tags of the messages of a batch by its out-id, in the order of
// the call; nothing for the out-id of a single message.
func Tags(outID string) []string {
	rest, batch := strings.CutPrefix(outID, batchPrefix)
	var tags []string
	for batch && len(rest) >= tagSize {
		tags, rest = append(tags, rest[:tagSize]), rest[tagSize:]
	}
	return tags
}

// Tag gives what stands for a message in the out-id of a batch: a hash of its
// own, which two of many thousand messages may share.
func Tag(outID string) string {
	sum := sha256.Sum256([]byte(outID))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:tagSize]
}

func isBatch(outID string) bool { return strings.HasPrefix(outID, batchPrefix) }

// holds reports whether what the provider keeps under an out-id is, or has
// among it, the message with outID.
func holds(kept, outID string) bool {
	if kept == outID {
		return true
	}
	return slices.Contains(Tags(kept), Tag(outID))
}

// template gives the approved code of a parcel's wording: the one that comes
// with it, or that of the settings, "" if there is none.
func (s *SMS) template(p notify.Parcel) string { return s.c.conf.template(s.c.conf.Templates, p) }

func (conf Config) template(codes map[string]string, p notify.Parcel) string {
	if p.Code != "" {
		return p.Code
	}
	if code, ok := codes[TemplateKey(p.Template, p.Lang)]; ok {
		return code
	}
	return codes[TemplateKey(p.Template, houzhen.Chinese)]
}
