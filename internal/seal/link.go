package seal

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/houzhen/houzhen"
)

const macSize = 16 // 128 bits: links travel in text messages and must be short

// Why a link does not open.
var (
	ErrLink        = errors.New("link is not one of ours for this purpose")
	ErrLinkExpired = errors.New("link is too old")
)

// SignLink makes a token for an address: it proves until expires (whole
// seconds) that we gave subject to its holder for one purpose. It holds the
// subject in the clear, so subject is an id and never a person's data.
func (r *Ring) SignLink(purpose, subject string, expires time.Time) string {
	k := r.newest()
	body := append([]byte{version}, k.id[:]...)
	body = binary.AppendVarint(body, expires.Unix())
	body = append(body, subject...)
	mac := digest(k.link, purpose, body)[:macSize]
	return base64.RawURLEncoding.EncodeToString(append(body, mac...))
}

// OpenLink gives the subject of a token that SignLink made for purpose. Its
// errors have CodeSignIn, for whoever has no valid link may sign in instead,
// and are ErrLink or ErrLinkExpired underneath.
func (r *Ring) OpenLink(purpose, token string, now time.Time) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < headSize+1+macSize || raw[0] != version {
		return "", badLink(ErrLink)
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	k, ok := r.find(body[1:headSize])
	if !ok || !hmac.Equal(mac, digest(k.link, purpose, body)[:macSize]) {
		return "", badLink(ErrLink)
	}
	expires, n := binary.Varint(body[headSize:])
	if n <= 0 {
		return "", badLink(ErrLink)
	}
	if !now.Before(time.Unix(expires, 0)) {
		return "", badLink(ErrLinkExpired)
	}
	return string(body[headSize+n:]), nil
}

func badLink(err error) error {
	return houzhen.E(houzhen.CodeSignIn, "open link").Because(err)
}
