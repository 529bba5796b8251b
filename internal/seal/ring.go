package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const (
	masterSize = 32
	idSize     = 4
	version    = 1 // first byte of everything sealed
	headSize   = 1 + idSize
)

// ErrOpen says that sealed bytes cannot be opened: damaged, for another
// purpose, or not sealed by any key of this ring.
var ErrOpen = errors.New("sealed value cannot be opened")

// Ring holds the keys. The zero Ring holds none and is of no use; see Load,
// Parse and New. A Ring is safe for concurrent use and prints masked.
type Ring struct {
	keys  []key // oldest first
	index []byte
	rand  io.Reader
}

// key is what one master yields.
type key struct {
	id   [idSize]byte // a fingerprint of the master, so that a wrong key is noticed
	aead cipher.AEAD
	link []byte
}

// New makes a ring of master keys of 32 bytes, oldest first.
func New(masters ...[]byte) (*Ring, error) {
	if len(masters) == 0 {
		return nil, errors.New("no key given")
	}
	r := &Ring{rand: rand.Reader}
	for i, m := range masters {
		k, err := newKey(m)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(masters), err)
		}
		if _, known := r.find(k.id[:]); known {
			return nil, fmt.Errorf("key %d of %d was given before", i+1, len(masters))
		}
		r.keys = append(r.keys, k)
	}
	index, err := derive(masters[0], "blind index")
	if err != nil {
		return nil, err
	}
	r.index = index
	return r, nil
}

func newKey(master []byte) (key, error) {
	if len(master) != masterSize {
		return key{}, fmt.Errorf("has %d bytes instead of %d", len(master), masterSize)
	}
	var k key
	sealing, err := derive(master, "seal")
	if err != nil {
		return key{}, err
	}
	if k.link, err = derive(master, "link"); err != nil {
		return key{}, err
	}
	fingerprint, err := derive(master, "fingerprint")
	if err != nil {
		return key{}, err
	}
	copy(k.id[:], fingerprint)
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return key{}, fmt.Errorf("make cipher: %w", err)
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return key{}, fmt.Errorf("make cipher: %w", err)
	}
	return k, nil
}

func derive(master []byte, end string) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, master, nil, "houzhen/"+end, masterSize)
	if err != nil {
		return nil, fmt.Errorf("derive %s key: %w", end, err)
	}
	return b, nil
}

func (r *Ring) newest() key { return r.keys[len(r.keys)-1] }

func (r *Ring) find(id []byte) (key, bool) {
	for _, k := range r.keys {
		if bytes.Equal(k.id[:], id) {
			return k, true
		}
	}
	return key{}, false
}

// Seal encrypts plain for one purpose, such as "patient.name". What is sealed
// for a purpose opens for that purpose only, so a value cannot be moved to
// another column. The same text seals differently each time.
func (r *Ring) Seal(plain, purpose string) ([]byte, error) {
	k := r.newest()
	head := append([]byte{version}, k.id[:]...)
	nonce := make([]byte, k.aead.NonceSize())
	if _, err := io.ReadFull(r.rand, nonce); err != nil {
		return nil, fmt.Errorf("make nonce: %w", err)
	}
	return k.aead.Seal(append(head, nonce...), nonce, []byte(plain), bound(head, purpose)), nil
}

// Open decrypts what Seal gave for the same purpose, by whichever key of the
// ring sealed it. Its error is ErrOpen and never says anything of the content.
func (r *Ring) Open(sealed []byte, purpose string) (string, error) {
	if len(sealed) < headSize || sealed[0] != version {
		return "", fmt.Errorf("%w: not a sealed value", ErrOpen)
	}
	head, rest := sealed[:headSize], sealed[headSize:]
	k, ok := r.find(head[1:])
	if !ok {
		return "", fmt.Errorf("%w: key %x is not in the ring", ErrOpen, head[1:])
	}
	if len(rest) < k.aead.NonceSize() {
		return "", fmt.Errorf("%w: cut off", ErrOpen)
	}
	nonce, text := rest[:k.aead.NonceSize()], rest[k.aead.NonceSize():]
	plain, err := k.aead.Open(nil, nonce, text, bound(head, purpose))
	if err != nil {
		return "", fmt.Errorf("%w: damaged, or sealed for another purpose", ErrOpen)
	}
	return string(plain), nil
}

// SealedByNewest reports whether sealed needs no re-sealing after a rotation.
func (r *Ring) SealedByNewest(sealed []byte) bool {
	id := r.newest().id
	return len(sealed) >= headSize && sealed[0] == version && bytes.Equal(sealed[1:headSize], id[:])
}

// Index gives a keyed digest of value in 64 hex signs: equal values have equal
// digests within a purpose and unrelated ones across purposes. It lets a
// database find a sealed value without knowing it. Callers normalise value.
func (r *Ring) Index(value, purpose string) string {
	return hex.EncodeToString(digest(r.index, purpose, []byte(value)))
}

func digest(key []byte, purpose string, value []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(bound(nil, purpose))
	h.Write(value)
	return h.Sum(nil)
}

// bound joins head and purpose so that no two pairs give the same bytes.
func bound(head []byte, purpose string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(purpose)))
	b = append(b, purpose...)
	return append(b, head...)
}

// String tells how many keys there are and which seals, and nothing of them.
func (r Ring) String() string {
	if len(r.keys) == 0 {
		return "seal.Ring(no keys)"
	}
	return fmt.Sprintf("seal.Ring(%d keys, newest %x)", len(r.keys), r.newest().id)
}

// Format prints the mask for every verb, %#v too.
func (r Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue keeps the keys out of logs.
func (r Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText encodes the mask.
func (r Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
