package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Headers of a delivery, as the Standard Webhooks specification names them
// (standardwebhooks.com); its libraries verify ours.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// SecretPrefix begins every secret.
const SecretPrefix = "whsec_"

// Tolerance is how far the clocks of both sides may be apart; an older
// delivery is a replay.
const Tolerance = 5 * time.Minute

const secretBytes = 32

// NewSecret makes a secret of 256 random bits.
func NewSecret() (string, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(rand.Reader, b); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	return SecretPrefix + base64.StdEncoding.EncodeToString(b), nil
}

// Sign gives the signature of a delivery: HMAC-SHA256 over id, timestamp in
// seconds and body, joined by dots.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	mac, err := digest(secret, id, strconv.FormatInt(at.Unix(), 10), body)
	if err != nil {
		return "", err
	}
	return "v1," + base64.StdEncoding.EncodeToString(mac), nil
}

func digest(secret, id, timestamp string, body []byte) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, SecretPrefix))
	if err != nil || len(key) < 16 {
		return nil, houzhen.E(houzhen.CodeInvalid, "webhook secret cannot be read").On("secret")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, id+"."+timestamp+".")
	_, _ = mac.Write(body)
	return mac.Sum(nil), nil
}

// Verify tells a receiver whether a delivery is ours and of now. One of the
// signatures must fit: during a rotation there are two.
func Verify(secret string, h http.Header, body []byte, now time.Time) error {
	bad := func(what string) error { return houzhen.E(houzhen.CodeForbidden, what) }
	id, stamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil {
		return bad("delivery has no id or no timestamp")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return bad("delivery is not of now")
	}
	want, err := digest(secret, id, stamp, body)
	if err != nil {
		return err
	}
	for part := range strings.FieldsSeq(h.Get(HeaderSignature)) {
		text, found := strings.CutPrefix(part, "v1,")
		got, err := base64.StdEncoding.DecodeString(text)
		if found && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return bad("no signature fits")
}
