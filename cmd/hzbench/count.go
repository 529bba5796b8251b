package main

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/measure"
)

// tally is what the database holds of a rush, read past the store.
type tally struct {
	held        map[string]string // active appointment → its session
	sold        map[string]int    // places by session
	twice, both int               // places sold twice, people with two places in one session
}

// count compares what a rush was answered with what the database holds: every
// place of the hot session sold once, nobody twice, nothing more than there is,
// and neither an answer nor a booking that the other side does not know.
func (s *stage) count(name string, all []*attempt, list []booking.Session, size sizes) error {
	t, err := s.tally(list)
	if err != nil {
		return err
	}
	over := t.twice
	for _, n := range t.sold {
		over += max(0, n-size.places)
	}
	lost, odd := 0, 0
	untold := maps.Clone(t.held)
	for _, a := range all {
		switch {
		case a.booked():
			delete(untold, a.id)
			if t.held[a.id] != list[a.session].ID {
				lost++
			}
		case a.fault != "":
			odd++
			if odd == 1 {
				s.say("%s: an answer that is neither a place nor a refusal: %s", s.engine, a.fault)
			}
		}
	}
	hot := t.sold[list[0].ID]
	s.report.Add(
		measure.Plain(s.name(name+".hot_sold"), float64(hot), "places"),
		measure.Most(s.name(name+".hot_unsold"), float64(size.places-hot), 0, "places"),
		measure.Most(s.name(name+".oversold"), float64(over), 0, "places"),
		measure.Most(s.name(name+".duplicates"), float64(t.both), 0, "people"),
		measure.Most(s.name(name+".lost"), float64(lost), 0, "bookings"),
		measure.Most(s.name(name+".unanswered"), float64(len(untold)), 0, "bookings"),
		measure.Most(s.name(name+".other_answers"), float64(odd), 0, "answers"),
	)
	return nil
}

// tally reads the active appointments of sessions.
func (s *stage) tally(list []booking.Session) (tally, error) {
	t := tally{held: map[string]string{}, sold: map[string]int{}}
	db, err := s.open()
	if err != nil {
		return t, err
	}
	defer func() { _ = db.Close() }()
	for _, o := range list {
		if err := s.tallyOne(db, o.ID, &t); err != nil {
			return t, fmt.Errorf("count places: %w", err)
		}
	}
	return t, nil
}

func (s *stage) tallyOne(db *sql.DB, session string, t *tally) error {
	rows, err := db.QueryContext(s.ctx, `SELECT id, slot_no, patient_id FROM appointment WHERE session_id = $1 AND state > 0`, session)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	places, people := map[int]bool{}, map[string]bool{}
	for rows.Next() {
		var id, patient string
		var no int
		if err := rows.Scan(&id, &no, &patient); err != nil {
			return err
		}
		if places[no] {
			t.twice++
		}
		if people[patient] {
			t.both++
		}
		places[no], people[patient] = true, true
		t.held[id] = session
		t.sold[session]++
	}
	return rows.Err()
}

// open opens the database past the store.
func (s *stage) open() (*sql.DB, error) {
	driver, address := "sqlite", plainDSN(filepath.Join(s.cfg.Data, "houzhen.db"))
	if s.engine == postgresql {
		driver, address = "pgx", s.cfg.DatabaseURL
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, fmt.Errorf("open past the store: %w", err)
	}
	return db, nil
}
