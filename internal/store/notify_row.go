package store

import (
	"github.com/houzhen/houzhen/notify"
)

const messageColumns = `id, subject, version, kind, recipient, channel, class, urgency, state, due_at, expires_at, attempts,
 claimed_at, out_id, provider_id, error_code, reason, body, secret, created_at, sent_at, done_at,
 next_at, opened_at, prior, sent_with, parts`

// plannedColumns are what a new row is written with.
const plannedColumns = messageColumns + `, phone_index`

// messageRow is a message as it is stored.
type messageRow struct {
	notify.Message
	body, secret []byte
}

func messageInto(r *messageRow) []any {
	m := &r.Message
	return []any{
		&m.ID, &m.Subject, &m.Version, (*string)(&m.Kind), &m.Recipient, (*string)(&m.Channel), (*string)(&m.Class),
		(*number)(&m.Urgency), (*string)(&m.State), (*instant)(&m.DueAt), (*instant)(&m.ExpiresAt), (*number)(&m.Attempts),
		(*instant)(&m.ClaimedAt), &m.OutID, &m.ProviderID, &m.ErrorCode, &m.Reason, &r.body, &r.secret,
		(*instant)(&m.CreatedAt), (*instant)(&m.SentAt), (*instant)(&m.DoneAt),
		(*instant)(&m.NextAt), (*instant)(&m.OpenedAt), &m.Prior, &m.SentWith, (*number)(&m.Parts),
	}
}

func (db *DB) messageArgs(m notify.Message) ([]any, error) {
	body, err := db.seal(m.Text, sealMessageBody)
	if err != nil {
		return nil, err
	}
	secret, err := db.seal(m.Secret, sealSecret)
	return []any{
		m.ID, m.Subject, m.Version, string(m.Kind), m.Recipient, string(m.Channel), string(m.Class), int64(m.Urgency),
		string(m.State), micros(m.DueAt), micros(m.ExpiresAt), int64(m.Attempts), micros(m.ClaimedAt), m.OutID,
		m.ProviderID, m.ErrorCode, m.Reason, body, secret, micros(m.CreatedAt), micros(m.SentAt), micros(m.DoneAt),
		micros(m.NextAt), micros(m.OpenedAt), m.Prior, m.SentWith, int64(m.Parts), db.index(m.Phone.Reveal(), sealPatientPhone),
	}, err
}

func (db *DB) message(r messageRow) (notify.Message, error) {
	m := r.Message
	var err error
	if m.Text, err = db.unseal(r.body, sealMessageBody); err != nil {
		return m, err
	}
	m.Secret, err = db.unseal(r.secret, sealSecret)
	return m, err
}

func (db *DB) messages(rows []messageRow) ([]notify.Message, error) {
	out := make([]notify.Message, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = db.message(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}
