package aliyun

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// ReportAck is what the provider wants to read after it posted receipts; with
// anything else it posts them again after 1, 5 and 10 minutes.
const ReportAck = `{"code":0,"msg":"OK"}`

// report is one receipt (SmsReport) as posted. Fields change between string
// and number from one document of the provider to the next.
type report struct {
	PhoneNumber loose `json:"phone_number"`
	SendTime    loose `json:"send_time"`
	ReportTime  loose `json:"report_time"`
	Success     loose `json:"success"`
	ErrCode     loose `json:"err_code"`
	BizID       loose `json:"biz_id"`
	OutID       loose `json:"out_id"`
}

// loose is the text of a JSON string, number or boolean; "" of anything else.
type loose string

// UnmarshalJSON never fails, so that one odd field does not lose a batch.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*l = loose(s)
	case len(b) > 0 && b[0] != '{' && b[0] != '[' && string(b) != "null":
		*l = loose(b)
	}
	return nil
}

// ParseReports reads a posted batch of receipts. Receipts without any id of a
// message are left out. Nothing proves who posted them: the caller updates
// only messages that it knows.
func ParseReports(body []byte) ([]notify.Receipt, error) {
	var list []report
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, houzhen.E(houzhen.CodeMalformed, "not an array of receipts")
	}
	if list == nil { // null
		return nil, houzhen.E(houzhen.CodeMalformed, "not an array of receipts")
	}
	receipts := make([]notify.Receipt, 0, len(list))
	for _, r := range list {
		one := notify.Receipt{
			OutID: cleanOutID(string(r.OutID)), ProviderID: cleanID(string(r.BizID)), Phone: houzhen.NewPhone(digits(string(r.PhoneNumber))),
			Delivered: r.Success == "true", ErrorCode: cleanCarrier(string(r.ErrCode)), At: civil(string(r.ReportTime)),
		}
		if sent := civil(string(r.SendTime)); !sent.IsZero() && one.At.After(sent) {
			one.Took = one.At.Sub(sent)
		}
		if isBatch(one.OutID) { // of many messages: told apart by the id that the provider gave, and the phone
			one.OutID = ""
		}
		if one.OutID != "" || one.ProviderID != "" {
			receipts = append(receipts, one)
		}
	}
	return receipts, nil
}

// maxOutID is the longest out-id that the provider takes.
const maxOutID = 255

func cleanOutID(id string) string {
	if len(id) > maxOutID {
		return ""
	}
	return id
}

// digits gives a number without its country code, "" if it is not one.
func digits(phone string) string {
	if len(phone) > 11 {
		phone = strings.TrimPrefix(strings.TrimLeft(phone, "+0"), "86")
	}
	if len(phone) != 11 || strings.Trim(phone, "0123456789") != "" {
		return ""
	}
	return phone
}

var carrierPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,40}$`)

// cleanCarrier keeps a carrier's code, which is an open set, unless it is too
// odd to store or could be a phone number.
func cleanCarrier(code string) string {
	if code == "" || carrierPattern.MatchString(code) && !digitRun.MatchString(code) {
		return code
	}
	return codeUnreadable
}
