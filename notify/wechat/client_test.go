package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
	"github.com/houzhen/houzhen/notify/wechat"
	"github.com/houzhen/houzhen/notify/wechattest"
)

const (
	person  = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
	patient = "欧阳修"
)

var start = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

type rig struct {
	*wechattest.Server
	*wechat.Client

	consents *notifytest.Consents
	now      time.Time
	addr     string
}

func config(base string) wechat.Config {
	return wechat.Config{
		AppID: "wx-test", Secret: notify.NewSecret("wx-secret"), BaseURL: base,
		Templates: map[string]wechat.Template{
			"queue.near/zh-CN":  {ID: "T-once", Way: wechat.Once, Page: "pages/queue", Fields: map[string]string{"character_string1": "no", "thing2": "place", "number3": "n"}},
			"appt.booked/zh-CN": {ID: "T-long", Way: wechat.Lasting, Fields: map[string]string{"name1": "name", "thing2": "到${place}"}},
			"appt.moved/zh-CN":  {ID: "T-service", Way: wechat.Service, Page: "https://h.example/a", Fields: map[string]string{"thing2": "place"}},
		},
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{consents: notifytest.NewConsents(), now: start}
	clock := func() time.Time { return r.now }
	r.Server = wechattest.New(wechattest.Options{Now: clock})
	web := httptest.NewServer(r.Server)
	t.Cleanup(web.Close)
	var err error
	if r.Client, err = wechat.New(config(web.URL), r.consents, clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	r.addr = web.URL
	return r
}

func parcel(template, outID string) notify.Parcel {
	return notify.Parcel{
		OutID: outID, Template: template, Lang: houzhen.Chinese, WeChat: person,
		Vars: map[string]string{"no": "A032", "place": "门诊楼三层东侧心血管内科分诊台第二候诊区域", "n": "5", "name": "欧*修"},
	}
}

// consent lets the person tap once, in the server's count and in ours.
func (r *rig) consent(t *testing.T, template string, at time.Time, lasting bool) {
	t.Helper()
	r.Allow(person, template, lasting)
	if err := r.consents.Grant(t.Context(), person, template, at); err != nil {
		t.Fatal(err)
	}
}

func TestOneTapIsOneMessage(t *testing.T) {
	r := newRig(t)
	r.consent(t, "T-once", start, false)
	sent := r.Send(t.Context(), parcel("queue.near", "hz-1"))
	if sent.Outcome != notify.OutcomeAccepted || !strings.HasPrefix(sent.ProviderID, "wx-") {
		t.Fatalf("%+v, want accepted", sent)
	}
	want := wechattest.Taken{
		At: start, OpenID: person, Template: "T-once", Page: "pages/queue", MsgID: strings.TrimPrefix(sent.ProviderID, "wx-"), Lang: "zh_CN",
		Data: map[string]string{"character_string1": "A032", "thing2": "门诊楼三层东侧心血管内科分诊台第二候诊区", "number3": "5"},
	}
	if diff := cmp.Diff(r.Taken(), []wechattest.Taken{want}); diff != "" {
		t.Error(diff)
	}
	before, _, _ := r.Counts()
	if sent := r.Send(t.Context(), parcel("queue.near", "hz-2")); sent.Outcome != notify.OutcomeRecipient || sent.Code != "local.no_consent" {
		t.Errorf("a second message for one tap: %+v", sent)
	}
	if after, _, _ := r.Counts(); after != before {
		t.Error("the provider was asked without a consent")
	}
}

func TestALastingConsentLasts(t *testing.T) {
	r := newRig(t)
	r.consent(t, "T-long", start, true)
	for n := range 3 {
		if sent := r.Send(t.Context(), parcel("appt.booked", fmt.Sprint("hz-", n))); sent.Outcome != notify.OutcomeAccepted {
			t.Fatalf("message %d: %+v", n, sent)
		}
	}
	if got := r.Taken()[0].Data; got["name1"] != "欧x修" || got["thing2"] != "到门诊楼三层东侧心血管内科分诊台第二候诊" {
		t.Errorf("data %v", got)
	}
	if r.consents.Left(person, "T-long") != 1 {
		t.Errorf("left %d, want the one", r.consents.Left(person, "T-long"))
	}
}

// What the ledger does with each way an answer may come, and what the message
// then is.
func TestConsentsAndOutcomes(t *testing.T) {
	for name, tt := range map[string]struct {
		fault wechattest.Fault
		want  notify.Sent
		left  int
		taken int
	}{
		"refused, no quota left": {wechattest.Fault{Code: 43101}, notify.Sent{Outcome: notify.OutcomeRecipient, Code: "wx.43101"}, 0, 0},
		"bad openid":             {wechattest.Fault{Code: 40003}, notify.Sent{Outcome: notify.OutcomeRecipient, Code: "wx.40003"}, 2, 0},
		"argument invalid":       {wechattest.Fault{Code: 47003}, notify.Sent{Outcome: notify.OutcomeMessage, Code: "wx.47003"}, 2, 0},
		"bad template":           {wechattest.Fault{Code: 40037}, notify.Sent{Outcome: notify.OutcomeMessage, Code: "wx.40037"}, 2, 0},
		"never heard of":         {wechattest.Fault{Code: 99999}, notify.Sent{Outcome: notify.OutcomeMessage, Code: "wx.99999"}, 2, 0},
		"too often":              {wechattest.Fault{Code: 45011}, notify.Sent{Outcome: notify.OutcomeRetry, Code: "wx.45011"}, 2, 0},
		"quota of the account":   {wechattest.Fault{Code: 45009}, notify.Sent{Outcome: notify.OutcomeConfig, Code: "wx.45009"}, 2, 0},
		"system error":           {wechattest.Fault{Code: -1}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "wx.-1"}, 1, 0},
		"reset":                  {wechattest.Fault{Reset: true}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}, 1, 0},
		"reset after taking":     {wechattest.Fault{Reset: true, Taken: true}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.broken"}, 1, 1},
		"a page":                 {wechattest.Fault{Raw: "<html>"}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 1, 0},
		"no errcode":             {wechattest.Fault{Raw: "{}"}, notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: "local.unreadable"}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.consent(t, "T-once", start, false)
			r.consent(t, "T-once", start.Add(time.Second), false)
			r.Script(tt.fault)
			if diff := cmp.Diff(r.Send(t.Context(), parcel("queue.near", "hz-1")), tt.want); diff != "" {
				t.Error(diff)
			}
			if left := r.consents.Left(person, "T-once"); left != tt.left || len(r.Taken()) != tt.taken {
				t.Errorf("%d consents left and %d taken, want %d and %d", left, len(r.Taken()), tt.left, tt.taken)
			}
			if requests, _, _ := r.Counts(); requests != 2 {
				t.Errorf("%d requests, want a token and one message", requests)
			}
		})
	}
}

