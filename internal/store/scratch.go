package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
)

// Scratch makes an empty schema of its own in a PostgreSQL database, for work
// that must not meet what is there, and gives the address that leads into it.
// drop removes the schema with everything in it.
func Scratch(ctx context.Context, address string) (inside string, drop func(context.Context) error, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, fmt.Errorf("scratch schema: the address is malformed")
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return "", nil, fmt.Errorf("scratch schema: %w", err)
	}
	name := "scratch_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(ctx, `CREATE SCHEMA `+name); err != nil {
		_ = db.Close()
		return "", nil, fmt.Errorf("scratch schema: %w", err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, `DROP SCHEMA `+name+` CASCADE`)
		_ = db.Close()
		if err != nil {
			return fmt.Errorf("drop scratch schema: %w", err)
		}
		return nil
	}, nil
}
