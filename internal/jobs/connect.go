package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Connect opens a Redis by its address: redis://, rediss:// or
// redis-sentinel://host1,host2?master=name. It refuses one that cannot be
// reached or is older than 6.2; Examine tells the rest.
func Connect(ctx context.Context, url string) (redis.UniversalClient, error) {
	client, err := open(url)
	if err != nil {
		return nil, err
	}
	if _, err := Examine(ctx, client); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

func open(url string) (redis.UniversalClient, error) {
	if strings.HasPrefix(url, "redis-sentinel://") {
		opt, err := asynq.ParseRedisURI(url)
		if err != nil {
			return nil, errors.New("redis address is not redis-sentinel://[:password@]host,host?master=name")
		}
		client, ok := opt.MakeRedisClient().(redis.UniversalClient)
		if !ok {
			return nil, errors.New("redis address leads to no client")
		}
		return client, nil
	}
	opt, err := redis.ParseURL(url)
	if err != nil { // its text would show the password
		return nil, errors.New("redis address is not redis://[user:password@]host:port/number or rediss://…")
	}
	opt.DisableIdentity = true
	return redis.NewClient(opt), nil
}

// Health is what Examine finds.
type Health struct {
	Version  string
	Policy   string   // maxmemory-policy, "" if the server does not tell
	Warnings []string // what an operator should change; English, one sentence each
}

// Examine looks whether a Redis fits: an error when it cannot be used at all.
func Examine(ctx context.Context, c redis.UniversalClient) (Health, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text, err := c.Info(ctx).Result()
	if err != nil {
		return Health{}, fmt.Errorf("reach redis: %w", err)
	}
	h := Health{Version: infoField(text, "redis_version"), Policy: infoField(text, "maxmemory_policy")}
	if old(h.Version) {
		return h, fmt.Errorf("redis is version %s, but 6.2 or newer is needed", h.Version)
	}
	if h.Policy != "" && h.Policy != "noeviction" {
		h.Warnings = append(h.Warnings, fmt.Sprintf("Redis may throw away tasks when memory is short (maxmemory-policy is %s): set it to noeviction.", h.Policy))
	}
	if h.Version == "" {
		h.Warnings = append(h.Warnings, "Redis does not tell its version; 6.2 or newer is needed.")
	}
	return h, nil
}

func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func old(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	ma, err := strconv.Atoi(major)
	if err != nil {
		return false // unknown; Examine warns
	}
	mi, _ := strconv.Atoi(minor)
	return ma < 6 || ma == 6 && mi < 2
}
