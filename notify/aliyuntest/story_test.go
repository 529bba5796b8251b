package aliyuntest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func TestSendBatchSms(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	batch := func(numbers, signs, params string) reply {
		body := url.Values{"PhoneNumberJson": {numbers}, "SignNameJson": {signs}}
		if params != "" {
			body.Set("TemplateParamJson", params)
		}
		return g.send(g.fields("SendBatchSms", map[string]string{"TemplateCode": "SMS_1", "OutId": "b"}), body)
	}
	r := batch(`["13900139000","13900139001"]`, `["候诊医院","候诊分院"]`, `[{"n":"1"},{"n":"2"}]`)
	want := []aliyuntest.Taken{
		{At: noon, Action: "SendBatchSms", Phone: phone, Sign: "候诊医院", Template: "SMS_1", Params: `{"n":"1"}`, OutID: "b", BizID: r.BizID},
		{At: noon, Action: "SendBatchSms", Phone: "13900139001", Sign: "候诊分院", Template: "SMS_1", Params: `{"n":"2"}`, OutID: "b", BizID: r.BizID},
	}
	if diff := cmp.Diff(g.Taken(), want); diff != "" {
		t.Error(diff)
	}
	if a := g.Audit("b"); a.Count != 1 || g.Repeated() != 0 {
		t.Errorf("one batch counts as %+v", a)
	}
	many := `["` + strings.Repeat(phone+`","`, 100) + phone + `"]`
	for _, bad := range []struct{ numbers, signs, params, code string }{
		{many, `["候诊医院"]`, "", "isv.MOBILE_COUNT_OVER_LIMIT"},
		{`["13900139000"]`, `["候诊医院","候诊医院"]`, "", "isv.INVALID_PARAMETERS"},
		{`["13900139000"]`, `["候诊医院"]`, `[]`, "isv.INVALID_PARAMETERS"},
		{`[]`, `[]`, "", "isv.INVALID_PARAMETERS"},
		{`13900139000`, `["候诊医院"]`, "", "isv.INVALID_JSON_PARAM"},
		{`["13900139000"]`, `["候诊医院"]`, `[{"n":1}]`, "isv.TEMPLATE_PARAMS_ILLEGAL"},
		{`["13900139000"]`, ``, ``, "MissingSignNameJson"},
		{`["13900139000"]`, `["候诊医院"]`, "", "OK"},
	} {
		if r := batch(bad.numbers, bad.signs, bad.params); r.Code != bad.code {
			t.Errorf("%+v: %s", bad, r.Code)
		}
	}
}

func push(change map[string]string) map[string]string {
	m := map[string]string{"AppKey": "7", "Target": "ACCOUNT", "TargetValue": "account-7", "DeviceType": "ALL", "PushType": "NOTICE", "Title": "t", "Body": "b", "JobKey": "o"}
	maps.Copy(m, change)
	return m
}

func TestPush(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	r := g.send(g.fields("Push", push(nil)), nil)
	want := []aliyuntest.Taken{{At: noon, Action: "Push", Account: "account-7", Title: "t", Body: "b", OutID: "o", BizID: r.MessageID}}
	if diff := cmp.Diff(g.Taken(), want, ignoreFields); diff != "" || r.MessageID == "" {
		t.Errorf("%+v: %s", r, diff)
	}
	for code, change := range map[string]map[string]string{
		"MissingTitle":               {"Title": ""},
		"MissingAppKey":              {"AppKey": ""},
		"InvalidAppKey.Format":       {"AppKey": "x"},
		"InvalidTarget.Format":       {"Target": "ALL"},
		"InvalidDeviceType.Format":   {"DeviceType": "ios"},
		"InvalidPushType.Format":     {"PushType": "SMS"},
		"InvalidStoreOffline.Format": {"StoreOffline": "1"},
	} {
		if r := g.send(g.fields("Push", push(change)), nil); r.Code != code || r.Status != http.StatusBadRequest {
			t.Errorf("%v: %d %s, want %s", change, r.Status, r.Code, code)
		}
	}
}

