package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/measure"
)

// Limits of the rush.
const (
	soldWithin  = 250.0 // ms from the release until the last place of the hot session is sold
	pacedP99    = 200.0 // ms that whoever got a place has waited, at most
	refusalAsks = 0.01  // statements a refusal; what the sweeps ask meanwhile is counted in
)

// settle is how long a rush may take to be told to everybody.
const settle = 3 * time.Minute

// lead is how long before the release everything is ready.
const lead = 1500 * time.Millisecond

// attempt is one request of a rush and what became of it.
type attempt struct {
	person, session int // numbers; session 0 is the hot one
	request         []byte

	status int
	id     string // of the appointment, when booked
	at     time.Time
	waited time.Duration
	fault  string
}

func (a *attempt) booked() bool { return a.status == http.StatusCreated }

// refused reports a place that somebody else has got.
func (a *attempt) refused() bool { return a.status == http.StatusConflict }

// rush lets everybody ask at the moment of the release, over HTTP and through
// the whole running server: first all at once, then at a steady rate, then, when
// all is sold and told, only to be refused.
func (s *stage) rush(size sizes) error {
	addr, stop, err := s.serve()
	if err != nil {
		return err
	}
	defer stop()
	s.say("%s: everybody signed in looks at the page", s.engine)
	if err := s.lookAround(addr, size); err != nil {
		return err
	}
	if err := s.burst(addr, size); err != nil {
		return fmt.Errorf("rush: %w", err)
	}
	if err := s.paced(addr, size); err != nil {
		return fmt.Errorf("paced rush: %w", err)
	}
	return nil
}

// serve runs the whole server with all its work, as houzhen serve does.
func (s *stage) serve() (addr string, stop func(), err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen: %w", err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.app.ServeOn(ctx, l, func(addr string) { ready <- addr }) }()
	select {
	case addr = <-ready:
	case err = <-done:
		cancel()
		return "", nil, fmt.Errorf("serve: %w", err)
	}
	return addr, func() {
		cancel()
		if err := <-done; err != nil {
			s.say("serve: %v", err)
		}
	}, nil
}

