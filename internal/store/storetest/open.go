// Package storetest opens stores for tests and holds the contract that every
// engine must pass. It decides what "behaves like a store" means; it knows no
// engine's inner ways.
package storetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/seal"
	"github.com/houzhen/houzhen/internal/store"
)

// Variables that scripts/with-services.sh sets, and that CI sets so that no
// service-backed test is skipped unseen.
const (
	databaseVariable = "HOUZHEN_TEST_DATABASE_URL"
	requireVariable  = "HOUZHEN_TEST_REQUIRE_SERVICES"
)

// Option changes how a store is opened for a test.
type Option func(*setup)

type setup struct {
	now     func() time.Time
	newID   func() string
	ring    store.Sealer
	conns   int
	address *string
	bare    bool
	ready   bool // migrated already
}

func settings(opts []Option) setup {
	s := setup{now: Start, newID: Counter("id"), conns: 8}
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// Now sets the clock of a store; by default it stands still at Start.
func Now(now func() time.Time) Option { return func(s *setup) { s.now = now } }

// IDs sets what makes ids; by default they count up from id-000001.
func IDs(newID func() string) Option { return func(s *setup) { s.newID = newID } }

// Conns sets the number of connections.
func Conns(n int) Option { return func(s *setup) { s.conns = n } }

// Address hands out the address of the database, to look at it from outside or
// to open it a second time.
func Address(to *string) Option { return func(s *setup) { s.address = to } }

// Bare leaves out the migrations.
func Bare() Option { return func(s *setup) { s.bare = true } }

// ready says that the database was migrated before.
func ready() Option { return func(s *setup) { s.ready = true } }

// SQLite opens a new database in a temporary file, migrated, and closes it
// when the test ends.
func SQLite(tb testing.TB, opts ...Option) *store.DB {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "houzhen.db")
	if settings(opts).bare {
		return Open(tb, "sqlite:"+path, opts...)
	}
	File(tb, path)
	return Open(tb, "sqlite:"+path, append(opts, ready())...)
}

// PostgreSQL opens a new database, migrated, on the server that the environment
// names, and drops it when the test ends. Without a server the test is skipped,
// or fails where services are required.
func PostgreSQL(tb testing.TB, opts ...Option) *store.DB {
	tb.Helper()
	if settings(opts).bare {
		return Open(tb, ownSchema(tb, postgresServer(tb)), opts...)
	}
	return Open(tb, Database(tb), append(opts, ready())...)
}

// Database makes what PostgreSQL opens, and gives its address.
func Database(tb testing.TB) string {
	tb.Helper()
	return copyOfDatabase(tb, postgresServer(tb))
}

func postgresServer(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv(databaseVariable)
	if server == "" {
		if os.Getenv(requireVariable) == "1" {
			tb.Fatalf("%s is empty: run by scripts/with-services.sh", databaseVariable)
		}
		tb.Skipf("%s is empty: no PostgreSQL to test with", databaseVariable)
	}
	return server
}

// Open opens a store at an address and closes it when the test ends.
func Open(tb testing.TB, address string, opts ...Option) *store.DB {
	tb.Helper()
	s := settings(opts)
	if s.ring == nil {
		s.ring = Ring(tb)
	}
	db, err := store.Open(tb.Context(), address, store.Options{Now: s.now, NewID: s.newID, Ring: s.ring, MaxConns: s.conns})
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close store: %v", err)
		}
	})
	if !s.bare && !s.ready {
		if err := db.Migrate(tb.Context()); err != nil {
			tb.Fatalf("migrate: %v", err)
		}
	}
	if s.address != nil {
		*s.address = address
	}
	return db
}

func ringKey() []byte { return bytes.Repeat([]byte{7}, 32) }

// Ring gives a ring whose key is the same in every test.
func Ring(tb testing.TB) *seal.Ring {
	tb.Helper()
	ring, err := seal.New(ringKey())
	if err != nil {
		tb.Fatalf("make ring: %v", err)
	}
	return ring
}

// Counter makes ids that count up: prefix-000001 and so on.
func Counter(prefix string) func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("%s-%06d", prefix, n.Add(1)) }
}
