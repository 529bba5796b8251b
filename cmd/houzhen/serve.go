package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
)

// serveCmd serves and works until it is told to stop.
type serveCmd struct{}

// Run implements the command.
func (serveCmd) Run(e *env) error {
	app.CollectLess()
	for _, line := range e.cfg.Lines() {
		_, _ = fmt.Fprintln(e.errOut, line)
	}
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if err := a.FirstHouse(e.ctx); err != nil {
		return err
	}
	login, password, err := a.FirstRun(e.ctx)
	if err != nil {
		return err
	}
	if password != "" {
		_, _ = fmt.Fprintf(e.out, "first run: sign in at /staff with login %q and password %q; it is shown only now\n", login, password)
	}
	return a.Serve(e.ctx, func(addr string) { _, _ = fmt.Fprintf(e.out, "houzhen serves on %s\n", reachable(addr)) })
}

// reachable turns a listener's address into one that a browser on this machine
// can open.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// workerCmd does the work of other nodes.
type workerCmd struct{}

// Run implements the command.
func (workerCmd) Run(e *env) error {
	if !e.cfg.Shared() {
		return houzhen.E(houzhen.CodeInvalid, "a worker needs DATABASE_URL and REDIS_URL that the other nodes use too; alone, run houzhen serve").On("worker")
	}
	app.CollectLess()
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	_, _ = fmt.Fprintln(e.out, "houzhen works")
	return a.Work(e.ctx)
}

// migrateCmd brings the database to this version.
type migrateCmd struct{}

// Run implements the command.
func (migrateCmd) Run(e *env) error {
	a, err := app.New(e.ctx, e.cfg, app.Options{Log: e.log, Migrate: true})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	version, err := a.Store.Version(e.ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(e.out, "%s is at version %d\n", a.Store.Engine(), version)
	return a.FirstHouse(e.ctx)
}

// live asks a running server for a sign of life.
func live(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask server: %w", err)
	}
	answer, err := (&http.Client{}).Do(r)
	if err != nil {
		return fmt.Errorf("ask server: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("server answers %s", answer.Status)
	}
	return nil
}
