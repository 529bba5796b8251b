package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyuntest"
	"github.com/houzhen/houzhen/notify/wechattest"
)

const (
	firstToken  = "unguessable-unguessable-1"
	secondToken = "unguessable-unguessable-2"
	openID      = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
)

// house opens an application with every channel set up at servers of its own.
type house struct {
	*App

	first, second *aliyuntest.Server
	weChat        *wechattest.Server
	inlet         string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{
		first: aliyuntest.New(aliyuntest.Options{Now: time.Now}), second: aliyuntest.New(aliyuntest.Options{Now: time.Now}),
		weChat: wechattest.New(wechattest.Options{Now: time.Now}),
	}
	for _, s := range []*aliyuntest.Server{h.first, h.second} {
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
	}
	web := httptest.NewServer(h.weChat)
	t.Cleanup(web.Close)
	file := filepath.Join(t.TempDir(), "wechat.yaml")
	text := "appt.booked/zh-CN: {id: T-once, way: once, fields: {thing1: \"${place}\"}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	account := func(s *aliyuntest.Server, token Secret) AliyunConfig {
		return AliyunConfig{
			AccessKeyID: aliyuntest.DefaultKeyID, AccessKeySecret: aliyuntest.DefaultSecret, Region: "cn-hangzhou", Scheme: "HTTP",
			Endpoint: s.Addr(), PushEndpoint: s.Addr(), VoiceEndpoint: s.Addr(), Sign: "候诊医院", PushAppKey: 7, CallbackToken: token,
			Templates: map[string]string{"appt.booked/zh-CN": "SMS_1"}, VoiceTemplates: map[string]string{"appt.booked/zh-CN": "TTS_1"},
		}
	}
	cfg := Defaults()
	cfg.Data, cfg.Aliyun, cfg.Aliyun2, cfg.SMSShare = t.TempDir(), account(h.first, firstToken), account(h.second, secondToken), 100
	cfg.WeChat = WeChatConfig{AppID: "wx-test", AppSecret: "wx-secret", Token: "wx-token", Templates: file, Endpoint: web.URL, State: "formal"}
	cfg.SMTP = SMTPConfig{Addr: "127.0.0.1:1", From: "a@h.example", Plain: true}
	cfg.Relay = RelayConfig{URL: "http://127.0.0.1:1/", Secret: firstToken}
	var err error
	if h.App, err = New(t.Context(), cfg, Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	inlet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ack, err := h.WeChatEvent(r.Context(), r.URL.Query(), body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, ack)
	}))
	t.Cleanup(inlet.Close)
	h.inlet = inlet.URL
	return h
}

func (h *house) sender(t *testing.T, c notify.Channel) notify.Sender {
	t.Helper()
	senders, err := h.configuredSenders()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(senders, func(s notify.Sender) bool { return s.Channel() == c })
	if i < 0 {
		t.Fatalf("no channel %s", c)
	}
	return senders[i]
}

func parcelTo(outID string) notify.Parcel {
	return notify.Parcel{
		OutID: outID, Kind: notify.KindBooked, Template: "appt.booked", Lang: houzhen.Chinese, Vars: map[string]string{"place": "分诊台"}, Title: "t", Text: "w",
		Phone: houzhen.NewPhone("13900139000"), Push: "account", WeChat: openID, Recipient: "p1", Subject: "a1",
	}
}

func TestEverySettingOpensItsChannel(t *testing.T) {
	h := newHouse(t)
	want := []notify.Channel{notify.Email, notify.Inbox, notify.Push, notify.SMS, notify.Voice, notify.Webhook, notify.WeChat}
	slices.Sort(want)
	var got []notify.Channel
	for _, x := range h.Notify.Health() {
		if slices.Contains(want, x.Channel) {
			got = append(got, x.Channel)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("channels %v, want %v", got, want)
	}
	if all := h.Notify.Abilities(); all[notify.SMS].Batch == 0 || !all[notify.SMS].Query || !all[notify.Inbox].Idempotent || !all[notify.WeChat].Renders {
		t.Errorf("abilities %+v", all)
	}
}

// The second account takes over where the first one certainly did not take a
// message, through pacing and all.
func TestTheSecondAccountTakesOver(t *testing.T) {
	h := newHouse(t)
	h.first.Decide(func(aliyuntest.Call) aliyuntest.Fault { return aliyuntest.Refuse("isv.AMOUNT_NOT_ENOUGH", "") })
	sms := h.sender(t, notify.SMS)
	if sent := sms.Send(t.Context(), parcelTo("hz-1")); sent.Outcome != notify.OutcomeAccepted || h.second.Count() != 1 || h.first.Count() != 0 {
		t.Errorf("%+v, %d and %d taken", sent, h.first.Count(), h.second.Count())
	}
	list := []notify.Parcel{parcelTo("hz-2"), parcelTo("hz-3")}
	list[1].Phone = houzhen.NewPhone("13900139001")
	for i, sent := range sms.(notify.BatchSender).SendBatch(t.Context(), list) {
		if sent.Outcome != notify.OutcomeAccepted {
			t.Errorf("of a batch, %d: %+v", i, sent)
		}
	}
	r, found, err := sms.(notify.Finder).Find(t.Context(), "hz-3", list[1].Phone, time.Now())
	if err != nil || !found || r.OutID != "hz-3" {
		t.Errorf("%+v, %v, %v: a message of the second account is found", r, found, err)
	}
	_, err = h.second.Receipts(t.Context(), receiver(t, func(body []byte) error { return h.SMSReport(t.Context(), secondToken, body) }), aliyuntest.Posting{})
	if err != nil {
		t.Error(err)
	}
	if err := h.SMSReport(t.Context(), "unguessable-unguessable-3", []byte("[]")); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		t.Errorf("a guessed address: %v", err)
	}
}

