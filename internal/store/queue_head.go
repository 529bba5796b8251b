package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

const queueColumns = `session_id, zone_id, room_id, doctor_id, prefix, start_at, end_at, deadline, desk, started_at,
 paused_until, pause_reason, normals, pattern, version`

// queueRow is a queue's head as it is stored.
type queueRow struct {
	queue.Queue
	normals words
	pattern pattern
}

// pattern is what a head has besides its columns, as JSON.
type pattern struct {
	Series map[queue.Lane]int `json:"series,omitempty"`
	Recent string             `json:"recent,omitempty"`
	Desks  []queue.Desk       `json:"desks,omitempty"`
	Pool   bool               `json:"pool,omitempty"`

	PausedAt time.Time `json:"paused_at,omitzero"`
}

// Scan reads JSON text.
func (p *pattern) Scan(src any) error {
	*p = pattern{}
	return fromJSON(src, p)
}

func patternText(q queue.Queue) (string, error) {
	text, err := json.Marshal(pattern{q.Series, q.Recent, q.Desks, q.Pool, q.PausedAt})
	return string(text), err
}

func queueInto(r *queueRow) []any {
	q := &r.Queue
	return []any{
		&q.SessionID, &q.ZoneID, &q.RoomID, &q.DoctorID, &q.Prefix, (*instant)(&q.Start), (*instant)(&q.End),
		(*instant)(&q.Deadline), (*string)(&q.Desk), (*instant)(&q.StartedAt), (*instant)(&q.PausedUntil), &q.PauseReason,
		&r.normals, &r.pattern, &q.Version,
	}
}

func (r queueRow) head() queue.Queue {
	q := r.Queue
	q.Series, q.Recent, q.Desks, q.Pool = r.pattern.Series, r.pattern.Recent, r.pattern.Desks, r.pattern.Pool
	q.PausedAt = r.pattern.PausedAt
	for lane, n := range r.normals {
		if q.NormalsSinceInsert == nil {
			q.NormalsSinceInsert = make(map[queue.Lane]int, len(r.normals))
		}
		q.NormalsSinceInsert[queue.Lane(lane)] = n
	}
	return q
}

func normalsText(q queue.Queue) (string, error) {
	w := make(map[string]int, len(q.NormalsSinceInsert))
	for lane, n := range q.NormalsSinceInsert {
		w[string(lane)] = n
	}
	return jsonText(w)
}

// Queue loads a session's queue with all its tickets.
func (tx *Tx) Queue(ctx context.Context, sessionID string) (queue.Queue, error) {
	return tx.wholeQueue(ctx, sessionID, "")
}

// LockQueue loads a queue with its tickets and keeps other writers of it
// waiting until the transaction ends.
func (tx *Tx) LockQueue(ctx context.Context, sessionID string) (queue.Queue, error) {
	return tx.wholeQueue(ctx, sessionID, tx.db.d.lock)
}

// LockHead is LockQueue without the tickets.
func (tx *Tx) LockHead(ctx context.Context, sessionID string) (queue.Queue, error) {
	return tx.queueHead(ctx, sessionID, tx.db.d.lock)
}

func (tx *Tx) queueHead(ctx context.Context, sessionID, lock string) (queue.Queue, error) {
	r, err := one(ctx, tx, missing("queue"), queueInto, `SELECT `+queueColumns+` FROM queue WHERE session_id = $1`+lock, sessionID)
	return r.head(), err
}

func (tx *Tx) wholeQueue(ctx context.Context, sessionID, lock string) (queue.Queue, error) {
	q, err := tx.queueHead(ctx, sessionID, lock)
	if err != nil && tx.foresees == nil {
		return q, err
	}
	q.Tickets, err = tx.tickets(ctx, sessionID, q.Version, lock != "")
	return q, err
}

// LockedTickets gives the tickets of a queue of which LockHead gave the head.
func (tx *Tx) LockedTickets(ctx context.Context, head queue.Queue) ([]queue.Ticket, error) {
	if tx.foresees != nil && tx.known(head.SessionID).version == 0 {
		return nil, nil // they may be many and in the end not be wanted
	}
	return tx.tickets(ctx, head.SessionID, head.Version, true)
}

// tickets gives the tickets of a queue of which the head was read, by number:
// those remembered if they are of that version.
func (tx *Tx) tickets(ctx context.Context, sessionID string, version int64, locked bool) ([]queue.Ticket, error) {
	known := tx.known(sessionID)
	some, err := all(ctx, tx, ticketInto, `SELECT `+ticketColumns+` FROM ticket
 WHERE session_id = (SELECT session_id FROM queue WHERE session_id = $1 AND version <> $2) ORDER BY no, id`, sessionID, known.version)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	if known.version > 0 && version == known.version {
		some = slices.Clone(known.tickets)
	}
	if locked || tx.readOnly || tx.db.d.embedded { // otherwise head and tickets may be of two moments
		tx.seen.read(sessionID, remembered{version, slices.Clone(some)})
	}
	return some, nil
}

