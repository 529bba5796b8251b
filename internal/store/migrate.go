package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Fingerprint names the migrations by their contents, so that a database that
// they made can be told from one that others did.
func Fingerprint() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(migrations, path)
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(body), body)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// Migrate brings the tables up to what this program expects. Nodes that start
// together wait for one another, if there is anything to do.
func (db *DB) Migrate(ctx context.Context) error {
	return db.migrating(func(p *goose.Provider) error {
		if pending, err := p.HasPending(ctx); err == nil && !pending {
			return nil
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}

// Version gives the number of the last migration that was applied.
func (db *DB) Version(ctx context.Context) (int64, error) {
	var version int64
	err := db.migrating(func(p *goose.Provider) error {
		v, err := p.GetDBVersion(ctx)
		version = v
		return err
	})
	return version, err
}

// Pending reports whether migrations of this program are not applied yet.
func (db *DB) Pending(ctx context.Context) (bool, error) {
	pending := false
	err := db.migrating(func(p *goose.Provider) error {
		v, err := p.HasPending(ctx)
		pending = v
		return err
	})
	return pending, err
}

// migrating runs f on a connection of its own, apart from the pools.
func (db *DB) migrating(f func(*goose.Provider) error) error {
	driver, dsn := "pgx", db.url
	if path, ok := strings.CutPrefix(db.url, "sqlite:"); ok {
		driver, dsn = "sqlite", sqliteDSN(strings.TrimPrefix(path, "//"), readerCache, "journal_mode(WAL)")
	}
	conn, err := sql.Open(driver, dsn)
	if err != nil {
		return fmt.Errorf("open for migrations: %w", err)
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.d.locks != nil {
		opts = append(opts, db.d.locks())
	}
	p, err := goose.NewProvider(db.d.goose, conn, rendered{dir, db.d.tokens}, opts...)
	if err != nil {
		return errors.Join(fmt.Errorf("read migrations: %w", err), conn.Close())
	}
	return errors.Join(f(p), p.Close())
}
