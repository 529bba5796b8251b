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
	p, err := b.run(ctx, rev, State{Topic: topic, Payload: payload})
	if err != nil {
		return Frame{}, false, fmt.Errorf("publish state: %w", err)
	}
	return p.Frame, p.Accepted, nil
}

// Touch implements Bus.
func (b *RedisBus) Touch(ctx context.Context, topic string, rev int64) error {
	if _, err := b.run(ctx, rev, State{Topic: topic}); err != nil {
		return fmt.Errorf("touch topic: %w", err)
	}
	return nil
}

func (b *RedisBus) run(ctx context.Context, rev int64, s State) (Published, error) {
	if err := checkUpdate(s.Topic, rev); err != nil {
		return Published{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	u, at := updates{states: []State{s}, places: []int{0}}, b.opts.Now()
	keys, args := b.words(shardOf(s.Topic), u.states, rev, at)
	u.answer = b.update.Run(ctx, b.client, keys, args...)
	out := make([]Published, 1)
	err := u.read(out, rev, at)
	return out[0], err
}

// words are the keys and arguments of the script for some states of a shard.
func (b *RedisBus) words(shard int, states []State, rev int64, at time.Time) (keys []string, args []any) {
	channel := b.channel(shard)
	keys = append(make([]string, 0, 1+len(states)), channel+":head")
	args = append(make([]any, 0, 4+4*len(states)), at.UnixMilli(), newEpoch(), Keep.Milliseconds(), channel)
	for _, s := range states {
		what := "publish"
		if s.Payload == nil {
			what = "touch"
		}
		keys, args = append(keys, b.stateKey(s.Topic)), append(args, what, rev, s.Payload, s.Topic)
	}
	return keys, args
}

// updates are the states of one shard, each with its place among all, and what
// the script said of them.
type updates struct {
	states []State
	places []int
	answer *redis.Cmd
}

// PublishAll implements Bus: one round trip, in which each shard has one call
// and makes one announcement. A Redis that does not know the script yet is given
// it with the first of them that is sent alone.
func (b *RedisBus) PublishAll(ctx context.Context, rev int64, states []State) ([]Published, error) {
	var of [shards]updates
	for i, s := range states {
		if err := checkUpdate(s.Topic, rev); err != nil {
			return nil, err
		}
		if s.Payload != nil {
			if err := checkPayload(s.Payload); err != nil {
				return nil, err
			}
		}
		u := &of[shardOf(s.Topic)]
		u.states, u.places = append(u.states, s), append(u.places, i)
	}
	bounded, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	at, pipe := b.opts.Now(), b.client.Pipeline()
	for shard := range of {
		if u := &of[shard]; len(u.states) > 0 {
			keys, args := b.words(shard, u.states, rev, at)
			u.answer = b.update.EvalSha(bounded, pipe, keys, args...)
		}
	}
	if _, err := pipe.Exec(bounded); redis.HasErrorPrefix(err, "NOSCRIPT") {
		return publishEach(ctx, b, rev, states)
	}
	out := make([]Published, len(states))
	for shard := range of {
		if err := of[shard].read(out, rev, at); err != nil {
			return nil, fmt.Errorf("publish states: %w", err)
		}
	}
	return out, nil
}

// read puts what became of each state where it belongs.
func (u *updates) read(out []Published, rev int64, at time.Time) error {
	if len(u.states) == 0 {
		return nil
	}
	answer, err := u.answer.Slice()
	if err != nil {
		return err
	}
	if len(answer) != 3*len(u.states) {
		return errors.New("script answered in another shape")
	}
	for i, s := range u.states {
		epoch, _ := answer[3*i+1].(string)
		text, _ := answer[3*i+2].(string)
		version, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		p := Published{Frame: Frame{Position: Position{Epoch: epoch, Version: version}}}
		if p.Accepted = answer[3*i] == int64(1) && s.Payload != nil; p.Accepted {
			p.Frame.Rev, p.Frame.At, p.Frame.Payload = rev, at, s.Payload
		}
		out[u.places[i]] = p
	}
	return nil
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

// readAnnouncement takes one line, "version epoch topic", apart.
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