func TestMassPush(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	mass := func(n int, change map[string]string) reply {
		body := url.Values{}
		for i := range n {
			for k, v := range push(change) {
				if k != "AppKey" {
					body.Set(fmt.Sprintf("PushTask.%d.%s", i+1, k), v)
				}
			}
			body.Set(fmt.Sprintf("PushTask.%d.JobKey", i+1), fmt.Sprint("o", i))
		}
		return g.send(g.fields("MassPush", map[string]string{"AppKey": "7"}), body)
	}
	r := mass(2, nil)
	var ids, outs []string
	for m := range g.All() {
		ids, outs = append(ids, m.BizID), append(outs, m.OutID)
	}
	if diff := cmp.Diff(ids, r.MessageIds.MessageID); diff != "" || ids[0] == ids[1] {
		t.Error(diff)
	}
	if diff := cmp.Diff(outs, []string{"o0", "o1"}); diff != "" {
		t.Error(diff)
	}
	for code, r := range map[string]reply{"MissingPushTask": mass(0, nil), "InvalidPushTask.Format": mass(101, nil), "MissingBody": mass(1, map[string]string{"Body": ""})} {
		if r.Code != code {
			t.Errorf("%s, want %s", r.Code, code)
		}
	}
}

func TestQuerySendDetails(t *testing.T) {
	g := start(t, aliyuntest.Options{Delivery: func(m aliyuntest.Taken) string {
		return map[string]string{"a": "DELIVERED", "b": "MOBILE_IN_BLACK"}[m.OutID]
	}})
	query := func(change map[string]string) reply {
		q := map[string]string{"PhoneNumber": phone, "SendDate": "20260504", "PageSize": "10", "CurrentPage": "1"}
		maps.Copy(q, change)
		return g.send(g.fields("QuerySendDetails", q), nil)
	}
	biz := g.sms(map[string]string{"OutId": "a"}).BizID
	g.sms(map[string]string{"OutId": "b"})
	g.PendingReceipts(0)
	g.sms(map[string]string{"OutId": "c"})
	g.sms(map[string]string{"OutId": "d", "PhoneNumbers": "13900139001"})
	for name, tt := range map[string]struct {
		change map[string]string
		total  int
		want   []string
	}{
		"all":         {nil, 3, []string{"c 1 ", "b 2 MOBILE_IN_BLACK", "a 3 DELIVERED"}},
		"first page":  {map[string]string{"PageSize": "2"}, 3, []string{"c 1 ", "b 2 MOBILE_IN_BLACK"}},
		"second page": {map[string]string{"PageSize": "2", "CurrentPage": "2"}, 3, []string{"a 3 DELIVERED"}},
		"by id":       {map[string]string{"BizId": biz}, 1, []string{"a 3 DELIVERED"}},
		"other day":   {map[string]string{"SendDate": "20260503"}, 0, nil},
		"no messages": {map[string]string{"PhoneNumber": "13900139009"}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := query(tt.change)
			var got []string
			for _, d := range r.SmsSendDetailDTOs.SmsSendDetailDTO {
				got = append(got, fmt.Sprint(d["OutID"], " ", d["SendStatus"], " ", d["ErrCode"]))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" || r.TotalCount != tt.total {
				t.Errorf("total %d: %s", r.TotalCount, diff)
			}
		})
	}
	for _, bad := range []map[string]string{{"PageSize": "51"}, {"PageSize": "0"}, {"CurrentPage": "0"}, {"SendDate": "2026-05-04"}, {"PhoneNumber": "1"}, {"PageSize": "x"}} {
		if r := query(bad); r.Code != "isv.INVALID_PARAMETERS" {
			t.Errorf("%v: %s", bad, r.Code)
		}
	}
	if r := query(map[string]string{"SendDate": ""}); r.Code != "MissingSendDate" {
		t.Errorf("no date: %s", r.Code)
	}
}

