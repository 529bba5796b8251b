package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/houzhen/houzhen"
)

// Lengths of a password: in signs below, in bytes above.
const (
	MinPassword = 10
	MaxPassword = 256
)

// ErrHash says that a stored password hash is not one of ours.
var ErrHash = errors.New("password hash is not readable")

// PasswordOptions are the cost of a hash. Zero fields take the defaults: 19 MiB
// in 2 passes, about 30 ms, 4 at once.
type PasswordOptions struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
	AtOnce    int // more wait, so that a flood of sign-ins cannot take all memory
	Rand      io.Reader
}

// Passwords hashes and verifies with argon2id. Its hashes are PHC strings,
// which carry their own cost, so the cost can be raised at any time.
type Passwords struct {
	opt   PasswordOptions
	slots chan struct{}
	decoy string
}

// NewPasswords makes a hasher.
func NewPasswords(ctx context.Context, opt PasswordOptions) (*Passwords, error) {
	if opt.MemoryKiB == 0 {
		opt.MemoryKiB = 19 << 10
	}
	opt.Passes, opt.Threads = max(opt.Passes, 2), max(opt.Threads, 1)
	if opt.AtOnce <= 0 {
		opt.AtOnce = 4
	}
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	p := &Passwords{opt: opt, slots: make(chan struct{}, opt.AtOnce)}
	decoy, err := p.hash(ctx, "nobody has this password")
	p.decoy = decoy
	return p, err
}

// CheckPassword refuses a password that is too short to be safe or too long to
// be hashed.
func CheckPassword(password string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return houzhen.E(houzhen.CodeInvalid, "password is too short").On("password").With("min", fmt.Sprint(MinPassword))
	}
	if len(password) > MaxPassword {
		return houzhen.E(houzhen.CodeInvalid, "password is too long").On("password").With("max", fmt.Sprint(MaxPassword))
	}
	return nil
}

// Hash checks a new password and gives its PHC string.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	return p.hash(ctx, password)
}

func (p *Passwords) hash(ctx context.Context, password string) (string, error) {
	h := phc{memory: p.opt.MemoryKiB, passes: p.opt.Passes, threads: p.opt.Threads, salt: make([]byte, 16)}
	if _, err := io.ReadFull(p.opt.Rand, h.salt); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	var err error
	h.sum, err = p.derive(ctx, password, h, 32)
	return h.String(), err
}

// Verify tells whether password is the one behind hash, and whether the hash
// should be made anew because the cost was raised since. It takes as long for
// a wrong password as for the right one.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (ok, upgrade bool, err error) {
	h, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	if len(password) > MaxPassword {
		return false, false, nil
	}
	sum, err := p.derive(ctx, password, h, uint32(len(h.sum)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(sum, h.sum) == 1
	upgrade = h.memory < p.opt.MemoryKiB || h.passes < p.opt.Passes
	return ok, ok && upgrade, nil
}

// Decoy takes as long as Verify, for a login that does not exist, so that the
// time of an answer does not tell which logins do.
func (p *Passwords) Decoy(ctx context.Context, password string) error {
	_, _, err := p.Verify(ctx, p.decoy, password)
	return err
}

func (p *Passwords) derive(ctx context.Context, password string, h phc, size uint32) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash password: %w", ctx.Err())
	}
	defer func() { <-p.slots }()
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, size), nil
}

// phc is a parsed $argon2id$v=19$m=…,t=…,p=…$salt$sum.
type phc struct {
	memory, passes uint32
	threads        uint8
	salt, sum      []byte
}

// String gives the PHC string.
func (h phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.threads, b64(h.salt), b64(h.sum))
}

// parsePHC reads a hash and refuses costs that only a forged one would have.
func parsePHC(s string) (phc, error) {
	var h phc
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, ErrHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return h, ErrHash
	}
	var err, err2 error
	h.salt, err = base64.RawStdEncoding.DecodeString(part[4])
	h.sum, err2 = base64.RawStdEncoding.DecodeString(part[5])
	switch {
	case err != nil || err2 != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.sum) < 16 || len(h.sum) > 64,
		h.memory < 8 || h.memory > 1<<20, h.passes < 1 || h.passes > 64, h.threads < 1 || h.threads > 64:
		return h, ErrHash
	}
	return h, nil
}
