package api

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
)

type requestKey struct{}

// request is what verbs need to know of the request besides its input.
type request struct {
	lang    houzhen.Lang
	key     string
	address string
}

func withRequest(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, requestKey{}, request{lang: LangOf(r), key: r.Header.Get(KeyHeader), address: AddressOf(r)})
}

func requestOf(ctx context.Context) request {
	r, ok := ctx.Value(requestKey{}).(request)
	if !ok {
		r.lang = houzhen.Chinese
	}
	return r
}

// AddressOf gives the address a request came from, without its port. Whoever
// runs behind a proxy sets RemoteAddr before.
func AddressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// operationID makes "post-appointments-id-cancel" of a route.
func operationID(method, pattern string) string {
	path := strings.NewReplacer("/api/v1/", "", "{", "", "}", "", "/", "-").Replace(pattern)
	return strings.ToLower(method) + "-" + path
}

// who tells who asks.
func who(ctx context.Context) auth.Principal { return auth.From(ctx) }
