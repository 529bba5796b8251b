// Command houzhen is the whole of Houzhen in one binary: the server, its
// workers, imports, checks, the demo, the replay of real appointments and the
// simulation of made-up clinics.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/jobs"
)

// cli is the command line: shared settings and one field a command.
type cli struct {
	app.Config

	ConfigFile kong.ConfigFlag `name:"config" type:"path" env:"HOUZHEN_CONFIG" help:"YAML file with settings by flag name; flags and environment win."`

	Serve   serveCmd   `cmd:"" default:"withargs" help:"Serve pages, API and sockets, and do the work (default)."`
	Worker  workerCmd  `cmd:"" help:"Do the work only; needs a shared PostgreSQL and Redis."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to this version."`
	Import  importCmd  `cmd:"" help:"Bring in a hospital or a roster."`
	Check   checkCmd   `cmd:"" help:"Test settings, database, Redis, provider and clock, and say what to do."`
	Demo    demoCmd    `cmd:"" help:"A sample hospital with simulated people and a fast clock."`
	Replay  replayCmd  `cmd:"" help:"Live through real appointments."`
	Token   tokenCmd   `cmd:"" help:"Let other systems in by tokens with scopes."`

	Simulate simulateCmd `cmd:"" help:"Live through made-up clinics, with and without the advice when to leave home, and say what that does to waits."`
}

// env is what commands get besides their own flags.
type env struct {
	ctx    context.Context
	cfg    app.Config
	out    io.Writer // what was asked for
	errOut io.Writer // progress, logs
	log    *slog.Logger
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it gives the exit code. 2 means that the
// words of the call or a setting are wrong.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("houzhen"),
		kong.Description("Queue and notification engine for hospital outpatient clinics."),
		kong.Writers(out, errOut),
		kong.Configuration(yamlSettings),
		kong.UsageOnError(),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "houzhen:", err)
		return 2
	}
	code, called := parse(parser, args)
	if called == nil {
		return code
	}
	if _, err := c.Validate(); err != nil {
		complain(errOut, err)
		return 2
	}
	e := &env{ctx: ctx, cfg: c.Config, out: out, errOut: errOut, log: newLogger(errOut, c.Log)}
	jobs.LogRedis(e.log)
	if err := called.Run(e); err != nil && !errors.Is(err, context.Canceled) {
		complain(errOut, err)
		return 1
	}
	return 0
}

// exit carries kong's wish to leave (after --help) through its callbacks.
type exit int

// parse reads args; called is nil when there is nothing to run.
func parse(parser *kong.Kong, args []string) (code int, called *kong.Context) {
	defer func() {
		if e, ok := recover().(exit); ok {
			code, called = int(e), nil
		}
	}()
	k, err := parser.Parse(args)
	if err != nil {
		parser.Errorf("%s", err)
		return 2, nil
	}
	return 0, k
}

// complain says what is wrong in one line that a person can act on.
func complain(w io.Writer, err error) {
	var coded *houzhen.Error
	if errors.As(err, &coded) && coded.Field != "" {
		_, _ = fmt.Fprintf(w, "houzhen: %s: %s\n", coded.Field, coded.Message)
		return
	}
	_, _ = fmt.Fprintln(w, "houzhen:", err)
}

func newLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // the flag's enum has checked it
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}
