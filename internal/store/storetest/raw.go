package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// raw opens a database past the store, as somebody would who has its files.
func raw(tb testing.TB, address string) *sql.DB {
	tb.Helper()
	driver, dsn := "pgx", address
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatalf("open raw: %v", err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// tamper runs a statement past the store.
func tamper(tb testing.TB, address, statement string) {
	tb.Helper()
	if _, err := raw(tb, address).ExecContext(tb.Context(), statement); err != nil {
		tb.Fatalf("tamper: %v", err)
	}
}

// tables lists the tables of the schema that a store has made.
func tables(tb testing.TB, db *sql.DB, address string) []string {
	tb.Helper()
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1`
	if strings.HasPrefix(address, "sqlite:") {
		list = `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1`
	}
	rows, err := db.QueryContext(tb.Context(), list)
	if err != nil {
		tb.Fatalf("list tables: %v", err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			tb.Fatal(err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// dump gives all values of all tables, one after the other.
func dump(tb testing.TB, address string) []byte {
	tb.Helper()
	db := raw(tb, address)
	var out bytes.Buffer
	for _, table := range tables(tb, db, address) {
		if err := dumpTable(tb.Context(), db, table, &out); err != nil {
			tb.Fatalf("dump %s: %v", table, err)
		}
	}
	return out.Bytes()
}

func dumpTable(ctx context.Context, db *sql.DB, table string, out *bytes.Buffer) error {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+strconv.Quote(table))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			return err
		}
		for _, v := range values {
			switch v := (*v.(*any)).(type) {
			case []byte:
				out.Write(v)
			default:
				_, _ = fmt.Fprint(out, v)
			}
			out.WriteByte('\n')
		}
	}
	return rows.Err()
}
