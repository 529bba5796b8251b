package directory

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

var login = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// SaveStaff adds a member of staff, or changes the one with that id. The hash
// is made by whoever knows the password. At least one manager stays able to
// sign in.
func (s *Service) SaveStaff(ctx context.Context, m Staff) (Staff, error) {
	m.Login = strings.ToLower(strings.TrimSpace(m.Login))
	m.Display = strings.TrimSpace(m.Display)
	if err := s.checkStaff(ctx, m); err != nil {
		return m, err
	}
	err := s.store.InTx(ctx, func(tx Tx) error {
		other, err := tx.StaffByLogin(ctx, m.Login)
		switch {
		case err == nil && other.ID != m.ID:
			return houzhen.E(houzhen.CodeConflict, "login is taken").On("login")
		case err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound:
			return fmt.Errorf("find login: %w", err)
		}
		if m.ID == "" {
			m.ID = tx.NewID()
		} else if err := keepsManager(ctx, tx, m); err != nil {
			return err
		}
		if err := tx.SaveStaff(ctx, m); err != nil {
			return fmt.Errorf("save staff: %w", err)
		}
		return nil
	})
	return m, err
}

func (s *Service) checkStaff(ctx context.Context, m Staff) error {
	switch {
	case !login.MatchString(m.Login):
		return houzhen.E(houzhen.CodeInvalid, "login refused").On("login")
	case m.Role != RoleNurse && m.Role != RoleDoctor && m.Role != RoleManager:
		return houzhen.E(houzhen.CodeInvalid, "no such role").On("role")
	case utf8.RuneCountInString(m.Display) > maxName || !utf8.ValidString(m.Display):
		return houzhen.E(houzhen.CodeInvalid, "display name refused").On("display")
	case !strings.HasPrefix(m.PasswordHash, "$argon2id$"):
		return houzhen.E(houzhen.CodeInvalid, "password hash refused").On("password")
	case m.Role != RoleDoctor:
		return nil
	}
	ix, err := s.Index(ctx)
	if err != nil {
		return err
	}
	if _, known := ix.Doctor(m.DoctorID); !known {
		return houzhen.E(houzhen.CodeInvalid, "no such doctor").On("doctor_id")
	}
	return nil
}

// keepsManager refuses to take the last manager away.
func keepsManager(ctx context.Context, tx Tx, m Staff) error {
	if m.Role == RoleManager && !m.Disabled {
		return nil
	}
	all, err := tx.StaffList(ctx)
	if err != nil {
		return fmt.Errorf("load staff: %w", err)
	}
	was, others := false, 0
	for _, o := range all {
		if o.Role == RoleManager && !o.Disabled {
			if o.ID == m.ID {
				was = true
			} else {
				others++
			}
		}
	}
	if was && others == 0 {
		return houzhen.E(houzhen.CodeState, "the last manager must stay").On("role")
	}
	return nil
}

// Staff finds a member of staff by id.
func (s *Service) Staff(ctx context.Context, id string) (m Staff, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		m, err = tx.Staff(ctx, id)
		return err
	})
	return m, err
}

// StaffByLogin finds a member of staff by login.
func (s *Service) StaffByLogin(ctx context.Context, login string) (m Staff, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		m, err = tx.StaffByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
		return err
	})
	return m, err
}

// StaffList lists all staff.
func (s *Service) StaffList(ctx context.Context) (list []Staff, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.StaffList(ctx)
		return err
	})
	return list, err
}

// Kinds of screens.
const (
	ScreenZone = "zone"
	ScreenDoor = "door"
)

// PairScreen pairs a wall display with what it shows. tokenHash is the SHA-256
// of its token in hex; the token itself is never kept. An id pairs that
// display anew.
func (s *Service) PairScreen(ctx context.Context, id, kind, target, tokenHash string) (Screen, error) {
	ix, err := s.Index(ctx)
	if err != nil {
		return Screen{}, err
	}
	_, zone := ix.Zone(target)
	_, room := ix.Room(target)
	switch {
	case kind != ScreenZone && kind != ScreenDoor:
		return Screen{}, houzhen.E(houzhen.CodeInvalid, "no such kind of screen").On("kind")
	case kind == ScreenZone && !zone, kind == ScreenDoor && !room:
		return Screen{}, houzhen.E(houzhen.CodeInvalid, "no such zone or room").On("target")
	case len(tokenHash) != 64:
		return Screen{}, houzhen.E(houzhen.CodeInvalid, "token hash refused").On("token")
	}
	var screen Screen
	err = s.store.InTx(ctx, func(tx Tx) error {
		screen = Screen{ID: id, Kind: kind, Target: target, TokenHash: tokenHash, PairedAt: tx.Now()}
		if screen.ID == "" {
			screen.ID = tx.NewID()
		}
		return tx.SaveScreen(ctx, screen)
	})
	if err != nil {
		return Screen{}, fmt.Errorf("pair screen: %w", err)
	}
	return screen, nil
}

// ScreenByToken finds a paired display by the hash of its token.
func (s *Service) ScreenByToken(ctx context.Context, tokenHash string) (screen Screen, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		screen, err = tx.ScreenByToken(ctx, tokenHash)
		return err
	})
	return screen, err
}

// Screens lists the paired displays.
func (s *Service) Screens(ctx context.Context) (list []Screen, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Screens(ctx)
		return err
	})
	return list, err
}