func receiver(t *testing.T, take func([]byte) error) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := take(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"code":0}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// accepted puts one message of a channel into the ledger as accepted.
func (h *house) accepted(t *testing.T, c notify.Channel, outID, providerID string) {
	t.Helper()
	err := h.inTx(t.Context(), func(tx everything) error {
		_, err := tx.PlanMessages(t.Context(), []notify.Message{{
			ID: notify.MessageID(outID), Subject: "a1", Kind: notify.KindBooked, Recipient: "p1", Channel: c, Class: notify.ClassService, State: notify.Accepted,
			OutID: outID, ProviderID: providerID, DueAt: h.Now(), ExpiresAt: h.Now().Add(time.Hour), CreatedAt: h.Now(), SentAt: h.Now(), Attempts: 1,
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// known makes a person whom WeChat knows by an openid.
func (h *house) known(t *testing.T, id, openid string) {
	t.Helper()
	err := h.inTx(t.Context(), func(tx everything) error {
		if err := tx.AddPatient(t.Context(), directory.Patient{ID: id, Version: 1}); err != nil {
			return err
		}
		return tx.SaveContact(t.Context(), store.Contact{PatientID: id, Channel: notify.WeChat, Address: openid, At: h.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) state(t *testing.T, outID string) (s notify.State) {
	t.Helper()
	err := h.view(t.Context(), func(tx everything) error {
		m, err := tx.MessageByOutID(t.Context(), outID)
		s = m.State
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCallsAreReported(t *testing.T) {
	h := newHouse(t)
	sent := h.sender(t, notify.Voice).Send(t.Context(), parcelTo("hz-1"))
	if sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	h.accepted(t, notify.Voice, "hz-1", sent.ProviderID)
	to := receiver(t, func(body []byte) error { return h.VoiceReport(t.Context(), firstToken, body) })
	if n, err := h.first.CallReceipts(t.Context(), to, aliyuntest.Posting{Repeat: 2}); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if _, err := h.Notify.TakeReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.state(t, "hz-1"); s != notify.Delivered {
		t.Errorf("state %s, want delivered", s)
	}
}

// A tap becomes a consent, a consent a message, and its fate a receipt.
func TestWeChatFromTapToReceipt(t *testing.T) {
	h := newHouse(t)
	w := h.sender(t, notify.WeChat)
	if sent := w.Send(t.Context(), parcelTo("hz-1")); sent.Code != "local.no_consent" {
		t.Fatalf("%+v before a tap", sent)
	}
	for range 2 { // told twice
		if err := h.weChat.Popup(t.Context(), h.inlet, openID, time.Now(), map[string]string{"T-once": "accept"}); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.Send(t.Context(), parcelTo("hz-2"))
	if sent.Outcome != notify.OutcomeAccepted || h.weChat.Taken()[0].Data["thing1"] != "分诊台" {
		t.Fatalf("%+v", sent)
	}
	h.accepted(t, notify.WeChat, "hz-2", sent.ProviderID)
	h.known(t, "p1", openID)
	if err := h.weChat.Report(t.Context(), h.inlet, h.weChat.Taken()[0], "success"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Notify.TakeReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.state(t, "hz-2"); s != notify.Delivered {
		t.Errorf("state %s, want delivered", s)
	}
	if _, err := h.WeChatEvent(t.Context(), url.Values{}, []byte("<xml></xml>")); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		t.Errorf("an unsigned post: %v", err)
	}
	hello := h.weChat.Sign()
	hello.Set("echostr", "4711")
	if echo, err := h.WeChatHello(hello); echo != "4711" || err != nil {
		t.Errorf("%q, %v", echo, err)
	}
}

func TestAPageIsReadByItsOwnPeopleOnly(t *testing.T) {
	h := newHouse(t)
	if sent := h.sender(t, notify.Inbox).Send(t.Context(), parcelTo("hz-1")); sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	h.accepted(t, notify.Inbox, "hz-1", "page:hz-1")
	box := inbox{h.App}
	for _, c := range []struct {
		id   string
		who  []string
		code houzhen.Code
	}{{"hz-1", []string{"p2"}, houzhen.CodeNotFound}, {"hz-1", nil, houzhen.CodeNotFound}, {"hz-9", []string{"p1"}, houzhen.CodeNotFound}, {"hz-1", []string{"p2", "p1"}, ""}} {
		if err := box.Seen(t.Context(), c.id, c.who...); houzhen.CodeOf(err) != c.code {
			t.Errorf("%s by %v: %v, want %q", c.id, c.who, err, c.code)
		}
	}
	list, err := box.Of(t.Context(), "p1")
	if err != nil || len(list) != 1 || list[0].ReadAt.IsZero() || h.state(t, "hz-1") != notify.Delivered {
		t.Errorf("%+v, %v, state %s", list, err, h.state(t, "hz-1"))
	}
}

func TestEveryProviderIsChecked(t *testing.T) {
	h := newHouse(t)
	got := map[string]bool{}
	for _, c := range h.CheckProviders(t.Context(), time.Now()) {
		got[c.Part] = c.Err == nil
	}
	b, err := json.Marshal(got)
	if want := `{"mail":false,"provider":true,"provider2":true,"relay":true,"wechat":true}`; string(b) != want || err != nil {
		t.Errorf("%s, want %s: nobody listens where mail goes", b, want)
	}
	if n := h.first.Count() + h.second.Count() + len(h.weChat.Taken()); n != 0 {
		t.Errorf("a check sent %d messages", n)
	}
}
