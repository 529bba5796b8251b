package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// maxAnswer is how much of an answer is read; nothing in it matters.
const maxAnswer = 16 << 10

// errRefused says that an address may not be reached from here.
var errRefused = errors.New("the address is of a network that may not be reached")

// sender posts parcels.
type sender struct {
	client *http.Client
}

// newSender makes a client that follows no redirects, uses no proxy and
// connects to public addresses only, and to those of allowed networks. The
// address is judged after names were resolved, when the connection is made, so
// that no name can be pointed elsewhere in between.
func newSender(allow []netip.Prefix, timeout time.Duration) sender {
	dialer := &net.Dialer{Timeout: timeout / 2, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !Reachable(at.Addr(), allow) {
			return errRefused
		}
		return nil
	}}
	return sender{&http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: timeout / 2, ResponseHeaderTimeout: timeout,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reserved are networks that belong to no host of the Internet although
// netip knows no name for them (RFC 6890).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("100::/64"),
}

// Reachable says whether facts may be delivered to an address: to any public
// one, and to those of the networks that were allowed.
func Reachable(a netip.Addr, allow []netip.Prefix) bool {
	a = a.Unmap().WithZone("")
	for _, p := range allow {
		if p.Contains(a) {
			return true
		}
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// body is what a delivery carries.
type body struct {
	Events []Event `json:"events"`
}

// deliver posts events. Whatever keeps it from being taken is in the answer;
// an error is a fault of ours, or the end of ctx.
func (s sender) deliver(ctx context.Context, e Endpoint, id string, events []Event, secrets []string, wall time.Time) (Answer, error) {
	text, err := json.Marshal(body{events})
	if err != nil {
		return Answer{}, fmt.Errorf("encode events: %w", err)
	}
	var signatures []string
	for _, secret := range secrets {
		signature, err := Sign(secret, id, wall, text)
		if err != nil {
			return Answer{}, err
		}
		signatures = append(signatures, signature)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(text))
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "houzhen-webhook/1")
	r.Header.Set(HeaderID, id)
	r.Header.Set(HeaderTimestamp, fmt.Sprint(wall.Unix()))
	r.Header.Set(HeaderSignature, strings.Join(signatures, " "))
	response, err := s.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		return Answer{Reason: reasonOf(err)}, nil
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	return AnswerOf(response.StatusCode, response.Header), nil
}

func reasonOf(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, errRefused):
		return ReasonRefused
	case errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	}
	return ReasonConnect
}
