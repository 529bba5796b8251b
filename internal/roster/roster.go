// Package roster reads what a hospital hands in: the weekly roster with its
// exceptions, and the house itself.
//
// It decides whether a line can be taken, and says of every faulty one its
// number and why. It never decides what a roster means on a date; booking does.
package roster

import (
	"bytes"
	"io"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// Format is how a roster is written down.
type Format string

// Formats. Auto looks at the first sign.
const (
	Auto Format = ""
	CSV  Format = "csv"
	JSON Format = "json"
)

// Limits of one file.
const (
	maxBytes = 8 << 20
	maxLines = 20_000
)

// Codes of faults; templates/ has the words for each with its arguments.
const (
	FaultTooLarge   = "too_large"       // the file is over the limit
	FaultEmpty      = "empty"           // the file has no lines
	FaultEncoding   = "encoding"        // not UTF-8
	FaultMalformed  = "malformed"       // not CSV or JSON
	FaultHeader     = "header_missing"  // a needed column is not in the header
	FaultHeaderName = "header_unknown"  // no such column
	FaultHeaderTwo  = "header_repeated" // the column is there twice
	FaultColumns    = "columns"         // args got, want
	FaultMissing    = "missing"         // the field is empty
	FaultUnexpected = "unexpected"      // the field says nothing in this kind of line
	FaultUnknown    = "unknown"         // the house has no such thing; args value
	FaultMismatch   = "mismatch"        // the doctor is of another department
	FaultInvalid    = "invalid"         // the value cannot be read; args value
	FaultRange      = "range"           // args value, and min and max or allowed
	FaultOrder      = "order"           // end is not after start
	FaultTooShort   = "too_short"       // the session is shorter than one slice
	FaultTooMany    = "too_many"        // more places than numbers; args got, max
	FaultDuplicate  = "duplicate"       // args line: doctor, weekday and half-day are there
	FaultOverlap    = "overlap"         // args line: the doctor sits elsewhere at that time
)

// Fault is one thing wrong with one line. Line counts from 1 with the header.
type Fault struct {
	Line  int               `json:"line"`
	Field string            `json:"field,omitempty"`
	Code  string            `json:"code"`
	Args  map[string]string `json:"args,omitempty"`
}

// Parsed is what a file holds: the good lines, and the faults of the others.
type Parsed struct {
	Rosters    []booking.Roster
	Exceptions []booking.Exception
	Faults     []Fault
}

// row is one line, read but not understood.
type row struct {
	line   int
	fields map[string]string
}

// Parse reads a roster for a house. It never fails: whatever is wrong with
// the file is among the faults.
func Parse(r io.Reader, format Format, house *directory.Index) Parsed {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return Parsed{Faults: []Fault{{Line: 1, Code: FaultMalformed}}}
	case len(data) > maxBytes:
		return Parsed{Faults: []Fault{{Line: 1, Code: FaultTooLarge}}}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if format == Auto {
		format = guess(data)
	}
	read := readCSV
	if format == JSON {
		read = readJSON
	}
	rows, faults := read(data)
	if len(rows) == 0 && len(faults) == 0 {
		faults = []Fault{{Line: 1, Code: FaultEmpty}}
	}
	return understand(rows, faults, house)
}

// guess tells JSON from CSV by the first sign that is no blank.
func guess(data []byte) Format {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) > 0 && (trimmed[0] == '[' || trimmed[0] == '{') {
		return JSON
	}
	return CSV
}
