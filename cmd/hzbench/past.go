package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Shape of the past: sessions of sixty places, five hundred of them a day, each
// patient five times on average.
const (
	pastSessions = 500 // a day, the last one fewer
	pastPlaces   = 60
	pastVisits   = 5      // of one patient
	fewest       = 60_000 // patients, so that nobody comes twice on a day
	pastWithin   = 15 * time.Minute
)

// past fills a database with appointments that are over, as the engine itself
// makes them up: rows with all their columns, ids and vouchers spread over the
// whole range of their indexes, on session and slot rows of their own. Indexes
// are taken down meanwhile and made anew from the sorted whole.
type past struct {
	*stage
	db   *sql.DB
	conn *sql.Conn
}

// load adds so many rows.
func (s *stage) load(rows int) (err error) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, pastWithin, errors.New("the past took too long to load; ask for fewer --rows"))
	defer cancel()
	p := &past{stage: s}
	if p.db, err = s.openForLoad(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	if p.conn, err = p.db.Conn(ctx); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, p.conn.Close()) }()
	for _, step := range []func() error{
		func() error { return p.run(ctx, p.prepare()...) },
		func() error { return p.within(ctx, func() error { return p.days(ctx, rows) }) },
		func() error { return p.run(ctx, p.finish()...) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("load the past: %w", errors.Join(err, context.Cause(ctx)))
		}
	}
	return nil
}

// openForLoad opens SQLite without waiting for the disk: what a crash would
// leave is thrown away anyway.
func (s *stage) openForLoad() (*sql.DB, error) {
	if s.engine == postgresql {
		return s.open()
	}
	q := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "foreign_keys(0)", "synchronous(OFF)", "temp_store(MEMORY)", "cache_size(-262144)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(s.cfg.Data, "houzhen.db")}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open to load: %w", err)
	}
	return db, nil
}

// prepare and finish are what an engine does before and after.
func (p *past) prepare() []string {
	if p.engine == sqlite {
		return nil
	}
	return []string{`SET synchronous_commit = off`, `SET maintenance_work_mem = '512MB'`}
}

func (p *past) finish() []string {
	if p.engine == sqlite {
		return []string{`PRAGMA wal_checkpoint(TRUNCATE)`}
	}
	return []string{`VACUUM (ANALYZE) appointment`, `VACUUM (ANALYZE) slot`, `ANALYZE session`}
}

func (p *past) run(ctx context.Context, statements ...string) error {
	for _, text := range statements {
		if _, err := p.conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%.60s: %w", text, err)
		}
	}
	return nil
}

// within takes indexes and references down, lets f load, and puts them back.
func (p *past) within(ctx context.Context, f func() error) error {
	down, up, err := p.frame(ctx)
	if err != nil {
		return err
	}
	if err := p.run(ctx, down...); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	bar := p.bar("indexes", len(up))
	defer func() { _ = bar.Finish() }()
	for _, text := range up {
		if err := p.run(ctx, text); err != nil {
			return err
		}
		_ = bar.Add(1)
	}
	return nil
}

