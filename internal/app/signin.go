package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/alexedwards/scs/v2"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

// signIn opens and closes web sessions (api.SignIn).
type signIn struct {
	app      *App
	sessions *scs.SessionManager
	codes    *auth.Codes
	staff    *auth.Staff
}

func (a *App) newSignIn(ctx context.Context, sessions *scs.SessionManager) (*signIn, error) {
	passwords, err := auth.NewPasswords(ctx, auth.PasswordOptions{})
	if err != nil {
		return nil, fmt.Errorf("passwords: %w", err)
	}
	s := &signIn{app: a, sessions: sessions}
	s.codes = auth.NewCodes(auth.CodesOptions{Store: a.Store.Auth(), Hash: a.Ring.Index, Tell: a.tellCode})
	s.staff = auth.NewStaff(auth.StaffOptions{
		Passwords: passwords, Now: wall, Logger: a.log, Find: a.credential, Rehash: a.rehash,
	})
	return s, nil
}

// tellCode plans the message with a sign-in code in the transaction that
// stores its hash.
func (a *App) tellCode(ctx context.Context, tx auth.Tx, s auth.SignIn, code string) error {
	rows := a.policy.PlanSignIn(notify.Subject{ID: s.ID, Version: 1, Recipient: s.ID}, code, tx.Now())
	_, err := notify.Enter(ctx, tx.(everything), rows)
	return err
}

func (a *App) credential(ctx context.Context, login string) (auth.Credential, error) {
	var c auth.Credential
	err := a.view(ctx, func(tx everything) error {
		s, err := tx.StaffByLogin(ctx, login)
		if err != nil {
			return err
		}
		c = auth.Credential{Principal: staffPrincipal(s), PasswordHash: s.PasswordHash, Disabled: s.Disabled}
		return nil
	})
	return c, err
}

func staffPrincipal(s directory.Staff) auth.Principal {
	return auth.Principal{Role: auth.Role(s.Role), ID: s.ID, Display: s.Display, DoctorID: s.DoctorID}
}

func (a *App) rehash(ctx context.Context, id, hash string) error {
	return a.inTx(ctx, func(tx everything) error {
		s, err := tx.Staff(ctx, id)
		if err != nil {
			return err
		}
		s.PasswordHash = hash
		return tx.SaveStaff(ctx, s)
	})
}

// refresh looks whether whoever is signed in still works here.
func (a *App) refresh(ctx context.Context, p auth.Principal) (auth.Principal, error) {
	if !p.Staff() {
		return p, nil
	}
	err := a.view(ctx, func(tx everything) error {
		s, err := tx.Staff(ctx, p.ID)
		if err != nil {
			return err
		}
		if s.Disabled {
			return houzhen.E(houzhen.CodeSignIn, "staff member is disabled")
		}
		p = staffPrincipal(s)
		return nil
	})
	return p, err
}

// screen gives a paired display its rights: those of the zone that it hangs in.
func (a *App) screen(ctx context.Context, tokenHash string) (auth.Principal, error) {
	var s directory.Screen
	err := a.view(ctx, func(tx everything) (err error) {
		s, err = tx.ScreenByToken(ctx, tokenHash)
		return err
	})
	if err != nil {
		return auth.Principal{}, err
	}
	zone := s.Target
	if s.Kind == topicDoor {
		index, err := a.Directory.Index(ctx)
		if err != nil {
			return auth.Principal{}, err
		}
		room, _ := index.Room(s.Target)
		zone = room.ZoneID
	}
	return auth.Principal{Role: auth.Screen, ID: s.ID, Display: s.Kind, ZoneIDs: []string{zone}}, nil
}

// AskCode sends a code to a phone. It tells nobody whether the phone is known.
func (s *signIn) AskCode(ctx context.Context, phone string, _ houzhen.Lang, _ string) (string, error) {
	number, err := directory.ParsePhone(phone)
	if err != nil {
		return "", err
	}
	asked, err := s.codes.Ask(ctx, number)
	if err != nil {
		return "", err
	}
	return asked.ID, s.app.Sweep(ctx) // its message is due now
}

// ByCode signs a patient in with a code that was sent to his phone.
func (s *signIn) ByCode(ctx context.Context, id, code string) (auth.Principal, error) {
	phone, err := s.codes.Check(ctx, id, code)
	if err != nil {
		return auth.Principal{}, err
	}
	account, err := s.app.Directory.EnsureAccount(ctx, phone, houzhen.Chinese)
	if err != nil {
		return auth.Principal{}, err
	}
	p := auth.Principal{Role: auth.Patient, ID: account.ID, AccountID: account.ID}
	return p, auth.Enter(ctx, s.sessions, p, wall())
}

// ByPassword signs staff in.
func (s *signIn) ByPassword(ctx context.Context, login, password, address string) (auth.Principal, error) {
	p, err := s.staff.SignIn(ctx, login, password, address)
	if err != nil {
		return p, err
	}
	return p, auth.Enter(ctx, s.sessions, p, wall())
}

// Screen finds the wall display that a token pairs.
func (s *signIn) Screen(ctx context.Context, token string) (directory.Screen, error) {
	return s.app.Directory.ScreenByToken(ctx, auth.HashToken(token))
}

// Out ends the session.
func (s *signIn) Out(ctx context.Context) error { return auth.Leave(ctx, s.sessions) }

// PairScreen makes a wall display known and gives the token that its browser
// keeps; it is shown once.
func (a *App) PairScreen(ctx context.Context, kind, target string) (token string, err error) {
	token, hash, err := auth.NewToken(rand.Reader)
	if err != nil {
		return "", err
	}
	return token, a.inTx(ctx, func(tx everything) error {
		return tx.SaveScreen(ctx, directory.Screen{ID: tx.NewID(), Kind: kind, Target: target, TokenHash: hash, PairedAt: tx.Now()})
	})
}

// AddStaff makes a member of staff who signs in with a password.
func (a *App) AddStaff(ctx context.Context, s directory.Staff, password string) error {
	if err := auth.CheckPassword(password); err != nil {
		return err
	}
	passwords, err := auth.NewPasswords(ctx, auth.PasswordOptions{})
	if err != nil {
		return err
	}
	if s.PasswordHash, err = passwords.Hash(ctx, password); err != nil {
		return err
	}
	return a.inTx(ctx, func(tx everything) error {
		s.ID = tx.NewID()
		return tx.SaveStaff(ctx, s)
	})
}

const firstManager = "admin"

// FirstRun creates the first manager when there is no staff yet, and gives the
// password that is printed once. "" means that there is staff.
func (a *App) FirstRun(ctx context.Context) (login, password string, err error) {
	var staff []directory.Staff
	err = a.view(ctx, func(tx everything) (err error) {
		staff, err = tx.StaffList(ctx)
		return err
	})
	if err != nil || len(staff) > 0 {
		return "", "", err
	}
	token, _, err := auth.NewToken(rand.Reader)
	if err != nil {
		return "", "", err
	}
	password = token[:16]
	return firstManager, password, a.AddStaff(ctx, directory.Staff{Login: firstManager, Display: firstManager, Role: directory.RoleManager}, password)
}
