package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/houzhen/houzhen/internal/measure"
)

// bookingCmd measures how places are taken.
type bookingCmd struct {
	Only    []string `enum:"spread,http,rush,growth" help:"Measure these alone: spread, http, rush, growth." placeholder:"PART"`
	Engines []string `enum:"sqlite,postgresql" help:"On these databases alone: sqlite, postgresql." placeholder:"ENGINE"`
	Rows    int      `default:"10000000" help:"Past appointments that growth compares with one hundredth of them."`
	Small   bool     `help:"Everything small: shows that it works, not how fast it is."`
}

// sizes say how much is done.
type sizes struct {
	callers     int           // of the spread
	sessions    int           // that bookings are spread over
	places      int           // of one session
	rounds      int           // in which ways of booking take turns
	bookings    int           // of one turn, at most
	turn        time.Duration // as long as it takes at most
	alone       int           // bookings of one turn of a lone caller, at most
	lead        time.Duration // from the making of a turn's sessions to their release
	requesters  int           // on the hot session
	connections int           // that the rush shares
	rate        float64       // attempts a second of the paced rush
	attempts    int           // of the paced rush
	past        int           // appointments that are over before anything is measured
}

func (c *bookingCmd) sizes() sizes {
	if c.Small {
		return sizes{
			callers: 16, sessions: 20, places: 60, rounds: 1, bookings: 300, turn: time.Second, alone: 50, lead: 300 * time.Millisecond,
			requesters: 600, connections: 32, rate: 500, attempts: 400, past: 6000,
		}
	}
	return sizes{
		callers: 128, sessions: 500, places: 60, rounds: 3, bookings: 20_000, turn: 10 * time.Second, alone: 1500, lead: 3 * time.Second,
		requesters: 20_000, connections: 512, rate: 2000, attempts: 20_000, past: 300_000,
	}
}

// engines lists the databases that are measured: SQLite always, PostgreSQL
// where there is one.
func (c *bookingCmd) engines(e *env) []string {
	var list []string
	for _, engine := range []string{sqlite, postgresql} {
		asked := len(c.Engines) == 0 || slices.Contains(c.Engines, engine)
		if asked && (engine == sqlite || e.databaseURL != "") {
			list = append(list, engine)
		}
	}
	return list
}

func (c *bookingCmd) part(name string) bool { return len(c.Only) == 0 || slices.Contains(c.Only, name) }

// Run implements the command.
func (c *bookingCmd) Run(e *env) error {
	size := c.sizes()
	hello, err := measure.Hello(e.ctx, size.callers)
	if err != nil {
		return err
	}
	e.report.Add(measure.Plain("machine.net_http_hello", hello, "1/s"))
	for _, engine := range c.engines(e) {
		if err := c.on(e, engine, size); err != nil {
			return err
		}
	}
	return nil
}

// on measures one database.
func (c *bookingCmd) on(e *env, engine string, size sizes) error {
	if err := e.disk(engine); err != nil {
		return err
	}
	if c.part("spread") || c.part("http") || c.part("rush") {
		people := size.requesters + size.bookings/2
		if err := withStage(e, engine, people, nil, func(s *stage) error {
			if err := s.load(size.past); err != nil { // ten days, so that the database plans as for a hospital that is open
				return err
			}
			s.say("%s: what a hospital has done by the calendar in those ten days", engine)
			if err := s.app.Fire(e.ctx); err != nil {
				return fmt.Errorf("run the calendar: %w", err)
			}
			return c.each(s, size)
		}); err != nil {
			return err
		}
	}
	if !c.part("growth") {
		return nil
	}
	return growth(e, engine, size, c.Rows)
}

// each measures the parts that share a stage. The rush comes first: it runs
// the work behind the API, which would otherwise begin with the others' facts.
func (c *bookingCmd) each(s *stage, size sizes) error {
	for _, part := range []struct {
		name    string
		measure func(*stage, sizes) error
	}{{"rush", (*stage).rush}, {"spread", (*stage).spread}, {"http", (*stage).overHTTP}} {
		if !c.part(part.name) {
			continue
		}
		if err := part.measure(s, size); err != nil {
			return err
		}
	}
	return nil
}

// disk measures the disk under the temporary folder, where SQLite's file is.
func (e *env) disk(engine string) error {
	dir, err := os.MkdirTemp("", "hzbench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	syncs, err := measure.Fdatasync(dir)
	e.report.Add(measure.Plain(engine+".fdatasync", syncs, "1/s"))
	return errors.Join(err, os.RemoveAll(dir))
}