// A wording that was approved on the pages brings its code and rendered fields.
func TestAParcelMayBringItsTemplate(t *testing.T) {
	r := newRig(t)
	r.consent(t, "T-once", start, false)
	p := parcel("no.such", "hz-1")
	p.Code, p.Fields = "T-once", map[string]string{"thing2": "分诊台"}
	if sent := r.Send(t.Context(), p); sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	if got := r.Taken()[0]; got.Template != "T-once" || got.Page != "pages/queue" || got.Data["thing2"] != "分诊台" {
		t.Errorf("%+v", got)
	}
}

func TestWithoutWhatIsNeeded(t *testing.T) {
	r := newRig(t)
	nobody, valueless := parcel("queue.near", "hz-1"), parcel("queue.near", "hz-2")
	nobody.WeChat = ""
	valueless.Vars = map[string]string{"no": "三", "place": "x", "n": "1"} // a string of signs takes no Chinese
	for want, p := range map[string]notify.Parcel{"local.no_account": nobody, "local.no_template": parcel("queue.called", "hz-3"), "local.no_value": valueless} {
		if sent := r.Send(t.Context(), p); sent.Code != want {
			t.Errorf("%+v, want %s", sent, want)
		}
	}
	r.consents.Fail = errors.New("away")
	if sent := r.Send(t.Context(), parcel("queue.near", "hz-4")); sent.Outcome != notify.OutcomeRetry || sent.Code != "local.ledger" {
		t.Errorf("without the ledger: %+v, want a later try", sent)
	}
	if requests, _, _ := r.Counts(); requests != 0 {
		t.Errorf("%d requests, want none", requests)
	}
}

