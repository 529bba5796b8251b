package wechat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wechat"
	"github.com/houzhen/houzhen/notify/wechattest"
)

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// inletOf serves an inlet that notes what it reads.
func inletOf(t *testing.T, r *rig, key string) (to string, got *[]wechat.Happening, server *wechattest.Server) {
	t.Helper()
	server = r.Server
	if key != "" {
		server = wechattest.New(wechattest.Options{Now: func() time.Time { return r.now }, Key: key})
	}
	in := wechat.Inlet{AppID: "wx-test", Token: notify.NewSecret("wx-token"), Key: notify.NewSecret(key)}
	got = &[]wechat.Happening{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		h, err := in.Read(q.URL.Query(), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		*got = append(*got, h)
		if err := r.Note(q.Context(), h); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, wechat.Ack())
	}))
	t.Cleanup(web.Close)
	return web.URL, got, server
}

func TestConsentsAreLearntFromTheProvider(t *testing.T) {
	for name, key := range map[string]string{"in the open": "", "encrypted": aesKey} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			to, _, server := inletOf(t, r, key)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			left := func(template string, want int) {
				t.Helper()
				if n := r.consents.Left(person, template); n != want {
					t.Errorf("%s: %d consents, want %d", template, n, want)
				}
			}
			taps := map[string]string{"T-once": "accept", "T-long": "reject", "T-strange": "accept"}
			must(server.Popup(t.Context(), to, person, start, taps))
			left("T-once", 1)
			left("T-strange", 0)
			must(server.Popup(t.Context(), to, person, start, taps)) // the provider tells everything up to three times
			left("T-once", 1)
			must(server.Popup(t.Context(), to, person, start.Add(time.Minute), map[string]string{"T-once": "accept", "T-long": "accept"}))
			left("T-once", 2)
			left("T-long", 1)
			must(server.Popup(t.Context(), to, person, start.Add(2*time.Minute), map[string]string{"T-once": "reject"}))
			left("T-once", 2) // no to one more does not take back the others
			must(server.Change(t.Context(), to, person, start.Add(3*time.Minute), "T-once", "accept"))
			left("T-once", 2) // a setting is no tap
			must(server.Change(t.Context(), to, person, start.Add(4*time.Minute), "T-once", "reject"))
			left("T-once", 0)
			must(server.Change(t.Context(), to, person, start.Add(4*time.Minute), "T-long", "reject"))
			left("T-long", 0)
			must(server.Change(t.Context(), to, person, start.Add(5*time.Minute), "T-long", "accept"))
			left("T-long", 1)
		})
	}
}

func TestFatesOfMessages(t *testing.T) {
	r := newRig(t)
	to, got, _ := inletOf(t, r, "")
	r.consent(t, "T-once", start, false)
	ids := []string{r.Send(t.Context(), parcel("queue.near", "hz-1")).ProviderID, r.Send(t.Context(), parcel("appt.moved", "hz-2")).ProviderID}
	for status, want := range map[string]notify.Receipt{
		"success": {Delivered: true}, "failed:user block": {ErrorCode: "wx.user_block"}, "failed: freq limit": {ErrorCode: "wx.freq_limit"}, "failed: system failed": {ErrorCode: "wx.failed"},
	} {
		for i, m := range r.Taken() {
			*got = nil
			if err := r.Report(t.Context(), to, m, status); err != nil {
				t.Fatal(err)
			}
			receipt := (*got)[0].Receipts[0]
			if receipt.ProviderID != ids[i] || receipt.Delivered != want.Delivered || receipt.ErrorCode != want.ErrorCode || !receipt.At.Equal(start) {
				t.Errorf("%s: %+v", status, receipt)
			}
		}
	}
}

// signedByNobody is the signature that an empty token makes, which anybody can.
func signedByNobody() url.Values {
	sum := sha1.Sum([]byte("1noise"))
	return url.Values{"timestamp": {"1"}, "nonce": {"noise"}, "signature": {hex.EncodeToString(sum[:])}}
}

func TestOnlyTheProviderIsHeard(t *testing.T) {
	r := newRig(t)
	open := wechat.Inlet{AppID: "wx-test", Token: notify.NewSecret("wx-token")}
	closed := wechat.Inlet{AppID: "wx-test", Token: notify.NewSecret("wx-token"), Key: notify.NewSecret(aesKey)}
	sealing := wechattest.New(wechattest.Options{Now: func() time.Time { return r.now }, Key: aesKey})
	other := wechattest.New(wechattest.Options{Now: func() time.Time { return r.now }, Key: aesKey, AppID: "wx-other"})
	text := "<xml><FromUserName>" + person + "</FromUserName><MsgType>event</MsgType></xml>"
	q, body, err := sealing.Envelope(text)
	if err != nil {
		t.Fatal(err)
	}
	otherQ, otherBody, err := other.Envelope(text)
	if err != nil {
		t.Fatal(err)
	}
	forged := r.Sign()
	forged.Set("signature", strings.Repeat("0", 40))
	for name, tt := range map[string]struct {
		in   wechat.Inlet
		q    url.Values
		body string
		code houzhen.Code
	}{
		"genuine":                 {open, r.Sign(), text, ""},
		"unsigned":                {open, nil, text, houzhen.CodeNotFound},
		"forged":                  {open, forged, text, houzhen.CodeNotFound},
		"no token set":            {wechat.Inlet{AppID: "wx-test"}, signedByNobody(), text, houzhen.CodeNotFound},
		"no XML":                  {open, r.Sign(), "{", houzhen.CodeMalformed},
		"encrypted":               {closed, q, body, ""},
		"in the open, not sealed": {closed, r.Sign(), text, houzhen.CodeNotFound},
		"another account's":       {closed, otherQ, otherBody, houzhen.CodeMalformed},
		"changed":                 {closed, q, strings.Replace(body, "<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA", 1), houzhen.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := tt.in.Read(tt.q, []byte(tt.body))
			if houzhen.CodeOf(err) != tt.code {
				t.Fatalf("%v, want %q", err, tt.code)
			}
			if err == nil && h.OpenID != person {
				t.Errorf("%+v", h)
			}
		})
	}
	hello := r.Sign()
	hello.Set("echostr", "4711")
	if echo, err := open.Hello(hello); err != nil || echo != "4711" {
		t.Errorf("%q, %v", echo, err)
	}
	hello.Set("nonce", "another")
	if _, err := open.Hello(hello); err == nil {
		t.Error("a question of somebody else is answered")
	}
}

func FuzzInlet(f *testing.F) {
	server := wechattest.New(wechattest.Options{Now: func() time.Time { return start }, Key: aesKey})
	_, body, err := server.Envelope("<xml></xml>")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add("<xml><Encrypt>AAAA</Encrypt></xml>")
	in := wechat.Inlet{AppID: "wx-test", Token: notify.NewSecret("wx-token"), Key: notify.NewSecret(aesKey)}
	f.Fuzz(func(t *testing.T, body string) {
		_, _ = in.Read(server.Sign(""), []byte(body)) // must not panic
	})
}
