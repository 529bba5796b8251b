package realtime

import (
	"cmp"
	"context"
	_ "embed" // bus_redis.lua
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// shards spread topics over the slots of a Redis cluster; each has a version
// counter and a channel of its own.
const shards = 8

// redisWait bounds every call, so that a hung Redis holds nobody for long.
const redisWait = 2 * time.Second

//go:embed bus_redis.lua
var redisUpdate string

// RedisOptions shape a RedisBus; each has a good zero value but Now.
type RedisOptions struct {
	Now     func() time.Time // stamps states; required
	Prefix  string           // of keys and channels; "houzhen:rt"
	Silence time.Duration    // after which a silent subscription is asked, and given up after as much again; 5 s
	Logger  *slog.Logger     // nowhere
}

// RedisBus is the Bus between nodes. What it holds may be lost at any moment.
type RedisBus struct {
	opts   RedisOptions
	client redis.UniversalClient
	update *redis.Script
}

// NewRedisBus uses client, which stays the caller's to close.
func NewRedisBus(client redis.UniversalClient, o RedisOptions) *RedisBus {
	o.Prefix = cmp.Or(o.Prefix, "houzhen:rt")
	o.Silence = cmp.Or(o.Silence, 5*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return &RedisBus{opts: o, client: client, update: redis.NewScript(redisUpdate)}
}

// Publish implements Bus.
func (b *RedisBus) Publish(ctx context.Context, topic string, rev int64, payload []byte) (Frame, bool, error) {
	if err := checkPayload(payload); err != nil {
		return Frame{}, false, err
	}
	at := b.opts.Now()
	accepted, p, err := b.run(ctx, "publish", topic, rev, payload, at)
	if err != nil {
		return Frame{}, false, fmt.Errorf("publish state: %w", err)
	}
	f := Frame{Position: p, Rev: rev, At: at, Payload: payload}
	if !accepted {
		f = Frame{Position: p}
	}
	return f, accepted, nil
}

// Touch implements Bus.
func (b *RedisBus) Touch(ctx context.Context, topic string, rev int64) error {
	if _, _, err := b.run(ctx, "touch", topic, rev, nil, b.opts.Now()); err != nil {
		return fmt.Errorf("touch topic: %w", err)
	}
	return nil
}

func (b *RedisBus) run(ctx context.Context, what, topic string, rev int64, payload []byte, at time.Time) (bool, Position, error) {
	if err := checkUpdate(topic, rev); err != nil {
		return false, Position{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	keys, args := b.words(what, topic, rev, payload, at)
	return readAnswer(b.update.Run(ctx, b.client, keys, args...))
}

// words are the keys and arguments of the script.
func (b *RedisBus) words(what, topic string, rev int64, payload []byte, at time.Time) (keys []string, args []any) {
	channel := b.channel(shardOf(topic))
	return []string{channel + ":head", b.stateKey(topic)},
		[]any{what, rev, payload, at.UnixMilli(), newEpoch(), Keep.Milliseconds(), channel, topic}
}

// PublishAll implements Bus: one round trip. A Redis that does not know the
// script yet is given it with the first of them that is sent alone.
func (b *RedisBus) PublishAll(ctx context.Context, rev int64, states []State) ([]Published, error) {
	for _, s := range states {
		if err := checkUpdate(s.Topic, rev); err != nil {
			return nil, err
		}
		if s.Payload == nil {
			continue
		}
		if err := checkPayload(s.Payload); err != nil {
			return nil, err
		}
	}
	bounded, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	at, pipe := b.opts.Now(), b.client.Pipeline()
	answers := make([]*redis.Cmd, len(states))
	for i, s := range states {
		what := "publish"
		if s.Payload == nil {
			what = "touch"
		}
		keys, args := b.words(what, s.Topic, rev, s.Payload, at)
		answers[i] = b.update.EvalSha(bounded, pipe, keys, args...)
	}
	if _, err := pipe.Exec(bounded); redis.HasErrorPrefix(err, "NOSCRIPT") {
		return publishEach(ctx, b, rev, states)
	}
	out := make([]Published, len(states))
	for i, s := range states {
		accepted, p, err := readAnswer(answers[i])
		if err != nil {
			return nil, fmt.Errorf("publish states: %w", err)
		}
		out[i] = Published{Frame: Frame{Position: p}, Accepted: accepted && s.Payload != nil}
		if out[i].Accepted {
			out[i].Frame.Rev, out[i].Frame.At, out[i].Frame.Payload = rev, at, s.Payload
		}
	}
	return out, nil
}

func readAnswer(cmd *redis.Cmd) (bool, Position, error) {
	answer, err := cmd.Slice()
	if err != nil {
		return false, Position{}, err
	}
	if len(answer) != 3 {
		return false, Position{}, errors.New("script answered in another shape")
	}
	epoch, _ := answer[1].(string)
	text, _ := answer[2].(string)
	version, err := strconv.ParseInt(text, 10, 64)
	return answer[0] == int64(1), Position{Epoch: epoch, Version: version}, err
}

// Latest implements Bus.
func (b *RedisBus) Latest(ctx context.Context, topic string) (Frame, bool, error) {
	if !validTopic(topic) {
		return Frame{}, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	var s struct {
		Payload *string `redis:"p"`
		Rev     int64   `redis:"r"`
		Epoch   string  `redis:"e"`
		Version int64   `redis:"v"`
		At      int64   `redis:"a"`
	}
	if err := b.client.HMGet(ctx, b.stateKey(topic), "p", "r", "e", "v", "a").Scan(&s); err != nil {
		return Frame{}, false, fmt.Errorf("load state: %w", err)
	}
	if s.Payload == nil {
		return Frame{}, false, nil
	}
	return Frame{
		Position: Position{s.Epoch, s.Version}, Rev: s.Rev,
		At: time.UnixMilli(s.At).UTC(), Payload: []byte(*s.Payload),
	}, true, nil
}

func (b *RedisBus) channel(shard int) string { return b.opts.Prefix + ":{" + strconv.Itoa(shard) + "}" }

func (b *RedisBus) stateKey(topic string) string { return b.channel(shardOf(topic)) + ":" + topic }

func shardOf(topic string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(topic))
	return int(h.Sum32() % shards)
}

// readAnnouncement takes "version epoch topic" apart.
func readAnnouncement(s string) (string, Position, bool) {
	version, rest, _ := strings.Cut(s, " ")
	epoch, topic, found := strings.Cut(rest, " ")
	v, err := strconv.ParseInt(version, 10, 64)
	if !found || err != nil || !validTopic(topic) {
		return "", Position{}, false
	}
	if v == 0 {
		return topic, Position{}, true
	}
	return topic, Position{epoch, v}, true
}