func TestScript(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	g.Decide(func(c aliyuntest.Call) aliyuntest.Fault {
		if c.OutID == "bad" && c.Phone == phone && c.Template == "SMS_1" && c.Action == "SendSms" {
			return aliyuntest.Refuse("isv.DECIDED", "m")
		}
		return aliyuntest.Normal()
	})
	g.Script(aliyuntest.Normal(), aliyuntest.Refuse("isv.FIRST", "m"), aliyuntest.RefuseWith(503, "ServiceUnavailable").ButTaken())
	var got []string
	for range 5 {
		r := g.sms(map[string]string{"OutId": "bad"})
		got = append(got, fmt.Sprint(r.Status, " ", r.Code))
	}
	if diff := cmp.Diff(got, []string{"200 OK", "200 isv.FIRST", "503 ServiceUnavailable", "200 isv.DECIDED", "200 isv.DECIDED"}); diff != "" {
		t.Error(diff)
	}
	if g.Count() != 2 {
		t.Errorf("taken = %d, want those that passed or were taken all the same", g.Count())
	}
	g.Decide(nil)
	g.Script(aliyuntest.Reset().ButTaken())
	if r := g.sms(map[string]string{"PhoneNumbers": "1"}); r.Code != "isv.MOBILE_NUMBER_ILLEGAL" {
		t.Errorf("a message that cannot be taken = %s, want its refusal", r.Code)
	}
}

func TestCompactKeepsWhatAuditsNeed(t *testing.T) {
	stamp := time.Date(2016, 4, 29, 1, 2, 3, 456000, time.UTC) // the day that is replayed
	g := start(t, aliyuntest.Options{Compact: true, DailyLimit: -1, Stamp: func() time.Time { return stamp }})
	first := g.sms(map[string]string{"OutId": "a"})
	stamp = stamp.Add(time.Minute)
	second := g.sms(map[string]string{"OutId": "a", "PhoneNumbers": "13900139001"})
	g.send(g.fields("Push", push(nil)), nil)
	want := []aliyuntest.Taken{
		{At: stamp.Add(-time.Minute), Phone: phone, OutID: "a", BizID: first.BizID},
		{At: stamp, Phone: "13900139001", OutID: "a", BizID: second.BizID},
		{At: stamp, OutID: "o"},
	}
	got := g.Taken()
	want[2].BizID = got[2].BizID
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(g.Audit("a"), aliyuntest.Audit{Count: 2, First: want[0].At, Last: stamp}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(g.Audit("never"), aliyuntest.Audit{}); diff != "" {
		t.Error(diff)
	}
	if g.Repeated() != 1 || g.Count() != 3 || g.Requests() != 3 {
		t.Errorf("repeated %d, taken %d, requests %d", g.Repeated(), g.Count(), g.Requests())
	}
	q := map[string]string{"PhoneNumber": phone, "SendDate": "20160429", "PageSize": "10", "CurrentPage": "1"}
	if r := g.send(g.fields("QuerySendDetails", q), nil); r.TotalCount != 1 {
		t.Errorf("%d details of a compact message, want 1", r.TotalCount)
	}
}

// inbox takes receipts as the hospital's server does, or does not.
type inbox struct {
	*httptest.Server
	mu      sync.Mutex
	batches [][]aliyuntest.Report
	answer  string
	status  int
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{answer: `{"code":0,"msg":"OK"}`, status: http.StatusOK}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		defer in.mu.Unlock()
		var list []aliyuntest.Report
		if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
			t.Error(err)
		}
		in.batches = append(in.batches, list)
		w.WriteHeader(in.status)
		io.WriteString(w, in.answer)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) outIDs() (list []string) {
	for _, b := range in.batches {
		for _, r := range b {
			list = append(list, r.OutID)
		}
	}
	in.batches = nil
	return list
}

