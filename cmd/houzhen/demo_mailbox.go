package main

import (
	"context"
	"path/filepath"
	"sync/atomic"

	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/notify"
)

// tally counts messages that went out.
type tally struct{ n atomic.Int64 }

// counted is a sender whose messages are counted.
type counted struct {
	notify.Sender
	tally *tally
}

// Send implements notify.Sender.
func (c counted) Send(ctx context.Context, p notify.Parcel) notify.Sent {
	done := c.Sender.Send(ctx, p)
	if done.Outcome == notify.OutcomeAccepted {
		c.tally.n.Add(1)
	}
	return done
}

// openMailbox makes the channels of a demonstration: files that a person can
// read, whatever credentials this machine holds.
func openMailbox(data string, now clock.Clock, t *tally) (senders []notify.Sender, closeAll func(), err error) {
	if t == nil {
		t = &tally{}
	}
	var files []*notify.File
	closeAll = func() {
		for _, f := range files {
			_ = f.Close()
		}
	}
	for _, channel := range []notify.Channel{notify.SMS, notify.Push} {
		f, err := notify.OpenFile(filepath.Join(data, "messages-"+string(channel)+".jsonl"), channel, now.Now)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		files = append(files, f)
		senders = append(senders, counted{f, t})
	}
	return senders, closeAll, nil
}
