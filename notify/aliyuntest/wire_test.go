package aliyuntest_test

import (
	"errors"
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

// signed gives a genuine request as it would arrive.
func signed(method, nonce string, own url.Values) *http.Request {
	v := url.Values{
		"Action": {"SendSms"}, "Version": {"2017-05-25"}, "AccessKeyId": {aliyuntest.DefaultKeyID}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {nonce}, "Timestamp": {noon.Format("2006-01-02T15:04:05Z")}, "PhoneNumbers": {phone}, "SignName": {"候诊医院"}, "TemplateCode": {"SMS_1"},
	}
	maps.Copy(v, own)
	v.Set("Signature", sign(method, aliyuntest.DefaultSecret, v))
	return httptest.NewRequest(method, "/?"+v.Encode(), nil)
}

func atNoon() time.Time { return noon }

func serve(s *aliyuntest.Server, r *http.Request) string {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Body.String()
}

// FuzzSignature holds the server's reading of a query against net/url's:
// whatever a value holds, its signature is right and the value arrives.
func FuzzSignature(f *testing.F) {
	for _, s := range []string{"o", "", "a b+c", "*~-_.", "%41", "&=;", "候诊", "\x00\xff", "/?#[]@!$'()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, outID string) {
		if len(outID) > 255 {
			t.Skip("longer than an out-id may be")
		}
		s := aliyuntest.New(aliyuntest.Options{Now: atNoon})
		answer := serve(s, signed(http.MethodPost, "n", url.Values{"OutId": {outID}}))
		if s.Count() != 1 {
			t.Fatalf("%q is refused: %s", outID, answer)
		}
		if got := s.Taken()[0].OutID; got != outID {
			t.Errorf("out-id = %q, want %q", got, outID)
		}
	})
}

func TestQueryMayBeAGet(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{Now: atNoon})
	if answer := serve(s, signed(http.MethodGet, "n", nil)); !strings.Contains(answer, `"Code":"OK"`) {
		t.Error(answer)
	}
}

func TestCredentialsCanBeChosen(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{Now: atNoon, AccessKeyID: "mine", AccessKeySecret: "my own"})
	if answer := serve(s, signed(http.MethodPost, "n", nil)); !strings.Contains(answer, "InvalidAccessKeyId.NotFound") {
		t.Errorf("the default key: %s", answer)
	}
	if answer := serve(s, signed(http.MethodPost, "n", url.Values{"AccessKeyId": {"mine"}})); !strings.Contains(answer, "SignatureDoesNotMatch") {
		t.Errorf("the default secret: %s", answer)
	}
}

// TestManyAtOnce sends the same nonces and out-ids from all sides: each nonce
// passes once, and nothing is lost from the record.
func TestManyAtOnce(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{Now: atNoon, DailyLimit: -1, Compact: true})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				serve(s, signed(http.MethodPost, fmt.Sprintf("%032x", i), url.Values{"OutId": {fmt.Sprint("o", i)}}))
				s.Audit("o0")
				s.PendingReceipts(1)
			}
		})
	}
	wg.Wait()
	if s.Requests() != 400 || s.Count() != 50 || s.Repeated() != 0 {
		t.Errorf("requests %d, taken %d, repeated %d, want 400, 50, 0", s.Requests(), s.Count(), s.Repeated())
	}
	var got []string
	for m := range s.All() {
		got = append(got, m.OutID)
	}
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != 50 {
		t.Errorf("%d out-ids, want 50", len(got))
	}
}

func TestLimitHoldsWhenManyComeAtOnce(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{Now: atNoon, DailyLimit: 7})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() { serve(s, signed(http.MethodPost, fmt.Sprint("n", i), nil)) })
	}
	wg.Wait()
	if s.Count() != 7 {
		t.Errorf("taken = %d, want 7", s.Count())
	}
}