// A template of a service account is sent once, however its answer is lost.
func TestALostTemplateIsSentAgainUnderOneID(t *testing.T) {
	r := newRig(t)
	id := "hz-0192f0c1-2233-7445-8667-8899aabbccdd"
	r.Script(wechattest.Fault{Reset: true, Taken: true})
	sent := r.Send(t.Context(), parcel("appt.moved", id))
	if sent.Outcome != notify.OutcomeAccepted || len(r.Taken()) != 1 {
		t.Fatalf("%+v and %d taken, want one message, accepted", sent, len(r.Taken()))
	}
	if got := r.Taken()[0]; !got.Service || got.ClientID != "0192f0c12233744586678899aabbccdd" {
		t.Errorf("%+v", got)
	}
	r.Script(wechattest.Fault{Reset: true, Taken: true}, wechattest.Fault{Code: 45011})
	if sent := r.Send(t.Context(), parcel("appt.moved", "hz-2")); sent.Outcome != notify.OutcomeAmbiguous {
		t.Errorf("lost, and then refused: %+v, want ambiguous since the first may have gone", sent)
	}
}

func TestTokens(t *testing.T) {
	r := newRig(t)
	for i := range 4 {
		r.consent(t, "T-once", start.Add(time.Duration(i)*time.Second), false)
	}
	send := func() notify.Sent { t.Helper(); return r.Send(t.Context(), parcel("queue.near", "hz")) }
	send()
	send()
	if _, tokens, _ := r.Counts(); tokens != 1 {
		t.Errorf("%d tokens for two messages, want 1", tokens)
	}
	r.now = start.Add(2*time.Hour - 4*time.Minute)
	if sent := send(); sent.Outcome != notify.OutcomeAccepted {
		t.Errorf("near the end of a token: %+v", sent)
	}
	if _, tokens, _ := r.Counts(); tokens != 2 {
		t.Errorf("%d tokens, want a new one five minutes before the end", tokens)
	}
	r.Expire() // somebody made the provider give another
	if sent := send(); sent.Outcome != notify.OutcomeAccepted || len(r.Taken()) != 4 {
		t.Errorf("with a token that ended early: %+v and %d taken", sent, len(r.Taken()))
	}
	if _, _, forced := r.Counts(); forced != 0 {
		t.Errorf("%d by force, want none", forced)
	}
}

// A provider that refuses the token it just gave is asked by force once, and
// not again within half a minute.
func TestTokensByForceAreFew(t *testing.T) {
	r := newRig(t)
	r.consent(t, "T-once", start, false)
	r.Script(wechattest.Fault{Code: 40001}, wechattest.Fault{Code: 40001}, wechattest.Fault{Code: 40001}, wechattest.Fault{Code: 40001})
	for range 2 {
		if sent := r.Send(t.Context(), parcel("queue.near", "hz")); sent.Outcome != notify.OutcomeConfig {
			t.Errorf("%+v, want the channel stopped", sent)
		}
	}
	if _, _, forced := r.Counts(); forced != 1 {
		t.Errorf("%d by force, want 1", forced)
	}
	if left := r.consents.Left(person, "T-once"); left != 1 {
		t.Errorf("left %d: nothing went", left)
	}
}

