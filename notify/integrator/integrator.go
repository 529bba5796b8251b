// Package integrator hands messages to another system by HTTP, which shows
// them in its own app. It decides which Outcome an answer, or its absence,
// stands for.
//
// Every post is signed with a shared secret over its time and body, and carries
// the out-id as its idempotency key: the receiver takes one out-id once, which
// lets a lost answer be cleared up by posting again.
package integrator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Config says where messages go. URL and Secret are needed.
type Config struct {
	URL       string
	Secret    notify.Secret     // at least 24 signs
	Transport http.RoundTripper // decides which addresses may be reached; nil means http.DefaultTransport's kind
	Timeout   time.Duration     // 0 means 5 s
}

// Sender is the sender of the channel webhook.
type Sender struct {
	conf Config
	http *http.Client
	now  func() time.Time
}

// Codes of our own, for what happens without an answer.
const (
	codeNoPerson    = "local.no_account"
	codeUnreachable = "local.unreachable"
	codeBroken      = "local.broken"
	codeTimeout     = "local.timeout"
	codeCancelled   = "local.cancelled"
	codeUnreadable  = "local.unreadable"
)

// New checks the configuration; it calls nobody. now is the machine's clock,
// which the receiver holds signatures against.
func New(conf Config, now func() time.Time) (*Sender, error) {
	u, err := url.Parse(conf.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return nil, houzhen.E(houzhen.CodeInvalid, "give a full address without a password").On("url")
	}
	if len(conf.Secret.Reveal()) < 24 {
		return nil, houzhen.E(houzhen.CodeInvalid, "give at least 24 random signs").On("secret")
	}
	if conf.Transport == nil {
		conf.Transport = &http.Transport{MaxConnsPerHost: 16, MaxIdleConnsPerHost: 8, IdleConnTimeout: 20 * time.Second, TLSHandshakeTimeout: 2 * time.Second}
	}
	if conf.Timeout <= 0 {
		conf.Timeout = 5 * time.Second
	}
	return &Sender{conf: conf, now: now, http: &http.Client{
		Transport:     conf.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Channel is notify.Webhook.
func (s *Sender) Channel() notify.Channel { return notify.Webhook }

// Abilities declares that the receiver must take an out-id once.
func (s *Sender) Abilities() notify.Abilities { return notify.Abilities{Idempotent: true} }

// Post is what the other system reads.
type Post struct {
	ID        string      `json:"id"`
	Kind      notify.Kind `json:"kind"`
	Recipient string      `json:"recipient"` // our id of the person
	Lang      string      `json:"lang"`
	Title     string      `json:"title"`
	Text      string      `json:"text"`
	Link      string      `json:"link,omitempty"`
	Expires   *time.Time  `json:"expires,omitempty"`
}

// Signature is the value of Houzhen-Signature: the time in Unix seconds and the
// HMAC-SHA256 of "time.body".
func Signature(secret notify.Secret, at time.Time, body []byte) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Send posts one message, and once more under the same key when the answer was
// lost; what is lost twice stays lost.
func (s *Sender) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	if p.Recipient == "" {
		return notify.Sent{Outcome: notify.OutcomeRecipient, Code: codeNoPerson}
	}
	one := Post{ID: p.OutID, Kind: p.Kind, Recipient: p.Recipient, Lang: string(p.Lang), Title: p.Title, Text: p.Text, Link: p.Link}
	if !p.Expires.IsZero() {
		one.Expires = &p.Expires
	}
	body, err := json.Marshal(one)
	if err != nil {
		return notify.Sent{Outcome: notify.OutcomeMessage, Code: codeUnreadable}
	}
	sent := s.post(ctx, p.OutID, body)
	if sent.Outcome == notify.OutcomeAmbiguous && ctx.Err() == nil {
		if sent = s.post(ctx, p.OutID, body); sent.Outcome != notify.OutcomeAccepted {
			sent.Outcome = notify.OutcomeAmbiguous // the first may have been taken
		}
	}
	return sent
}

func (s *Sender) post(ctx context.Context, id string, body []byte) notify.Sent {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	var reached atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, s.conf.URL, bytes.NewReader(body))
	if err != nil {
		return notify.Sent{Outcome: notify.OutcomeConfig, Code: codeUnreadable}
	}
	r.GetBody = nil
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", id)
	r.Header.Set("Houzhen-Signature", Signature(s.conf.Secret, s.now(), body))
	resp, err := s.http.Do(r)
	if err != nil {
		return lost(ctx, err, reached.Load())
	}
	_ = resp.Body.Close()
	return judge(resp.StatusCode, id)
}

// judge reads the status, which is all that the other system says.
func judge(status int, id string) notify.Sent {
	sent := notify.Sent{Code: "http." + strconv.Itoa(status)}
	switch {
	case status >= 200 && status < 300:
		return notify.Sent{Outcome: notify.OutcomeAccepted, Code: "OK", ProviderID: "hook:" + id}
	case status == http.StatusTooManyRequests:
		sent.Outcome = notify.OutcomeRetry
	case status == http.StatusNotFound, status == http.StatusGone:
		sent.Outcome = notify.OutcomeRecipient // it does not know the person
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status < 400:
		sent.Outcome = notify.OutcomeConfig
	case status < 500:
		sent.Outcome = notify.OutcomeMessage
	default:
		sent.Outcome = notify.OutcomeAmbiguous
	}
	return sent
}

func lost(ctx context.Context, err error, reached bool) notify.Sent {
	var t interface{ Timeout() bool }
	switch {
	case !reached:
		return notify.Sent{Outcome: notify.OutcomeRetry, Code: codeUnreachable}
	case errors.Is(ctx.Err(), context.Canceled):
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeCancelled}
	case ctx.Err() != nil, errors.As(err, &t) && t.Timeout():
		return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeTimeout}
	}
	return notify.Sent{Outcome: notify.OutcomeAmbiguous, Code: codeBroken}
}

var (
	_ notify.Sender = (*Sender)(nil)
	_ notify.Able   = (*Sender)(nil)
)
