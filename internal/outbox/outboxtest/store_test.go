package outboxtest_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/internal/outbox/outboxtest"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

func TestDoubleKeepsTheContract(t *testing.T) {
	outboxtest.Contract(t, func(*testing.T) outbox.Store {
		return outboxtest.New(func() time.Time { return outboxtest.Start }, nil)
	})
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	outboxtest.Contract(t, func(t *testing.T) outbox.Store {
		t.Helper()
		return storetest.SQLite(t).Outbox()
	})
}

func TestPostgreSQLKeepsTheContract(t *testing.T) {
	outboxtest.Contract(t, func(t *testing.T) outbox.Store {
		t.Helper()
		return storetest.PostgreSQL(t).Outbox()
	})
}
