package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/webhook"
)

// webhookRow is an endpoint as it is stored.
type webhookRow struct {
	webhook.Endpoint
	secret, old []byte
}

const webhookColumns = `id, machine_id, channel, url, state, secret, old_secret, old_until, seen, sending, failures, next_at,
 lease_until, status, reason, ok_at, created_at, version`

func webhookInto(r *webhookRow) []any {
	e := &r.Endpoint
	return []any{
		&e.ID, &e.MachineID, &e.Channel, &e.URL, (*string)(&e.State), &r.secret, &r.old, (*instant)(&e.OldUntil), &e.Seen, &e.Sending,
		(*number)(&e.Failures), (*instant)(&e.NextAt), (*instant)(&e.LeaseUntil), (*number)(&e.Status), &e.Reason, (*instant)(&e.OKAt),
		(*instant)(&e.CreatedAt), &e.Version,
	}
}

func (db *DB) endpoint(r webhookRow) (webhook.Endpoint, error) {
	var err error
	if r.Secret, err = db.unseal(r.secret, sealWebhook); err == nil {
		r.OldSecret, err = db.unseal(r.old, sealWebhook)
	}
	return r.Endpoint, err
}

// Webhook finds an endpoint, and keeps others from changing it until the
// transaction ends.
func (tx *Tx) Webhook(ctx context.Context, id string) (webhook.Endpoint, error) {
	text := `SELECT ` + webhookColumns + ` FROM webhook WHERE id = $1`
	if !tx.readOnly {
		text += tx.db.d.lock
	}
	r, err := one(ctx, tx, missing("webhook endpoint"), webhookInto, text, id)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	return tx.db.endpoint(r)
}

// Webhooks lists the endpoints of a channel that were not removed; "" is all.
func (tx *Tx) Webhooks(ctx context.Context, channel string) ([]webhook.Endpoint, error) {
	var w where
	w.add("state <> ", string(webhook.Removed))
	w.text("channel = ", channel)
	rows, err := all(ctx, tx, webhookInto, `SELECT `+webhookColumns+` FROM webhook`+w.clause()+` ORDER BY channel, created_at, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	list := make([]webhook.Endpoint, len(rows))
	for i, r := range rows {
		if list[i], err = tx.db.endpoint(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (tx *Tx) webhookValues(e webhook.Endpoint) ([]any, error) {
	secret, err := tx.db.seal(e.Secret, sealWebhook)
	if err != nil {
		return nil, err
	}
	old, err := tx.db.seal(e.OldSecret, sealWebhook)
	return []any{
		e.ID, e.MachineID, e.Channel, e.URL, string(e.State), secret, old, micros(e.OldUntil), e.Seen, e.Sending, int64(e.Failures),
		micros(e.NextAt), micros(e.LeaseUntil), int64(e.Status), e.Reason, micros(e.OKAt), micros(e.CreatedAt), e.Version,
	}, err
}

// AddWebhook stores an endpoint.
func (tx *Tx) AddWebhook(ctx context.Context, e webhook.Endpoint) error {
	values, err := tx.webhookValues(e)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `INSERT INTO webhook (`+webhookColumns+`) VALUES (`+placeholders(1, len(values))+`)`, values...); err != nil {
		return fmt.Errorf("add webhook: %w", err)
	}
	return nil
}

// UpdateWebhook saves an endpoint by id and the version that was read.
func (tx *Tx) UpdateWebhook(ctx context.Context, e *webhook.Endpoint) error {
	values, err := tx.webhookValues(*e)
	if err != nil {
		return err
	}
	var set []string
	for i, c := range strings.Split(webhookColumns, ",") {
		c = strings.TrimSpace(c)
		if c != "id" && c != "version" {
			set = append(set, c+" = $"+strconv.Itoa(i+1))
		}
	}
	n, err := tx.exec(ctx, `UPDATE webhook SET version = $18 + 1, `+strings.Join(set, ", ")+` WHERE id = $1 AND version = $18`, values...)
	if err != nil {
		return fmt.Errorf("update webhook: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "webhook endpoint was changed meanwhile")
	}
	e.Version++
	return nil
}

// WebhooksDue lists active endpoints that are behind the facts, whose time has
// come, to which nobody delivers and whose machine may still ask.
func (tx *Tx) WebhooksDue(ctx context.Context, now, wall time.Time) ([]string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT w.id FROM webhook w JOIN machine m ON m.id = w.machine_id
 WHERE w.state = 'active' AND w.next_at <= $1 AND w.lease_until <= $2 AND m.revoked_at = 0
 AND w.seen < (SELECT COALESCE(MAX(seq), 0) FROM fact) ORDER BY w.next_at, w.id LIMIT 100`, micros(now), micros(wall))
	if err != nil {
		return nil, fmt.Errorf("list due webhooks: %w", err)
	}
	return ids, nil
}

// FactMark tells the highest number of a fact that can be seen, and what is
// needed to know whether lower ones may still appear (webhook.Mark). The two
// statements stand in this order, so that the id drawn by the second is above
// that of every transaction that held a number when the first one looked.
func (tx *Tx) FactMark(ctx context.Context) (m webhook.Mark, err error) {
	if !tx.db.d.embedded {
		if err := tx.scan(ctx, `SELECT COALESCE((SELECT MAX(seq) FROM fact), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint`, nil, &m.Seq, &m.Oldest); err != nil {
			return m, fmt.Errorf("look at facts: %w", err)
		}
		if err := tx.scan(ctx, `SELECT pg_current_xact_id()::text::bigint`, nil, &m.Fence); err != nil {
			return m, fmt.Errorf("fence facts: %w", err)
		}
		return m, nil
	}
	if err := tx.scan(ctx, `SELECT COALESCE(MAX(seq), 0) FROM fact`, nil, &m.Seq); err != nil {
		return m, fmt.Errorf("look at facts: %w", err)
	}
	return m, nil
}

type publicRow struct {
	factRow
	appointment string
}

// PublicFacts reads the facts of the kinds asked for: of Own those about
// appointments that the channel made, of All every one.
func (tx *Tx) PublicFacts(ctx context.Context, q webhook.Query) ([]webhook.Fact, error) {
	args := []any{q.After, q.Until, q.Channel, int64(q.Limit)}
	args = append(append(args, texts(q.Own)...), texts(q.All)...)
	rows, err := all(ctx, tx, func(r *publicRow) []any { return append(factInto(&r.factRow), &r.appointment) },
		`SELECT f.seq, f.id, f.kind, f.subject, f.version, f.session_id, f.at, f.data, COALESCE(a.id, b.id, '')
 FROM fact f LEFT JOIN appointment a ON a.id = f.subject
 LEFT JOIN ticket t ON t.id = f.subject LEFT JOIN appointment b ON b.id = t.appointment_id
 WHERE f.seq > $1 AND f.seq <= $2 AND (COALESCE(a.channel, b.channel, '') = $3 AND f.kind IN (`+placeholders(5, len(q.Own))+`)
 OR f.kind IN (`+placeholders(5+len(q.Own), len(q.All))+`)) ORDER BY f.seq LIMIT $4`, args...)
	if err != nil {
		return nil, fmt.Errorf("read public facts: %w", err)
	}
	list := make([]webhook.Fact, len(rows))
	for i, r := range rows {
		list[i] = webhook.Fact{Seq: r.seq, Event: r.Event, AppointmentID: r.appointment}
		if r.data != "" {
			list[i].Event.Data = []byte(r.data)
		}
	}
	return list, nil
}
