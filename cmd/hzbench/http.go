package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/measure"
)

// httpShare is the share of the direct bookings that must get through HTTP.
const httpShare = 0.40

// overHTTP measures the bookings of the spread through the whole API beside
// the service called directly.
func (s *stage) overHTTP(size sizes) error {
	addr, stop, err := s.listen()
	if err != nil {
		return err
	}
	defer stop()
	s.say("%s: %d callers book over HTTP, and directly", s.engine, size.callers)
	var waits, none []float64
	both, err := measure.Rounds(s.ctx, size.rounds,
		s.rates(size.callers, size.bookings, size, &none, s.direct),
		s.rates(size.callers, size.bookings, size, &waits, s.wired(addr, size)))
	if err != nil {
		return fmt.Errorf("over http: %w", err)
	}
	s.report.Add(
		measure.Plain(s.name("http.bookings"), measure.Median(both[1]), "1/s"),
		measure.Plain(s.name("http.p99"), measure.Median(waits), "ms"),
		measure.Least(s.name("http.share_of_direct"), measure.Ratio(both[1], both[0]), httpShare, "x"),
	)
	return nil
}

// wired books over HTTP; the requests are put together and the connections
// opened before the clock runs.
func (s *stage) wired(addr string, size sizes) onto {
	return func(list []booking.Session) (way, error) {
		requests := make([][]byte, min(size.bookings, len(s.crowd)))
		for i := range requests {
			requests[i] = s.request(addr, i, list[i%len(list)].ID)
		}
		wires, err := measure.DialAll(s.ctx, addr, size.callers)
		return func(ctx context.Context, _, piece int) error {
			status, body, err := wires.Ask(ctx, requests[piece])
			if err == nil && status != http.StatusCreated {
				err = fmt.Errorf("status %d: %s", status, body)
			}
			return err
		}, err
	}
}

// request puts together the booking of one person, from an address of his own.
func (s *stage) request(addr string, person int, session string) []byte {
	m := s.crowd[person]
	return measure.Request(http.MethodPost, "/api/v1/appointments", addr,
		fmt.Sprintf(`{"patient_id":%q,"session_id":%q}`, m.PatientID, session),
		"Cookie: "+m.Cookie, "Idempotency-Key: "+s.key(), from(person))
}

// from is the header by which a trusted proxy names the address of a person.
func from(person int) string {
	return fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d", person>>16&255, person>>8&255, person&255)
}

// listen serves the whole API without the work behind it, for which the
// service called directly does not wait either.
func (s *stage) listen() (addr string, stop func(), err error) {
	handler, err := s.app.Handler(s.ctx, nil)
	if err != nil {
		return "", nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return l.Addr().String(), func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			s.say("serve: %v", err)
		}
	}, nil
}