// frame lists what is taken down of appointment and slot, and how it is put
// back. Primary keys stay: rows come in their order. References are put back
// unproven, as the rows were made to satisfy them.
func (p *past) frame(ctx context.Context) (down, up []string, err error) {
	indexes := `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('appointment', 'slot') AND sql IS NOT NULL`
	if p.engine == postgresql {
		indexes = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ('appointment', 'slot')
 AND indexname NOT IN (SELECT conname FROM pg_constraint)`
		references, err := p.list(ctx, `SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname,
 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid) || ' NOT VALID'
 FROM pg_constraint WHERE contype = 'f' AND conrelid IN ('appointment'::regclass, 'slot'::regclass)`)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range references {
			down, up = append(down, r[0]), append(up, r[1])
		}
	}
	made, err := p.list(ctx, indexes)
	for _, i := range made {
		down, up = append(down, "DROP INDEX "+i[0]), append(up, i[1])
	}
	return down, up, err
}

func (p *past) list(ctx context.Context, text string) (pairs [][2]string, err error) {
	rows, err := p.conn.QueryContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		pairs = append(pairs, pair)
	}
	return pairs, rows.Err()
}

// days loads day after day, the first one longest ago.
func (p *past) days(ctx context.Context, rows int) error {
	bar := p.bar("past appointments", rows)
	defer func() { _ = bar.Finish() }()
	a := p.texts(rows)
	day := p.app.Today().AddDays(-(rows+pastSessions*pastPlaces-1)/(pastSessions*pastPlaces) - 1)
	for from := 0; from < rows; day = day.AddDays(1) {
		sessions := min(pastSessions, (rows-from+pastPlaces-1)/pastPlaces)
		n := min(sessions*pastPlaces, rows-from)
		number := int64(day.Year)*10_000 + int64(day.Month)*100 + int64(day.Day)
		start := day.At(8, 0, p.app.Location()).UnixMicro()
		for _, text := range []string{a.session, a.slot, a.appointment} {
			values := strings.NewReplacer("{sessions}", fmt.Sprint(sessions), "{n}", fmt.Sprint(n), "{from}", fmt.Sprint(from),
				"{day}", fmt.Sprint(number), "{start}", fmt.Sprint(start))
			if err := p.run(ctx, values.Replace(text)); err != nil {
				return err
			}
		}
		from += n
		_ = bar.Add(n)
	}
	return nil
}

// texts are the statements that make up one day.
type texts struct{ session, slot, appointment string }

// texts gives the statements of this engine: {i} counts the rows of the day.
// Numbers are multiplied by an odd constant modulo 2^32, which spreads them and
// keeps them distinct; ids ascend over their whole range as they are made.
func (p *past) texts(rows int) texts {
	hex := func(number string) string {
		if p.engine == sqlite {
			return "printf('%08x', " + number + ")"
		}
		return "lpad(to_hex((" + number + ")::bigint), 8, '0')"
	}
	spread := func(number string) string { return hex("((" + number + ") * 2654435761) % 4294967296") }
	const row = "({from} + i)"
	session := "'past-{day}-' || (i / 60)"
	slice := "{start} + i % 60 / 5 * 1200000000"
	patient := "(" + row + " * 7919 % " + fmt.Sprint(max(rows/pastVisits, fewest)|1) + ")"
	var id []string
	for shift := 20; shift >= 0; shift -= 5 {
		id = append(id, fmt.Sprintf("substr('234567abcdefghijklmnopqrstuvwxyz', CAST((((%s * 33554432 / %d) >> %d) & 31) + 1 AS INTEGER), 1)", "{row}", rows, shift))
	}
	id = append(id, spread("{row}"), hex("{row}"), "'aaaaa'")
	count := func(n string) string {
		return "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < " + n + " - 1) "
	}
	return texts{
		session: `INSERT INTO session (id, department_id, zone_id, room_id, doctor_id, attending_id, day, part, start_at, end_at, deadline,
 slice_minutes, slice_capacity, class, prefix, status, release_at, version) ` + count("{sessions}") + `SELECT 'past-{day}-' || i,
 'department-' || (i % 10), 'zone', 'room', 'doctor-' || (i % 250), 'doctor-' || (i % 250), {day}, CASE WHEN i < 250 THEN 'AM' ELSE 'PM' END,
 {start}, {start} + 14400000000, {start} + 14400000000, 20, 5, 'specialist', 'A', 'closed', {start} - 1000000, 1 FROM n`,
		slot: `INSERT INTO slot (session_id, no, start_at, end_at, band, withheld, freed_by) ` + count("{sessions} * 60") +
			`SELECT ` + session + `, i % 60 + 1, ` + slice + `, ` + slice + ` + 1200000000, 'booked', 0, '' FROM n`,
		appointment: `INSERT INTO appointment (id, voucher, session_id, slot_no, start_at, end_at, patient_id, account_id, doctor_id, day, nth,
 state, purpose, origin_id, expires_at, ended_by, reason, channel, request_key, booked_at, ended_at, checked_in_at, released_at,
 travel_minutes, version) ` + count("{n}") + `SELECT ` + strings.ReplaceAll(strings.Join(id, " || "), "{row}", row) + `, ` + spread(row) + ` || 'PP',
 ` + session + `, i % 60 + 1, ` + slice + `, ` + slice + ` + 1200000000, ` + spread(patient) + ` || '-0000-4000-8000-' || ` + hex(patient) + ` || '0000',
 ` + spread(patient) + ` || '-0000-4000-9000-' || ` + hex(patient) + ` || '0000', 'doctor-' || (i / 60 % 250), {day}, 1,
 CASE WHEN i % 20 = 0 THEN 0 WHEN i % 10 = 1 THEN 5 ELSE 4 END, 'visit', '', 0, CASE WHEN i % 20 = 0 THEN 'patient' ELSE '' END, '', 'api',
 ` + spread(row) + ` || ` + spread(row) + ` || ` + spread(row) + ` || ` + spread(row) + `, {start} - 86400000000, {start}, {start}, 0, 0, 3 FROM n`,
	}
}

// bar shows how far a long piece of work is.
func (e *env) bar(what string, n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(e.errOut), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(time.Second), progressbar.OptionClearOnFinish())
}
