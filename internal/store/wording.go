package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify/wording"
)

var _ wording.Tx = (*Tx)(nil)

// Wording is the store of what messages say.
func (db *DB) Wording() wording.Store {
	return adapter[wording.Tx]{db, func(tx *Tx) wording.Tx { return tx }}
}

const wordingColumns = `id, wording, lang, channel, number, state, title, body, fields, code, note, author_id, saved_at, decided_by, decided_at, revision`

// wordingRow is a version as it is stored.
type wordingRow struct {
	wording.Version
	fields string
}

func wordingInto(r *wordingRow) []any {
	v := &r.Version
	return []any{
		&v.ID, &v.Key, (*string)(&v.Lang), &v.Channel, (*number)(&v.Number), (*string)(&v.State), &v.Title, &v.Text, &r.fields,
		&v.Code, &v.Note, &v.AuthorID, (*instant)(&v.SavedAt), &v.DecidedBy, (*instant)(&v.DecidedAt), &v.Revision,
	}
}

func (r wordingRow) whole() (wording.Version, error) {
	if r.fields == "" {
		return r.Version, nil
	}
	if err := json.Unmarshal([]byte(r.fields), &r.Fields); err != nil {
		return r.Version, fmt.Errorf("decode fields: %w", err)
	}
	return r.Version, nil
}

// WordingVersions lists versions by key, language, channel and number, the
// latest first.
func (tx *Tx) WordingVersions(ctx context.Context, key string) ([]wording.Version, error) {
	where, args := "", []any{}
	if key != "" {
		where, args = ` WHERE wording = $1`, []any{key}
	}
	rows, err := all(ctx, tx, wordingInto, `SELECT `+wordingColumns+` FROM wording_version`+where+` ORDER BY wording, lang, channel, number DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("list wordings: %w", err)
	}
	list := make([]wording.Version, 0, len(rows))
	for _, r := range rows {
		v, err := r.whole()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// LockWording finds a version and keeps others from changing it.
func (tx *Tx) LockWording(ctx context.Context, id string) (wording.Version, error) {
	r, err := one(ctx, tx, missing("version of a wording"), wordingInto, `SELECT `+wordingColumns+` FROM wording_version WHERE id = $1`+tx.db.d.lock, id)
	if err != nil {
		return r.Version, err
	}
	return r.whole()
}

// SaveWording inserts a version of revision 0 or updates what became of it by
// its revision. The words of a version never change.
func (tx *Tx) SaveWording(ctx context.Context, v *wording.Version) (err error) {
	changed := int64(1)
	if v.Revision == 0 {
		fields := ""
		if len(v.Fields) > 0 {
			b, err := json.Marshal(v.Fields)
			if err != nil {
				return fmt.Errorf("encode fields: %w", err)
			}
			fields = string(b)
		}
		args := []any{
			v.ID, v.Key, string(v.Lang), v.Channel, int64(v.Number), string(v.State), v.Title, v.Text, fields, v.Code, v.Note, v.AuthorID,
			micros(v.SavedAt), v.DecidedBy, micros(v.DecidedAt), v.Revision + 1,
		}
		_, err = tx.exec(ctx, `INSERT INTO wording_version (`+wordingColumns+`) VALUES (`+placeholders(1, len(args))+`)`, args...)
	} else {
		changed, err = tx.exec(ctx, `UPDATE wording_version SET state = $2, code = $3, note = $4, decided_by = $5, decided_at = $6, revision = $7
 WHERE id = $1 AND revision = $8`, v.ID, string(v.State), v.Code, v.Note, v.DecidedBy, micros(v.DecidedAt), v.Revision+1, v.Revision)
	}
	switch {
	case err != nil && tx.db.d.violation(err).kind == uniqueViolation:
		return houzhen.E(houzhen.CodeConflict, "version exists").Because(err)
	case err != nil:
		return fmt.Errorf("write version: %w", err)
	case changed == 0:
		return houzhen.E(houzhen.CodeConflict, "version was changed meanwhile")
	}
	v.Revision++
	return nil
}

// WordingStamp sums the revisions of all versions, which only grow.
func (tx *Tx) WordingStamp(ctx context.Context) (int64, error) {
	var stamp int64
	if err := tx.scan(ctx, `SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM wording_version`, nil, &stamp); err != nil {
		return 0, fmt.Errorf("read stamp: %w", err)
	}
	return stamp, nil
}
