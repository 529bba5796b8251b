package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
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
	topicNotice   = "notice"
)

// redraw computes where everybody of some queues stands and when he will be
// called, once for all who watch, hands it to the hub, and tells those who must
// leave home or had better wait. A queue that cannot be read keeps no other.
func (a *App) redraw(ctx context.Context, sessionIDs []string) error {
	rev := a.live.rev()
	places, unread := a.placesNow(ctx, sessionIDs)
	if err := a.hand(ctx, places, rev); err != nil {
		return errors.Join(unread, err)
	}
	for _, p := range places {
		a.boards.shown.rate(p.q)
		if a.opt.Drawn != nil {
			a.opt.Drawn(p.q)
		}
	}
	for _, p := range places {
		a.adviseLeave(ctx, p)
	}
	return unread
}

// placesNow reads queues, and computes where everybody stands. Most are as this
// node left them, which one trip says of all. One that was not opened yet is
// shown by nobody, and left out.
func (a *App) placesNow(ctx context.Context, sessionIDs []string) ([]place, error) {
	known, err := a.Store.KnownQueues(ctx, sessionIDs)
	if err != nil {
		return nil, fmt.Errorf("draw queues: %w", err)
	}
	var places []place
	var errs []error
	for _, id := range sessionIDs {
		p, err := a.placeNow(ctx, id, known)
		switch {
		case err == nil:
			places = append(places, p)
		case houzhen.CodeOf(err) != houzhen.CodeNotFound:
			errs = append(errs, fmt.Errorf("draw queue %s: %w", id, err))
		}
	}
	return places, errors.Join(errs...)
}

// placeNow is one of them: from what is known, or read by itself.
func (a *App) placeNow(ctx context.Context, sessionID string, known map[string]store.KnownQueue) (p place, err error) {
	now := a.clock.Now()
	if k, ok := known[sessionID]; ok {
		if model, ok := a.boards.models.kept(sessionID, now); ok {
			return a.boards.placed(ctx, k.Queue, k.Session, model, now)
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
func (a *App) hand(ctx context.Context, places []place, rev int64) error {
	var states []realtime.State
	var screens []string
	for _, p := range places {
		for _, t := range p.q.Tickets {
			s, ok, err := a.stateOf(p, t)
			if err != nil {
				return fmt.Errorf("write place: %w", err)
			}
			if ok {
				states = append(states, s)
			}
		}
		screens = append(screens,
			topicZone+"/"+p.q.ZoneID, topicDoor+"/"+p.q.RoomID, topicStrip+"/"+p.q.SessionID, topicDesk+"/"+p.q.ZoneID)
	}
	for _, topic := range distinct(screens) {
		states = append(states, realtime.State{Topic: topic})
	}
	if err := a.Hub.PublishAll(ctx, rev, states); err != nil {
		return fmt.Errorf("hand over what was drawn: %w", err)
	}
	return nil
}

// stateOf is the place of one patient, if somebody may watch it.
func (a *App) stateOf(p place, t queue.Ticket) (s realtime.State, ok bool, err error) {
	s.Topic = topicPosition + "/" + t.AppointmentID
	if a.Hub.Watchers(s.Topic) == 0 {
		return s, a.cfg.RedisURL != "", nil // another node, where he is watched, draws it for itself
	}
	if s.Payload, err = json.Marshal(p.position(t)); err != nil {
		return s, false, err
	}
	s.Mark = countsOf(s.Payload)
	return s, true, nil
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
	case topicNotice:
		frame, err = a.boards.Notices(ctx, id)
	default:
		err = houzhen.E(houzhen.CodeNotFound, "no such topic").On("topic")
	}
	if err != nil {
		return 0, nil, err
	}
	payload, err = json.Marshal(frame)
	return rev, payload, err
}
