package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/notify"
)

// Codes of our own, for what happens without an answer of the provider.
const (
	codeTimeout     = "local.timeout"
	codeCancelled   = "local.cancelled"
	codeUnreachable = "local.unreachable"
	codeBroken      = "local.broken"
	codeUnreadable  = "local.unreadable"
	codeNoTemplate  = "local.no_template"
	codeNoAccount   = "local.no_account"
	codeNoConsent   = "local.no_consent"
	codeNoValue     = "local.no_value" // a field of the template would be empty
	codeLedger      = "local.ledger"   // the ledger of consents did not answer
	codeToken       = "local.token"    // the provider takes none of its own tokens
)

// maxAnswer is far more than any answer of the provider.
const maxAnswer = 1 << 16

// answer is what is kept of the provider's answers.
type answer struct {
	Code    *int        `json:"errcode"`
	MsgID   json.Number `json:"msgid"`
	Token   string      `json:"access_token"`
	Expires int         `json:"expires_in"`
}

// failure is a call that brought no answer; it has a code and nothing else.
type failure struct {
	outcome notify.Outcome
	code    string
}

// post makes one request. Errors of the transport quote the address with its
// token and are dropped here.
func (c *Client) post(ctx context.Context, path string, query url.Values, body any) (answer, *failure) {
	if ctx.Err() != nil {
		return answer{}, &failure{notify.OutcomeRetry, codeCancelled}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return answer{}, &failure{notify.OutcomeMessage, codeUnreadable}
	}
	ctx, cancel := context.WithTimeout(ctx, c.conf.Timeout)
	defer cancel()
	var reached atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, c.conf.BaseURL+path+"?"+query.Encode(), bytes.NewReader(b))
	if err != nil {
		return answer{}, &failure{notify.OutcomeMessage, codeUnreadable}
	}
	r.GetBody = nil // a request that may have been seen is not sent again by the transport
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, lost(ctx, err, reached.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, lost(ctx, err, true)
	}
	var a answer
	if resp.StatusCode != http.StatusOK || json.Unmarshal(text, &a) != nil || a.Code == nil && a.Token == "" {
		return answer{}, &failure{notify.OutcomeAmbiguous, codeUnreadable}
	}
	return a, nil
}

// lost says what the lack of an answer means.
func lost(ctx context.Context, err error, reached bool) *failure {
	var t interface{ Timeout() bool }
	switch {
	case !reached:
		return &failure{notify.OutcomeRetry, codeUnreachable}
	case errors.Is(ctx.Err(), context.Canceled):
		return &failure{notify.OutcomeAmbiguous, codeCancelled}
	case ctx.Err() != nil, errors.As(err, &t) && t.Timeout():
		return &failure{notify.OutcomeAmbiguous, codeTimeout}
	}
	return &failure{notify.OutcomeAmbiguous, codeBroken}
}

// early is how long before its end a token is renewed; the provider keeps the
// old one valid meanwhile.
const early = 5 * time.Minute

// The provider gives new tokens by force twenty times a day, half a minute
// apart.
const (
	forcesADay = 20
	forceApart = 30 * time.Second
)

// credential gives the token of the account. bad is one that the provider just
// refused; it is asked for again, and by force if it is the same again.
func (c *Client) credential(ctx context.Context, bad string) (string, *failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.token != "" && c.token != bad && now.Before(c.until) {
		return c.token, nil
	}
	force := false
	for {
		a, fail := c.post(ctx, "/cgi-bin/stable_token", nil, map[string]any{
			"grant_type": "client_credential", "appid": c.conf.AppID, "secret": c.conf.Secret.Reveal(), "force_refresh": force,
		})
		switch {
		case fail != nil: // no message was handed over, whatever became of this
			return "", &failure{notify.OutcomeRetry, fail.code}
		case a.Token == "":
			o := outcome(*a.Code)
			if o != notify.OutcomeRetry && o != notify.OutcomeAmbiguous {
				return "", &failure{notify.OutcomeConfig, codeOf(*a.Code)}
			}
			return "", &failure{notify.OutcomeRetry, codeOf(*a.Code)}
		case a.Token == bad && !force && c.mayForce(now):
			force = true
			c.forced = append(c.forced, now)
			continue
		case a.Token == bad:
			return "", &failure{notify.OutcomeConfig, codeToken}
		}
		c.token, c.until = a.Token, now.Add(time.Duration(a.Expires)*time.Second-early)
		return c.token, nil
	}
}

// mayForce keeps to the provider's limit of new tokens; the caller holds the
// lock.
func (c *Client) mayForce(now time.Time) bool {
	for len(c.forced) > 0 && now.Sub(c.forced[0]) >= 24*time.Hour {
		c.forced = c.forced[1:]
	}
	n := len(c.forced)
	return n < forcesADay && (n == 0 || now.Sub(c.forced[n-1]) >= forceApart)
}

// codeOf is how an errcode is stored.
func codeOf(code int) string { return "wx." + strconv.Itoa(code) }
