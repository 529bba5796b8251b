package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen/notify"
)

// PlanMessages inserts rows, leaving those whose key exists; it gives the ids
// that were inserted.
func (tx *Tx) PlanMessages(ctx context.Context, m []notify.Message) ([]string, error) {
	var ids []string
	err := tx.batches(len(m), func(from, to int) error {
		var args []any
		for _, one := range m[from:to] {
			a, err := tx.db.messageArgs(one)
			if err != nil {
				return err
			}
			args = append(args, a...)
		}
		some, err := all(ctx, tx, idInto, `INSERT INTO message (`+messageColumns+`) VALUES `+
			tuples(to-from, len(args)/(to-from), nil)+` ON CONFLICT DO NOTHING RETURNING id`, args...)
		ids = append(ids, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("plan messages: %w", err)
	}
	return ids, nil
}

// ClaimMessages moves those of ids that are planned and due to claimed, counts
// the attempt, and gives them in the order of ids. Nobody else can claim them.
func (tx *Tx) ClaimMessages(ctx context.Context, ids []string, now time.Time) ([]notify.Message, error) {
	var rows []messageRow
	at := micros(now)
	err := chunks(ids, 4, func(list string, args []any) error {
		some, err := all(ctx, tx, messageInto, `UPDATE message SET state = 'claimed', attempts = attempts + 1, claimed_at = $1
 WHERE state = 'planned' AND due_at <= $2 AND id IN (
  SELECT id FROM message WHERE state = 'planned' AND due_at <= $3 AND id IN (`+list+`) ORDER BY id`+tx.db.d.lockSkip+`
 ) RETURNING `+messageColumns, append([]any{at, at, at}, args...)...)
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	order := make(map[string]int, len(ids))
	for i, id := range ids {
		order[id] = i
	}
	slices.SortFunc(rows, func(a, b messageRow) int { return order[a.ID] - order[b.ID] })
	return tx.db.messages(rows)
}

// savedColumns are the id and what an outcome may change, with PostgreSQL's
// types: in a list of bare values it has no columns to take them from.
const savedColumns = `id TEXT, state TEXT, due_at BIGINT, expires_at BIGINT, attempts BIGINT, claimed_at BIGINT, out_id TEXT,
 provider_id TEXT, error_code TEXT, reason TEXT, body BYTEA, sent_at BIGINT, done_at BIGINT, secret BYTEA,
 next_at BIGINT, opened_at BIGINT, sent_with TEXT, parts BIGINT, phone_index TEXT`

func (db *DB) savedArgs(m notify.Message) ([]any, error) {
	body, err := db.seal(m.Text, sealMessageBody)
	if err != nil {
		return nil, err
	}
	secret, err := db.seal(m.Secret, sealSecret)
	return []any{
		m.ID, string(m.State), micros(m.DueAt), micros(m.ExpiresAt), int64(m.Attempts), micros(m.ClaimedAt), m.OutID,
		m.ProviderID, m.ErrorCode, m.Reason, body, micros(m.SentAt), micros(m.DoneAt), secret,
		micros(m.NextAt), micros(m.OpenedAt), m.SentWith, int64(m.Parts), db.index(m.Phone.Reveal(), sealPatientPhone),
	}, err
}

// SaveMessages stores the outcome of messages by id, only where the stored
// state is still one of from; it gives how many were stored.
func (tx *Tx) SaveMessages(ctx context.Context, from []notify.State, m ...notify.Message) (int, error) {
	saved := 0
	err := tx.batches(len(m), func(first, to int) error {
		var args []any
		for _, one := range m[first:to] {
			a, err := tx.db.savedArgs(one)
			if err != nil {
				return err
			}
			args = append(args, a...)
		}
		n, err := tx.exec(ctx, saveMessages(to-first, len(args), len(from), tx.db.d.typedValues), append(args, texts(from)...)...)
		saved += int(n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save messages: %w", err)
	}
	return saved, nil
}

// saveMessages writes the statement for some rows, whose parameters are
// followed by those of the states they may come from.
func saveMessages(rows, params, from int, typed bool) string {
	var set, types []string
	for i, c := range strings.Split(savedColumns, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
		types = append(types, kind)
		value := "v.column" + strconv.Itoa(i+1)
		if name == "phone_index" { // a row that was read does not know its phone
			value = "CASE WHEN " + value + " = '' THEN message.phone_index ELSE " + value + " END"
		}
		if i > 0 {
			set = append(set, name+" = "+value)
		}
	}
	columns := len(types)
	if !typed {
		types = nil
	}
	return `UPDATE message SET ` + strings.Join(set, ", ") + ` FROM (VALUES ` + tuples(rows, columns, types) + `) AS v
 WHERE message.id = v.column1 AND message.state IN (` + placeholders(params+1, from) + `)`
}

// batches splits n rows into runs of powers of two, no longer than the dialect
// likes, so that few texts are prepared.
func (tx *Tx) batches(n int, f func(from, to int) error) error {
	for from := 0; from < n; {
		size := tx.db.d.batch
		for size > n-from {
			size /= 2
		}
		if err := f(from, from+size); err != nil {
			return err
		}
		from += size
	}
	return nil
}

// tuples gives "($1,…),(…)"; types, if given, are put around the parameters of
// each row.
func tuples(rows, columns int, types []string) string {
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteByte(',')
			}
			p := "$" + strconv.Itoa(r*columns+c+1)
			if c < len(types) {
				p = "CAST(" + p + " AS " + types[c] + ")"
			}
			b.WriteString(p)
		}
		b.WriteByte(')')
	}
	return b.String()
}
