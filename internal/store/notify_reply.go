package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

var _ notify.ReplyTx = (*Tx)(nil)

// A phone is found by the hash that patients are found by.
func (tx *Tx) phoneIndex(p houzhen.Phone) string { return tx.db.index(p.Reveal(), sealPatientPhone) }

const questionColumns = `id, code, kind, subject, recipient, choices, state, opened_at, expires_at, ended_at`

type questionRow struct {
	notify.Question
	choices string
}

func questionInto(r *questionRow) []any {
	q := &r.Question
	return []any{
		&q.ID, (*number)(&q.Code), (*string)(&q.Kind), &q.Subject, &q.Recipient, &r.choices, (*string)(&q.State),
		(*instant)(&q.OpenedAt), (*instant)(&q.ExpiresAt), (*instant)(&q.EndedAt),
	}
}

func (r questionRow) question() (notify.Question, error) {
	q := r.Question
	if r.choices == "" {
		return q, nil
	}
	if err := json.Unmarshal([]byte(r.choices), &q.Choices); err != nil {
		return q, fmt.Errorf("read choices: %w", err)
	}
	return q, nil
}

// AddQuestion inserts a question; CodeConflict when its code is open on the
// phone or its subject was asked about.
func (tx *Tx) AddQuestion(ctx context.Context, q notify.Question) error {
	choices, err := jsonText(q.Choices)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `INSERT INTO question (`+questionColumns+`, phone_index)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		q.ID, int64(q.Code), string(q.Kind), q.Subject, q.Recipient, choices, string(q.State), micros(q.OpenedAt),
		micros(q.ExpiresAt), micros(q.EndedAt), tx.phoneIndex(q.Phone))
	if err != nil {
		return fmt.Errorf("add question: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "question is open")
	}
	return nil
}

// EndQuestion lets an open question take no more answers.
func (tx *Tx) EndQuestion(ctx context.Context, id string, to notify.QuestionState, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE question SET state = $1, ended_at = $2 WHERE id = $3 AND state = 'open'`, string(to), micros(at), id)
	if err != nil {
		return fmt.Errorf("end question: %w", err)
	}
	return nil
}

// QuestionOf finds the question about a subject.
func (tx *Tx) QuestionOf(ctx context.Context, kind notify.Kind, subject string) (notify.Question, error) {
	r, err := one(ctx, tx, missing("question"), questionInto,
		`SELECT `+questionColumns+` FROM question WHERE kind = $1 AND subject = $2`, string(kind), subject)
	if err != nil {
		return notify.Question{}, err
	}
	return r.question()
}

// QuestionsOf lists the questions of a phone opened since, oldest first.
func (tx *Tx) QuestionsOf(ctx context.Context, phone houzhen.Phone, since time.Time) ([]notify.Question, error) {
	rows, err := all(ctx, tx, questionInto, `SELECT `+questionColumns+` FROM question
 WHERE phone_index = $1 AND opened_at >= $2 ORDER BY opened_at, id`, tx.phoneIndex(phone), micros(since))
	if err != nil {
		return nil, fmt.Errorf("list questions: %w", err)
	}
	out := make([]notify.Question, len(rows))
	for i, r := range rows {
		if out[i], err = r.question(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const replyColumns = `id, sequence, phone, body, sent_at, received_at, state, question_id, answer, recipient, handled_at, handled_by, version`

type replyRow struct {
	notify.Reply
	phone, body []byte
}

func replyInto(r *replyRow) []any {
	p := &r.Reply
	return []any{
		&p.ID, &p.Sequence, &r.phone, &r.body, (*instant)(&p.SentAt), (*instant)(&p.ReceivedAt), (*string)(&p.State), &p.QuestionID,
		&p.Answer, &p.Recipient, (*instant)(&p.HandledAt), &p.HandledBy, &p.Version,
	}
}

func (db *DB) reply(r replyRow) (notify.Reply, error) {
	p := r.Reply
	phone, err := db.unseal(r.phone, sealPatientPhone)
	if err != nil {
		return p, err
	}
	p.Phone = houzhen.NewPhone(phone)
	p.Text, err = db.unseal(r.body, sealReply)
	return p, err
}

// AddReply inserts an SMS that came in, unless it is known.
func (tx *Tx) AddReply(ctx context.Context, r notify.Reply) (bool, error) {
	phone, err := tx.db.seal(r.Phone.Reveal(), sealPatientPhone)
	if err != nil {
		return false, err
	}
	body, err := tx.db.seal(r.Text, sealReply)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `INSERT INTO sms_inbox (`+replyColumns+`, phone_index)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
		r.ID, r.Sequence, phone, body, micros(r.SentAt), micros(r.ReceivedAt), string(r.State), r.QuestionID, r.Answer,
		r.Recipient, micros(r.HandledAt), r.HandledBy, r.Version, tx.phoneIndex(r.Phone))
	if err != nil {
		return false, fmt.Errorf("add reply: %w", err)
	}
	return n == 1, nil
}

// Reply finds an SMS that came in.
func (tx *Tx) Reply(ctx context.Context, id string) (notify.Reply, error) {
	r, err := one(ctx, tx, missing("reply"), replyInto, `SELECT `+replyColumns+` FROM sms_inbox WHERE id = $1`, id)
	if err != nil {
		return notify.Reply{}, err
	}
	return tx.db.reply(r)
}

// UpdateReply saves what became of a reply.
func (tx *Tx) UpdateReply(ctx context.Context, r *notify.Reply) error {
	n, err := tx.exec(ctx, `UPDATE sms_inbox SET state = $1, question_id = $2, answer = $3, recipient = $4, handled_at = $5,
 handled_by = $6, version = version + 1 WHERE id = $7 AND version = $8`,
		string(r.State), r.QuestionID, r.Answer, r.Recipient, micros(r.HandledAt), r.HandledBy, r.ID, r.Version)
	if err := tx.changed(n, err, "reply"); err != nil {
		return err
	}
	r.Version++
	return nil
}

// RepliesOf counts the replies of a phone in a state received since.
func (tx *Tx) RepliesOf(ctx context.Context, phone houzhen.Phone, state notify.ReplyState, since time.Time) (int, error) {
	var n int64
	err := tx.scan(ctx, `SELECT COUNT(*) FROM sms_inbox WHERE phone_index = $1 AND received_at >= $2 AND state = $3`,
		[]any{tx.phoneIndex(phone), micros(since), string(state)}, &n)
	if err != nil {
		return 0, fmt.Errorf("count replies: %w", err)
	}
	return int(n), nil
}

// DeskReplies lists what the desk has to look at, oldest first.
func (tx *Tx) DeskReplies(ctx context.Context, limit int) ([]notify.Reply, error) {
	rows, err := all(ctx, tx, replyInto, `SELECT `+replyColumns+` FROM sms_inbox WHERE state = 'desk' ORDER BY received_at, id LIMIT $1`, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list replies: %w", err)
	}
	out := make([]notify.Reply, len(rows))
	for i, r := range rows {
		if out[i], err = tx.db.reply(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}