func TestBadCredentials(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*wechat.Config)
		code   string
	}{
		"id":     {func(c *wechat.Config) { c.AppID = "wx-other" }, "wx.40013"},
		"secret": {func(c *wechat.Config) { c.Secret = notify.NewSecret("other") }, "wx.40125"},
		"nobody": {func(c *wechat.Config) { c.BaseURL = "http://127.0.0.1:1" }, "local.unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			conf := config(r.addr)
			tt.change(&conf)
			c, err := wechat.New(conf, r.consents, func() time.Time { return start })
			if err != nil {
				t.Fatal(err)
			}
			if code := c.Check(t.Context()); code != tt.code {
				t.Errorf("code %q, want %q", code, tt.code)
			}
			sent := c.Send(t.Context(), parcel("appt.moved", "hz"))
			if sent.Code != tt.code || (sent.Outcome == notify.OutcomeConfig) == (name == "nobody") {
				t.Errorf("%+v", sent)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for field, change := range map[string]func(*wechat.Config){
		"app_id":   func(c *wechat.Config) { c.AppID = "" },
		"secret":   func(c *wechat.Config) { c.Secret = notify.Secret{} },
		"base_url": func(c *wechat.Config) { c.BaseURL = "http://api.weixin.qq.com" },
		"templates": func(c *wechat.Config) {
			c.Templates = map[string]wechat.Template{"a/en": {ID: "x", Way: "maybe", Fields: map[string]string{"thing1": "a"}}}
		},
	} {
		conf := config("https://h.example")
		change(&conf)
		_, err := wechat.New(conf, notifytest.NewConsents(), time.Now)
		if err == nil || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "wx-secret") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestContextEndsACall(t *testing.T) {
	r := newRig(t)
	r.consent(t, "T-once", start, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sent := r.Send(ctx, parcel("queue.near", "hz")); sent.Outcome != notify.OutcomeRetry || sent.Code != "local.cancelled" {
		t.Errorf("%+v, want nothing handed over", sent)
	}
	if left := r.consents.Left(person, "T-once"); left != 1 {
		t.Errorf("left %d, want the consent back", left)
	}
}

func TestNothingPersonalComesOut(t *testing.T) {
	for _, fault := range []wechattest.Fault{{Reset: true}, {Raw: `{"errcode":"` + person + `"}`}, {Raw: patient}, {Code: 47003}, {Raw: `{"errcode":0,"msgid":"` + person + `x"}`}} {
		r := newRig(t)
		r.Script(fault, fault)
		out := fmt.Sprintf("%+v %v %#v", r.Send(t.Context(), parcel("appt.moved", "hz")), r.Client, r.Client)
		for _, private := range []string{person, patient, "token-", "wx-secret", "access_token"} {
			if strings.Contains(out, private) {
				t.Errorf("%+v: %q comes out in %s", fault, private, out)
			}
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	r := newRig(t)
	for i := range 40 {
		r.consent(t, "T-once", start.Add(time.Duration(i)*time.Second), false)
	}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() { r.Send(t.Context(), parcel("queue.near", fmt.Sprint("hz-", i))) })
	}
	wg.Wait()
	if _, tokens, _ := r.Counts(); len(r.Taken()) != 40 || tokens != 1 || r.consents.Left(person, "T-once") != 0 {
		t.Errorf("%d taken of 40 consents, %d tokens", len(r.Taken()), tokens)
	}
}

func TestFieldsFitTheirKinds(t *testing.T) {
	for _, tt := range [][3]string{
		{"thing1", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九十"},
		{"thing2", " a\n b ", "a b"},
		{"number3", "约5人", "5"},
		{"character_string1", "A 032号", "A032"},
		{"phrase4", "请马上去就诊", "请马上去就"},
		{"phrase4", "OK好", "好"},
		{"name1", "欧*修", "欧x修"},
		{"name1", "John Ronald Reuel Tolkien", "John Ronald Reuel To"},
		{"phone_number1", "0755-1234 5678", "0755-12345678"},
		{"time4", "15:01", "15:01"},
		{"thing1", "", ""},
		{"number1", "many", ""},
	} {
		if got := wechat.Fit(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s of %q = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}
