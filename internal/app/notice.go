package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/realtime"
)

// notices is what desks tell those who wait in a zone.
type notices struct{ *App }

// Tell says something to a zone for some minutes.
func (n notices) Tell(ctx context.Context, t api.Telling) (said queue.Notice, err error) {
	if err := n.knownZone(ctx, t.ZoneID); err != nil {
		return said, err
	}
	err = n.inTx(ctx, func(tx everything) error {
		said, err = queue.Tell(ctx, tx, queue.Notice{ZoneID: t.ZoneID, Request: t.RequestID, Text: t.Text, By: t.By}, t.Minutes)
		if err != nil {
			return err
		}
		return tx.Append(ctx, t.By, "zone.notice", t.ZoneID, said.ID)
	})
	return said, err
}

// TakeBack ends one before its time.
func (n notices) TakeBack(ctx context.Context, zoneID, id, by string) error {
	return n.inTx(ctx, func(tx everything) error {
		if err := queue.TakeBack(ctx, tx, zoneID, id, by); err != nil {
			return err
		}
		return tx.Append(ctx, by, "zone.notice.take_back", zoneID, id)
	})
}

func (n notices) knownZone(ctx context.Context, id string) error {
	index, err := n.Directory.Index(ctx)
	if err != nil {
		return fmt.Errorf("load house: %w", err)
	}
	if _, known := index.Zone(id); !known {
		return houzhen.E(houzhen.CodeNotFound, "no such zone").On("zone")
	}
	return nil
}

// Notices builds what stands in a zone just now.
func (b *boards) Notices(ctx context.Context, zoneID string) (board.Notices, error) {
	out := board.Notices{ID: zoneID, List: []board.Notice{}}
	now := b.now()
	err := b.view(ctx, func(tx everything) error {
		list, err := tx.Notices(ctx, zoneID, now)
		for _, n := range queue.Standing(list, now) {
			out.List = append(out.List, board.Notice{ID: n.ID, Text: n.Text, Until: n.Until.UnixMilli()})
		}
		return err
	})
	out.At = now.UnixMilli()
	return out, err
}

// showNotices lets whoever watches a zone's notices see what stands now.
func (a *App) showNotices(ctx context.Context, _ everything, e houzhen.Event) error {
	if a.opt.Blind {
		return nil
	}
	outbox.AfterCommit(ctx, func(ctx context.Context) {
		if err := a.Hub.PublishAll(ctx, a.live.rev(), []realtime.State{{Topic: topicNotice + "/" + e.Subject}}); err != nil {
			a.log.WarnContext(ctx, "notices were not shown", "zone", e.Subject, "error", err)
		}
	})
	return nil
}
