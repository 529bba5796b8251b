package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

const logColumns = `session_id, version, at, verb, operator, request_id, ticket_id, cause, reason_code, reason_args, policy, change`

// logRow is an entry of a queue's log as it is stored.
type logRow struct {
	queue.Entry
	args, change string
}

func logInto(r *logRow) []any {
	e := &r.Entry
	return []any{
		&e.SessionID, &e.Version, (*instant)(&e.At), &e.Verb, &e.Operator, &e.RequestID, &e.TicketID, &e.Cause, &e.Reason.Code,
		&r.args, (*number)(&e.Policy), &r.change,
	}
}

func (r logRow) entry() (queue.Entry, error) {
	e := r.Entry
	if r.args != "" {
		if err := json.Unmarshal([]byte(r.args), &e.Reason.Args); err != nil {
			return e, fmt.Errorf("read reason of entry: %w", err)
		}
	}
	if err := json.Unmarshal([]byte(r.change), &e.Change); err != nil {
		return e, fmt.Errorf("read change of entry: %w", err)
	}
	return e, nil
}

// AddEntry appends to a queue's log; CodeConflict if that version has an entry.
func (tx *Tx) AddEntry(ctx context.Context, e queue.Entry) error {
	args, err := jsonText(e.Reason.Args)
	if err != nil {
		return fmt.Errorf("write reason of entry: %w", err)
	}
	change, err := json.Marshal(e.Change)
	if err != nil {
		return fmt.Errorf("write change of entry: %w", err)
	}
	return tx.mustInsert(ctx, houzhen.E(houzhen.CodeConflict, "the log has that entry"), `INSERT INTO queue_log (`+logColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, e.SessionID, e.Version, micros(e.At), e.Verb, e.Operator, e.RequestID, e.TicketID, e.Cause,
		e.Reason.Code, args, int64(e.Policy), string(change))
}

// Log gives a queue's log, oldest first.
func (tx *Tx) Log(ctx context.Context, sessionID string) ([]queue.Entry, error) {
	rows, err := all(ctx, tx, logInto, `SELECT `+logColumns+` FROM queue_log WHERE session_id = $1 ORDER BY version`, sessionID)
	if err != nil {
		return nil, fmt.Errorf("list log: %w", err)
	}
	out := make([]queue.Entry, len(rows))
	for i, r := range rows {
		if out[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DeferredDue lists the sessions in which somebody who asked to go later is
// due by now.
func (tx *Tx) DeferredDue(ctx context.Context) ([]string, error) {
	ids, err := all(ctx, tx, func(id *string) []any { return []any{id} },
		`SELECT DISTINCT session_id FROM ticket WHERE state = 'deferred' AND not_before <= $1 ORDER BY session_id`, micros(tx.now))
	if err != nil {
		return nil, fmt.Errorf("list deferred: %w", err)
	}
	return ids, nil
}

// QueuesOpen lists the sessions that started before an instant and whose
// queues nobody has ended, by start, at most limit.
func (tx *Tx) QueuesOpen(ctx context.Context, before int64, limit int) ([]string, error) {
	ids, err := all(ctx, tx, func(id *string) []any { return []any{id} },
		`SELECT session_id FROM queue WHERE start_at < $1 AND desk <> 'ended' ORDER BY start_at, session_id LIMIT $2`, before, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list open queues: %w", err)
	}
	return ids, nil
}

// TestsOut lists the appointments of those who are out for tests in queues that
// started before an instant, at most limit.
func (tx *Tx) TestsOut(ctx context.Context, before int64, limit int) ([]string, error) {
	ids, err := all(ctx, tx, func(id *string) []any { return []any{id} },
		`SELECT t.appointment_id FROM ticket t JOIN queue q ON q.session_id = t.session_id
 WHERE q.start_at < $1 AND t.state = 'out_for_tests' ORDER BY q.start_at, t.id LIMIT $2`, before, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list who is out for tests: %w", err)
	}
	return ids, nil
}

// ZonePolicy is one version of the policy of a zone; zone "" is the hospital.
type ZonePolicy struct {
	ZoneID   string
	Version  int
	Document string // "": the zone follows the hospital again
	SetBy    string
	SetAt    int64 // microseconds
}

func zonePolicyInto(p *ZonePolicy) []any {
	return []any{&p.ZoneID, (*number)(&p.Version), &p.Document, &p.SetBy, &p.SetAt}
}

// ZonePolicies lists every version of every zone's policy, oldest first.
func (tx *Tx) ZonePolicies(ctx context.Context) ([]ZonePolicy, error) {
	out, err := all(ctx, tx, zonePolicyInto, `SELECT zone_id, version, document, set_by, set_at FROM queue_policy ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	return out, nil
}

// AddZonePolicy inserts a version; CodeConflict when it exists.
func (tx *Tx) AddZonePolicy(ctx context.Context, p ZonePolicy) error {
	n, err := tx.exec(ctx, `INSERT INTO queue_policy (zone_id, version, document, set_by, set_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		p.ZoneID, int64(p.Version), p.Document, p.SetBy, p.SetAt)
	if err != nil {
		return fmt.Errorf("add policy: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "that version of the policy exists")
	}
	return nil
}
