package aliyun_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func many(n int) []notify.Parcel {
	list := make([]notify.Parcel, n)
	for i := range list {
		list[i] = fresh(fmt.Sprint("out-", i))
	}
	return list
}

func outcomes(sent []notify.Sent) map[notify.Outcome]int {
	n := map[notify.Outcome]int{}
	for _, s := range sent {
		n[s.Outcome]++
	}
	return n
}

func TestABatchTakesFewCalls(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(230)
	list[7].Vars = map[string]string{"name": "另一个", "n": "4"}
	list[9].Vars = nil
	sent := client(t, conf).SMS().SendBatch(t.Context(), list)
	if got := outcomes(sent); got[notify.OutcomeAccepted] != 230 || s.Count() != 230 {
		t.Fatalf("outcomes %v, %d taken, want 230 accepted", got, s.Count())
	}
	if s.Requests() != 5 {
		t.Errorf("%d requests for 230 messages, want 5", s.Requests())
	}
	for i, m := range s.Taken() {
		if m.Phone != list[i].Phone.Reveal() || m.BizID != sent[i].ProviderID {
			t.Fatalf("message %d went to %s with id %s, and we think of %s and %s", i, m.Phone, m.BizID, list[i].Phone.Reveal(), sent[i].ProviderID)
		}
		if len(m.OutID) > 255 {
			t.Fatalf("out-id of %d characters", len(m.OutID))
		}
	}
	if got := []string{s.Taken()[7].Params, s.Taken()[9].Params}; !cmp.Equal(got, []string{`{"n":"4","name":"另一个"}`, "{}"}) {
		t.Errorf("parameters %q", got)
	}
}

func TestABatchIsOfOneWordingAndEachPhoneOnce(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(6)
	list[1].Lang, list[3].Lang = houzhen.English, houzhen.English
	list[4].Phone = list[0].Phone
	list[5].Phone = houzhen.Phone{}
	strange := fresh("out-6")
	strange.Template = "no.such"
	sent := client(t, conf).SMS().SendBatch(t.Context(), append(list, strange))
	want := map[notify.Outcome]int{notify.OutcomeAccepted: 5, notify.OutcomeRecipient: 1, notify.OutcomeMessage: 1}
	if diff := cmp.Diff(outcomes(sent), want); diff != "" {
		t.Error(diff)
	}
	if sent[5].Code != "local.no_phone" || sent[6].Code != "local.no_template" {
		t.Errorf("codes %q and %q", sent[5].Code, sent[6].Code)
	}
	requests := map[string][]string{}
	for m := range s.All() {
		requests[m.BizID] = append(requests[m.BizID], m.Template+" "+m.Phone)
	}
	if len(requests) != 3 {
		t.Errorf("requests %v, want two wordings and one phone's second message", requests)
	}
	if sent[0].ProviderID == sent[4].ProviderID {
		t.Error("two messages to one phone have one id: their receipts cannot be told apart")
	}
}

func TestOneBadNumberDoesNotStopABatch(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(40)
	list[11].Phone = houzhen.NewPhone("10086")
	list[23].Phone = houzhen.NewPhone("12345678901")
	sent := client(t, conf).SMS().SendBatch(t.Context(), list)
	if got := outcomes(sent); got[notify.OutcomeAccepted] != 38 || sent[11].Outcome != notify.OutcomeRecipient || sent[23].Outcome != notify.OutcomeRecipient {
		t.Errorf("%v, %+v, %+v, want all but the two bad numbers", got, sent[11], sent[23])
	}
	if s.Count() != 38 || s.Repeated() != 0 {
		t.Errorf("%d taken, %d more than once", s.Count(), s.Repeated())
	}
}

