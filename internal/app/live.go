package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

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

// live keeps what is watched up to date. A change of a queue is noted by its
// session; one goroutine then touches the topics that show it, so a burst of
// changes is one redraw.
type live struct {
	hub    *realtime.Hub
	view   func(ctx context.Context, f func(everything) error) error
	now    func() time.Time
	shared bool // other nodes may have watchers that this one does not see
	log    *slog.Logger
	advise func(ctx context.Context, q queue.Queue) // leave-now, on every change of a queue

	wake  chan struct{}
	mu    sync.Mutex
	dirty map[string]bool
	busy  bool
}

func (l *live) touch(sessionID string) {
	l.mu.Lock()
	l.dirty[sessionID] = true
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// idle reports whether nothing is waiting to be redrawn.
func (l *live) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.dirty) == 0 && !l.busy
}

func (l *live) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, 0, len(l.dirty))
	for id := range l.dirty {
		ids = append(ids, id)
	}
	clear(l.dirty)
	l.busy = len(ids) > 0
	return ids
}

// run redraws until ctx ends.
func (l *live) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		}
		for ids := l.take(); len(ids) > 0 && ctx.Err() == nil; ids = l.take() {
			for _, id := range ids {
				if err := l.redraw(ctx, id); err != nil && ctx.Err() == nil {
					l.log.WarnContext(ctx, "redraw failed", "session", id, "error", err)
				}
			}
		}
	}
}

// redraw touches every topic that shows the session.
func (l *live) redraw(ctx context.Context, sessionID string) error {
	var q queue.Queue
	err := l.view(ctx, func(tx everything) (err error) {
		q, err = tx.Queue(ctx, sessionID)
		return err
	})
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil // not opened yet: nobody shows it
	}
	if err != nil {
		return fmt.Errorf("load queue: %w", err)
	}
	l.advise(ctx, q)
	return l.touchAll(ctx, topicsOf(q))
}

func topicsOf(q queue.Queue) []string {
	topics := []string{
		topicZone + "/" + q.ZoneID, topicDoor + "/" + q.RoomID, topicStrip + "/" + q.SessionID, topicDesk + "/" + q.ZoneID,
	}
	for _, t := range q.Tickets {
		topics = append(topics, topicPosition+"/"+t.AppointmentID)
	}
	return topics
}

func (l *live) touchAll(ctx context.Context, topics []string) error {
	rev := l.now().UnixMicro()
	for _, topic := range topics {
		if !l.shared && l.hub.Watchers(topic) == 0 && strings.HasPrefix(topic, topicPosition) {
			continue
		}
		if err := l.hub.Touch(ctx, topic, rev); err != nil {
			return fmt.Errorf("touch %s: %w", topic, err)
		}
	}
	return nil
}

// snapshot renders a topic for whoever begins to watch it or was told that it
// changed. Its rev is the instant before it was read.
func (a *App) snapshot(ctx context.Context, topic string) (rev int64, payload []byte, err error) {
	rev = a.clock.Now().UnixMicro()
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
