package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/houzhen/houzhen/notify"
)

// message_open has a row for each message about which something is still to be
// done. It holds what that is found by, as it stands in the ledger, and changes
// in the transaction that changes it there: after the ledger's row, by whoever
// holds that. One exception: it may say claimed of a message that was taken since
// (SaveTaken). Whoever finds a message here goes by its row in the ledger.
const openColumns = `id, state, channel, urgency, due_at, claimed_at, next_at`

func openArgs(m notify.Message) []any {
	return []any{
		m.ID, string(m.State), string(m.Channel), int64(m.Urgency), micros(m.DueAt), micros(m.ClaimedAt), micros(m.NextAt),
	}
}

// isOpen reports whether a message waits for something that we do: to be sent,
// to be answered for, to be tried on the next channel or to be telephoned.
func isOpen(m notify.Message) bool {
	switch m.State {
	case notify.Planned, notify.Claimed, notify.Unknown:
		return true
	default:
		return !m.NextAt.IsZero() || m.Channel == notify.Desk && m.State == notify.Accepted
	}
}

// noteOpen brings message_open in line with messages that were stored.
func (tx *Tx) noteOpen(ctx context.Context, stored []notify.Message) error {
	var open [][]any
	var closed []string
	for _, m := range stored {
		if isOpen(m) {
			open = append(open, openArgs(m))
		} else {
			closed = append(closed, m.ID)
		}
	}
	if err := tx.renew(ctx, "message_open", openColumns, open, theNew); err != nil {
		return err
	}
	if err := tx.closed(ctx, closed); err != nil {
		return fmt.Errorf("note closed messages: %w", err)
	}
	return nil
}

// noteTaken has rows of message_open that still say claimed say what the ledger
// says. Others may change the ledger at the same time: a row that is gone stays
// gone, and one that says something else stays as it is.
func (tx *Tx) noteTaken(ctx context.Context, taken []notify.Message) error {
	by := map[notify.State][]string{}
	for _, m := range taken {
		by[m.State] = append(by[m.State], m.ID)
	}
	for _, state := range slices.Sorted(maps.Keys(by)) {
		err := tx.change("message_open", by[state], 2, func(rest string, args []any) error {
			_, err := tx.exec(ctx, `UPDATE message_open SET state = $1`+rest+` AND `+only(`message_open.state IN ('claimed', 'unknown')`), append([]any{string(state)}, args...)...)
			return err
		})
		if err != nil {
			return fmt.Errorf("note taken messages: %w", err)
		}
	}
	return nil
}

func (tx *Tx) closed(ctx context.Context, ids []string) error {
	return tx.remove("message_open", ids, func(rest string, args []any) error {
		return tx.writeLate(ctx, `DELETE FROM message_open`+rest, args...)
	})
}

// those gives the messages that have one of ids, the first of each.
func those(messages []notify.Message, ids []string) []notify.Message {
	if len(ids) == len(messages) {
		return messages
	}
	with := make(map[string]bool, len(ids))
	for _, id := range ids {
		with[id] = true
	}
	return slices.DeleteFunc(slices.Clone(messages), func(m notify.Message) bool {
		wanted := with[m.ID]
		delete(with, m.ID)
		return !wanted
	})
}

// listOpen gives the messages of rows of message_open, in the order of a column
// of it; the last of args is the limit.
func (tx *Tx) listOpen(ctx context.Context, column, condition string, args ...any) ([]notify.Message, error) {
	rows, err := all(ctx, tx, idInto, `SELECT id FROM message_open WHERE `+condition+` ORDER BY `+column+`, id LIMIT `+
		placeholders(len(args), 1), args...)
	if err != nil {
		return nil, fmt.Errorf("list open messages: %w", err)
	}
	found := make(map[string]notify.Message, len(rows))
	err = tx.lookup("message", messageColumns, "id", rows, 1, func(from string, args []any) error {
		some, err := tx.listMessages(ctx, `SELECT `+messageColumns+` FROM `+from, args...)
		for _, m := range some {
			found[m.ID] = m
		}
		return err
	})
	out := make([]notify.Message, 0, len(found))
	for _, id := range rows {
		if m, ok := found[id]; ok {
			out = append(out, m)
		}
	}
	return out, err
}
