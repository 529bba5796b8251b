package bookingtest

import (
	"context"
	"slices"
	"time"

	"github.com/houzhen/houzhen/booking"
)

// Heartbeat notes Now and gives the note before.
func (tx *Tx) Heartbeat(_ context.Context, id string) (time.Time, error) {
	last := tx.store.beats[id]
	set(tx, tx.store.beats, id, tx.now)
	return last, nil
}

// AddOutage keeps an outage.
func (tx *Tx) AddOutage(_ context.Context, o booking.Outage) error {
	before := tx.store.outages
	tx.undo = append(tx.undo, func() { tx.store.outages = before })
	tx.store.outages = append(slices.Clone(before), o)
	return nil
}

// Outages lists outages that touch a span.
func (tx *Tx) Outages(_ context.Context, from, to time.Time) ([]booking.Outage, error) {
	var list []booking.Outage
	for _, o := range tx.store.outages {
		if o.From.Before(to) && from.Before(o.To) {
			list = append(list, o)
		}
	}
	return list, nil
}
