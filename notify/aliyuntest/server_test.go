package aliyuntest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen/notify/aliyuntest"
)

const phone = "13900139000"

var noon = time.Date(2026, 5, 4, 4, 0, 0, 0, time.UTC) // in UTC+8

// clock is a clock that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// gateway is a server at noon and a client of it that signs by other means
// than the server checks by.
type gateway struct {
	*aliyuntest.Server
	t     *testing.T
	clock *clock
	nonce int
}

func start(t *testing.T, opt aliyuntest.Options) *gateway {
	t.Helper()
	c := &clock{noon}
	opt.Now = c.now
	g := &gateway{Server: aliyuntest.New(opt), t: t, clock: c}
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// reply is everything that any action answers.
type reply struct {
	Status                                             int
	Code, Message, BizID, MessageID, RequestID, HostID string
	TotalCount                                         int
	SmsSendDetailDTOs                                  struct{ SmsSendDetailDTO []map[string]any }
	MessageIds                                         struct{ MessageID []string }
}

func sign(method, secret string, v url.Values) string {
	enc := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(s)
	}
	text := method + "&%2F&" + enc(url.QueryEscape(enc(v.Encode())))
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// fields gives the query of an action as a client would send it now.
func (g *gateway) fields(action string, own map[string]string) url.Values {
	g.nonce++
	version := "2017-05-25"
	if strings.HasSuffix(action, "Push") {
		version = "2016-08-01"
	}
	v := url.Values{
		"Action": {action}, "Version": {version}, "AccessKeyId": {aliyuntest.DefaultKeyID}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {fmt.Sprintf("%032x", g.nonce)}, "SignatureType": {""}, "Timestamp": {g.clock.at.UTC().Format("2006-01-02T15:04:05Z")}, "Format": {"JSON"},
	}
	for k, val := range own {
		v.Set(k, val)
	}
	return v
}

// send posts a signed query, and what is in body as a form.
func (g *gateway) send(v, body url.Values) reply {
	g.t.Helper()
	all := url.Values{}
	for _, part := range []url.Values{v, body} {
		maps.Copy(all, part)
	}
	if !v.Has("Signature") {
		v.Set("Signature", sign(http.MethodPost, aliyuntest.DefaultSecret, all))
	}
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, "http://"+g.Addr()+"/?"+v.Encode(), strings.NewReader(body.Encode()))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	r := reply{Status: resp.StatusCode}
	if err := json.Unmarshal(bytes.ReplaceAll(b, []byte(`Id"`), []byte(`ID"`)), &r); err != nil {
		g.t.Fatalf("%v: %s", err, b)
	}
	return r
}

func message(change map[string]string) map[string]string {
	m := map[string]string{"PhoneNumbers": phone, "SignName": "候诊医院", "TemplateCode": "SMS_1", "TemplateParam": `{"name":"a*b ~+&=%/"}`, "OutId": "o"}
	maps.Copy(m, change)
	return m
}

func (g *gateway) sms(change map[string]string) reply {
	g.t.Helper()
	return g.send(g.fields("SendSms", message(change)), nil)
}

func TestSendSms(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	r := g.sms(nil)
	if r.Status != http.StatusOK || r.Code != "OK" || r.BizID == "" || r.RequestID == "" {
		t.Fatalf("%+v", r)
	}
	want := []aliyuntest.Taken{{
		At: noon, Action: "SendSms", Phone: phone, Sign: "候诊医院", Template: "SMS_1", Params: `{"name":"a*b ~+&=%/"}`, OutID: "o", BizID: r.BizID,
	}}
	if diff := cmp.Diff(g.Taken(), want); diff != "" {
		t.Error(diff)
	}
}

func TestGatewayRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(url.Values)
		status int
		code   string
	}{
		"unknown key":       {func(v url.Values) { v.Set("AccessKeyId", "x") }, 404, "InvalidAccessKeyId.NotFound"},
		"wrong signature":   {func(v url.Values) { v.Set("Signature", "AAAA") }, 400, "SignatureDoesNotMatch"},
		"no signature":      {func(v url.Values) { v.Set("Signature", "") }, 400, "MissingSignature"},
		"no nonce":          {func(v url.Values) { v.Del("SignatureNonce") }, 400, "MissingSignatureNonce"},
		"no action":         {func(v url.Values) { v.Del("Action") }, 400, "MissingAction"},
		"other action":      {func(v url.Values) { v.Set("Action", "SendFax") }, 404, "InvalidAction.NotFound"},
		"other version":     {func(v url.Values) { v.Set("Version", "2016-08-01") }, 400, "InvalidVersion"},
		"other method":      {func(v url.Values) { v.Set("SignatureMethod", "HMAC-SHA256") }, 400, "InvalidParameter"},
		"timestamp format":  {func(v url.Values) { v.Set("Timestamp", "today") }, 400, "InvalidTimeStamp.Format"},
		"16 minutes late":   {func(v url.Values) { v.Set("Timestamp", "2026-05-04T03:44:00Z") }, 400, "InvalidTimeStamp.Expired"},
		"16 minutes early":  {func(v url.Values) { v.Set("Timestamp", "2026-05-04T04:16:00Z") }, 400, "InvalidTimeStamp.Expired"},
		"15 minutes late":   {func(v url.Values) { v.Set("Timestamp", "2026-05-04T03:45:00Z") }, 200, "OK"},
		"no phone":          {func(v url.Values) { v.Del("PhoneNumbers") }, 400, "MissingPhoneNumbers"},
		"no sign":           {func(v url.Values) { v.Del("SignName") }, 400, "MissingSignName"},
		"no template":       {func(v url.Values) { v.Del("TemplateCode") }, 400, "MissingTemplateCode"},
		"altered parameter": {func(v url.Values) { v.Set("Signature", sign("POST", aliyuntest.DefaultSecret, v)); v.Set("OutId", "p") }, 400, "SignatureDoesNotMatch"},
		"other secret":      {func(v url.Values) { v.Set("Signature", sign("POST", "other", v)) }, 400, "SignatureDoesNotMatch"},
		"signed for GET":    {func(v url.Values) { v.Set("Signature", sign("GET", aliyuntest.DefaultSecret, v)) }, 400, "SignatureDoesNotMatch"},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, aliyuntest.Options{})
			v := g.fields("SendSms", message(nil))
			tt.change(v)
			r := g.send(v, nil)
			if r.Status != tt.status || r.Code != tt.code {
				t.Errorf("%d %s, want %d %s", r.Status, r.Code, tt.status, tt.code)
			}
			if taken := g.Count(); taken > 0 != (tt.code == "OK") {
				t.Errorf("taken = %d", taken)
			}
		})
	}
}

func TestWrongSignatureIsExplained(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	v := g.fields("SendSms", message(nil))
	v.Set("Signature", "AAAA")
	r := g.send(v, nil)
	if _, signed, ok := strings.Cut(r.Message, "server string to sign is:"); !ok || !strings.HasPrefix(signed, "POST&%2F&AccessKeyId%3DLTAI") {
		t.Errorf("message = %q", r.Message)
	}
}

func TestMalformedRequestIsRefused(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	for _, query := range []string{"%", "a=%zz", "%zz=a", ""} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Addr()+"/", nil)
		req.URL.RawQuery = query
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: status %d, want 400", query, resp.StatusCode)
		}
	}
}

func TestNonceIsGoodOnce(t *testing.T) {
	g := start(t, aliyuntest.Options{DailyLimit: -1})
	for name, nonce := range map[string]string{"hexadecimal": "00112233445566778899aabbccddeeff", "other": "not so usual"} {
		t.Run(name, func(t *testing.T) {
			g.t = t
			send := func() string {
				v := g.fields("SendSms", message(nil))
				v.Set("SignatureNonce", nonce)
				return g.send(v, nil).Code
			}
			wrong := g.fields("SendSms", message(nil))
			wrong.Set("SignatureNonce", nonce)
			wrong.Set("Signature", "AAAA")
			g.send(wrong, nil)
			if code := send(); code != "OK" {
				t.Fatalf("first = %s; a wrong signature must not use a nonce up", code)
			}
			for _, later := range []time.Duration{0, time.Second, 29 * time.Minute} {
				g.clock.at = g.clock.at.Add(later)
				if code := send(); code != "SignatureNonceUsed" {
					t.Errorf("again after %v = %s", later, code)
				}
			}
		})
	}
}

