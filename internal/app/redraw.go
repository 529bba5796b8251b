package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/realtime"
)

// Topics of the sockets, each with the id of what it shows.
const (
	topicZone     = "zone"
	topicDoor     = "door"
	topicStrip    = "strip"
	topicDesk     = "desk"
	topicPosition = "pos"
)

// redraw computes where everybody of a queue stands and when he will be called,
// once for all who watch, hands it to the hub, and tells those who must leave
// home or had better wait.
func (a *App) redraw(ctx context.Context, sessionID string) error {
	rev := a.live.rev()
	p, err := a.placeNow(ctx, sessionID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil // not opened yet: nobody shows it
	}
	if err != nil {
		return fmt.Errorf("draw queue: %w", err)
	}
	if err := a.hand(ctx, p, rev); err != nil {
		return err
	}
	a.boards.shown.rate(p.q)
	if a.opt.Drawn != nil {
		a.opt.Drawn(p.q)
	}
	a.adviseLeave(ctx, p)
	return nil
}

// placeNow reads a queue, and computes where everybody stands. Most queues are
// as this node left them, and then one statement says so.
func (a *App) placeNow(ctx context.Context, sessionID string) (p place, err error) {
	now := a.clock.Now()
	if model, ok := a.boards.models.kept(sessionID, now); ok {
		q, session, known, err := a.Store.KnownQueue(ctx, sessionID)
		if err != nil {
			return place{}, err
		}
		if known {
			return a.boards.placed(ctx, q, session, model, now)
		}
	}
	err = a.view(ctx, func(tx everything) error {
		err := tx.ForeseeAll(ctx, func(tx queue.Tx) {
			_, _ = tx.Queue(ctx, sessionID)
			_, _ = tx.(everything).Session(ctx, sessionID)
		})
		if err != nil {
			return err
		}
		q, err := tx.Queue(ctx, sessionID)
		if err == nil {
			p, err = a.boards.standing(ctx, tx, q)
		}
		return err
	})
	return p, err
}

// hand gives the hub what was drawn: each place that is watched, and word to
// screens and desks that theirs is another.
func (a *App) hand(ctx context.Context, p place, rev int64) error {
	states := make([]realtime.State, 0, len(p.q.Tickets)+4)
	for _, t := range p.q.Tickets {
		s := realtime.State{Topic: topicPosition + "/" + t.AppointmentID}
		if a.Hub.Watchers(s.Topic) == 0 {
			if a.cfg.RedisURL != "" { // another node, where he is watched, draws it for itself
				states = append(states, s)
			}
			continue
		}
		var err error
		if s.Payload, err = json.Marshal(p.position(t)); err != nil {
			return fmt.Errorf("write place: %w", err)
		}
		s.Mark = countsOf(s.Payload)
		states = append(states, s)
	}
	for _, topic := range []string{
		topicZone + "/" + p.q.ZoneID, topicDoor + "/" + p.q.RoomID, topicStrip + "/" + p.q.SessionID, topicDesk + "/" + p.q.ZoneID,
	} {
		states = append(states, realtime.State{Topic: topic})
	}
	if err := a.Hub.PublishAll(ctx, rev, states); err != nil {
		return fmt.Errorf("hand over what was drawn: %w", err)
	}
	return nil
}

// countsOf is a place without when it was built and from which version of the
// queue, which come last in it: a patient for whom all else is as it was is not
// sent it again.
func countsOf(place []byte) []byte { return place[:bytes.LastIndex(place, []byte(`"at":`))] }

// snapshot renders a topic for whoever begins to watch it or was told that it
// changed. Its rev is of before it was read.
func (a *App) snapshot(ctx context.Context, topic string) (rev int64, payload []byte, err error) {
	rev = a.live.rev()
	kind, id, _ := strings.Cut(topic, "/")
	var frame any
	switch kind {
	case topicZone:
		frame, err = a.boards.Zone(ctx, id)
	case topicDoor:
		frame, err = a.boards.Door(ctx, id)
	case topicStrip:
		frame, err = a.boards.Strip(ctx, id)
	case topicDesk:
		frame, err = a.boards.Desk(ctx, id)
	case topicPosition:
		frame, err = a.boards.Position(ctx, id)
	default:
		err = houzhen.E(houzhen.CodeNotFound, "no such topic").On("topic")
	}
	if err != nil {
		return 0, nil, err
	}
	payload, err = json.Marshal(frame)
	return rev, payload, err
}
