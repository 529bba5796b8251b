package aliyuntest

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the protocol signs with HMAC-SHA1
	"encoding/base64"
	"io"
	"net/http"
	"time"
)

// tolerance is how far a request's timestamp may be off the gateway's clock.
const tolerance = 15 * time.Minute

// maxBody is more than the longest mass push.
const maxBody = 4 << 20

// authenticate reads the fields of a request and judges whether they are
// genuine: complete, of a known key, signed with its secret, of now, and not
// seen before. A nonce counts as seen only when the signature was right.
func (s *Server) authenticate(r *http.Request) (params, *refusal) {
	p, refused := readParams(r)
	if refused != nil {
		return nil, refused
	}
	if k := p.missing("Action", "Version", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp", "Signature"); k != "" {
		return nil, missing(k)
	}
	if p.get("AccessKeyId") != s.opt.AccessKeyID {
		return nil, gateway(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if p.get("SignatureMethod") != "HMAC-SHA1" || p.get("SignatureVersion") != "1.0" {
		return nil, gateway(http.StatusBadRequest, "InvalidParameter", "The signature method or version is not supported.")
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", p.get("Timestamp"))
	if err != nil {
		return nil, gateway(http.StatusBadRequest, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	}
	now := s.opt.Now()
	if d := now.Sub(at); d > tolerance || d < -tolerance {
		return nil, gateway(http.StatusBadRequest, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	if signed, right := signature(r.Method, p, s.opt.AccessKeySecret); !right {
		return nil, gateway(http.StatusBadRequest, "SignatureDoesNotMatch",
			"Specified signature is not matched with our calculation. server string to sign is:"+signed)
	}
	if !s.nonces.use(p.get("SignatureNonce"), now) {
		return nil, gateway(http.StatusBadRequest, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return p, nil
}

func missing(key string) *refusal {
	return gateway(http.StatusBadRequest, "Missing"+key, key+" is mandatory for this action.")
}

func readParams(r *http.Request) (params, *refusal) {
	p, err := make(params, 0, 32).parse(r.URL.RawQuery)
	if err == nil && r.ContentLength != 0 {
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err == nil {
			p, err = p.parse(string(body))
		}
	}
	if err != nil {
		return nil, gateway(http.StatusBadRequest, "InvalidParameter", "The request is not well formed.")
	}
	p.sort()
	return p, nil
}

// signature computes what the fields should be signed with and gives the
// string that was signed, for the answer to a client that got it wrong.
func signature(method string, p params, secret string) (signed string, right bool) {
	var small, large [2048]byte
	canonical := p.appendCanonical(small[:0])
	text := append(large[:0], method...)
	text = append(text, "&%2F&"...)
	text = appendEscaped(text, canonical)

	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write(text)
	var sum [sha1.Size]byte
	var want [28]byte
	base64.StdEncoding.Encode(want[:], mac.Sum(sum[:0]))
	if hmac.Equal(want[:], []byte(p.get("Signature"))) {
		return "", true
	}
	return string(text), false
}
