package auth

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Credential is a member of staff as signing in needs it.
type Credential struct {
	Principal    Principal
	PasswordHash string
	Disabled     bool
}

// StaffOptions configure Staff.
type StaffOptions struct {
	Passwords *Passwords
	Now       func() time.Time
	Logger    *slog.Logger
	// Find gives the credential of a login, or CodeNotFound.
	Find func(ctx context.Context, login string) (Credential, error)
	// Rehash stores a hash of today's cost; nil leaves old ones.
	Rehash func(ctx context.Context, id, hash string) error
	// ByLogin and ByAddress slow guessing; nil takes the defaults.
	ByLogin, ByAddress *Throttle
}

// Staff signs in people who work here.
type Staff struct{ opt StaffOptions }

// NewStaff makes the service.
func NewStaff(opt StaffOptions) *Staff {
	if opt.ByLogin == nil {
		opt.ByLogin = NewThrottle(ThrottleOptions{})
	}
	if opt.ByAddress == nil { // a whole ward may share one address
		opt.ByAddress = NewThrottle(ThrottleOptions{Free: 50})
	}
	return &Staff{opt}
}

// SignIn gives who signs in. A wrong password, an unknown login and a disabled
// one are all CodeBadCredentials and take the same time.
func (s *Staff) SignIn(ctx context.Context, login, password, address string) (Principal, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	now := s.opt.Now()
	if err := s.opt.ByAddress.Try(address, now); err != nil {
		return Principal{}, err
	}
	if err := s.opt.ByLogin.Try(login, now); err != nil {
		return Principal{}, err
	}
	c, ok, err := s.verify(ctx, login, password)
	if err != nil {
		return Principal{}, err
	}
	if !ok {
		return Principal{}, houzhen.E(houzhen.CodeBadCredentials, "login or password is wrong")
	}
	s.opt.ByAddress.Forgive(address)
	s.opt.ByLogin.Succeeded(login)
	return c.Principal, nil
}

func (s *Staff) verify(ctx context.Context, login, password string) (Credential, bool, error) {
	c, err := s.opt.Find(ctx, login)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return c, false, s.opt.Passwords.Decoy(ctx, password)
	}
	if err != nil {
		return c, false, fmt.Errorf("load staff: %w", err)
	}
	ok, upgrade, err := s.opt.Passwords.Verify(ctx, c.PasswordHash, password)
	if err != nil {
		return c, false, fmt.Errorf("verify password: %w", err)
	}
	if c.Disabled {
		ok = false
	}
	if ok && upgrade && s.opt.Rehash != nil {
		s.rehash(ctx, c, password)
	}
	return c, ok, nil
}

// rehash is worth no failed sign-in.
func (s *Staff) rehash(ctx context.Context, c Credential, password string) {
	hash, err := s.opt.Passwords.hash(ctx, password)
	if err == nil {
		err = s.opt.Rehash(ctx, c.Principal.ID, hash)
	}
	if err != nil {
		s.opt.Logger.WarnContext(ctx, "password not hashed anew", "staff", c.Principal.ID, "error", err)
	}
}
