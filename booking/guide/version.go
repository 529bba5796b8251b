package guide

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// State says how far a version has come.
type State string

// States: draft → approved → superseded.
const (
	Draft      State = "draft"
	Approved   State = "approved"
	Superseded State = "superseded"
)

// Version is a table as somebody brought it in.
type Version struct {
	ID         string
	Number     int // 1, 2, 3 …
	State      State
	Table      Table
	AuthorID   string // who brought it in
	ImportedAt time.Time
	ApprovedBy string
	ApprovedAt time.Time
	From       houzhen.Date // in force from; set when it is approved
	Revision   int64
}

// Approve gives the version as a second person approved it, in force from its
// own date but not before today. A review that is out of date is not approved.
func (v Version) Approve(now time.Time, today houzhen.Date, by string) (Version, error) {
	switch {
	case v.State != Draft:
		return v, houzhen.E(houzhen.CodeState, "version is not a draft")
	case by == "":
		return v, houzhen.E(houzhen.CodeMissing, "approval needs a person").On("by")
	case by == v.AuthorID:
		return v, houzhen.E(houzhen.CodeSecondPerson, "whoever brought it in does not approve it")
	case v.Overdue(today):
		return v, houzhen.E(houzhen.CodeInvalid, "review is out of date").On("review_by")
	}
	v.State, v.ApprovedBy, v.ApprovedAt, v.From = Approved, by, now, v.Table.ValidFrom
	if v.From.Before(today) {
		v.From = today
	}
	return v, nil
}

// Overdue reports whether the table should have been reviewed again.
func (v Version) Overdue(today houzhen.Date) bool { return v.Table.ReviewBy.Before(today) }

// InForce finds the approved version that holds on a day: the one in force
// since the latest day, of several the one approved last. -1 says none.
func InForce(versions []Version, today houzhen.Date) int {
	best := -1
	for i, v := range versions {
		if v.State == Approved && !today.Before(v.From) && (best < 0 || v.after(versions[best])) {
			best = i
		}
	}
	return best
}

// after reports whether a version takes the place of another.
func (v Version) after(o Version) bool {
	switch {
	case v.From != o.From:
		return o.From.Before(v.From)
	case !v.ApprovedAt.Equal(o.ApprovedAt):
		return v.ApprovedAt.After(o.ApprovedAt)
	}
	return v.Number > o.Number
}

// Settle gives the approved versions whose place another has taken, as
// superseded.
func Settle(versions []Version, today houzhen.Date) []Version {
	at := InForce(versions, today)
	var gone []Version
	for i, v := range versions {
		if at >= 0 && i != at && v.State == Approved && versions[at].after(v) {
			v.State = Superseded
			gone = append(gone, v)
		}
	}
	return gone
}

// Tx is what guidance asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	// GuideVersions lists versions by number, the latest first.
	GuideVersions(ctx context.Context) ([]Version, error)
	// GuideInForce is InForce on what is stored.
	GuideInForce(ctx context.Context, today houzhen.Date) (Version, error)
	LockGuide(ctx context.Context, id string) (Version, error)
	// SaveGuide inserts a version of Revision 0, or updates it by the Revision
	// read, which it raises: CodeConflict, also for a number that is taken.
	SaveGuide(ctx context.Context, v *Version) error
	// Append writes a line of the audit.
	Append(ctx context.Context, actor, action, object, detail string) error
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
