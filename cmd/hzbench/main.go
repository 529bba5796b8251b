// Command hzbench loads a hospital of its own making and prints what came of
// it: ratios and bounds beside their limits, and the limits of the machine they
// were taken on.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/measure"
)

// cli is the command line: what is shared, and one field a command.
type cli struct {
	JSON    bool   `name:"json" help:"Print one array of {name,value,unit,limit,ok} instead of a table."`
	Profile string `help:"Write a CPU profile of the whole run to this file." type:"path" placeholder:"FILE"`

	DatabaseURL string `name:"database-url" env:"HOUZHEN_TEST_DATABASE_URL" help:"PostgreSQL in which a schema is made, and dropped after; empty: SQLite alone."`
	RedisURL    string `name:"redis-url" env:"HOUZHEN_TEST_REDIS_URL" help:"Redis for the pipeline beside PostgreSQL; empty: an in-process server."`

	Notify  notifyCmd  `cmd:"" help:"Send messages: the whole path, a mass suspension, a critical one behind many, a million planned."`
	Queue   queueCmd   `cmd:"" help:"Move queues: calls, check-ins and the rest, with everybody's place computed anew."`
	Booking bookingCmd `cmd:"" help:"Take places: spread, in a release rush, over HTTP, with a long past."`
}

// env is what commands get besides their own flags.
type env struct {
	ctx                   context.Context
	databaseURL, redisURL string
	errOut                io.Writer // progress
	log                   *slog.Logger
	report                measure.Report
}

// say tells whoever watches what is being done.
func (e *env) say(format string, args ...any) { _, _ = fmt.Fprintf(e.errOut, format+"\n", args...) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it gives the exit code. 0 means that every
// figure is good, 1 that one is not or could not be taken, 2 that the words of
// the call are wrong.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("hzbench"),
		kong.Description("Measures Houzhen beside the limits of this machine."),
		kong.Writers(out, errOut), kong.UsageOnError(),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "hzbench:", err)
		return 2
	}
	code, called := parse(parser, args)
	if called == nil {
		return code
	}
	app.CollectLess() // as the server does
	e := &env{
		ctx: ctx, databaseURL: c.DatabaseURL, redisURL: c.RedisURL, errOut: errOut,
		log: slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	err = profiled(c.Profile, func() error { return called.Run(e) })
	return c.end(e, out, err)
}

// end prints what was measured, also when the run broke off, and gives the
// exit code.
func (c *cli) end(e *env, out io.Writer, err error) int {
	write := e.report.Table
	if c.JSON {
		write = e.report.JSON
	}
	if err = errors.Join(err, write(out)); err != nil {
		e.say("hzbench: %v", err)
		return 1
	}
	if n := e.report.Misses(); n > 0 {
		e.say("hzbench: %d of %d figures missed their limit", n, len(e.report))
		return 1
	}
	return 0
}

// profiled runs f under the CPU profiler if a file is named.
func profiled(file string, f func() error) error {
	if file == "" {
		return f()
	}
	w, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		return errors.Join(fmt.Errorf("start profile: %w", err), w.Close())
	}
	err = f()
	pprof.StopCPUProfile()
	return errors.Join(err, w.Close())
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
