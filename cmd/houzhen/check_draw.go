package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/draw"
)

// checkDraw draws again from a public record, without the hospital's database:
// anybody can run it on what GET /api/v1/draws/{session} gave.
type checkDraw struct {
	File string `arg:"" help:"The record as JSON; - reads it from the standard input."`
}

// maxRecord bounds a record: 64 MiB is more than a million requests.
const maxRecord = 64 << 20

// Run implements the command. A record that an honest draw would not give is
// an error that says what does not fit.
func (c *checkDraw) Run(e *env) error {
	record, err := c.read()
	if err != nil {
		return err
	}
	if err := record.Check(); err != nil {
		if coded, is := errors.AsType[*houzhen.Error](err); is {
			return fmt.Errorf("unsound: %s: %s", coded.Field, coded.Message)
		}
		return err
	}
	won := min(max(record.Places, 0), len(record.Order))
	_, _ = fmt.Fprintf(e.out, "sound: requests %d, places %d, session %s\n", len(record.Order), record.Places, record.Session)
	for i, id := range record.Order {
		word := "drawn"
		if i >= won {
			word = "next " // gets a place only if somebody before may not book
		}
		_, _ = fmt.Fprintf(e.out, "%6d  %s  %s\n", i+1, word, id)
	}
	return nil
}

func (c *checkDraw) read() (draw.Record, error) {
	var record draw.Record
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return record, fmt.Errorf("open record: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	if err := json.NewDecoder(io.LimitReader(in, maxRecord)).Decode(&record); err != nil {
		return record, fmt.Errorf("read record: %w", err)
	}
	return record, nil
}
