package aliyuntest

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// nonces remembers which nonces were used for at least 30 minutes, which is
// as long as a timestamp can be valid, and forgets them after an hour.
type nonces struct{ shards [16]nonceShard }

type nonceShard struct {
	mu       sync.Mutex
	since    time.Time
	now, old map[[16]byte]struct{}
}

const nonceAge = 2 * tolerance

func newNonces() *nonces {
	n := &nonces{}
	for i := range n.shards {
		n.shards[i].now = map[[16]byte]struct{}{}
	}
	return n
}

// use reports whether a nonce is new, and remembers it.
func (n *nonces) use(nonce string, now time.Time) bool {
	key := nonceKey(nonce)
	s := &n.shards[key[0]&0xF]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		s.since = now
	}
	if now.Sub(s.since) >= nonceAge {
		s.old, s.now, s.since = s.now, map[[16]byte]struct{}{}, now
	}
	if _, used := s.now[key]; used {
		return false
	}
	if _, used := s.old[key]; used {
		return false
	}
	s.now[key] = struct{}{}
	return true
}

// nonceKey packs the usual 32 hexadecimal digits, or hashes anything else.
func nonceKey(nonce string) (key [16]byte) {
	if len(nonce) == 32 {
		if _, err := hex.Decode(key[:], []byte(nonce)); err == nil {
			return key
		}
	}
	sum := sha256.Sum256([]byte(nonce))
	copy(key[:], sum[:])
	return key
}
