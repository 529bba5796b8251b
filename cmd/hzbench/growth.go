package main

import (
	"fmt"
	"time"

	"github.com/houzhen/houzhen/internal/measure"
)

// Limits of growth.
const (
	growthTimes = 1.3 // the cost of a booking beside a hundred times the past
	growthShare = 100
)

// growth measures what a booking costs beside a long past and beside one of a
// hundredth, in two databases that take turns. Patients are spread over the
// indexes of the past as those of a real hospital are, who did not all come
// to it on the same day.
func growth(e *env, engine string, size sizes, rows int) error {
	return withStage(e, engine, size.bookings, spreadIDs, func(long *stage) error {
		return withStage(e, engine, size.bookings, spreadIDs, func(short *stage) error {
			begun := time.Now()
			for _, load := range []struct {
				on   *stage
				rows int
			}{{short, rows / growthShare}, {long, rows}} {
				e.say("%s: %d past appointments are loaded", engine, load.rows)
				if err := load.on.load(load.rows); err != nil {
					return err
				}
			}
			e.report.Add(measure.Plain(long.name("growth.loaded_in"), time.Since(begun).Seconds(), "s"))
			return grown(short, long, size, rows)
		})
	})
}

// grown lets both databases take turns, after one turn each to warm up.
func grown(short, long *stage, size sizes, rows int) error {
	long.say("%s: %d callers book beside both pasts", long.engine, size.callers)
	var none []float64
	turn := func(s *stage) onto { return s.direct }
	ways := func(rounds int) ([][]float64, error) {
		return measure.Rounds(long.ctx, rounds,
			short.rates(size.callers, size.bookings, size, &none, turn(short)), long.rates(size.callers, size.bookings, size, &none, turn(long)))
	}
	if _, err := ways(1); err != nil {
		return fmt.Errorf("growth: %w", err)
	}
	took, err := ways(2*size.rounds - 1)
	if err != nil {
		return fmt.Errorf("growth: %w", err)
	}
	found, err := long.rows()
	if err != nil {
		return err
	}
	long.report.Add(
		measure.Least(long.name("growth.rows"), float64(found), float64(rows), "appointments"),
		measure.Plain(long.name("growth.bookings_short_past"), measure.Median(took[0]), "1/s"),
		measure.Plain(long.name("growth.bookings_long_past"), measure.Median(took[1]), "1/s"),
		measure.Most(long.name("growth.times_short_past"), measure.Ratio(took[0], took[1]), growthTimes, "x"),
	)
	return nil
}

// rows counts the appointments that are over.
func (s *stage) rows() (n int, err error) {
	db, err := s.open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(s.ctx, `SELECT COUNT(*) FROM appointment WHERE id > '' AND state <> 2`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the past: %w", err)
	}
	return n, nil
}
