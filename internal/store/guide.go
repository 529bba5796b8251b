package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/guide"
)

var _ guide.Tx = (*Tx)(nil)

// Guide is the store of guidance before booking.
func (db *DB) Guide() guide.Store {
	return adapter[guide.Tx]{db, func(tx *Tx) guide.Tx { return tx }}
}

const guideColumns = `id, number, state, body, author_id, imported_at, approved_by, approved_at, from_day, revision`

// guideRow is a version as it is stored.
type guideRow struct {
	guide.Version
	body string
}

func guideInto(r *guideRow) []any {
	v := &r.Version
	return []any{
		&v.ID, (*number)(&v.Number), (*string)(&v.State), &r.body, &v.AuthorID, (*instant)(&v.ImportedAt), &v.ApprovedBy,
		(*instant)(&v.ApprovedAt), (*day)(&v.From), &v.Revision,
	}
}

func (r guideRow) whole() (guide.Version, error) {
	if err := json.Unmarshal([]byte(r.body), &r.Table); err != nil {
		return r.Version, fmt.Errorf("decode table: %w", err)
	}
	return r.Version, nil
}

// GuideVersions lists versions by number, the latest first.
func (tx *Tx) GuideVersions(ctx context.Context) ([]guide.Version, error) {
	rows, err := all(ctx, tx, guideInto, `SELECT `+guideColumns+` FROM guide_version ORDER BY number DESC`)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	list := make([]guide.Version, 0, len(rows))
	for _, r := range rows {
		v, err := r.whole()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// GuideInForce finds the approved version that holds on a day.
func (tx *Tx) GuideInForce(ctx context.Context, today houzhen.Date) (guide.Version, error) {
	return tx.guideVersion(ctx, ` WHERE state = 'approved' AND from_day <= $1 ORDER BY from_day DESC, approved_at DESC, number DESC LIMIT 1`, dateNumber(today))
}

// LockGuide finds a version and keeps others from changing it.
func (tx *Tx) LockGuide(ctx context.Context, id string) (guide.Version, error) {
	return tx.guideVersion(ctx, ` WHERE id = $1`+tx.db.d.lock, id)
}

func (tx *Tx) guideVersion(ctx context.Context, where string, args ...any) (guide.Version, error) {
	r, err := one(ctx, tx, missing("version of guidance"), guideInto, `SELECT `+guideColumns+` FROM guide_version`+where, args...)
	if err != nil {
		return r.Version, err
	}
	return r.whole()
}

// SaveGuide inserts a version of revision 0 or updates it by its revision. A
// number that is taken is CodeConflict.
func (tx *Tx) SaveGuide(ctx context.Context, v *guide.Version) error {
	body, err := json.Marshal(v.Table)
	if err != nil {
		return fmt.Errorf("encode table: %w", err)
	}
	args := []any{
		v.ID, int64(v.Number), string(v.State), string(body), v.AuthorID, micros(v.ImportedAt), v.ApprovedBy, micros(v.ApprovedAt),
		dateNumber(v.From), v.Revision + 1,
	}
	changed := int64(1)
	if v.Revision == 0 {
		_, err = tx.exec(ctx, `INSERT INTO guide_version (`+guideColumns+`) VALUES (`+placeholders(1, len(args))+`)`, args...)
	} else {
		changed, err = tx.exec(ctx, `UPDATE guide_version SET number = $2, state = $3, body = $4, author_id = $5, imported_at = $6,
 approved_by = $7, approved_at = $8, from_day = $9, revision = $10 WHERE id = $1 AND revision = $11`, append(args, v.Revision)...)
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
