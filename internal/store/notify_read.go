package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Message finds a message.
func (tx *Tx) Message(ctx context.Context, id string) (notify.Message, error) {
	return tx.oneMessage(ctx, `id = $1`, id)
}

// MessageByOutID finds a message by the id that the provider knows.
func (tx *Tx) MessageByOutID(ctx context.Context, outID string) (notify.Message, error) {
	return tx.oneMessage(ctx, `id = $1`, notify.MessageID(outID))
}

// MessagesByOutID gives the messages that the provider knows by ids, by id,
// and keeps other writers off them until the transaction ends.
func (tx *Tx) MessagesByOutID(ctx context.Context, outIDs []string) ([]notify.Message, error) {
	var out []notify.Message
	err := tx.lookup("message", messageColumns, "id", messageIDs(outIDs), 1, func(from string, args []any) error {
		some, err := tx.listMessages(ctx, `SELECT `+messageColumns+` FROM `+from+` ORDER BY id`+tx.db.d.lock, args...)
		out = append(out, some...)
		return err
	})
	return out, err
}

// MessageByProvider finds the message to a phone by the id that the provider
// gave the call it went with, among the few that went to that phone.
func (tx *Tx) MessageByProvider(ctx context.Context, providerID string, phone houzhen.Phone) (notify.Message, error) {
	r, err := one(ctx, tx, missing("message"), messageInto, `SELECT `+messageColumns+` FROM message
 WHERE provider_id = $1 AND provider_id <> '' AND phone_index = $2 AND phone_index <> '' AND (sent_with = '' OR sent_with = id)
 ORDER BY created_at, id LIMIT 1`, providerID, tx.phoneIndex(phone))
	if err != nil {
		return notify.Message{}, err
	}
	return tx.db.message(r)
}

func (tx *Tx) oneMessage(ctx context.Context, condition, arg string) (notify.Message, error) {
	r, err := one(ctx, tx, missing("message"), messageInto, `SELECT `+messageColumns+` FROM message WHERE `+condition, arg)
	if err != nil {
		return notify.Message{}, err
	}
	return tx.db.message(r)
}

// Messages lists messages, newest first.
func (tx *Tx) Messages(ctx context.Context, f notify.MessageFilter) ([]notify.Message, error) {
	w := where{}
	w.in("id", padded(f.IDs))
	w.text("subject = ", f.Subject)
	w.text("recipient = ", f.Recipient)
	w.text("kind = ", string(f.Kind))
	w.text("channel = ", string(f.Channel))
	w.text("reason = ", f.Reason)
	w.text("sent_with = ", f.SentWith)
	if !f.Phone.IsZero() {
		w.add("phone_index = ", tx.phoneIndex(f.Phone))
	}
	if !f.From.IsZero() {
		w.add("created_at >= ", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("created_at < ", micros(f.To))
	}
	w.in("recipient", texts(f.Recipients))
	w.in("state", texts(f.States))
	if f.BeforeID != "" {
		w.add("(created_at, id) < (SELECT created_at, id FROM message WHERE id = ", f.BeforeID)
		w.conditions[len(w.conditions)-1] += ")"
	}
	text := `SELECT ` + messageColumns + ` FROM message` + w.clause() + ` ORDER BY created_at DESC, id DESC`
	if f.Limit > 0 {
		w.args = append(w.args, int64(f.Limit))
		text += ` LIMIT ` + placeholders(len(w.args), 1)
	}
	return tx.listMessages(ctx, text, w.args...)
}

func (tx *Tx) listMessages(ctx context.Context, text string, args ...any) ([]notify.Message, error) {
	rows, err := all(ctx, tx, messageInto, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return tx.db.messages(rows)
}

// DueMessages gives ids of one urgency that are planned and due, oldest first.
func (tx *Tx) DueMessages(ctx context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT id FROM message_open
 WHERE state = 'planned' AND urgency = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3`, int64(u), micros(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list due messages: %w", err)
	}
	return ids, nil
}

// LostMessages gives messages claimed before an instant and never answered, and
// unknown ones, oldest claim first. In a transaction that writes it brings the
// rows of message_open in line that SaveTaken left as they were.
func (tx *Tx) LostMessages(ctx context.Context, claimedBefore time.Time, limit int) ([]notify.Message, error) {
	for {
		rows, err := tx.listOpen(ctx, "claimed_at", `state IN ('claimed', 'unknown') AND (state = 'unknown' OR claimed_at < $1)`,
			micros(claimedBefore), int64(limit))
		if err != nil {
			return nil, err
		}
		var lost, taken []notify.Message
		for _, m := range rows {
			if m.State == notify.Claimed || m.State == notify.Unknown {
				lost = append(lost, m)
			} else {
				taken = append(taken, m)
			}
		}
		if tx.readOnly || len(taken) == 0 {
			return lost, nil
		}
		if err := tx.noteTaken(ctx, taken); err != nil {
			return nil, err
		}
	}
}

// UnheardMessages gives those whose next channel is due, oldest first; one that is
// claimed has not gone yet and is left out. Where such ones are all that it finds,
// it asks for more.
func (tx *Tx) UnheardMessages(ctx context.Context, now time.Time, limit int) ([]notify.Message, error) {
	for most := limit; ; most *= 4 {
		rows, err := tx.listOpen(ctx, "next_at", `next_at > 0 AND next_at <= $1`, micros(now), int64(most))
		if err != nil {
			return nil, err
		}
		all := len(rows) < most
		rows = slices.DeleteFunc(rows, func(m notify.Message) bool {
			return m.State == notify.Claimed || m.NextAt.IsZero() || m.NextAt.After(now)
		})
		if all || len(rows) > 0 {
			return rows[:min(limit, len(rows))], nil
		}
	}
}

// OpenCalls gives what is on the desk's telephone list, oldest first.
func (tx *Tx) OpenCalls(ctx context.Context, limit int) ([]notify.Message, error) {
	return tx.listOpen(ctx, "claimed_at", `channel = 'desk' AND state = $1`, string(notify.Accepted), int64(limit))
}

// NextUnheard gives the earliest instant at which a next channel is tried, zero
// if none is.
func (tx *Tx) NextUnheard(ctx context.Context) (time.Time, error) {
	var at instant
	if err := tx.scan(ctx, `SELECT COALESCE(MIN(next_at), 0) FROM message_open WHERE next_at > 0`, nil, &at); err != nil {
		return time.Time{}, fmt.Errorf("find next channel: %w", err)
	}
	return time.Time(at), nil
}

// NextDue gives the earliest due instant after now, zero if none.
func (tx *Tx) NextDue(ctx context.Context, now time.Time) (time.Time, error) {
	var next time.Time
	for u := houzhen.Critical; u <= houzhen.Routine; u++ { // one look into the index for each lane
		var at instant
		err := tx.scan(ctx, `SELECT COALESCE(MIN(due_at), 0) FROM message_open WHERE state = 'planned' AND urgency = $1 AND due_at > $2`,
			[]any{int64(u), micros(now)}, &at)
		if err != nil {
			return time.Time{}, fmt.Errorf("find next due message: %w", err)
		}
		if t := time.Time(at); next.IsZero() || (!t.IsZero() && t.Before(next)) {
			next = t
		}
	}
	return next, nil
}