// KnownQueue is a queue with its session, both of one moment.
type KnownQueue struct {
	Queue   queue.Queue
	Session booking.Session
}

// KnownQueues gives those of some queues, by session, whose tickets are remembered
// of the version that they have now. It takes one trip, however many they are;
// the others are to be read with Queue, if they are there at all.
func (db *DB) KnownQueues(ctx context.Context, sessionIDs []string) (map[string]KnownQueue, error) {
	tickets, ids := map[string]remembered{}, make([]string, 0, len(sessionIDs))
	for _, id := range sessionIDs {
		if r := db.queues.get(id); r.version > 0 {
			tickets[id], ids = r, append(ids, id)
		}
	}
	out := make(map[string]KnownQueue, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	read := func(tx *Tx) error {
		sessions := make(map[string]booking.Session, len(ids))
		if err := eachByID(ctx, tx, "session", sessionColumns, sessionInto, ids, func(s booking.Session) { sessions[s.ID] = s }); err != nil {
			return err
		}
		return tx.lookup("queue", queueColumns, "session_id", ids, 1, func(from string, args []any) error {
			heads, err := all(ctx, tx, queueInto, `SELECT `+queueColumns+` FROM `+from, args...)
			for _, r := range heads {
				if k := tickets[r.SessionID]; k.version == r.Version {
					q := r.head()
					q.Tickets = slices.Clone(k.tickets)
					out[q.SessionID] = KnownQueue{q, sessions[q.SessionID]}
				}
			}
			return err
		})
	}
	err := db.View(ctx, func(tx *Tx) error {
		if err := tx.foresee(ctx, true, func(dry *Tx) { _ = read(dry) }); err != nil {
			return err
		}
		return read(tx)
	})
	if err != nil {
		return nil, fmt.Errorf("read known queues: %w", err)
	}
	return out, nil
}

// Queues lists the queues of a zone whose sessions start in [from, to), with
// their tickets, by start and session; zoneID "" means all zones.
func (tx *Tx) Queues(ctx context.Context, zoneID string, from, to time.Time) ([]queue.Queue, error) {
	w := where{}
	w.text("zone_id = ", zoneID)
	w.add("start_at >= ", micros(from))
	w.add("start_at < ", micros(to))
	rows, err := all(ctx, tx, queueInto, `SELECT `+queueColumns+` FROM queue`+w.clause()+` ORDER BY start_at, session_id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	out, ids, at := make([]queue.Queue, len(rows)), make([]string, len(rows)), make(map[string]int, len(rows))
	for i, r := range rows {
		out[i], ids[i], at[r.SessionID] = r.head(), r.SessionID, i
	}
	tickets, err := tx.ticketsOf(ctx, ids)
	for _, t := range tickets {
		q := &out[at[t.SessionID]]
		q.Tickets = append(q.Tickets, t)
	}
	return out, err
}

// AddQueue inserts a queue and says whether it did; one that exists stays as
// it is.
func (tx *Tx) AddQueue(ctx context.Context, q queue.Queue) (bool, error) {
	normals, err := normalsText(q)
	if err != nil {
		return false, fmt.Errorf("write queue: %w", err)
	}
	shape, err := patternText(q)
	if err != nil {
		return false, fmt.Errorf("write queue: %w", err)
	}
	n, err := tx.exec(ctx, `INSERT INTO queue (`+queueColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
		q.SessionID, q.ZoneID, q.RoomID, q.DoctorID, q.Prefix, micros(q.Start), micros(q.End), micros(q.Deadline),
		string(q.Desk), micros(q.StartedAt), micros(q.PausedUntil), q.PauseReason, normals, shape, q.Version)
	if err != nil {
		return false, fmt.Errorf("add queue: %w", err)
	}
	return n > 0, nil
}

// SaveQueue saves the head by session and the version that was read, and raises
// it; CodeConflict when it was changed meanwhile. Tickets are saved one by one.
func (tx *Tx) SaveQueue(ctx context.Context, q *queue.Queue) error {
	normals, err := normalsText(*q)
	if err != nil {
		return fmt.Errorf("write queue: %w", err)
	}
	shape, err := patternText(*q)
	if err != nil {
		return fmt.Errorf("write queue: %w", err)
	}
	err = tx.mustUpdate(ctx, houzhen.E(houzhen.CodeConflict, "queue was changed meanwhile"), `UPDATE queue SET zone_id = $1, room_id = $2, doctor_id = $3, prefix = $4, start_at = $5,
 end_at = $6, deadline = $7, desk = $8, started_at = $9, paused_until = $10, pause_reason = $11, normals = $12,
 pattern = $13`, `session_id = $14`, `version = $15`,
		q.ZoneID, q.RoomID, q.DoctorID, q.Prefix, micros(q.Start), micros(q.End), micros(q.Deadline), string(q.Desk),
		micros(q.StartedAt), micros(q.PausedUntil), q.PauseReason, normals, shape, q.SessionID, q.Version)
	if err == nil {
		q.Version++
		tx.seen.head(q.SessionID, q.Version)
	}
	return err
}
