package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/notify"
)

// fateColumns are what is read of a message that was sent: all but what it says
// and to whom.
const fateColumns = `id, channel, urgency, state, due_at, attempts, claimed_at, out_id, provider_id, error_code, reason, sent_at, done_at,
 next_at, opened_at, sent_with, parts`

func fateInto(m *notify.Message) []any {
	return []any{
		&m.ID, (*string)(&m.Channel), (*number)(&m.Urgency), (*string)(&m.State), (*instant)(&m.DueAt), (*number)(&m.Attempts),
		(*instant)(&m.ClaimedAt), &m.OutID, &m.ProviderID, &m.ErrorCode, &m.Reason, (*instant)(&m.SentAt), (*instant)(&m.DoneAt),
		(*instant)(&m.NextAt), (*instant)(&m.OpenedAt), &m.SentWith, (*number)(&m.Parts),
	}
}

// Fates gives of the messages that the provider knows by ids what became of
// them, by id, and keeps other writers off them until the transaction ends.
func (tx *Tx) Fates(ctx context.Context, outIDs []string) ([]notify.Message, error) {
	var out []notify.Message
	err := tx.lookup("message", fateColumns, "id", messageIDs(outIDs), 1, func(from string, args []any) error {
		some, err := all(ctx, tx, fateInto, `SELECT `+fateColumns+` FROM `+from+` ORDER BY id`+tx.db.d.lock, args...)
		out = append(out, some...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find what became of messages: %w", err)
	}
	return out, nil
}

// messageIDs gives the ids of the messages that out-ids name.
func messageIDs(outIDs []string) []string {
	var ids []string
	for _, o := range outIDs {
		if id := notify.MessageID(o); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// keptColumns are the id and what an answer or a receipt changes of a message
// that goes no more. Its text was stored before and is neither sealed nor written
// again; its secret is dropped.
const keptColumns = `id, state, provider_id, error_code, reason, secret, sent_at, done_at, next_at, parts`

func keptArgs(m notify.Message) []any {
	return []any{
		m.ID, string(m.State), m.ProviderID, m.ErrorCode, m.Reason, []byte(nil), micros(m.SentAt), micros(m.DoneAt), micros(m.NextAt), int64(m.Parts),
	}
}

// SaveFates stores what became of messages that go no more, by id, only where
// the stored state is still one of from; it gives how many were stored.
func (tx *Tx) SaveFates(ctx context.Context, from []notify.State, m ...notify.Message) (int, error) {
	saved, err := tx.keep(ctx, from, m)
	if err != nil {
		return 0, err
	}
	return len(saved), tx.noteOpen(ctx, those(m, saved))
}

func (tx *Tx) keep(ctx context.Context, from []notify.State, m []notify.Message) (saved []string, err error) {
	if len(m) == 0 {
		return nil, nil
	}
	rows := make([][]any, len(m))
	for i, one := range m {
		rows[i] = keptArgs(one)
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) }) //nolint:forcetypeassert // the id
	if saved, err = tx.saveMessages(ctx, keptColumns, theGiven, from, rows); err != nil {
		return nil, fmt.Errorf("save what became of messages: %w", err)
	}
	return saved, nil
}

// SaveTaken is SaveFates for messages that are still claimed and have the NextAt
// with which they were planned; it gives the ids of those that were stored. Their
// rows of message_open stay as they are, and say claimed until somebody looks for
// claims that nobody answered for.
func (tx *Tx) SaveTaken(ctx context.Context, m ...notify.Message) ([]string, error) {
	saved, err := tx.keep(ctx, []notify.State{notify.Claimed}, m)
	if err != nil {
		return nil, err
	}
	changed := slices.DeleteFunc(slices.Clone(those(m, saved)), func(m notify.Message) bool { return isOpen(m) && m.Channel != notify.Desk })
	return saved, tx.noteOpen(ctx, changed)
}

func theGiven(column string) string { return "given." + column }
