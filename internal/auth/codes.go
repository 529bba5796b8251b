package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/houzhen/houzhen"
)

// How phone codes are limited.
const (
	CodeValid    = 5 * time.Minute
	CodeAttempts = 5
)

const codeDigits = 6

// codePurpose separates the hashes of codes from every other use of the key.
const codePurpose = "auth.sign_in.code"

// limits of codes sent to one phone, shortest window first.
var limits = [...]struct {
	window time.Duration
	most   int
}{{time.Minute, 1}, {time.Hour, 5}, {24 * time.Hour, 10}}

// CodesOptions configure Codes.
type CodesOptions struct {
	Store Store
	// Hash is a keyed digest, such as seal.Ring.Index.
	Hash func(value, purpose string) string
	// Tell plans the message with the code in the transaction that stores its
	// hash: the code is sent if and only if it exists.
	Tell func(ctx context.Context, tx Tx, s SignIn, code string) error
	Rand io.Reader // nil is crypto/rand
}

// Codes signs patients in with a code sent to their phone.
type Codes struct{ opt CodesOptions }

// NewCodes makes the service.
func NewCodes(opt CodesOptions) *Codes {
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	return &Codes{opt}
}

// Ask sends a code and gives the sign-in that Check wants with it. A phone
// that has asked too often gets CodeRateLimited; whether it has an account
// makes no difference here.
func (c *Codes) Ask(ctx context.Context, phone houzhen.Phone) (SignIn, error) {
	code, err := c.draw()
	if err != nil {
		return SignIn{}, err
	}
	var s SignIn
	err = c.opt.Store.InTx(ctx, func(tx Tx) error {
		if err := limit(ctx, tx, phone); err != nil {
			return err
		}
		now := tx.Now()
		s = SignIn{ID: tx.NewID(), Phone: phone, CreatedAt: now, ExpiresAt: now.Add(CodeValid)}
		s.CodeHash = c.hash(s.ID, code)
		if err := tx.AddSignIn(ctx, s); err != nil {
			return fmt.Errorf("add sign-in: %w", err)
		}
		if err := c.opt.Tell(ctx, tx, s, code); err != nil {
			return fmt.Errorf("tell code: %w", err)
		}
		return tx.Emit(houzhen.Event{Kind: houzhen.SignInAsked, ID: tx.NewID(), Subject: s.ID, Version: 1, At: now})
	})
	return s, err
}

func limit(ctx context.Context, tx Tx, phone houzhen.Phone) error {
	for _, l := range limits {
		n, err := tx.SignInsSince(ctx, phone, tx.Now().Add(-l.window))
		if err != nil {
			return fmt.Errorf("count sign-ins: %w", err)
		}
		if n >= l.most {
			return Limited(l.window)
		}
	}
	return nil
}

// Check gives the phone when code is the one that was sent for the sign-in id,
// in time, for the first time and within five attempts; else CodeBadCode,
// which does not say why.
func (c *Codes) Check(ctx context.Context, id, code string) (houzhen.Phone, error) {
	var phone houzhen.Phone
	bad := false
	err := c.opt.Store.InTx(ctx, func(tx Tx) error {
		phone, bad = houzhen.Phone{}, false // the store may run this again
		s, err := tx.SignIn(ctx, id)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			bad = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("load sign-in: %w", err)
		}
		// The attempt is counted before the code is looked at, by the database:
		// a thousand guesses at once are still a thousand.
		n, err := tx.SignInFailed(ctx, id)
		if err != nil {
			return fmt.Errorf("count attempt: %w", err)
		}
		if bad = n > CodeAttempts || !tx.Now().Before(s.ExpiresAt) || !s.UsedAt.IsZero() || !c.matches(s, code); bad {
			return nil // and keep the count
		}
		phone = s.Phone
		return tx.SignInUsed(ctx, id)
	})
	if err != nil {
		return houzhen.Phone{}, err
	}
	if bad {
		return houzhen.Phone{}, houzhen.E(houzhen.CodeBadCode, "sign-in code is wrong or too old").On("code")
	}
	return phone, nil
}

func (c *Codes) matches(s SignIn, code string) bool {
	return subtle.ConstantTimeCompare([]byte(c.hash(s.ID, code)), []byte(s.CodeHash)) == 1
}

// hash binds a code to its sign-in, so that one table of a million hashes does
// not serve for all.
func (c *Codes) hash(id, code string) string { return c.opt.Hash(id+"/"+code, codePurpose) }

func (c *Codes) draw() (string, error) {
	n, err := rand.Int(c.opt.Rand, big.NewInt(1_000_000))
	if err != nil {
		return "", errors.Join(errors.New("draw sign-in code"), err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n.Int64()), nil
}
