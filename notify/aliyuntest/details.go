package aliyuntest

import (
	"strconv"
	"time"
)

// provider is the zone of every civil time that the provider writes.
var provider = time.FixedZone("UTC+8", 8*60*60)

// query asks for the messages to one number on one day.
type query struct {
	phone, bizID string
	day          string // yyyyMMdd
	size, page   int
}

func readQuery(p params) (query, bool) {
	q := query{phone: mainland(p.get("PhoneNumber")), bizID: p.get("BizId"), day: p.get("SendDate")}
	var errSize, errPage error
	q.size, errSize = strconv.Atoi(p.get("PageSize"))
	q.page, errPage = strconv.Atoi(p.get("CurrentPage"))
	_, errDay := time.Parse("20060102", q.day)
	ok := errSize == nil && errPage == nil && errDay == nil && q.phone != "" && q.size >= 1 && q.size <= 50 && q.page >= 1
	return q, ok
}

// detail is one message as QuerySendDetails shows it.
type detail struct {
	ErrCode      string
	TemplateCode string
	OutID        string `json:"OutId"`
	ReceiveDate  string
	SendDate     string
	PhoneNum     string
	Content      string
	SendStatus   int // 1 waiting for the carrier, 2 failed, 3 delivered
}

// details is the answer of QuerySendDetails.
type details struct {
	Code              string
	Message           string
	RequestID         string `json:"RequestId"`
	TotalCount        int
	SmsSendDetailDTOs struct{ SmsSendDetailDTO []detail }
}

// details gives one page of the messages that q asks for, newest first.
func (s *Server) details(q query) details {
	d := details{Code: "OK", Message: "OK", RequestID: string(s.appendRequestID(nil))}
	d.SmsSendDetailDTOs.SmsSendDetailDTO = []detail{}
	for _, t := range s.ledger.to(q.phone) {
		if t.At.In(provider).Format("20060102") != q.day || q.bizID != "" && q.bizID != t.BizID {
			continue
		}
		d.TotalCount++
		if n := d.TotalCount - 1; n/q.size == q.page-1 {
			d.SmsSendDetailDTOs.SmsSendDetailDTO = append(d.SmsSendDetailDTOs.SmsSendDetailDTO, s.detail(t))
		}
	}
	return d
}

func (s *Server) detail(t entry) detail {
	at := t.At.In(provider).Format(time.DateTime)
	d := detail{TemplateCode: t.Template, OutID: t.OutID, SendDate: at, PhoneNum: t.Phone, Content: t.Params, SendStatus: 1}
	if !t.reported {
		return d
	}
	d.ErrCode, d.ReceiveDate, d.SendStatus = s.deliver(t.Taken), at, 2
	if d.ErrCode == delivered {
		d.SendStatus = 3
	}
	return d
}
