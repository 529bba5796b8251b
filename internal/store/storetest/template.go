package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/houzhen/houzhen/internal/seal"
	"github.com/houzhen/houzhen/internal/store"
)

// Tests get copies of a database that was migrated once: making the tables takes
// many times longer than copying them.

// File writes a migrated SQLite database to a path.
func File(tb testing.TB, path string) {
	tb.Helper()
	migrated.once.Do(func() { migrated.body, migrated.err = migratedFile() })
	if migrated.err != nil {
		tb.Fatalf("migrate: %v", migrated.err)
	}
	if err := os.WriteFile(path, migrated.body, 0o600); err != nil {
		tb.Fatalf("copy database: %v", err)
	}
}

// migrated is what File copies, made once a process.
var migrated struct {
	once sync.Once
	body []byte
	err  error
}

func migratedFile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "houzhen.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func migrate(address string) error {
	ctx := context.Background()
	ring, err := seal.New(ringKey())
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, address, store.Options{Now: Start, NewID: Counter("id"), Ring: ring})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close()
		return err
	}
	return db.Close()
}

// inside gives the address of another database on the same server.
func inside(tb testing.TB, server, name string) string {
	tb.Helper()
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("%s is not an address", databaseVariable)
	}
	u.Path = "/" + name
	return u.String()
}

// copyOfDatabase makes a migrated database of its own on a server, and drops it
// when the test ends. Files are copied, not pages through the log: that takes a
// third of the work, and brings the template's cache of system tables along,
// which the first connection to each copy would else make anew.
func copyOfDatabase(tb testing.TB, server string) string {
	tb.Helper()
	admin := administer(tb, server)
	template := templateOn(tb, admin, server)
	name := "test_" + strings.ToLower(rand.Text())
	admin.run(tb.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template+admin.byFiles())
	tb.Cleanup(func() { admin.run(context.WithoutCancel(tb.Context()), "DROP DATABASE "+name+" WITH (FORCE)") })
	return inside(tb, server, name)
}

// ownSchema makes an empty schema for one test, and drops it when the test ends.
func ownSchema(tb testing.TB, server string) string {
	tb.Helper()
	address, drop, err := store.Scratch(tb.Context(), server)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := drop(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	return address
}

// admin makes and drops what tests work in.
type admin struct {
	tb   testing.TB
	conn *sql.Conn
}

func administer(tb testing.TB, server string) admin {
	tb.Helper()
	pool, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatalf("connect to PostgreSQL: %v", err)
	}
	tb.Cleanup(func() { _ = pool.Close() })
	conn, err := pool.Conn(tb.Context())
	if err != nil {
		tb.Fatalf("connect to PostgreSQL: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return admin{tb, conn}
}

func (a admin) run(ctx context.Context, statement string) {
	a.tb.Helper()
	if _, err := a.conn.ExecContext(ctx, statement); err != nil {
		a.tb.Errorf("%s: %v", statement, err)
	}
}

// byFiles has a database copied file by file, which servers before 15 always do.
func (a admin) byFiles() string {
	a.tb.Helper()
	var version int
	if err := a.conn.QueryRowContext(a.tb.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		a.tb.Fatalf("ask PostgreSQL for its version: %v", err)
	}
	if version < 150000 {
		return ""
	}
	return " STRATEGY file_copy"
}

// making lets one process at a time look for the template of a server.
const making = 7130511

// templateOn gives the database that others are copied from, made by whoever
// asks for it first. It carries the migrations' fingerprint in its name, and
// nobody stays connected to it.
func templateOn(tb testing.TB, a admin, server string) string {
	tb.Helper()
	print, err := store.Fingerprint()
	if err != nil {
		tb.Fatalf("read migrations: %v", err)
	}
	name := "template_" + print
	a.run(tb.Context(), fmt.Sprintf("SELECT pg_advisory_lock(%d)", making))
	defer a.run(context.WithoutCancel(tb.Context()), fmt.Sprintf("SELECT pg_advisory_unlock(%d)", making))
	var there bool
	if err := a.conn.QueryRowContext(tb.Context(), "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		tb.Fatalf("look for the template: %v", err)
	}
	if there {
		return name
	}
	unfinished := name + "_made"
	a.run(tb.Context(), "DROP DATABASE IF EXISTS "+unfinished+" WITH (FORCE)")
	a.run(tb.Context(), "CREATE DATABASE "+unfinished)
	for range 2 { // the second finds nothing to do, and leaves that cache behind
		if err := migrate(inside(tb, server, unfinished)); err != nil {
			tb.Fatalf("migrate: %v", err)
		}
	}
	a.run(tb.Context(), "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return name
}
