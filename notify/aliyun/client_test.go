package aliyun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

// The personal data of every test; none of it may come out again.
const (
	phone   = "13900139000"
	patient = "欧阳修"
	keyID   = aliyuntest.DefaultKeyID
	secret  = aliyuntest.DefaultSecret
)

// nowhere is an address at which nobody listens. A port that was just closed
// would not do: another process may get it.
const nowhere = "127.0.0.1:1"

// start runs a gateway and gives it with the configuration of a client of it.
func start(tb testing.TB, opt aliyuntest.Options) (*aliyuntest.Server, aliyun.Config) {
	tb.Helper()
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := aliyuntest.New(opt)
	if err := s.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s, config(s.Addr())
}

func config(addr string) aliyun.Config {
	return aliyun.Config{
		AccessKeyID: keyID, AccessKeySecret: aliyun.NewSecret(secret), Endpoint: addr, PushEndpoint: addr, Scheme: "HTTP",
		Sign: "候诊医院", Templates: map[string]string{"appt.booked/zh-CN": "SMS_1", "appt.booked/en": "SMS_2"}, PushAppKey: 23267207,
		VoiceEndpoint: addr, VoiceTemplates: map[string]string{"appt.booked/zh-CN": "TTS_1"},
	}
}

func client(tb testing.TB, conf aliyun.Config) *aliyun.Client {
	tb.Helper()
	c, err := aliyun.New(conf)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func parcel(outID string) notify.Parcel {
	return notify.Parcel{
		OutID: outID, Kind: notify.KindBooked, Template: "appt.booked", Vars: map[string]string{"name": patient, "n": "3"}, Lang: houzhen.Chinese,
		Title: "挂号成功", Text: patient + "，挂号成功", Phone: houzhen.NewPhone(phone), Push: "account-7", Link: "/a/1", Expires: time.Date(2031, 5, 6, 1, 2, 3, 0, time.UTC),
	}
}

func TestSend(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	sent := client(t, conf).SMS().Send(t.Context(), parcel("out-1"))
	taken := s.Taken()
	if len(taken) != 1 {
		t.Fatalf("taken = %d messages, want 1; %+v", len(taken), sent)
	}
	got := taken[0]
	want := aliyuntest.Taken{
		At: got.At, Action: "SendSms", Phone: phone, Sign: "候诊医院", Template: "SMS_1", Params: `{"n":"3","name":"欧阳修"}`, OutID: "out-1", BizID: got.BizID,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sent, notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK", ProviderID: got.BizID}); diff != "" {
		t.Error(diff)
	}
}

func TestSendWithoutWhatIsNeeded(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	conf.PushAppKey = 0
	c := client(t, conf)
	for name, tt := range map[string]struct {
		sender notify.Sender
		change func(*notify.Parcel)
		want   notify.Sent
	}{
		"no phone":       {c.SMS(), func(p *notify.Parcel) { p.Phone = houzhen.Phone{} }, notify.Sent{Outcome: notify.OutcomeRecipient, Code: "local.no_phone"}},
		"no template":    {c.SMS(), func(p *notify.Parcel) { p.Template = "appt.booked.sens" }, notify.Sent{Outcome: notify.OutcomeMessage, Code: "local.no_template"}},
		"no application": {c.Push(), func(*notify.Parcel) {}, notify.Sent{Outcome: notify.OutcomeConfig, Code: "local.no_app_key"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := parcel("out-1")
			tt.change(&p)
			if diff := cmp.Diff(tt.sender.Send(t.Context(), p), tt.want); diff != "" {
				t.Error(diff)
			}
		})
	}
	if s.Requests() != 0 {
		t.Errorf("requests = %d, want none", s.Requests())
	}
}

func TestLanguageChoosesTheTemplate(t *testing.T) {
	s, conf := start(t, aliyuntest.Options{})
	conf.Templates["queue.called/zh-CN"] = "SMS_3"
	sms := client(t, conf).SMS()
	english := parcel("out-1")
	english.Lang = houzhen.English
	onlyChinese := english
	onlyChinese.Template = "queue.called"
	for _, p := range []notify.Parcel{english, onlyChinese} {
		sms.Send(t.Context(), p)
	}
	var got []string
	for m := range s.All() {
		got = append(got, m.Template)
	}
	if diff := cmp.Diff(got, []string{"SMS_2", "SMS_3"}); diff != "" {
		t.Error(diff)
	}
}

func TestNewRefuses(t *testing.T) {
	good := config("127.0.0.1:1")
	for name, tt := range map[string]struct {
		change func(*aliyun.Config)
		field  string
	}{
		"no key":                       {func(c *aliyun.Config) { c.AccessKeyID = "" }, "access_key_id"},
		"no secret":                    {func(c *aliyun.Config) { c.AccessKeySecret = aliyun.Secret{} }, "access_key_secret"},
		"no sign":                      {func(c *aliyun.Config) { c.Sign = "" }, "sign"},
		"strange region":               {func(c *aliyun.Config) { c.Region = "cn hangzhou" }, "region"},
		"address for a host":           {func(c *aliyun.Config) { c.Endpoint = "http://127.0.0.1:1" }, "endpoint"},
		"user in a host":               {func(c *aliyun.Config) { c.PushEndpoint = "a@127.0.0.1" }, "push_endpoint"},
		"other scheme":                 {func(c *aliyun.Config) { c.Scheme = "FTP" }, "scheme"},
		"HTTP to the provider":         {func(c *aliyun.Config) { c.Endpoint = "" }, "scheme"},
		"HTTP to the push provider":    {func(c *aliyun.Config) { c.PushEndpoint = "" }, "scheme"},
		"HTTP to another machine":      {func(c *aliyun.Config) { c.Endpoint = "10.0.0.1:80" }, "scheme"},
		"HTTP to a name like loopback": {func(c *aliyun.Config) { c.Endpoint = "127.0.0.1.example.com" }, "scheme"},
		"template without a language":  {func(c *aliyun.Config) { c.Templates = map[string]string{"a": "SMS_1"} }, "templates"},
		"HTTP to the voice provider":   {func(c *aliyun.Config) { c.VoiceEndpoint = "" }, "scheme"},
		"voice template of SMS":        {func(c *aliyun.Config) { c.VoiceTemplates = map[string]string{"a/en": "SMS_1"} }, "voice_templates"},
		"template without a code":      {func(c *aliyun.Config) { c.Templates = map[string]string{"a/en": "1"} }, "templates"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := good
			tt.change(&conf)
			_, err := aliyun.New(conf)
			if err == nil || !strings.Contains(err.Error(), ": "+tt.field+": ") {
				t.Fatalf("error = %v, want one about %s", err, tt.field)
			}
			if text := err.Error(); strings.Contains(text, secret) || strings.Contains(text, keyID) {
				t.Errorf("error tells the credentials: %s", text)
			}
		})
	}
}

func TestNewTakesEveryLoopbackOverHTTP(t *testing.T) {
	for _, host := range []string{"127.0.0.1:80", "127.1.2.3", "localhost:8080", "[::1]:80", "[::1]"} {
		if _, err := aliyun.New(config(host)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestSecretShowsStarsOnly(t *testing.T) {
	conf := config("127.0.0.1:1")
	c := client(t, conf)
	text, err := conf.AccessKeySecret.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", conf, conf, conf, conf.AccessKeySecret, conf.AccessKeySecret, conf.AccessKeySecret) +
		fmt.Sprintf("%v %+v %#v", c, c, c) + conf.AccessKeySecret.LogValue().String() + string(text)
	if strings.Contains(shown, secret) || strings.Contains(shown, fmt.Sprintf("%x", secret)) {
		t.Errorf("shown: %s", shown)
	}
	var s aliyun.Secret
	if err := s.UnmarshalText([]byte(secret)); err != nil || s != aliyun.NewSecret(secret) || s.IsZero() {
		t.Errorf("secret read from text is another; %v", err)
	}
	if got := (aliyun.Secret{}).String(); got != "" {
		t.Errorf("no secret = %q, want nothing", got)
	}
}
