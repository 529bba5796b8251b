package directory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
)

// Service runs the verbs of the directory on a store, and keeps the public
// side of the hospital in memory.
type Service struct {
	store Store
	loc   *time.Location

	mu    sync.Mutex // guards index, and one load at a time
	index *Index

	known known
}

// NewService makes the service. loc is the hospital's zone, which says what
// today is.
func NewService(store Store, loc *time.Location) *Service { return &Service{store: store, loc: loc} }

// Index gives the hospital with its lookup, from memory once it was loaded.
func (s *Service) Index(ctx context.Context) (*Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index != nil {
		return s.index, nil
	}
	return s.load(ctx)
}

// House gives the hospital, from memory once it was loaded. The caller must
// not change its lists.
func (s *Service) House(ctx context.Context) (House, error) {
	ix, err := s.Index(ctx)
	if err != nil {
		return House{}, err
	}
	return ix.House, nil
}

// Reload reads the hospital anew, for what another node has changed.
func (s *Service) Reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.load(ctx)
	return err
}

func (s *Service) load(ctx context.Context) (*Index, error) {
	var h House
	err := s.store.View(ctx, func(tx Tx) (err error) {
		h, err = tx.House(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load house: %w", err)
	}
	s.index = NewIndex(h)
	return s.index, nil
}

// SaveHouse checks and saves the hospital, and reloads it.
func (s *Service) SaveHouse(ctx context.Context, h House) error {
	if faults := h.Faults(); len(faults) > 0 {
		f := faults[0]
		return houzhen.E(houzhen.CodeInvalid, "house refused").On(f.Path).With("reason", f.Reason).WithDetail(faults)
	}
	err := s.store.InTx(ctx, func(tx Tx) error { return tx.SaveHouse(ctx, h) })
	if err != nil {
		return fmt.Errorf("save house: %w", err)
	}
	return s.Reload(ctx)
}