// TestFaultsOnTheWire says what a client sees of each fault that is no answer.
func TestFaultsOnTheWire(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  aliyuntest.Fault
		status int
		body   string
		broken bool
	}{
		"reset":       {aliyuntest.Reset(), 0, "", true},
		"garbage":     {aliyuntest.Garbage(), 200, "\x00\xff{]garbage", false},
		"empty":       {aliyuntest.Empty(), 200, "", false},
		"page":        {aliyuntest.BadGateway(), 502, "<html><body><h1>502 Bad Gateway</h1></body></html>", false},
		"number code": {aliyuntest.NumericCode(), 400, `{"Code":400,"Message":{"en":"no"},"RequestId":7}`, false},
		"own":         {aliyuntest.Answer(418, "text/plain", "tea"), 418, "tea", false},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, aliyuntest.Options{})
			g.Script(tt.fault)
			v := g.fields("SendSms", message(nil))
			v.Set("Signature", sign(http.MethodPost, aliyuntest.DefaultSecret, v))
			resp, err := http.Post("http://"+g.Addr()+"/?"+v.Encode(), "", nil)
			if (err != nil) != tt.broken {
				t.Fatalf("error = %v, want broken = %v", err, tt.broken)
			}
			if err != nil {
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fmt.Sprint(resp.StatusCode, " ", string(body)), fmt.Sprint(tt.status, " ", tt.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCloseEndsWhatHangs: a server that is closed lets go of every client.
func TestCloseEndsWhatHangs(t *testing.T) {
	for name, fault := range map[string]aliyuntest.Fault{"hang": aliyuntest.Hang(), "delay": aliyuntest.Delay(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			g := start(t, aliyuntest.Options{})
			g.Decide(func(aliyuntest.Call) aliyuntest.Fault {
				go g.Close()
				return fault
			})
			v := g.fields("SendSms", message(nil))
			v.Set("Signature", sign(http.MethodPost, aliyuntest.DefaultSecret, v))
			resp, err := http.Post("http://"+g.Addr()+"/?"+v.Encode(), "", nil)
			if err == nil {
				resp.Body.Close()
				t.Fatalf("answered %d, want a broken connection", resp.StatusCode)
			}
			if g.Count() != 0 {
				t.Error("a message that hung was taken")
			}
		})
	}
}

func TestResetWithoutAConnectionAborts(t *testing.T) {
	s := aliyuntest.New(aliyuntest.Options{Now: atNoon})
	s.Script(aliyuntest.Reset())
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want the abort of net/http", err)
		}
	}()
	serve(s, signed(http.MethodPost, "n", nil)) // a recorder has no connection to break
}

func TestIDsDiffer(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	seen := map[string]bool{}
	for range 20 {
		r := g.sms(nil)
		if seen[r.BizID] || seen[r.RequestID] || len(r.RequestID) != 36 || !strings.HasSuffix(r.BizID, "^0") {
			t.Errorf("ids %q and %q", r.BizID, r.RequestID)
		}
		seen[r.BizID], seen[r.RequestID] = true, true
	}
}

func TestPushFieldsAreKept(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	g.send(g.fields("Push", push(map[string]string{"StoreOffline": "true", "AndroidExtParameters": `{"a":"b"}`})), nil)
	got := g.Taken()[0]
	want := map[string]string{"AppKey": "7", "Target": "ACCOUNT", "DeviceType": "ALL", "PushType": "NOTICE", "StoreOffline": "true"}
	if diff := cmp.Diff(got.Fields, want); diff != "" || got.Params != `{"a":"b"}` {
		t.Errorf("params %s: %s", got.Params, diff)
	}
}

func TestReceiptsNeedAnAddress(t *testing.T) {
	g := start(t, aliyuntest.Options{})
	g.sms(nil)
	for _, address := range []string{"://", "http://127.0.0.1:1"} {
		if n, err := g.Receipts(t.Context(), address, aliyuntest.Posting{}); n != 0 || err == nil {
			t.Errorf("%s: %d receipts, %v, want an error", address, n, err)
		}
	}
	if left := g.PendingReceipts(0); len(left) != 1 {
		t.Errorf("%d receipts are left, want 1", len(left))
	}
}
