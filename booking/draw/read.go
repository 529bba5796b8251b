package draw

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Windows tells booking of draws that are announced; it runs in booking's
// transaction.
type Windows struct{}

var _ booking.Draws = Windows{}

// Opens implements booking.Draws.
func (Windows) Opens(ctx context.Context, btx booking.Tx, sessionID string) (time.Time, error) {
	tx, ok := btx.(Tx)
	if !ok {
		return time.Time{}, houzhen.E(houzhen.CodeInternal, "store keeps no draws")
	}
	l, err := tx.Lottery(ctx, sessionID)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound || err == nil && l.State != Announced:
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("load draw: %w", err)
	}
	return l.Opens, nil
}

// Of gives the draw of a session.
func (s *Service) Of(ctx context.Context, sessionID string) (l Lottery, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		l, err = tx.Lottery(ctx, sessionID)
		return err
	})
	return l, err
}

// Announced lists draws whose window is not long over, by opening.
func (s *Service) Announced(ctx context.Context, from time.Time) (list []Lottery, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.Lotteries(ctx, from)
		return err
	})
	return list, err
}

// RequestOf gives a person's lot in the draw of a session.
func (s *Service) RequestOf(ctx context.Context, sessionID, patientID string) (r Request, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		r, err = tx.DrawRequestOf(ctx, sessionID, patientID)
		return err
	})
	return r, err
}

// RequestsOf lists the lots of some people, the latest first.
func (s *Service) RequestsOf(ctx context.Context, patientIDs []string) (list []Request, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		list, err = tx.DrawRequestsOfPatients(ctx, patientIDs)
		return err
	})
	return list, err
}

// Record gives what is published of a draw: before it is drawn the commitment
// alone, afterwards everything that is needed to check it.
func (s *Service) Record(ctx context.Context, sessionID string) (record Record, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		l, err := tx.Lottery(ctx, sessionID)
		if err != nil {
			return err
		}
		record = Record{
			Version: Version, Session: l.SessionID, Opens: l.Opens.UTC().Format(time.RFC3339), Closes: l.Closes.UTC().Format(time.RFC3339),
			Places: l.Places, Commitment: l.Commitment,
		}
		if l.State == Announced {
			return nil
		}
		record.Seed = l.Seed
		requests, err := tx.DrawRequests(ctx, sessionID)
		for _, r := range requests {
			record.Order = append(record.Order, r.ID)
		}
		record.Requests = slices.SortedFunc(slices.Values(record.Order), strings.Compare)
		return err
	})
	return record, err
}