func TestBusinessRefuses(t *testing.T) {
	long := strings.Repeat("长", 36)
	for name, tt := range map[string]struct {
		change map[string]string
		code   string
	}{
		"short phone":           {map[string]string{"PhoneNumbers": "1390013900"}, "isv.MOBILE_NUMBER_ILLEGAL"},
		"fixed line":            {map[string]string{"PhoneNumbers": "01012345678"}, "isv.MOBILE_NUMBER_ILLEGAL"},
		"letters":               {map[string]string{"PhoneNumbers": "1390013900x"}, "isv.MOBILE_NUMBER_ILLEGAL"},
		"one of two is wrong":   {map[string]string{"PhoneNumbers": phone + ",12"}, "isv.MOBILE_NUMBER_ILLEGAL"},
		"12 is no mobile":       {map[string]string{"PhoneNumbers": "12900139000"}, "isv.MOBILE_NUMBER_ILLEGAL"},
		"too many":              {map[string]string{"PhoneNumbers": strings.Repeat(phone+",", 1000) + phone}, "isv.MOBILE_COUNT_OVER_LIMIT"},
		"sign of one":           {map[string]string{"SignName": "候"}, "isv.SMS_SIGNATURE_ILLEGAL"},
		"sign of 13":            {map[string]string{"SignName": strings.Repeat("候", 13)}, "isv.SMS_SIGNATURE_ILLEGAL"},
		"no template code":      {map[string]string{"TemplateCode": "1"}, "isv.SMS_TEMPLATE_ILLEGAL"},
		"template letters":      {map[string]string{"TemplateCode": "SMS_x"}, "isv.SMS_TEMPLATE_ILLEGAL"},
		"no JSON":               {map[string]string{"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"},
		"array":                 {map[string]string{"TemplateParam": "[]"}, "isv.INVALID_JSON_PARAM"},
		"number":                {map[string]string{"TemplateParam": `{"n":3}`}, "isv.TEMPLATE_PARAMS_ILLEGAL"},
		"36 characters":         {map[string]string{"TemplateParam": `{"n":"` + long + `"}`}, "isv.PARAM_LENGTH_LIMIT"},
		"address":               {map[string]string{"TemplateParam": `{"n":"https://a.cn"}`}, "isv.PARAM_NOT_SUPPORT_URL"},
		"long out-id":           {map[string]string{"OutId": strings.Repeat("o", 256)}, "isv.INVALID_PARAMETERS"},
		"35 characters":         {map[string]string{"TemplateParam": `{"n":"` + long[3:] + `"}`}, "OK"},
		"no parameters":         {map[string]string{"TemplateParam": ""}, "OK"},
		"country code":          {map[string]string{"PhoneNumbers": "+86" + phone + ",0086" + phone + ",86" + phone}, "OK"},
		"255 bytes of an outid": {map[string]string{"OutId": strings.Repeat("o", 255)}, "OK"},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, aliyuntest.Options{})
			r := g.sms(tt.change)
			if r.Status != http.StatusOK || r.Code != tt.code {
				t.Errorf("%d %s, want 200 %s", r.Status, r.Code, tt.code)
			}
			for m := range g.All() {
				if m.Phone != phone || tt.code != "OK" {
					t.Errorf("taken: %+v", m)
				}
			}
		})
	}
}

func TestKnownSignsAndTemplatesOnly(t *testing.T) {
	g := start(t, aliyuntest.Options{Signs: []string{"候诊医院"}, Templates: map[string][]string{"SMS_1": {"name"}, "SMS_2": nil}})
	for code, change := range map[string]map[string]string{
		"OK":                              nil,
		"isv.SMS_SIGNATURE_ILLEGAL":       {"SignName": "别的医院"},
		"isv.SMS_TEMPLATE_ILLEGAL":        {"TemplateCode": "SMS_3"},
		"isv.TEMPLATE_MISSING_PARAMETERS": {"TemplateParam": `{"other":"x"}`},
	} {
		if r := g.sms(change); r.Code != code {
			t.Errorf("%v: %s, want %s", change, r.Code, code)
		}
	}
	if r := g.sms(map[string]string{"TemplateCode": "SMS_2", "TemplateParam": ""}); r.Code != "OK" {
		t.Errorf("template without variables: %s", r.Code)
	}
}

func TestFlowControl(t *testing.T) {
	g := start(t, aliyuntest.Options{DailyLimit: 2})
	codes := func(change map[string]string, n int) (list []string) {
		for range n {
			r := g.sms(change)
			list = append(list, strings.TrimPrefix(r.Code, "isv.")+strings.TrimPrefix(r.Message, "OK"))
		}
		return list
	}
	over := "BUSINESS_LIMIT_CONTROL触发天级流控Permits:2"
	for _, step := range []struct {
		after  time.Duration
		change map[string]string
		want   []string
	}{
		{0, nil, []string{"OK"}},
		{23 * time.Hour, nil, []string{"OK", over}},
		{0, map[string]string{"TemplateCode": "SMS_2"}, []string{"OK", "OK", over}},
		{0, map[string]string{"SignName": "别的医院"}, []string{"OK"}},
		{0, map[string]string{"PhoneNumbers": "13900139001"}, []string{"OK"}},
		{time.Hour, nil, []string{"OK", over}}, // the first is a day ago
		{0, map[string]string{"PhoneNumbers": phone + ",13900139002"}, []string{over}},
	} {
		g.clock.at = g.clock.at.Add(step.after)
		if diff := cmp.Diff(codes(step.change, len(step.want)), step.want); diff != "" {
			t.Errorf("%+v: %s", step, diff)
		}
	}
}

func TestFlowTextOfNoWindow(t *testing.T) {
	if got := aliyuntest.FlowText("year", 1); got != "year" {
		t.Errorf("text = %q", got)
	}
}

func TestStartNeedsAClock(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{})
	if err := s.Start(context.Background()); err == nil {
		t.Error("a gateway without a clock starts")
	}
	if err := s.Close(); err != nil || s.Addr() != "" {
		t.Errorf("closed before it listened: %v, address %q", err, s.Addr())
	}
}

var ignoreFields = cmpopts.IgnoreFields(aliyuntest.Taken{}, "Fields")
