package aliyun_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func TestCall(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	conf.VoiceNumber = "057112345678"
	sent := client(t, conf).Voice().Send(t.Context(), parcel("out-1"))
	want := []aliyuntest.Taken{{
		Action: "SingleCallByTts", Phone: phone, Template: "TTS_1", Params: `{"n":"3","name":"欧阳修"}`, OutID: "out-1", BizID: sent.ProviderID,
		Fields: map[string]string{
			"CalledNumber": phone, "CalledShowNumber": "057112345678", "OutId": "out-1", "PlayTimes": "2", "TtsCode": "TTS_1", "TtsParam": `{"n":"3","name":"欧阳修"}`,
		},
	}}
	if diff := cmp.Diff(s.Taken(), want, cmpopts.IgnoreFields(aliyuntest.Taken{}, "At")); diff != "" {
		t.Error(diff)
	}
	if sent.Outcome != notify.OutcomeAccepted || sent.ProviderID == "" {
		t.Errorf("%+v, want accepted", sent)
	}
}

func TestCallWithoutWhatIsNeeded(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	voice := client(t, conf).Voice()
	nobody, wordless := parcel("out-1"), parcel("out-2")
	nobody.Phone, wordless.Template = houzhen.Phone{}, "queue.called"
	for want, p := range map[string]notify.Parcel{"local.no_phone": nobody, "local.no_template": wordless} {
		if sent := voice.Send(t.Context(), p); sent.Code != want {
			t.Errorf("%+v, want %s", sent, want)
		}
	}
	if s.Requests() != 0 {
		t.Errorf("requests = %d, want none", s.Requests())
	}
}

// One person may be called once a minute and five times an hour.
func TestAPersonIsNotCalledTooOften(t *testing.T) {
	now := time.Now()
	_, conf := start(t, aliyuntest.Options{Now: func() time.Time { return now }})
	conf.Now = func() time.Time { return now }
	voice := client(t, conf).Voice()
	for n := range 5 {
		if sent := voice.Send(t.Context(), parcel("out")); sent.Outcome != notify.OutcomeAccepted {
			t.Fatalf("call %d: %+v", n, sent)
		}
		sent := voice.Send(t.Context(), parcel("again"))
		if sent.Outcome != notify.OutcomeDefer || sent.RetryIn <= 0 || sent.RetryIn > time.Minute {
			t.Fatalf("a second call in a minute: %+v, want held for at most that", sent)
		}
		now = now.Add(time.Minute)
	}
	want := now.Truncate(time.Hour).Add(time.Hour).Sub(now)
	if sent := voice.Send(t.Context(), parcel("sixth")); sent.Outcome != notify.OutcomeDefer || sent.RetryIn != want {
		t.Errorf("a sixth call in an hour: %+v, want held for %v", sent, want)
	}
}

func TestCallReceipts(t *testing.T) {
	status := map[string]string{"heard": "200000", "hung up": "200001", "busy": "200002", "off": "200010"}
	s, conf := start(t, aliyuntest.Options{Answer: func(m aliyuntest.Taken) string { return status[m.OutID] }})
	voice := client(t, conf).Voice()
	for _, id := range []string{"heard", "hung up", "busy", "off"} {
		if sent := voice.Send(t.Context(), fresh(id)); sent.Outcome != notify.OutcomeAccepted {
			t.Fatalf("%+v", sent)
		}
	}
	client(t, conf).SMS().Send(t.Context(), fresh("text"))
	if n := len(s.PendingReceipts(0)); n != 1 {
		t.Errorf("%d receipts of text messages, want 1: calls have their own", n)
	}
	var receipts []notify.Receipt
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var err error
		if receipts, err = aliyun.ParseCalls(body); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, aliyun.ReportAck)
	}))
	defer server.Close()
	if n, err := s.CallReceipts(t.Context(), server.URL, aliyuntest.Posting{}); n != 4 || err != nil {
		t.Fatalf("%d posted, %v", n, err)
	}
	got := map[string]bool{}
	for _, r := range receipts {
		got[r.OutID] = r.Delivered
		if r.ErrorCode != status[r.OutID] || r.At.IsZero() || r.Phone.IsZero() {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff(got, map[string]bool{"heard": true, "hung up": false, "busy": false, "off": false}); diff != "" {
		t.Error(diff)
	}
	if n, err := s.CallReceipts(t.Context(), server.URL, aliyuntest.Posting{}); n != 0 || err != nil {
		t.Errorf("%d posted again, %v", n, err)
	}
}

func TestOddCallReceipts(t *testing.T) {
	for body, want := range map[string]int{
		`[]`: 0, `[{"out_id":"o","status_code":200000,"duration":3}]`: 1, `[{"call_id":"1^2","status_code":"200000"}]`: 0,
		`[{"out_id":"o","status_code":{"a":1}}]`: 1,
	} {
		got, err := aliyun.ParseCalls([]byte(body))
		if err != nil || len(got) != want {
			t.Errorf("%s: %d receipts, %v", body, len(got), err)
		}
	}
	for _, body := range []string{"null", "{}", "", "[1"} {
		if _, err := aliyun.ParseCalls([]byte(body)); houzhen.CodeOf(err) != houzhen.CodeMalformed {
			t.Errorf("%q: %v, want malformed", body, err)
		}
	}
}