// lookAround lets each person open the page with his own people, as he does
// before a release.
func (s *stage) lookAround(addr string, size sizes) error {
	wires, err := measure.DialAll(s.ctx, addr, size.connections)
	if err != nil {
		return err
	}
	defer wires.Close()
	_, err = measure.Closed(s.ctx, size.connections, len(s.crowd), 0, func(ctx context.Context, _, person int) error {
		status, body, err := wires.Ask(ctx, measure.Request(http.MethodGet, "/api/v1/patients", addr, "", "Cookie: "+s.crowd[person].Cookie, from(person)))
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	return err
}

// attempts puts the requests of a rush together: the first people want the hot
// session, the others the other sessions in turn, mixed by a fixed seed.
func (s *stage) attempts(addr string, list []booking.Session, hot, others int) []*attempt {
	var all []*attempt
	for i := range min(hot+others, len(s.crowd)) {
		a := &attempt{person: i}
		if i >= hot {
			a.session = 1 + (i-hot)%(len(list)-1)
		}
		a.request = s.request(addr, i, list[a.session].ID)
		all = append(all, a)
	}
	rand.New(rand.NewPCG(7, 7)).Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all
}

// send asks once and notes the answer.
func (a *attempt) send(ctx context.Context, wires *measure.Wires, due time.Time) error {
	status, body, err := wires.Ask(ctx, a.request)
	if err != nil {
		return err
	}
	a.at = time.Now()
	a.status, a.waited = status, a.at.Sub(due)
	switch {
	case a.booked():
		var made struct{ ID string }
		if err := json.Unmarshal(body, &made); err != nil {
			return fmt.Errorf("read booking: %w", err)
		}
		a.id = made.ID
	case !a.refused():
		a.fault = fmt.Sprintf("%d %s", status, body)
	}
	return nil
}

// awaitRelease waits for the release, for which everything must be ready.
func awaitRelease(ctx context.Context, release time.Time) error {
	if late := time.Since(release); late > 0 {
		return fmt.Errorf("sessions were ready %v after their release: nothing was measured", late.Round(time.Millisecond))
	}
	return measure.Until(ctx, release)
}

// burst lets all requesters ask at the same moment.
func (s *stage) burst(addr string, size sizes) error {
	release := time.Now().Add(lead + 2*time.Second) // the sessions take a while to be made
	list, err := s.sessions(size.sessions, size.places, release, true)
	if err != nil {
		return err
	}
	all := s.attempts(addr, list, size.requesters, size.bookings/2)
	s.say("%s: %d people ask at once, %d of them for one session", s.engine, len(all), size.requesters)
	wires, err := measure.DialAll(s.ctx, addr, size.connections)
	if err != nil {
		return err
	}
	defer wires.Close()
	if err := awaitRelease(s.ctx, release); err != nil {
		return err
	}
	l, err := measure.Closed(s.ctx, size.connections, len(all), 0, func(ctx context.Context, _, piece int) error {
		return all[piece].send(ctx, wires, release)
	})
	if err != nil {
		return err
	}
	s.report.Add(
		measure.Plain(s.name("rush.answers"), l.PerSecond(), "1/s"),
		measure.Most(s.name("rush.hot_sold_within"), hotSold(all, release), soldWithin, "ms"),
	)
	if err := s.count("rush", all, list, size); err != nil {
		return err
	}
	return s.refusals(all, list, addr, size)
}

// paced lets people ask at a steady rate from the release on, half of them for
// the hot session.
func (s *stage) paced(addr string, size sizes) error {
	release := time.Now().Add(lead + 2*time.Second)
	list, err := s.sessions(size.sessions, size.places, release, true)
	if err != nil {
		return err
	}
	all := s.attempts(addr, list, size.attempts/2, size.attempts/2)
	s.say("%s: %d people ask, %.0f a second", s.engine, len(all), size.rate)
	wires, err := measure.DialAll(s.ctx, addr, size.connections)
	if err != nil {
		return err
	}
	defer wires.Close()
	if err := awaitRelease(s.ctx, release); err != nil {
		return err
	}
	_, err = measure.Open(s.ctx, release, size.rate, len(all), func(ctx context.Context, piece int, due time.Time) error {
		return all[piece].send(ctx, wires, due)
	})
	if err != nil {
		return err
	}
	var booked, refused measure.Samples
	for _, a := range all {
		switch {
		case a.booked():
			booked = append(booked, a.waited)
		case a.refused():
			refused = append(refused, a.waited)
		}
	}
	s.report.Add(
		measure.Plain(s.name("paced.attempts"), size.rate, "1/s"),
		measure.Plain(s.name("paced.booked"), float64(len(booked)), "places"),
		measure.Most(s.name("paced.booked_p99"), measure.Millis(booked.Quantile(0.99)), pacedP99, "ms"),
		measure.Plain(s.name("paced.refused_p99"), measure.Millis(refused.Quantile(0.99)), "ms"),
		measure.Most(s.name("paced.hot_sold_within"), hotSold(all, release), soldWithin, "ms"),
	)
	return s.count("paced", all, list, size)
}

// hotSold gives the milliseconds from the release until the last place of the
// hot session was confirmed.
func hotSold(all []*attempt, release time.Time) float64 {
	var last time.Duration
	for _, a := range all {
		if a.booked() && a.session == 0 {
			last = max(last, a.at.Sub(release))
		}
	}
	return measure.Millis(last)
}

// refusals lets those who were refused ask once more, when all is told, and
// counts what that costs the database.
func (s *stage) refusals(all []*attempt, list []booking.Session, addr string, size sizes) error {
	s.say("%s: whoever got nothing asks again", s.engine)
	ctx, cancel := context.WithTimeout(s.ctx, settle)
	defer cancel()
	if err := s.app.Drain(ctx); err != nil {
		return fmt.Errorf("tell everybody: %w", err)
	}
	var again [][]byte
	for _, a := range all {
		if a.refused() && a.session == 0 {
			again = append(again, s.request(addr, a.person, list[0].ID))
		}
	}
	wires, err := measure.DialAll(s.ctx, addr, size.connections)
	if err != nil {
		return err
	}
	defer wires.Close()
	before := s.app.Store.Statements()
	var mu sync.Mutex
	odd := 0
	l, err := measure.Closed(s.ctx, size.connections, len(again), 0, func(ctx context.Context, _, piece int) error {
		status, _, err := wires.Ask(ctx, again[piece])
		if status != http.StatusConflict {
			mu.Lock()
			defer mu.Unlock()
			odd++
		}
		return err
	})
	if err != nil {
		return err
	}
	asked := float64(s.app.Store.Statements()-before) / float64(max(l.Done, 1))
	s.report.Add(
		measure.Plain(s.name("refusals.answers"), l.PerSecond(), "1/s"),
		measure.Most(s.name("refusals.statements"), asked, refusalAsks, "1/refusal"),
		measure.Most(s.name("refusals.other_answers"), float64(odd), 0, "answers"),
	)
	return nil
}
