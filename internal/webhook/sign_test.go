package webhook_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/webhook"
)

var at = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

func signed(t *testing.T, id string, body []byte, secrets ...string) http.Header {
	t.Helper()
	h := http.Header{}
	h.Set(webhook.HeaderID, id)
	h.Set(webhook.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	for _, secret := range secrets {
		s, err := webhook.Sign(secret, id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		h.Set(webhook.HeaderSignature, h.Get(webhook.HeaderSignature)+" "+s)
	}
	return h
}

// The example of the Standard Webhooks specification.
func TestTheSpecificationsExample(t *testing.T) {
	got, err := webhook.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestADeliveryIsVerified(t *testing.T) {
	secret, err := webhook.NewSecret()
	other, err2 := webhook.NewSecret()
	if err != nil || err2 != nil || secret == other {
		t.Fatal(err, err2)
	}
	body := []byte(`{"events":[]}`)
	for name, c := range map[string]struct {
		change func(http.Header)
		body   string
		now    time.Time
		by     []string
		ok     bool
	}{
		"as it was sent":          {now: at, by: []string{secret}, ok: true},
		"during a rotation":       {now: at, by: []string{other, secret}, ok: true},
		"by another secret":       {now: at, by: []string{other}},
		"another body":            {now: at, by: []string{secret}, body: `{"events":[1]}`},
		"another id":              {now: at, by: []string{secret}, change: func(h http.Header) { h.Set(webhook.HeaderID, "x") }},
		"another time":            {now: at, by: []string{secret}, change: func(h http.Header) { h.Set(webhook.HeaderTimestamp, strconv.FormatInt(at.Unix()+1, 10)) }},
		"no time":                 {now: at, by: []string{secret}, change: func(h http.Header) { h.Del(webhook.HeaderTimestamp) }},
		"no signature":            {now: at},
		"another kind":            {now: at, by: []string{secret}, change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v0"+h.Get(webhook.HeaderSignature)[3:]) }},
		"at the end of tolerance": {now: at.Add(webhook.Tolerance), by: []string{secret}, ok: true},
		"replayed later":          {now: at.Add(webhook.Tolerance + time.Second), by: []string{secret}},
		"from the future":         {now: at.Add(-webhook.Tolerance - time.Second), by: []string{secret}},
	} {
		h := signed(t, "w1-1-2", body, c.by...)
		if c.change != nil {
			c.change(h)
		}
		got := body
		if c.body != "" {
			got = []byte(c.body)
		}
		if err := webhook.Verify(secret, h, got, c.now); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok %v", name, err, c.ok)
		}
	}
	if _, err := webhook.Sign("whsec_short", "x", at, nil); houzhen.CodeOf(err) != houzhen.CodeInvalid {
		t.Errorf("a short secret signs: %v", err)
	}
}

func TestOnlyPublicAddressesAreReached(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("10.8.0.0/16")}
	for address, want := range map[string]bool{
		"1.1.1.1": true, "2606:4700::1111": true, "10.8.3.4": true, "::ffff:10.8.3.4": true, "::ffff:8.8.8.8": true,
		"10.9.0.1": false, "127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false, "169.254.169.254": false, "fe80::1": false,
		"192.168.1.1": false, "172.16.0.1": false, "fd00::1": false, "0.0.0.0": false, "::": false, "100.64.0.1": false, "224.0.0.1": false,
		"255.255.255.255": false, "198.18.0.1": false, "64:ff9b::a00:1": false, "2002:7f00:1::": false, "240.0.0.1": false,
	} {
		if got := webhook.Reachable(netip.MustParseAddr(address), allow); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

func TestAddressesOfEndpoints(t *testing.T) {
	for url, want := range map[string][2]bool{ // without and with networks that were allowed
		"https://example.org/h":                {true, true},
		"http://example.org/h":                 {false, true},
		"https://u:p@example.org/":             {},
		"ftp://example.org":                    {},
		"https:///h":                           {},
		"/h":                                   {},
		"https://example.org/#frag":            {},
		"https://" + string(make([]byte, 500)): {},
	} {
		for i, plain := range []bool{false, true} {
			if got := webhook.CheckURL(url, plain) == nil; got != want[i] {
				t.Errorf("%.40q, plain %v: got %v, want %v", url, plain, got, want[i])
			}
		}
	}
}
