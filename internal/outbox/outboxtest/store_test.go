package outboxtest_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/outbox/outboxtest"
)

func TestDoubleKeepsTheContract(t *testing.T) {
	outboxtest.Contract(t, func(*testing.T) outbox.Store {
		return outboxtest.New(func() time.Time { return outboxtest.Start }, nil)
	})
}
