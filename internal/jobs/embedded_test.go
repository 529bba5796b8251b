package jobs_test

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheInProcessRedisKeepsTimeByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := embedded(t)
		ctx := t.Context()
		if err := c.Set(ctx, "hold", "x", 10*time.Second).Err(); err != nil {
			t.Fatal(err)
		}
		pass(8 * time.Second)
		equal(t, c.Exists(ctx, "hold").Val(), int64(1))
		pass(3 * time.Second)
		equal(t, c.Exists(ctx, "hold").Val(), int64(0))
	})
}

func TestTwoInProcessRedisesAreStrangers(t *testing.T) {
	a, b := embedded(t), embedded(t)
	if err := a.Set(t.Context(), "key", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, b.Exists(t.Context(), "key").Val(), int64(0))
}
