package aliyun

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

const (
	pageSize = 50 // the most that one query gives
	maxPages = 20
	skew     = 10 * time.Minute // a message claimed near midnight may be dated on the other side of it
)

// providerZone is the zone of every civil time that the provider writes.
var providerZone = time.FixedZone("UTC+8", 8*60*60)

// delivered is the carrier's word for a message on its phone.
const delivered = "DELIVERED"

// Find looks among the messages to a phone, on the day that it was sent, for
// one with outID. Found with neither Delivered nor an ErrorCode means that the
// provider took it and the carrier has not said anything yet. Not found soon
// after sending proves nothing: the provider's view lags.
func (s *SMS) Find(ctx context.Context, outID string, phone houzhen.Phone, sentAt time.Time) (notify.Receipt, bool, error) {
	if outID == "" || phone.IsZero() {
		return notify.Receipt{}, false, houzhen.E(houzhen.CodeInvalid, "find needs an out-id and a phone")
	}
	for _, day := range days(sentAt) {
		r, found, err := s.findOn(ctx, day, outID, phone)
		if found || err != nil {
			return r, found, err
		}
	}
	return notify.Receipt{}, false, nil
}

// days gives the provider's dates on which a message of that instant may be.
func days(at time.Time) []string {
	var list []string
	for _, t := range []time.Time{at, at.Add(-skew), at.Add(skew)} {
		if d := t.In(providerZone).Format("20060102"); len(list) == 0 || d != list[0] {
			list = append(list, d)
		}
	}
	return list
}

func (s *SMS) findOn(ctx context.Context, day, outID string, phone houzhen.Phone) (notify.Receipt, bool, error) {
	for page := 1; page <= maxPages; page++ {
		list, total, sent := s.page(ctx, day, phone, page)
		if sent.Outcome != notify.OutcomeAccepted {
			return notify.Receipt{}, false, houzhen.E(houzhen.CodeUnavailable, "query send details: "+sent.Code)
		}
		for _, d := range list {
			if holds(d.OutId, outID) {
				r := receiptOf(d, phone)
				r.OutID = outID
				return r, true, nil
			}
		}
		if len(list) == 0 || page*pageSize >= total {
			break
		}
	}
	return notify.Receipt{}, false, nil
}

// page asks for one page of the messages to a phone on a day.
func (s *SMS) page(ctx context.Context, day string, phone houzhen.Phone, page int) (list []dysmsapi.SmsSendDetailDTO, total int, sent notify.Sent) {
	sent = s.c.do(ctx, func(o options) (answer, error) {
		api, err := o.sms()
		if err != nil {
			return answer{}, err
		}
		req := dysmsapi.CreateQuerySendDetailsRequest()
		req.Domain = s.c.conf.Endpoint
		req.RegionId = s.c.conf.Region
		req.PhoneNumber = phone.Reveal()
		req.SendDate = day
		req.PageSize = requests.NewInteger(pageSize)
		req.CurrentPage = requests.NewInteger(page)
		resp, err := api.QuerySendDetails(req)
		if err != nil {
			return answer{}, err
		}
		list = resp.SmsSendDetailDTOs.SmsSendDetailDTO
		total, _ = strconv.Atoi(resp.TotalCount) // 0 ends the search after this page
		return answer{code: resp.Code}, nil
	})
	return list, total, sent
}

// receiptOf reads one message of the provider's list.
func receiptOf(d dysmsapi.SmsSendDetailDTO, phone houzhen.Phone) notify.Receipt {
	const failed, arrived = 2, 3
	r := notify.Receipt{OutID: d.OutId, Phone: phone, Delivered: d.SendStatus == arrived}
	if d.SendStatus != failed && d.SendStatus != arrived {
		return r
	}
	r.ErrorCode, r.At = cleanCarrier(d.ErrCode), civil(d.ReceiveDate)
	if r.Delivered {
		r.ErrorCode = delivered
	}
	return r
}

// civil reads a time of the provider in either of its forms; zero if it is
// neither.
func civil(s string) time.Time {
	for _, layout := range []string{time.DateTime, "20060102150405"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), providerZone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
