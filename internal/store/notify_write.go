package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen/notify"
)

// PlanMessages inserts rows, leaving those whose key exists; it gives the ids
// that were inserted.
func (tx *Tx) PlanMessages(ctx context.Context, m []notify.Message) ([]string, error) {
	rows := make([][]any, len(m))
	for i, one := range m {
		var err error
		if rows[i], err = tx.db.messageArgs(one); err != nil {
			return nil, err
		}
	}
	ids, err := tx.insertNew(ctx, "message", plannedColumns, rows)
	if err != nil {
		return nil, fmt.Errorf("plan messages: %w", err)
	}
	return ids, tx.noteOpen(ctx, those(m, ids))
}

// insertNew inserts rows, leaving those that a unique index refuses, and gives
// the ids of those that were inserted.
func (tx *Tx) insertNew(ctx context.Context, table, columns string, rows [][]any) ([]string, error) {
	const leave = ` ON CONFLICT DO NOTHING RETURNING id`
	if len(rows) == 0 {
		return nil, nil
	}
	if tx.db.d.arrays {
		return all(ctx, tx, idInto, arrayInsert(table, columns, rows[0])+leave, columnsOf(rows)...)
	}
	var ids []string
	for _, row := range rows {
		some, err := all(ctx, tx, idInto, `INSERT INTO `+table+` (`+columns+`) VALUES (`+placeholders(1, len(row))+`)`+leave, row...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	return ids, nil
}

// ClaimMessages moves those of ids that are planned and due to claimed, counts
// the attempt, and gives them in the order of ids. Nobody else can claim them.
func (tx *Tx) ClaimMessages(ctx context.Context, ids []string, now time.Time) ([]notify.Message, error) {
	var rows []messageRow
	at := micros(now)
	err := tx.lookup("message", "id, state, due_at", "id", ids, 2, func(from string, args []any) error {
		held := `SELECT id FROM ` + from + ` AND state = 'planned' AND due_at <= ` + placeholders(len(args)+2, 1) + tx.db.d.lockSkip
		if tx.db.d.arrays {
			held = `SELECT id FROM ` + few(`(`+held+`) AS given`, `id`)
		}
		some, err := all(ctx, tx, messageInto, `UPDATE message SET state = 'claimed', attempts = attempts + 1, claimed_at = $1
 WHERE id IN (`+held+`) RETURNING `+messageColumns, append(append([]any{at}, args...), at)...)
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
	claimed, err := tx.db.messages(rows)
	if err != nil {
		return nil, err
	}
	return claimed, tx.noteOpen(ctx, claimed)
}

// savedColumns are the id and what an outcome may change.
const savedColumns = `id, state, due_at, expires_at, attempts, claimed_at, out_id, provider_id, error_code, reason, body, sent_at, done_at,
 secret, next_at, opened_at, sent_with, parts, phone_index`

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
	if len(m) == 0 {
		return 0, nil
	}
	rows := make([][]any, len(m))
	for i, one := range m {
		var err error
		if rows[i], err = tx.db.savedArgs(one); err != nil {
			return 0, err
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) }) // in the order in which others lock them
	saved, err := tx.saveMessages(ctx, savedColumns, keepPhone, from, rows)
	if err != nil {
		return 0, fmt.Errorf("save messages: %w", err)
	}
	return len(saved), tx.noteOpen(ctx, those(m, saved))
}

// saveMessages stores columns of rows, the first of which is the id, where the
// stored state is one of from: one statement where many rows go in one, and one a
// row where that is quicker. It gives the ids of those that were stored.
func (tx *Tx) saveMessages(ctx context.Context, columns string, value func(string) string, from []notify.State, rows [][]any) (saved []string, err error) {
	if tx.db.d.arrays {
		set := arrayUpdate("message", columns, rows[0], value)
		return all(ctx, tx, idInto, set+` AND `+only(`message.state IN (`+placeholders(len(rows[0])+1, len(from))+`)`)+` RETURNING message.id`,
			append(columnsOf(rows), texts(from)...)...)
	}
	text := `UPDATE message SET ` + assignments(columns, value) + ` FROM (SELECT ` + named(columns) + `) AS given
 WHERE message.id = given.id AND message.state IN (` + placeholders(len(rows[0])+1, len(from)) + `)`
	for _, row := range rows {
		n, err := tx.exec(ctx, text, append(row, texts(from)...)...)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			saved = append(saved, row[0].(string)) //nolint:forcetypeassert // the id
		}
	}
	return saved, nil
}

// keepPhone keeps the index of a phone where a row does not know its own, as
// one that was read.
func keepPhone(column string) string {
	if column == "phone_index" {
		return `CASE WHEN given.phone_index = '' THEN message.phone_index ELSE given.phone_index END`
	}
	return theGiven(column)
}
