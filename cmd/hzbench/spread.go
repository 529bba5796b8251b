package main

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/measure"
)

// Limits of the spread, in times the plain path and in milliseconds.
const (
	spreadPostgreSQL = 6.0
	spreadSQLite     = 5.0
	spreadP99        = 50.0
	aloneTimes       = 1.0 // no slower than plain
)

// way books a place of the session that a piece falls to, for the person of
// that number.
type way func(ctx context.Context, caller, piece int) error

// onto makes a way for the sessions of one turn.
type onto func([]booking.Session) (way, error)

// turn lets callers book on new sessions in one way, from their release on; a
// moment before it these are made ready, as a server does. Every piece is another
// person on the next session, so that no session fills up.
func (s *stage) turn(callers, bookings int, size sizes, make onto) (measure.Load, error) {
	n := size.sessions
	if callers == 1 {
		n = max(1, bookings*3/2/size.places) // so that each session lives through as much as with many callers
	}
	release := time.Now().Add(size.lead)
	list, err := s.sessions(n, size.places, release, false)
	if err != nil {
		return measure.Load{}, fmt.Errorf("make sessions: %w", err)
	}
	if _, err := s.app.Booking.MakeReady(s.ctx, size.lead); err != nil {
		return measure.Load{}, err
	}
	book, err := make(list)
	if err != nil {
		return measure.Load{}, err
	}
	if err := measure.Until(s.ctx, release); err != nil {
		return measure.Load{}, err
	}
	return measure.Closed(s.ctx, callers, min(bookings, len(s.crowd), n*size.places*2/3), size.turn, book)
}

// direct books through booking.Service.
func (s *stage) direct(list []booking.Session) (way, error) {
	prefix := s.key()
	return func(ctx context.Context, _, piece int) error {
		m := s.crowd[piece]
		_, err := s.app.Booking.Book(ctx, booking.BookRequest{
			Caller: "patient:" + m.AccountID, Key: fmt.Sprint(prefix, "-", piece), SessionID: list[piece%len(list)].ID, PatientID: m.PatientID,
			AccountID: m.AccountID, Channel: "api",
		})
		return err
	}, nil
}

// plainly books by the plain path.
func (s *stage) plainly(p *plain) onto {
	return func(list []booking.Session) (way, error) {
		prefix := s.key()
		return func(ctx context.Context, _, piece int) error {
			return p.take(ctx, list[piece%len(list)].ID, s.crowd[piece].PatientID, fmt.Sprint(prefix, "-", piece))
		}, nil
	}
}

// rates turns a way into figures of bookings a second, and keeps the 99th
// percentiles of the waits in milliseconds.
func (s *stage) rates(callers, bookings int, size sizes, waits *[]float64, make onto) func(context.Context) (float64, error) {
	return func(context.Context) (float64, error) {
		l, err := s.turn(callers, bookings, size, make)
		*waits = append(*waits, measure.Millis(l.Waited.Quantile(0.99)))
		return l.PerSecond(), err
	}
}

// spread measures bookings on many sessions beside the plain path: by many
// callers, and by one alone.
func (s *stage) spread(size sizes) error {
	p, err := openPlain(s.ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = p.close() }()
	s.say("%s: %d callers book on %d sessions, plainly and through the service", s.engine, size.callers, size.sessions)
	var waits, plainWaits, none []float64
	many, err := measure.Rounds(s.ctx, size.rounds,
		s.rates(size.callers, size.bookings, size, &plainWaits, s.plainly(p)),
		s.rates(size.callers, size.bookings, size, &waits, s.direct))
	if err != nil {
		return fmt.Errorf("spread: %w", err)
	}
	s.say("%s: one caller alone books, plainly and through the service", s.engine)
	alone, err := measure.Rounds(s.ctx, 2*size.rounds-1,
		s.rates(1, size.alone, size, &none, s.plainly(p)), s.rates(1, size.alone, size, &none, s.direct))
	if err != nil {
		return fmt.Errorf("alone: %w", err)
	}
	times := spreadSQLite
	if s.engine == postgresql {
		times = spreadPostgreSQL
	}
	s.report.Add(
		measure.Plain(s.name("plain.bookings"), measure.Median(many[0]), "1/s"),
		measure.Plain(s.name("plain.p99"), measure.Median(plainWaits), "ms"),
		measure.Plain(s.name("spread.bookings"), measure.Median(many[1]), "1/s"),
		measure.Least(s.name("spread.times_plain"), measure.Ratio(many[1], many[0]), times, "x"),
		measure.Most(s.name("spread.p99"), measure.Median(waits), spreadP99, "ms"),
		measure.Plain(s.name("alone.plain_bookings"), measure.Median(alone[0]), "1/s"),
		measure.Plain(s.name("alone.bookings"), measure.Median(alone[1]), "1/s"),
		measure.Least(s.name("alone.times_plain"), measure.Ratio(alone[1], alone[0]), aloneTimes, "x"),
	)
	return nil
}
