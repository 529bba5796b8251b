package aliyun

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// carrier brings the caller's context to the shared connections, since the
// SDK knows none, and hides them from the SDK, which would rewrite them at
// every call. One serves one call.
type carrier struct {
	ctx     context.Context // kept here because the SDK has no other way to take one
	base    http.RoundTripper
	reached atomic.Bool
}

// maxAnswer is far more than any answer of the provider.
const maxAnswer = 1 << 20

// errRedirected is what a redirect becomes: following it would carry the
// whole request, which stands in the URL, to another place.
var errRedirected = errors.New("redirected")

// RoundTrip makes the one request of a call, and notes whether it got hold of
// a connection: before that nothing can have been taken by the provider.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.reached.Store(true) }}
	resp, err := c.base.RoundTrip(r.WithContext(httptrace.WithClientTrace(c.ctx, trace)))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices && resp.StatusCode < http.StatusBadRequest {
		resp.Body.Close()
		return nil, errRedirected
	}
	resp.Body = &short{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// short is a body that ends at maxAnswer.
type short struct {
	io.Reader
	io.Closer
}