func TestALostAnswerOfABatchIsLostForAllOfIt(t *testing.T) {
	at := time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)
	s, conf := start(t, aliyuntest.Options{Stamp: func() time.Time { return at }})
	sms := client(t, conf).SMS()
	list := many(60) // two calls; the first of them is lost
	s.Script(aliyuntest.Reset().ButTaken())
	sent := sms.SendBatch(t.Context(), list)
	if diff := cmp.Diff(outcomes(sent), map[notify.Outcome]int{notify.OutcomeAmbiguous: 50, notify.OutcomeAccepted: 10}); diff != "" {
		t.Fatal(diff)
	}
	s.PendingReceipts(0)
	for _, i := range []int{0, 31, 49, 59} {
		r, found, err := sms.Find(t.Context(), list[i].OutID, list[i].Phone, at)
		if err != nil || !found || !r.Delivered || r.OutID != list[i].OutID {
			t.Errorf("message %d: %+v, %v, %v, want it found under its own out-id", i, r, found, err)
		}
		if _, found, _ := sms.Find(t.Context(), "out-other", list[i].Phone, at); found {
			t.Errorf("another message is found in the batch that message %d was in", i)
		}
	}
}

// A receipt of a batch names the whole batch; the id that the provider gave and
// the phone say which message it is about.
func TestReceiptsOfABatchNameThePhone(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(3)
	sent := client(t, conf).SMS().SendBatch(t.Context(), list)
	got := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- body
		_, _ = io.WriteString(w, aliyun.ReportAck)
	}))
	defer server.Close()
	if _, err := s.Receipts(t.Context(), server.URL, aliyuntest.Posting{}); err != nil {
		t.Fatal(err)
	}
	receipts, err := aliyun.ParseReports(<-got)
	if err != nil || len(receipts) != 3 {
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	for i, r := range receipts {
		if r.OutID != "" || r.ProviderID != sent[i].ProviderID || r.Phone.Reveal() != list[i].Phone.Reveal() {
			t.Errorf("receipt %d: out-id %q, id %q", i, r.OutID, r.ProviderID)
		}
	}
}

func TestPushesInABatch(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(130)
	list[4].Push = ""
	list[6].Subject = "appointment-7"
	sent := client(t, conf).Push().SendBatch(t.Context(), list)
	if got := outcomes(sent); got[notify.OutcomeAccepted] != 129 || sent[4].Code != "local.no_account" || s.Requests() != 2 {
		t.Errorf("%v, %+v, %d requests", got, sent[4], s.Requests())
	}
	taken := s.Taken()
	for i, n := range []int{0, 1, 2, 3, 5, 6} {
		m := taken[i]
		if m.Account != list[n].Push || m.OutID != list[n].OutID || m.BizID != sent[n].ProviderID {
			t.Errorf("notice %d: %s, %s, %s", n, m.Account, m.OutID, m.BizID)
		}
	}
	one := client(t, conf).Push()
	one.Send(t.Context(), list[6])
	last := s.Taken()[len(s.Taken())-1]
	if diff := cmp.Diff(without(taken[5].Fields), without(last.Fields)); diff != "" {
		t.Errorf("a notice of a batch differs from one by itself: %s", diff)
	}
	if taken[5].Fields["iOSNotificationCollapseId"] == "" || taken[0].Fields["iOSNotificationCollapseId"] != "" {
		t.Error("notices about one subject should replace each other, and others not")
	}
}

// without leaves out what differs between the two actions by their nature.
func without(fields map[string]string) map[string]string {
	rest := map[string]string{}
	for k, v := range fields {
		if k != "AppKey" && v != "" && !strings.HasPrefix(k, "PushTask") {
			rest[k] = v
		}
	}
	return rest
}

func TestMissingIDsOfPushesAreLostAnswers(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	s.Script(aliyuntest.Answer(200, "application/json", `{"MessageIds":{"MessageId":["1"]},"RequestId":"A"}`))
	for i, sent := range client(t, conf).Push().SendBatch(t.Context(), many(2)) {
		if sent.Outcome != notify.OutcomeAmbiguous || sent.Code != "local.empty" {
			t.Errorf("notice %d: %+v, want ambiguous", i, sent)
		}
	}
}

func TestOneBadNoticeDoesNotStopABatch(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	list := many(9)
	list[5].Title = ""
	sent := client(t, conf).Push().SendBatch(t.Context(), list)
	if got := outcomes(sent); got[notify.OutcomeAccepted] != 8 || sent[5].Outcome != notify.OutcomeMessage || s.Count() != 8 {
		t.Errorf("%v, %+v, %d taken", got, sent[5], s.Count())
	}
}
