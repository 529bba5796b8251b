package sandboxpay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Headers of a signed message.
const (
	headerStamp = "X-Pay-Timestamp"
	headerNonce = "X-Pay-Nonce"
	headerSign  = "X-Pay-Signature"
)

// freshness is how old a signed message may be, or how far ahead its clock.
const freshness = 5 * time.Minute

// signer signs and checks messages of both sides with one secret.
type signer struct {
	secret []byte
	now    func() time.Time
}

func (g signer) mac(stamp, nonce, about string, body []byte) string {
	h := hmac.New(sha256.New, g.secret)
	for _, part := range []string{stamp, nonce, about, ""} {
		_, _ = h.Write([]byte(part + "\n"))
	}
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// sign adds the headers for a body about something: "POST /orders", "notice".
func (g signer) sign(h http.Header, about string, body []byte) {
	stamp, nonce := strconv.FormatInt(g.now().Unix(), 10), rand.Text()
	h.Set(headerStamp, stamp)
	h.Set(headerNonce, nonce)
	h.Set(headerSign, g.mac(stamp, nonce, about, body))
}

// signed reports whether the headers belong to the body and are fresh.
func (g signer) signed(h http.Header, about string, body []byte) bool {
	stamp := h.Get(headerStamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	age := g.now().Sub(time.Unix(seconds, 0))
	want := g.mac(stamp, h.Get(headerNonce), about, body)
	return age.Abs() <= freshness && hmac.Equal([]byte(want), []byte(h.Get(headerSign)))
}
