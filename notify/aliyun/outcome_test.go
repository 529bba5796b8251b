package aliyun_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// TestOutcomeOfFaults says what each way to misbehave means for a message,
// and that the gateway indeed took it or not.
func TestOutcomeOfFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault aliyuntest.Fault
		want  notify.Sent
		taken int
	}{
		"none":                {aliyuntest.Normal(), notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK"}, 1},
		"slow":                {aliyuntest.Delay(time.Millisecond), notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK"}, 1},
		"reset":               {aliyuntest.Reset(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}, 0},
		"reset after taking":  {aliyuntest.Reset().ButTaken(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}, 1},
		"garbage":             {aliyuntest.Garbage(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 0},
		"garbage, but taken":  {aliyuntest.Garbage().ButTaken(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 1},
		"empty":               {aliyuntest.Empty(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.empty"}, 0},
		"page of a proxy":     {aliyuntest.BadGateway(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 0},
		"numeric code":        {aliyuntest.NumericCode(), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.panic"}, 0},
		"null code":           {aliyuntest.Answer(200, "application/json", `{"Code":null}`), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.empty"}, 0},
		"number as code":      {aliyuntest.Answer(200, "application/json", `{"Code":200}`), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 0},
		"OK with status 400":  {aliyuntest.RefuseWith(http.StatusBadRequest, "OK"), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "OK"}, 0},
		"lower case ok":       {aliyuntest.Answer(200, "application/json", `{"Code":"ok"}`), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "ok"}, 0},
		"throttled, HTTP 400": {aliyuntest.RefuseWith(http.StatusBadRequest, "Throttling.User"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "Throttling.User"}, 0},
		"away, HTTP 403":      {aliyuntest.RefuseWith(http.StatusForbidden, "ServiceUnavailable"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "ServiceUnavailable"}, 0},
		"away, HTTP 503":      {aliyuntest.RefuseWith(http.StatusServiceUnavailable, "ServiceUnavailable"), notify.Sent{Outcome: notify.OutcomeRetry, Code: "ServiceUnavailable"}, 0},
		"no money":            {aliyuntest.Refuse("isv.AMOUNT_NOT_ENOUGH", "x"), notify.Sent{Outcome: notify.OutcomeConfig, Code: "isv.AMOUNT_NOT_ENOUGH"}, 0},
		"refused by person":   {aliyuntest.Refuse("isv.CUSTOMER_REFUSED", "x"), notify.Sent{Outcome: notify.OutcomeRecipient, Code: "isv.CUSTOMER_REFUSED"}, 0},
		"never heard of":      {aliyuntest.Refuse("isv.SOMETHING_NEW", "x"), notify.Sent{Outcome: notify.OutcomeMessage, Code: "isv.SOMETHING_NEW"}, 0},
		"phone for a code":    {aliyuntest.Refuse("isv."+phone, phone), notify.Sent{Outcome: notify.OutcomeMessage, Code: "local.unreadable"}, 0},
		"text for a code":     {aliyuntest.Refuse(patient+" "+phone, phone), notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			s.Script(tt.fault)
			got := client(t, conf).SMS().Send(t.Context(), parcel("out-1"))
			got.ProviderID = ""
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Error(diff)
			}
			if s.Count() != tt.taken {
				t.Errorf("taken = %d, want %d", s.Count(), tt.taken)
			}
		})
	}
}

func TestNothingHandedOver(t *testing.T) {
	want := notify.Sent{Outcome: notify.OutcomeRetry, Code: "local.unreachable"}
	c := client(t, config(nowhere))
	for _, s := range []notify.Sender{c.SMS(), c.Push()} {
		if diff := cmp.Diff(s.Send(t.Context(), parcel("out-1")), want); diff != "" {
			t.Errorf("%s: %s", s.Channel(), diff)
		}
	}
}

func TestBadCredentialsStopTheChannel(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	wrongKey, wrongSecret := conf, conf
	wrongKey.AccessKeyID = "LTAI-other"
	wrongSecret.AccessKeySecret = aliyun.NewSecret("other")
	old, expired := start(t, aliyuntest.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }})
	for code, conf := range map[string]aliyun.Config{"InvalidAccessKeyId.NotFound": wrongKey, "SignatureDoesNotMatch": wrongSecret, "InvalidTimeStamp.Expired": expired} {
		c := client(t, conf)
		for _, sender := range []notify.Sender{c.SMS(), c.Push()} {
			want := notify.Sent{Outcome: notify.OutcomeConfig, Code: code}
			if diff := cmp.Diff(sender.Send(t.Context(), parcel("out-1")), want); diff != "" {
				t.Errorf("%s: %s", sender.Channel(), diff)
			}
		}
	}
	if s.Count()+old.Count() != 0 {
		t.Error("a message with bad credentials was taken")
	}
}

// TestEveryDocumentedCode walks testdata/documented.txt, which lists the
// provider's documented codes by class.
func TestEveryDocumentedCode(t *testing.T) {
	f, err := os.Open("testdata/documented.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, conf := start(t, aliyuntest.Options{})
	sms := client(t, conf).SMS()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		code, outcome, _ := strings.Cut(lines.Text(), " ")
		s.Script(aliyuntest.Refuse(code, ""))
		got := sms.Send(t.Context(), parcel("out-1"))
		got.RetryIn = 0
		if diff := cmp.Diff(got, notify.Sent{Outcome: notify.Outcome(outcome), Code: code}); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
	if n < 50 {
		t.Errorf("%d codes, want all", n)
	}
}

func TestFlowControlWaitsForItsWindow(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 58, 45, 0, time.UTC)
	for name, tt := range map[string]struct {
		text string
		now  func() time.Time
		want time.Duration
	}{
		"minute":          {aliyuntest.FlowText(aliyuntest.Minute, 1), func() time.Time { return now }, 15 * time.Second},
		"hour":            {aliyuntest.FlowText(aliyuntest.Hour, 5), func() time.Time { return now }, 75 * time.Second},
		"day":             {aliyuntest.FlowText(aliyuntest.Day, 50), func() time.Time { return now }, 24 * time.Hour},
		"minute, unknown": {aliyuntest.FlowText(aliyuntest.Minute, 1), nil, time.Minute},
		"hour, unknown":   {aliyuntest.FlowText(aliyuntest.Hour, 1), nil, time.Hour},
		"other words":     {"too fast", func() time.Time { return now }, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			conf.Now = tt.now
			s.Script(aliyuntest.Refuse("isv.BUSINESS_LIMIT_CONTROL", tt.text))
			want := notify.Sent{Outcome: notify.OutcomeDefer, Code: "isv.BUSINESS_LIMIT_CONTROL", RetryIn: tt.want}
			if diff := cmp.Diff(client(t, conf).SMS().Send(t.Context(), parcel("out-1")), want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFiftyFirstOfADayIsDeferred(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	sms := client(t, conf).SMS()
	for i := range 50 {
		if sent := sms.Send(t.Context(), parcel(fmt.Sprint("out-", i))); sent.Outcome != notify.OutcomeAccepted {
			t.Fatalf("message %d: %+v", i, sent)
		}
	}
	want := notify.Sent{Outcome: notify.OutcomeDefer, Code: "isv.BUSINESS_LIMIT_CONTROL", RetryIn: 24 * time.Hour}
	if diff := cmp.Diff(sms.Send(t.Context(), parcel("out-50")), want); diff != "" {
		t.Error(diff)
	}
	if s.Count() != 50 {
		t.Errorf("taken = %d, want 50", s.Count())
	}
}

// TestNothingPersonalComesOut provokes everything that can go wrong and looks
// for what must not be in the answers.
func TestNothingPersonalComesOut(t *testing.T) {
	leak := fmt.Sprintf(`{"Code":"%s","Message":"%s %s","RequestId":"%s","BizId":"%s"}`, phone, phone, patient, keyID, phone)
	faults := map[string]aliyuntest.Fault{
		"reset": aliyuntest.Reset(), "hang": aliyuntest.Hang(), "garbage": aliyuntest.Garbage(), "page": aliyuntest.BadGateway(), "numeric": aliyuntest.NumericCode(),
		"leak": aliyuntest.Answer(200, "application/json", leak), "leak as error": aliyuntest.Answer(400, "application/json", leak),
		"leak as id":   aliyuntest.Answer(200, "application/json", `{"Code":"OK","BizId":"`+phone+` `+patient+`","MessageId":"`+patient+`"}`),
		"leak as page": aliyuntest.Answer(500, "text/html", leak), "leak as panic": aliyuntest.Answer(400, "application/json", `{"Code":["`+phone+`"]}`),
	}
	private := []string{phone, patient, url.QueryEscape(patient), keyID, secret, "Signature", "account-7", "/a/1"}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			s, conf := start(t, aliyuntest.Options{})
			conf.Timeout = 50 * time.Millisecond
			s.Decide(func(aliyuntest.Call) aliyuntest.Fault { return fault })
			c := client(t, conf)
			for _, sender := range []notify.Sender{c.SMS(), c.Push()} {
				out := fmt.Sprintf("%+v", sender.Send(t.Context(), parcel("out-1")))
				for _, p := range private {
					if strings.Contains(out, p) {
						t.Errorf("%s: %q comes out in %s", sender.Channel(), p, out)
					}
				}
			}
		})
	}
}