func TestReceiptsArePosted(t *testing.T) {
	g := start(t, aliyuntest.Options{Delivery: func(m aliyuntest.Taken) string {
		if m.OutID == "o1" {
			return "MOBILE_NOT_ON_SERVICE"
		}
		return "DELIVERED"
	}})
	in := newInbox(t)
	for i := range 5 {
		g.sms(map[string]string{"OutId": fmt.Sprint("o", i)})
	}
	g.send(g.fields("Push", push(nil)), nil) // has no receipt
	g.clock.at = noon.Add(11 * time.Second)
	if n, err := g.Receipts(t.Context(), in.URL, aliyuntest.Posting{Batch: 2}); n != 5 || err != nil {
		t.Fatalf("%d receipts, %v", n, err)
	}
	want := aliyuntest.Report{
		PhoneNumber: phone, SendTime: "2026-05-04 12:00:00", ReportTime: "2026-05-04 12:00:11", ErrCode: "MOBILE_NOT_ON_SERVICE", ErrMsg: "MOBILE_NOT_ON_SERVICE",
		SmsSize: "1", BizID: g.Taken()[1].BizID, OutID: "o1",
	}
	if diff := cmp.Diff(in.batches[0][1], want); diff != "" || len(in.batches) != 3 || !in.batches[0][0].Success {
		t.Errorf("%d batches: %s", len(in.batches), diff)
	}
	if n, err := g.Receipts(t.Context(), in.URL, aliyuntest.Posting{}); n != 0 || err != nil {
		t.Errorf("again: %d receipts, %v", n, err)
	}
}

func TestReceiptsComeTwiceAndInAnyOrder(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	in := newInbox(t)
	var sent []string
	for i := range 8 {
		sent = append(sent, fmt.Sprint("o", i))
		g.sms(map[string]string{"OutId": sent[i]})
	}
	if _, err := g.Receipts(t.Context(), in.URL, aliyuntest.Posting{Repeat: 1, Shuffle: 7}); err != nil {
		t.Fatal(err)
	}
	got := in.outIDs()
	if len(got) != 16 || !slices.Equal(got[:8], got[8:]) || slices.Equal(got[:8], sent) {
		t.Errorf("receipts = %v, want all, in disorder, and again", got)
	}
	slices.Sort(got[:8])
	if diff := cmp.Diff(got[:8], sent); diff != "" {
		t.Error(diff)
	}
}

func TestReceiptsStayUntilAcknowledged(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
	}{"status": {500, `{"code":0}`}, "no code": {200, `{"msg":"OK"}`}, "text": {200, "OK"}, "code is text": {200, `{"code":"0"}`}} {
		t.Run(name, func(t *testing.T) {
			g := start(t, aliyuntest.Options{})
			in := newInbox(t)
			g.sms(nil)
			in.status, in.answer = tt.status, tt.answer
			if n, err := g.Receipts(t.Context(), in.URL, aliyuntest.Posting{}); n != 0 || err == nil {
				t.Errorf("%d receipts, %v, want an error", n, err)
			}
			in.status, in.answer = 200, `{"code":0}`
			if n, err := g.Receipts(t.Context(), in.URL, aliyuntest.Posting{}); n != 1 || err != nil {
				t.Errorf("next time: %d receipts, %v", n, err)
			}
		})
	}
}

func TestReceiptsCanBePulled(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	for i := range 3 {
		g.sms(map[string]string{"OutId": fmt.Sprint("o", i)})
	}
	var got []string
	for _, limit := range []int{2, 0, 0} {
		for _, r := range g.PendingReceipts(limit) {
			got = append(got, r.OutID)
		}
		got = append(got, "|")
	}
	if diff := cmp.Diff(got, []string{"o0", "o1", "|", "o2", "|", "|"}); diff != "" {
		t.Error(diff)
	}
}
