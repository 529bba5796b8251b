package realtime

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Limits of what a bus takes.
const (
	MaxTopic   = 120       // bytes of a topic's name
	MaxPayload = 256 << 10 // bytes of a state
	maxRev     = 1 << 53   // the largest number that scripts in Redis and browsers hold exactly
)

// Keep is how long a bus holds a state that nobody publishes again.
const Keep = 24 * time.Hour

// Position orders the states of one topic. Versions grow within an epoch; a
// new epoch begins whenever the bus has lost its memory, and says nothing
// about what came before.
type Position struct {
	Epoch   string
	Version int64
}

// NewsTo reports whether somebody who holds the state at held has to replace
// it by the one at p.
func (p Position) NewsTo(held Position) bool {
	return p.Epoch != held.Epoch || p.Version > held.Version
}

// Frame is one state of a topic. Its payload is shared and never changed.
type Frame struct {
	Position
	Rev     int64     // the version of the truth behind it
	At      time.Time // when it was published, on the publisher's clock
	Payload []byte    // JSON
}

// State is what a topic is to show.
type State struct {
	Topic   string
	Payload []byte // none: the topic is touched
	// Mark is the part of the payload that counts: a state is not sent again to
	// those who were shown one with the same mark. None: it always counts.
	Mark []byte
}

// Published is what became of a state.
type Published struct {
	Frame    Frame
	Accepted bool
}

// publishEach is PublishAll for a bus that is near.
func publishEach(ctx context.Context, b Bus, rev int64, states []State) ([]Published, error) {
	out := make([]Published, len(states))
	for i, s := range states {
		var err error
		if s.Payload == nil {
			err = b.Touch(ctx, s.Topic, rev)
		} else {
			out[i].Frame, out[i].Accepted, err = b.Publish(ctx, s.Topic, rev, s.Payload)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Bus holds the latest state of every topic and tells all nodes about newer
// ones. bustest is its contract.
type Bus interface {
	// Publish makes payload the state of the topic and announces it. It is
	// refused (false, no error) when a higher rev is known, or when state and
	// rev are what the bus holds already; the frame is then without payload
	// and tells where the topic stands.
	Publish(ctx context.Context, topic string, rev int64, payload []byte) (Frame, bool, error)
	// Touch drops the state, refuses states below rev from now on, and
	// announces the topic without a position.
	Touch(ctx context.Context, topic string, rev int64) error
	// PublishAll does what Publish, or Touch for a state without payload, does
	// for each of states, in one go. An error says that any part may be undone.
	PublishAll(ctx context.Context, rev int64, states []State) ([]Published, error)
	// Latest finds the state of the topic; false if the bus holds none.
	Latest(ctx context.Context, topic string) (Frame, bool, error)
	// Listen hands announcements to l until ctx ends. Whatever happens to the
	// connection meanwhile is mended, and followed by l.Resync.
	Listen(ctx context.Context, l Listener) error
}

// Listener hears what a bus announces. Its methods return at once and call
// nothing on the bus themselves.
type Listener interface {
	// Announce says that a topic has a state at p, or, when p is zero, that
	// its state has to be rendered anew. Announcements may come twice or late.
	Announce(topic string, p Position)
	// Resync says that announcements may have been lost up to now. It is
	// called after every subscription, the first one too.
	Resync()
}

// checkUpdate refuses what no bus takes.
func checkUpdate(topic string, rev int64) error {
	if !validTopic(topic) {
		return houzhen.E(houzhen.CodeInvalid, "malformed topic").On("topic")
	}
	if rev < 0 || rev >= maxRev {
		return houzhen.E(houzhen.CodeInvalid, "rev out of range").On("rev")
	}
	return nil
}

// checkPayload refuses a state that would break every client's parser.
func checkPayload(payload []byte) error {
	if len(payload) > MaxPayload {
		return houzhen.E(houzhen.CodeTooLarge, "state over the limit").On("payload")
	}
	if !json.Valid(payload) {
		return houzhen.E(houzhen.CodeMalformed, "state is not JSON").On("payload")
	}
	return nil
}

// validTopic admits the signs that need no escaping anywhere a topic appears:
// in JSON, in a Redis key, in a log line.
func validTopic(topic string) bool {
	return topic != "" && len(topic) <= MaxTopic && !strings.ContainsFunc(topic, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:._-/@", r)
	})
}

// newEpoch makes a name that no earlier memory of any bus had.
func newEpoch() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}
