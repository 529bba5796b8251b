package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/draw"
)

const lotteryColumns = `session_id, opens_at, closes_at, commitment, seed, state, places, drawn_at, version`

// lotteryRow is a draw as it is stored.
type lotteryRow struct {
	draw.Lottery
	seed []byte
}

func lotteryInto(r *lotteryRow) []any {
	return []any{
		&r.SessionID, (*instant)(&r.Opens), (*instant)(&r.Closes), &r.Commitment, &r.seed, (*string)(&r.State),
		(*number)(&r.Places), (*instant)(&r.DrawnAt), &r.Version,
	}
}

func (tx *Tx) lottery(r lotteryRow, err error) (draw.Lottery, error) {
	if err != nil {
		return draw.Lottery{}, err
	}
	r.Seed, err = tx.db.unseal(r.seed, sealDrawSeed)
	return r.Lottery, err
}

// Lottery finds the draw of a session.
func (tx *Tx) Lottery(ctx context.Context, sessionID string) (draw.Lottery, error) {
	return tx.lottery(one(ctx, tx, missing("draw"), lotteryInto, `SELECT `+lotteryColumns+` FROM lottery WHERE session_id = $1`, sessionID))
}

// LockLottery finds the draw of a session and keeps other lockers waiting
// until the transaction ends.
func (tx *Tx) LockLottery(ctx context.Context, sessionID string) (draw.Lottery, error) {
	return tx.lottery(one(ctx, tx, missing("draw"), lotteryInto,
		`SELECT `+lotteryColumns+` FROM lottery WHERE session_id = $1`+tx.db.d.lock, sessionID))
}

// Lotteries lists draws whose window closes after an instant, by opening.
func (tx *Tx) Lotteries(ctx context.Context, from time.Time) ([]draw.Lottery, error) {
	return tx.lotteries(ctx, `closes_at > $1 ORDER BY opens_at, session_id`, micros(from))
}

// LotteriesDue lists draws whose window is closed and that are not settled.
func (tx *Tx) LotteriesDue(ctx context.Context, now time.Time, limit int) ([]draw.Lottery, error) {
	return tx.lotteries(ctx, `state <> 'settled' AND closes_at <= $1 ORDER BY closes_at, session_id LIMIT $2`, micros(now), int64(limit))
}

func (tx *Tx) lotteries(ctx context.Context, rest string, args ...any) ([]draw.Lottery, error) {
	rows, err := all(ctx, tx, lotteryInto, `SELECT `+lotteryColumns+` FROM lottery WHERE `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list draws: %w", err)
	}
	out := make([]draw.Lottery, len(rows))
	for i, r := range rows {
		if out[i], err = tx.lottery(r, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddLottery inserts a draw; CodeConflict when the session has one.
func (tx *Tx) AddLottery(ctx context.Context, l draw.Lottery) error {
	seed, err := tx.db.seal(l.Seed, sealDrawSeed)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `INSERT INTO lottery (`+lotteryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		l.SessionID, micros(l.Opens), micros(l.Closes), l.Commitment, seed, string(l.State), int64(l.Places), micros(l.DrawnAt), l.Version)
	if err != nil {
		return fmt.Errorf("add draw: %w", err)
	}
	if n == 0 {
		return houzhen.E(houzhen.CodeConflict, "session has a draw")
	}
	return nil
}

// UpdateLottery saves by session and the version that was read. Seed and
// commitment never change.
func (tx *Tx) UpdateLottery(ctx context.Context, l draw.Lottery) error {
	n, err := tx.exec(ctx, `UPDATE lottery SET opens_at = $1, closes_at = $2, state = $3, places = $4, drawn_at = $5, version = version + 1
 WHERE session_id = $6 AND version = $7`,
		micros(l.Opens), micros(l.Closes), string(l.State), int64(l.Places), micros(l.DrawnAt), l.SessionID, l.Version)
	return tx.changed(n, err, "draw")
}

// RemoveLottery deletes a draw, for which nobody has asked, by session and the
// version that was read.
func (tx *Tx) RemoveLottery(ctx context.Context, l draw.Lottery) error {
	n, err := tx.exec(ctx, `DELETE FROM lottery WHERE session_id = $1 AND version = $2`, l.SessionID, l.Version)
	return tx.changed(n, err, "draw")
}
