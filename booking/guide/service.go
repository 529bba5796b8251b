package guide

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// Service keeps the versions of the table and says which one is in force.
type Service struct {
	store Store
	loc   *time.Location
	newID func() string
}

// NewService makes the service. loc says what today is.
func NewService(store Store, loc *time.Location, newID func() string) *Service {
	return &Service{store: store, loc: loc, newID: newID}
}

// Current gives the version in force; CodeNotFound before the first one is
// approved.
func (s *Service) Current(ctx context.Context) (v Version, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		v, err = tx.GuideInForce(ctx, houzhen.BusinessDate(tx.Now(), s.loc))
		return err
	})
	return v, err
}

// Versions lists every version, the latest first.
func (s *Service) Versions(ctx context.Context) (list []Version, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.GuideVersions(ctx)
		return err
	})
	return list, err
}

// Import takes a table in as a draft. The name of the file says how it is
// written; what is wrong with it is CodeInvalid with []Fault as its detail.
func (s *Service) Import(ctx context.Context, by, name string, data []byte) (v Version, err error) {
	t, err := Parse(name, data)
	if err != nil {
		return v, err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		known, err := tx.GuideVersions(ctx)
		if err != nil {
			return fmt.Errorf("load versions: %w", err)
		}
		v = Version{ID: s.newID(), Number: 1, State: Draft, Table: t, AuthorID: by, ImportedAt: tx.Now()}
		if len(known) > 0 {
			v.Number = known[0].Number + 1
		}
		if err := tx.SaveGuide(ctx, &v); err != nil {
			return fmt.Errorf("save version: %w", err)
		}
		return tx.Append(ctx, by, "guide.imported", v.ID, strconv.Itoa(v.Number))
	})
	return v, err
}

// Approve puts a draft into force, now or on its day; what it replaces is
// superseded.
func (s *Service) Approve(ctx context.Context, id, by string) (v Version, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		if v, err = tx.LockGuide(ctx, id); err != nil {
			return err
		}
		if v, err = v.Approve(tx.Now(), houzhen.BusinessDate(tx.Now(), s.loc), by); err != nil {
			return err
		}
		if err := tx.SaveGuide(ctx, &v); err != nil {
			return fmt.Errorf("save version: %w", err)
		}
		if err := tx.Append(ctx, by, "guide.approved", v.ID, strconv.Itoa(v.Number)); err != nil {
			return err
		}
		_, err := s.settle(ctx, tx)
		return err
	})
	return v, err
}

// Settle marks as superseded what a version that came into force by its date
// has replaced.
func (s *Service) Settle(ctx context.Context) (n int, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		n, err = s.settle(ctx, tx)
		return err
	})
	return n, err
}

func (s *Service) settle(ctx context.Context, tx Tx) (int, error) {
	all, err := tx.GuideVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("load versions: %w", err)
	}
	gone := Settle(all, houzhen.BusinessDate(tx.Now(), s.loc))
	for _, v := range gone {
		if err := tx.SaveGuide(ctx, &v); err != nil {
			return 0, fmt.Errorf("supersede version: %w", err)
		}
	}
	return len(gone), nil
}
