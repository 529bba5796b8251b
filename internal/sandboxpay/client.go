package sandboxpay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/pay"
)

// Client speaks to a sandbox (pay.Payer).
type Client struct {
	base string
	sign signer
	http *http.Client
}

var _ pay.Payer = (*Client)(nil)

// callTimeout bounds one request.
const callTimeout = 10 * time.Second

// NewClient makes a client of the sandbox at base, such as "http://host:port".
func NewClient(base string, secret []byte, now func() time.Time, transport http.RoundTripper) *Client {
	return &Client{base, signer{secret, now}, &http.Client{Transport: transport, Timeout: callTimeout}}
}

// Create implements pay.Payer.
func (c *Client) Create(ctx context.Context, o pay.Order) (pay.Trade, error) {
	var t tradeWire
	err := c.call(ctx, http.MethodPost, "/orders", orderWire{o.OutNo, o.Fen, o.Subject, o.Expires, o.Return}, &t)
	return t.trade(), err
}

// Query implements pay.Payer.
func (c *Client) Query(ctx context.Context, outNo string) (pay.Trade, error) {
	var t tradeWire
	err := c.call(ctx, http.MethodGet, "/orders/"+url.PathEscape(outNo), nil, &t)
	return t.trade(), err
}

// Close implements pay.Payer.
func (c *Client) Close(ctx context.Context, outNo string) (pay.Trade, error) {
	var t tradeWire
	err := c.call(ctx, http.MethodPost, "/orders/"+url.PathEscape(outNo)+"/close", nil, &t)
	return t.trade(), err
}

// Refund implements pay.Payer.
func (c *Client) Refund(ctx context.Context, r pay.Refund) (pay.RefundStatus, error) {
	var x refundWire
	err := c.call(ctx, http.MethodPost, "/refunds", refundWire{OutNo: r.OutNo, RefundNo: r.RefundNo, Fen: r.Fen}, &x)
	return x.status(), err
}

// QueryRefund implements pay.Payer.
func (c *Client) QueryRefund(ctx context.Context, _, refundNo string) (pay.RefundStatus, error) {
	var x refundWire
	err := c.call(ctx, http.MethodGet, "/refunds/"+url.PathEscape(refundNo), nil, &x)
	return x.status(), err
}

// Read implements pay.Payer.
func (c *Client) Read(_ context.Context, header http.Header, body []byte) (pay.Notice, error) {
	if !c.sign.signed(header, "notice", body) {
		return pay.Notice{}, houzhen.E(houzhen.CodeNotFound, "no such callback")
	}
	var n noticeWire
	if err := json.Unmarshal(body, &n); err != nil {
		return pay.Notice{}, houzhen.E(houzhen.CodeMalformed, "callback cannot be read").Because(err)
	}
	var out pay.Notice
	if n.Trade != nil {
		t := n.Trade.trade()
		out.Trade = &t
	}
	if n.Refund != nil {
		r := n.Refund.status()
		out.Refund = &r
	}
	return out, nil
}

// call asks once. Whatever leaves it open whether the provider did it is
// CodeUnavailable; a refusal is CodeConflict.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	c.sign.sign(r.Header, method+" "+path, body)
	w, err := c.http.Do(r)
	if err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "payment provider does not answer").Because(cause(err))
	}
	defer func() { _ = w.Body.Close() }()
	switch {
	case w.StatusCode == http.StatusConflict:
		var no refusalWire
		_ = json.NewDecoder(w.Body).Decode(&no)
		return houzhen.E(houzhen.CodeState, "payment provider refuses: "+no.Code)
	case w.StatusCode != http.StatusOK:
		return houzhen.E(houzhen.CodeUnavailable, fmt.Sprintf("payment provider answers %d", w.StatusCode))
	}
	if err := json.NewDecoder(w.Body).Decode(out); err != nil {
		return houzhen.E(houzhen.CodeUnavailable, "payment provider's answer cannot be read").Because(err)
	}
	return nil
}

// cause leaves the address out of a client's error: it holds our numbers.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
