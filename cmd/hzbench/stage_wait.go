package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
)

// register adds n patients and gives their ids.
func (s *stage) register(n int) ([]string, error) {
	ids := make([]string, 0, n)
	for len(ids) < n {
		err := s.app.Store.Directory().InTx(s.ctx, func(tx directory.Tx) error {
			for range min(500, n-len(ids)) {
				s.people++
				one := sim.Person(1, s.people, s.day)
				one.ID, one.Version = fmt.Sprintf("patient-%07d", s.people), 1
				if err := tx.AddPatient(s.ctx, one); err != nil {
					return err
				}
				ids = append(ids, one.ID)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// until waits until done says so, asking every few milliseconds.
func (s *stage) until(done func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(s.ctx, 10*time.Minute, errors.New("what was waited for did not come"))
	defer cancel()
	t := time.NewTicker(5 * time.Millisecond)
	defer t.Stop()
	for {
		over, err := done()
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}

// idle waits until nothing waits for the pipeline.
func (s *stage) idle() error {
	return s.until(func() (over bool, err error) {
		err = s.app.Store.View(s.ctx, func(tx *store.Tx) error {
			over = true
			for u := houzhen.Critical; u <= houzhen.Routine; u++ {
				facts, err := tx.PendingFacts(s.ctx, u, s.app.Now(), 1)
				if err != nil {
					return err
				}
				due, err := tx.DueMessages(s.ctx, u, s.app.Now(), 1)
				if err != nil {
					return err
				}
				over = over && len(facts)+len(due) == 0
			}
			return nil
		})
		return over, err
	})
}
