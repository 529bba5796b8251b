package store

import (
	"context"
	"fmt"
)

// MessageHead is what an audit needs of a message: no text, nothing sealed. One
// that went out within the text of another has that one's id as SentWith; one
// that spoke for others has its own.
type MessageHead struct {
	ID, Subject, Kind, State, Reason, OutID, ProviderID, SentWith string
	Version                                                       int64
}

func headInto(h *MessageHead) []any {
	return []any{&h.ID, &h.Subject, &h.Version, &h.Kind, &h.State, &h.Reason, &h.OutID, &h.ProviderID, &h.SentWith}
}

// MessageHeads pages through all messages in id order; after "" starts at the
// first.
func (tx *Tx) MessageHeads(ctx context.Context, after string, limit int) ([]MessageHead, error) {
	heads, err := all(ctx, tx, headInto, `SELECT id, subject, version, kind, state, reason, out_id, provider_id, sent_with FROM message
 WHERE id > $1 ORDER BY id LIMIT $2`, after, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("page messages: %w", err)
	}
	return heads, nil
}
