package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/houzhen/houzhen/booking"
)

// sqliteDialect gives the ways of SQLite: one writer at a time, which makes
// row locks unnecessary.
func sqliteDialect() *dialect {
	return &dialect{
		name: "sqlite", begin: "BEGIN IMMEDIATE", beginRead: "BEGIN", embedded: true,
		bookings: booking.Traits{Lanes: 1, Fresh: time.Second},
		goose:    goose.DialectSQLite3,
		tokens: strings.NewReplacer("{{bigint}}", "INTEGER", "{{bool}}", "INTEGER", "{{blob}}", "BLOB",
			"{{serial}}", "INTEGER PRIMARY KEY", "{{strict}}", "STRICT", "{{keyed}}", "STRICT, WITHOUT ROWID",
			"{{fact_order}}", "SELECT 1;", // one writer: the order of writing is that of commits
			"{{message_room}}", "SELECT 1;"),
		violation: sqliteViolation, retryable: sqliteRetryable,
	}
}

// Sizes of the embedded database. Bookings touch pages all over their indexes,
// so the writer keeps many of them.
const (
	writerCache  = 131072 // KiB
	readerCache  = 32768  // KiB of each reader
	mostLogPages = 32000  // of the write-ahead log before the writer itself empties it
)

// openSQLite opens one connection that writes, a few that only read, and one
// that moves what was written from the log to its place.
func (db *DB) openSQLite(ctx context.Context, path string, readers int) (err error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return errors.New("sqlite needs the path of a file")
	}
	if err := touch(path); err != nil {
		return err
	}
	if readers <= 0 {
		readers = max(2, min(8, runtime.NumCPU()))
	}
	open := func(cache int, pragmas ...string) *sql.DB {
		pool, opened := sql.Open("sqlite", sqliteDSN(path, cache, pragmas...))
		err = errors.Join(err, opened)
		return pool
	}
	w := open(writerCache, "journal_mode(WAL)", fmt.Sprintf("wal_autocheckpoint(%d)", mostLogPages))
	r := open(readerCache, "query_only(1)")
	c := open(readerCache)
	db.d, db.close = sqliteDialect(), closeAll(w, r, c)
	if err != nil {
		return errors.Join(fmt.Errorf("open: %w", err), db.close())
	}
	t := newTidy(ctx, c)
	db.turns, db.conns = newTurns(w, t), newKeptPool(r, readers)
	if err := db.InTx(ctx, func(*Tx) error { return nil }); err != nil { // makes the file and turns WAL on
		return errors.Join(err, db.shut(ctx))
	}
	return nil
}

// touch makes an empty file that others cannot read; SQLite gives the files it
// adds the same mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make database file: %w", err)
	}
	return f.Close()
}

// sqliteDSN opens a file with a page cache of so many KiB.
func sqliteDSN(path string, cache int, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append(pragmas, "busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)",
		"temp_store(MEMORY)", fmt.Sprintf("cache_size(-%d)", cache)) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func sqliteViolation(err error) violation {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return violation{}
	}
	// "constraint failed: UNIQUE constraint failed: slot.session_id, slot.no (1555)"
	_, guard, _ := strings.Cut(e.Error(), "constraint failed: ")
	if _, inner, ok := strings.Cut(guard, "constraint failed: "); ok {
		guard = inner
	}
	guard, _, _ = strings.Cut(guard, " (")
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return violation{uniqueViolation, guard}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return violation{foreignViolation, ""}
	default:
		return violation{checkViolation, guard}
	}
}

func sqliteRetryable(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}
