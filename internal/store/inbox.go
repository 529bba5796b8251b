package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

// Inbox keeps the messages on people's own pages.
type Inbox struct{ db *DB }

// Inbox gives the store of messages on people's own pages.
func (db *DB) Inbox() *Inbox { return &Inbox{db} }

// KeepItem puts one message on the page of a person; one that is there already
// stays as it is.
func (i *Inbox) KeepItem(ctx context.Context, n notify.InboxItem) error {
	title, err := i.db.seal(n.Title, sealMessageBody)
	if err != nil {
		return err
	}
	body, err := i.db.seal(n.Text, sealMessageBody)
	if err != nil {
		return err
	}
	err = i.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO inbox_item (id, patient_id, kind, subject, title, body, link, at, read_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT DO NOTHING`,
			n.ID, n.PatientID, string(n.Kind), n.Subject, title, body, n.Link, micros(n.At))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep inbox item: %w", err)
	}
	return nil
}

type inboxRow struct {
	id, patient, kind, subject, link string
	title, body                      []byte
	at, readAt                       instant
}

const inboxColumns = `id, patient_id, kind, subject, title, body, link, at, read_at`

func inboxInto(r *inboxRow) []any {
	return []any{&r.id, &r.patient, &r.kind, &r.subject, &r.title, &r.body, &r.link, &r.at, &r.readAt}
}

func (db *DB) inboxItem(r inboxRow) (notify.InboxItem, error) {
	n := notify.InboxItem{
		ID: r.id, PatientID: r.patient, Kind: notify.Kind(r.kind), Subject: r.subject, Link: r.link, At: time.Time(r.at), ReadAt: time.Time(r.readAt),
	}
	var err error
	if n.Title, err = db.unseal(r.title, sealMessageBody); err != nil {
		return n, err
	}
	n.Text, err = db.unseal(r.body, sealMessageBody)
	return n, err
}

// InboxItem finds one message of the page.
func (tx *Tx) InboxItem(ctx context.Context, id string) (notify.InboxItem, error) {
	r, err := one(ctx, tx, missing("inbox item"), inboxInto, `SELECT `+inboxColumns+` FROM inbox_item WHERE id = $1`, id)
	if err != nil {
		return notify.InboxItem{}, err
	}
	return tx.db.inboxItem(r)
}

// InboxOf lists the newest messages on the pages of people.
func (tx *Tx) InboxOf(ctx context.Context, limit int, patientIDs ...string) ([]notify.InboxItem, error) {
	var out []notify.InboxItem
	if len(patientIDs) == 0 {
		return out, nil
	}
	w := where{}
	w.in("patient_id", texts(patientIDs))
	args := append(w.args, int64(limit))
	rows, err := all(ctx, tx, inboxInto, `SELECT `+inboxColumns+` FROM inbox_item`+w.clause()+` ORDER BY at DESC, id DESC LIMIT `+placeholders(len(args), 1), args...)
	if err != nil {
		return nil, fmt.Errorf("list inbox: %w", err)
	}
	for _, r := range rows {
		n, err := tx.db.inboxItem(r)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// ReadItem notes that a person saw a message; only the first time counts.
func (tx *Tx) ReadItem(ctx context.Context, id string, at time.Time) (first bool, err error) {
	n, err := tx.exec(ctx, `UPDATE inbox_item SET read_at = $1 WHERE id = $2 AND read_at = 0`, micros(at), id)
	if err != nil {
		return false, fmt.Errorf("note reading: %w", err)
	}
	return n > 0, nil
}
