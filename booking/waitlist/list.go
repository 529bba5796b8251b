package waitlist

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// Entry finds an entry.
func (s *Service) Entry(ctx context.Context, id string) (e Entry, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		e, err = tx.WaitEntry(ctx, id)
		return err
	})
	return e, err
}

// Proposal finds an offer.
func (s *Service) Proposal(ctx context.Context, id string) (p Proposal, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		p, err = tx.Proposal(ctx, id)
		return err
	})
	return p, err
}

// Rank gives the place of a waiting entry in its list, 1 being next; 0 when it
// waits no more.
func (s *Service) Rank(ctx context.Context, e Entry) (rank int, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		rank, err = rankOf(ctx, tx, e)
		return err
	})
	return rank, err
}

func rankOf(ctx context.Context, tx Tx, e Entry) (int, error) {
	if e.Status != Waiting {
		return 0, nil
	}
	ahead, err := tx.WaitAhead(ctx, e)
	if err != nil {
		return 0, err
	}
	return ahead + 1, nil
}

// Standing is an entry as its patient sees it.
type Standing struct {
	Entry

	Rank  int       // 1 is next; 0 when he waits no more
	Offer *Proposal // what he is offered now
}

// Mine lists the entries of patients, the latest first, with what they are
// offered now.
func (s *Service) Mine(ctx context.Context, patientIDs []string) (list []Standing, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list = nil
		entries, err := tx.WaitEntries(ctx, Filter{PatientIDs: patientIDs})
		if err != nil {
			return fmt.Errorf("load entries: %w", err)
		}
		for _, e := range slices.Backward(entries) {
			st, err := standing(ctx, tx, e)
			if err != nil {
				return err
			}
			list = append(list, st)
		}
		return nil
	})
	return list, err
}

func standing(ctx context.Context, tx Tx, e Entry) (st Standing, err error) {
	st.Entry = e
	if st.Rank, err = rankOf(ctx, tx, e); err != nil || !e.Status.Live() {
		return st, err
	}
	offers, err := tx.ProposalsOf(ctx, e.ID)
	if err != nil {
		return st, fmt.Errorf("load offers: %w", err)
	}
	for _, o := range offers {
		if o.Status == Open {
			st.Offer = &o
		}
	}
	return st, nil
}

// Overview is the waitlist as a manager sees it.
type Overview struct {
	Waiting []Standing
	Tally   Tally
}

// mostListed bounds how many entries a page shows.
const mostListed = 200

// Overview lists who waits in a department, "" for all, for dates in a span,
// and what became of the places that came back in it.
func (s *Service) Overview(ctx context.Context, departmentID string, from, to houzhen.Date) (o Overview, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		o = Overview{}
		entries, err := tx.WaitEntries(ctx, Filter{
			DepartmentID: departmentID, Status: []Status{Waiting, Frozen}, From: from, To: to, Limit: mostListed,
		})
		if err != nil {
			return fmt.Errorf("load entries: %w", err)
		}
		for _, e := range entries {
			st, err := standing(ctx, tx, e)
			if err != nil {
				return err
			}
			o.Waiting = append(o.Waiting, st)
		}
		o.Tally, err = tx.WaitTally(ctx, departmentID, from, to)
		return err
	})
	return o, err
}
