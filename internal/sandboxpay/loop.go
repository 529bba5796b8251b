package sandboxpay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Loop hands requests to a handler of the same process, as a network would: an
// answer that the handler gives up is an error.
func Loop(h http.Handler) http.RoundTripper { return loop{h} }

type loop struct{ handler http.Handler }

var errLost = errors.New("connection was cut")

// RoundTrip implements http.RoundTripper.
func (l loop) RoundTrip(r *http.Request) (w *http.Response, err error) {
	defer func() {
		if x := recover(); x != nil {
			if x != http.ErrAbortHandler { //nolint:errorlint // a panic's own value
				panic(x)
			}
			w, err = nil, errLost
		}
	}()
	a := &reply{header: http.Header{}, status: http.StatusOK}
	l.handler.ServeHTTP(a, r)
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Header: a.header, Body: io.NopCloser(&a.body), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(a.body.Len()),
	}, nil
}

// reply collects an answer.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *reply) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *reply) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *reply) Write(b []byte) (int, error) { return a.body.Write(b) }
