package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
)

// plain books as one would without further thought, on the same schema: lock
// the session, look for a free place and which visit of the patient's day this
// is, insert appointment, fact and audit line, commit; one transaction a booking.
// It judges no other limits of a person, so that it is quicker than it could be
// in earnest. On SQLite it has one writer, which
// is twice as quick as many who wait for each other.
type plain struct {
	db                                *sql.DB
	lock, free, day, book, tell, note *sql.Stmt
	auditNo                           atomic.Int64
}

// plainConns is how many connections to PostgreSQL the plain path has: as many
// as the store itself.
const plainConns = 16

// maxVisits is the schema's ceiling of a patient's visits on one day.
const maxVisits = 3

func openPlain(ctx context.Context, s *stage) (*plain, error) {
	var p plain
	var err error
	conns, suffix := 1, ""
	if s.engine == postgresql {
		conns, suffix = plainConns, " FOR UPDATE"
		p.db, err = sql.Open("pgx", s.cfg.DatabaseURL)
	} else {
		p.db, err = sql.Open("sqlite", plainDSN(filepath.Join(s.cfg.Data, "houzhen.db")))
	}
	if err != nil {
		return nil, fmt.Errorf("open plain path: %w", err)
	}
	p.db.SetMaxOpenConns(conns)
	p.db.SetMaxIdleConns(conns)
	p.auditNo.Store(time.Now().UnixNano()) // beyond whatever is there
	if err := p.prepare(ctx, suffix); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare plain path: %w", err), p.db.Close())
	}
	return &p, nil
}

func (p *plain) prepare(ctx context.Context, suffix string) error {
	for _, st := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&p.lock, `SELECT doctor_id, day, status, release_at FROM session WHERE id = $1` + suffix},
		{&p.free, `SELECT no, start_at, end_at FROM slot WHERE session_id = $1 AND withheld = 0 AND NOT EXISTS (
 SELECT 1 FROM appointment WHERE appointment.session_id = slot.session_id AND (CASE WHEN appointment.state > 0 THEN appointment.slot_no END) = +slot.no)
 ORDER BY no LIMIT 1`},
		{&p.day, `SELECT COUNT(*) FROM appointment WHERE patient_id = $1 AND day = $2 AND state > 0 AND purpose <> 'option'`},
		{&p.book, `INSERT INTO appointment (id, voucher, session_id, slot_no, start_at, end_at, patient_id, account_id, doctor_id, day,
 nth, state, purpose, origin_id, expires_at, ended_by, reason, channel, request_key, booked_at, ended_at, checked_in_at, released_at,
 travel_minutes, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 2, 'visit', '', 0, '', '', 'api', $12, $13, 0, 0, 0, 0, 1)`},
		{&p.tell, `INSERT INTO fact (id, kind, subject, version, session_id, at, data, urgency, handled_at, attempts, next_at, code)
 VALUES ($1, $2, $3, 1, $4, $5, $6, 1, 0, 0, 0, '')`},
		{&p.note, `INSERT INTO audit (seq, at, actor, action, object, detail, prev, hash) VALUES ($1, $2, $3, 'book', $4, '', '', $5)`},
	} {
		made, err := p.db.PrepareContext(ctx, st.text) //nolint:sqlclosecheck // closed with its database
		if err != nil {
			return err
		}
		*st.to = made
	}
	return nil
}

// plainDSN opens SQLite as durably as the store does.
func plainDSN(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"journal_mode(WAL)", "wal_autocheckpoint(4000)", "busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)",
		"temp_store(MEMORY)", "cache_size(-131072)",
	}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// close ends the connections.
func (p *plain) close() error { return p.db.Close() }

// take books any free place of a session. The database is not told when the
// caller gives up: watching him costs the embedded engine much.
func (p *plain) take(ctx context.Context, session, patient, key string) error {
	ctx = context.WithoutCancel(ctx)
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := p.steps(ctx, tx, session, patient, key); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (p *plain) steps(ctx context.Context, tx *sql.Tx, session, patient, key string) error {
	var doctor, status string
	var day, release, no, start, end int64
	if err := tx.StmtContext(ctx, p.lock).QueryRowContext(ctx, session).Scan(&doctor, &day, &status, &release); err != nil { //nolint:sqlclosecheck // closed with its transaction
		return fmt.Errorf("lock session: %w", err)
	}
	now := time.Now().UnixMicro()
	if status != "planned" || release > now {
		return errors.New("session cannot be booked")
	}
	if err := tx.StmtContext(ctx, p.free).QueryRowContext(ctx, session).Scan(&no, &start, &end); err != nil { //nolint:sqlclosecheck // closed with its transaction
		return fmt.Errorf("find place: %w", err)
	}
	var visits int64
	if err := tx.StmtContext(ctx, p.day).QueryRowContext(ctx, patient, day).Scan(&visits); err != nil { //nolint:sqlclosecheck // closed with its transaction
		return fmt.Errorf("count visits: %w", err)
	}
	if visits == maxVisits {
		return errors.New("patient has reached the ceiling of this day")
	}
	id, voucher := uuid.NewString(), rand.Text()[:10]
	data := fmt.Sprintf(`{"slot":%d,"patient":%q,"day":%d}`, no, patient, day)
	for _, insert := range []struct {
		what string
		by   *sql.Stmt
		args []any
	}{
		{"appointment", p.book, []any{id, voucher, session, no, start, end, patient, patient, doctor, day, visits + 1, key, now}},
		{"fact", p.tell, []any{uuid.NewString(), string(houzhen.AppointmentBooked), id, session, now, data}},
		{"audit", p.note, []any{p.auditNo.Add(1), now, patient, id, rand.Text()}},
	} {
		if _, err := tx.StmtContext(ctx, insert.by).ExecContext(ctx, insert.args...); err != nil { //nolint:sqlclosecheck // closed with its transaction
			return fmt.Errorf("insert %s: %w", insert.what, err)
		}
	}
	return nil
}
