package jobs

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Embedded starts a Redis server inside this process. It opens no port: the
// client talks to it through pipes in memory. miniredis stands still in time,
// so once a second its expiry times are moved by the time that has really
// passed, whatever clock the hospital runs on: leases and time-outs are real.
//
// A million tasks leave about 119 MB in it: what it holds is worth nothing
// beyond the next seconds, and a restart begins with an empty one.
func Embedded(ctx context.Context) (client redis.UniversalClient, stop func(), err error) {
	server := miniredis.NewMiniRedis()
	c := redis.NewClient(&redis.Options{
		Addr:   "127.0.0.1:6379", // a name is demanded; nothing listens there and nothing is called
		Dialer: func(context.Context, string, string) (net.Conn, error) { return server.Dial() },
		// Nothing can be lost on the way: a wait is a wait for the server's lock.
		ReadTimeout:     time.Minute,
		WriteTimeout:    time.Minute,
		DisableIdentity: true,
		// It would look up the address.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	if err := c.Ping(ctx).Err(); err != nil {
		server.Close()
		return nil, nil, fmt.Errorf("start in-process redis: %w", err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		keepTime(server, quit)
	}()
	var once sync.Once
	return c, func() {
		once.Do(func() {
			close(quit)
			<-done
			_ = c.Close() // pipes close with their server
			server.Close()
		})
	}, nil
}

// keepTime lets the keys of a server expire in real time.
func keepTime(server *miniredis.Miniredis, quit <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	last := time.Now() //nolint:forbidigo // a server's expiry times are on real time
	for {
		select {
		case <-quit:
			return
		case <-ticker.C:
			now := time.Now() //nolint:forbidigo // see above
			server.FastForward(now.Sub(last))
			last = now
		}
	}
}
