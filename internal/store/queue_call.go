package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

const callColumns = `session_id, request_id, ticket_id, doctor_id, room_id, verb, reason_code, reason_args, at, operator, cause`

// callRow is a call as it is stored.
type callRow struct {
	queue.Call
	args string
}

func callInto(r *callRow) []any {
	c := &r.Call
	return []any{
		&c.SessionID, &c.RequestID, &c.TicketID, &c.DoctorID, &c.RoomID, &c.Verb, &c.Reason.Code, &r.args, (*instant)(&c.At),
		&c.Operator, &c.Cause,
	}
}

func (r callRow) call() (queue.Call, error) {
	c := r.Call
	if r.args == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(r.args), &c.Reason.Args); err != nil {
		return c, fmt.Errorf("read reason of call: %w", err)
	}
	return c, nil
}

// CallByRequest finds the call that a request id made.
func (tx *Tx) CallByRequest(ctx context.Context, sessionID, requestID string) (queue.Call, error) {
	r, err := one(ctx, tx, missing("call"), callInto,
		`SELECT `+callColumns+` FROM call WHERE session_id = $1 AND request_id = $2`, sessionID, requestID)
	if err != nil {
		return queue.Call{}, err
	}
	return r.call()
}

// AddCall stores a call; CodeConflict if its request id made one before.
func (tx *Tx) AddCall(ctx context.Context, c queue.Call) error {
	args, err := jsonText(c.Reason.Args)
	if err != nil {
		return fmt.Errorf("write reason of call: %w", err)
	}
	return tx.mustInsert(ctx, houzhen.E(houzhen.CodeConflict, "request has made a call"), `INSERT INTO call (`+callColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.SessionID, c.RequestID, c.TicketID, c.DoctorID, c.RoomID, c.Verb, c.Reason.Code, args, micros(c.At), c.Operator, c.Cause)
}

// LastCall finds the latest call of a verb about a ticket.
func (tx *Tx) LastCall(ctx context.Context, sessionID, ticketID, verb string) (queue.Call, error) {
	r, err := one(ctx, tx, missing("call"), callInto, `SELECT `+callColumns+` FROM call
 WHERE session_id = $1 AND ticket_id = $2 AND verb = $3 ORDER BY at DESC, seq DESC LIMIT 1`, sessionID, ticketID, verb)
	if err != nil {
		return queue.Call{}, err
	}
	return r.call()
}

// Calls lists the calls of a session, oldest first.
func (tx *Tx) Calls(ctx context.Context, sessionID string) ([]queue.Call, error) {
	rows, err := all(ctx, tx, callInto, `SELECT `+callColumns+` FROM call WHERE session_id = $1 ORDER BY at, seq`, sessionID)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	out := make([]queue.Call, len(rows))
	for i, r := range rows {
		if out[i], err = r.call(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
