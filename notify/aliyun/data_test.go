package aliyun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

func TestTemplateParams(t *testing.T) {
	for name, tt := range map[string]struct {
		vars map[string]string
		want string
	}{
		"none":                  {nil, ""},
		"plain":                 {map[string]string{"b": "3", "a": "内科"}, `{"a":"内科","b":"3"}`},
		"empty is left out":     {map[string]string{"a": "", "b": " \t\n", "c": "1"}, `{"c":"1"}`},
		"one line":              {map[string]string{"a": "  two\r\n lines\u0000 "}, `{"a":"two lines"}`},
		"35 are kept":           {map[string]string{"a": strings.Repeat("长", 35)}, `{"a":"` + strings.Repeat("长", 35) + `"}`},
		"36 are cut":            {map[string]string{"a": strings.Repeat("长", 36)}, `{"a":"` + strings.Repeat("长", 35) + `"}`},
		"cut at a blank":        {map[string]string{"a": strings.Repeat("x", 34) + " y"}, `{"a":"` + strings.Repeat("x", 34) + `"}`},
		"broken UTF-8":          {map[string]string{"a": "a\xffb"}, `{"a":"ab"}`},
		"address":               {map[string]string{"a": "https://h.cn/x", "b": "see WWW.h.cn", "c": "h.cn/x", "d": "1"}, `{"d":"1"}`},
		"slash is no address":   {map[string]string{"a": "3/5", "b": "St.Mary", "c": "A/B. C"}, `{"a":"3/5","b":"St.Mary","c":"A/B. C"}`},
		"only empty":            {map[string]string{"a": ""}, ""},
		"signs of markup, JSON": {map[string]string{"a": `<"&>`}, `{"a":"\u003c\"\u0026\u003e"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(templateParams(tt.vars), tt.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzFitParam(f *testing.F) {
	for _, s := range []string{"", "内科", "a\x00b", "http://", "www.", strings.Repeat("é", 80), "\u2028x", "a.bc/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := fitParam(s)
		if utf8.RuneCountInString(got) > maxParam || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' }) || strings.Contains(got, "://") {
			t.Errorf("fitParam(%q) = %q", s, got)
		}
		if again := fitParam(got); again != got {
			t.Errorf("fitParam(%q) = %q, and of that %q", s, got, again)
		}
	})
}

func TestCodeTableIsUnderstood(t *testing.T) {
	c, err := readCodes(codeTable)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.exact) < 40 || len(c.prefix) < 8 || len(c.words) != 3 {
		t.Errorf("%d codes, %d beginnings, %d words", len(c.exact), len(c.prefix), len(c.words))
	}
	for code, want := range map[string]notify.Outcome{
		"": notify.OutcomeAmbiguous, "isv": notify.OutcomeAmbiguous, "isv.": notify.OutcomeMessage, "isp.NEW": notify.OutcomeRetry,
		"InvalidTimeStamp.Format": notify.OutcomeConfig, "InvalidX": notify.OutcomeMessage, "Throttling.Anything": notify.OutcomeRetry,
	} {
		if got := c.outcome(code); got != want {
			t.Errorf("%q = %s, want %s", code, got, want)
		}
	}
}

func TestCodeTableFaultsAreFound(t *testing.T) {
	for _, line := range []string{"isv.A", "isv.A maybe", "isv.A accepted", "isv.A retry\nisv.A retry", "isv.* retry\nisv.* config", "!x year"} {
		if _, err := readCodes(line); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}

func TestEndpoints(t *testing.T) {
	for name, tt := range map[string]struct {
		conf            Config
		sms, app, voice string
	}{
		"default":         {Config{Region: "cn-hangzhou"}, "dysmsapi.aliyuncs.com", "cloudpush.aliyuncs.com", "dyvmsapi.aliyuncs.com"},
		"region":          {Config{Region: "cn-beijing"}, "dysmsapi-proxy.cn-beijing.aliyuncs.com", "cloudpush.aliyuncs.com", "dyvmsapi.aliyuncs.com"},
		"unlisted region": {Config{Region: "cn-nowhere-9"}, "dysmsapi.aliyuncs.com", "cloudpush.aliyuncs.com", "dyvmsapi.aliyuncs.com"},
		"given":           {Config{Region: "cn-hangzhou", Endpoint: "a:1", PushEndpoint: "b:2", VoiceEndpoint: "c:3"}, "a:1", "b:2", "c:3"},
	} {
		t.Run(name, func(t *testing.T) {
			primeEndpoints()
			if sms, app, voice := endpoints(tt.conf); sms != tt.sms || app != tt.app || voice != tt.voice {
				t.Errorf("%s, %s and %s, want %s, %s and %s", sms, app, voice, tt.sms, tt.app, tt.voice)
			}
		})
	}
}

func TestParseReports(t *testing.T) {
	at := time.Date(2017, 9, 1, 0, 0, 11, 0, time.UTC)
	for name, tt := range map[string]struct {
		body string
		want []notify.Receipt
	}{
		"as documented": {
			`[{"phone_number":"13900139000","send_time":"2017-09-01 08:00:00","report_time":"2017-09-01 08:00:11","success":true,"err_code":"DELIVERED","err_msg":"x","sms_size":"1","biz_id":"12345^0","out_id":"o"}]`,
			[]notify.Receipt{{OutID: "o", ProviderID: "12345^0", Phone: houzhen.NewPhone("13900139000"), Delivered: true, ErrorCode: "DELIVERED", At: at, Took: 11 * time.Second}},
		},
		"other types": {
			`[{"phone_number":8613900139000,"report_time":20170901080011,"success":"false","err_code":12,"biz_id":12345,"out_id":7}]`,
			[]notify.Receipt{{OutID: "7", ProviderID: "12345", Phone: houzhen.NewPhone("13900139000"), ErrorCode: "12", At: at}},
		},
		"rubbish in fields": {
			`[{"phone_number":{"a":1},"report_time":"yesterday","success":null,"err_code":"13900139000","biz_id":"` + strings.Repeat("9", 99) + `","out_id":"o"}]`,
			[]notify.Receipt{{OutID: "o", ErrorCode: "local.unreadable"}},
		},
		"nobody's":     {`[{"phone_number":"13900139000","success":true},{"out_id":"o","success":true}]`, []notify.Receipt{{OutID: "o", Delivered: true}}},
		"empty":        {`[]`, []notify.Receipt{}},
		"plus and 86":  {`[{"phone_number":"+8613900139000","out_id":"o"}]`, []notify.Receipt{{OutID: "o", Phone: houzhen.NewPhone("13900139000")}}},
		"long out-ids": {`[{"out_id":"` + strings.Repeat("o", 256) + `"}]`, []notify.Receipt{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseReports([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, tt.want, cmp.Comparer(func(a, b houzhen.Phone) bool { return a.Reveal() == b.Reveal() })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseReportsRefuses(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[", "[1]", `"x"`, `[{"out_id":"13900139000"}`} {
		_, err := ParseReports([]byte(body))
		if houzhen.CodeOf(err) != houzhen.CodeMalformed {
			t.Errorf("%s: %v, want malformed", body, err)
		}
		if err != nil && strings.Contains(err.Error(), "139") {
			t.Errorf("%v quotes the body", err)
		}
	}
}

func FuzzParseReports(f *testing.F) {
	f.Add([]byte(`[{"phone_number":"13900139000","report_time":"2017-09-01 08:00:11","success":true,"err_code":"DELIVERED","biz_id":"1^0","out_id":"o"}]`))
	f.Add([]byte(`[{"out_id":1e999,"success":[]}]`))
	f.Add([]byte(`[null]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := ParseReports(body)
		if err != nil {
			return
		}
		for _, r := range list {
			if r.OutID == "" && r.ProviderID == "" {
				t.Error("a receipt of no message")
			}
			if p := r.Phone.Reveal(); p != "" && len(p) != 11 {
				t.Errorf("phone of %d signs", len(p))
			}
			if len(r.ErrorCode) > 40 || len(r.OutID) > maxOutID {
				t.Error("a field is too long to store")
			}
		}
	})
}

func TestAckIsWhatTheProviderReads(t *testing.T) {
	var ack struct{ Code *int }
	if err := json.Unmarshal([]byte(ReportAck), &ack); err != nil || ack.Code == nil || *ack.Code != 0 {
		t.Errorf("%s: %v", ReportAck, err)
	}
}
