package store

import (
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/houzhen/houzhen/booking"
)

// dialect holds everything in which the two engines differ.
type dialect struct {
	name      string
	begin     string // a transaction that writes
	beginRead string // one that sees a single state of the database
	lock      string // suffix that keeps other writers off the rows read
	lockSkip  string // the same, passing over rows that are locked already
	lockShare string // suffix that keeps lockers off the rows read and passes over those that are locked
	lockQueue string // suffix that keeps other lockers off the rows read, but not those who share them
	// bookings is how groups of bookings are written.
	bookings booking.Traits
	// arrays says that many rows go in one statement as one array a column.
	// SQLite's driver is quicker with one row a statement inside one transaction.
	arrays bool
	// embedded says that statements are calls, not messages: they are prepared
	// once a connection, and a cancelled context is looked at between them.
	embedded bool
	// failedAborts says that a refused statement spoils its transaction, so
	// that one which may be refused needs a savepoint.
	failedAborts bool
	// unmet reports whether a statement that had to change or add a row could not,
	// where that is learned late; nil where it is learned at once.
	unmet     func(error) bool
	goose     goose.Dialect
	tokens    *strings.Replacer           // {{type}} of the migrations
	violation func(error) violation       // what a constraint refused
	retryable func(error) bool            // whether the same transaction may do later
	locks     func() goose.ProviderOption // keeps two nodes from migrating at once; may be nil
}

// violation is a refusal by the database itself.
type violation struct {
	kind violationKind
	// guard is the constraint that refused: its name, or on SQLite the columns
	// "table.a, table.b" of a unique one; "" when the engine does not say.
	guard string
}

// violationKind says what sort of constraint refused.
type violationKind int

const (
	noViolation violationKind = iota
	uniqueViolation
	foreignViolation
	checkViolation
)

// rendered is a file system whose .sql files have their tokens replaced.
type rendered struct {
	fs.FS
	tokens *strings.Replacer
}

// Open gives a file with its tokens replaced, or a folder as it is.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(r.FS, name)
	if err != nil {
		return nil, err
	}
	return &renderedFile{Reader: strings.NewReader(r.tokens.Replace(string(text))), FileInfo: info}, nil
}

// renderedFile is one file of rendered, in memory.
type renderedFile struct {
	*strings.Reader
	fs.FileInfo
}

// Size is that of the text after replacement.
func (f *renderedFile) Size() int64 { return f.Reader.Size() }

// Stat describes the file.
func (f *renderedFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close has nothing to do.
func (f *renderedFile) Close() error { return nil }
