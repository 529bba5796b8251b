// Package wording decides which words of a message hold: the last version that
// the provider approved, and those that came with the program where there is
// none. It keeps versions as managers wrote them, never sends anything, and
// changes no version once it is saved but for what became of it.
package wording

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// State says what became of a version.
type State string

// States: draft → submitted → approved or rejected. A provider may take an
// approval back overnight, and may approve what it had rejected.
const (
	Draft     State = "draft"
	Submitted State = "submitted" // lies with the provider
	Approved  State = "approved"
	Rejected  State = "rejected"
)

// Version is the words of one message in one language for one channel, as
// somebody saved them.
type Version struct {
	ID string
	templates.Draft

	Number    int // 1, 2, 3 … of its key, language and channel
	State     State
	Code      string // the provider's, once it is known
	Note      string // what the provider said
	AuthorID  string
	SavedAt   time.Time
	DecidedBy string
	DecidedAt time.Time
	Revision  int64
}

// Decision is what somebody learned of a version from its provider.
type Decision struct {
	State State
	Code  string // "" keeps what is known
	Note  string
	By    string
}

// longestNote bounds what is kept of a provider's answer, in characters.
const longestNote = 200

// Decide gives the version after a decision. Only words without a fault are
// approved, and for channels whose words a provider files only with its code.
func (v Version) Decide(d Decision, h templates.House, now time.Time) (Version, error) {
	if d.Code != "" {
		v.Code = strings.TrimSpace(d.Code)
	}
	switch {
	case d.By == "":
		return v, houzhen.E(houzhen.CodeMissing, "a decision needs a person").On("by")
	case d.State != Submitted && d.State != Approved && d.State != Rejected:
		return v, houzhen.E(houzhen.CodeInvalid, "no such decision").On("state")
	case d.State == v.State && d.Code == "":
		return v, houzhen.E(houzhen.CodeState, "version is already so")
	case d.State == Submitted && v.State == Approved:
		return v, houzhen.E(houzhen.CodeState, "version is approved")
	case d.State != Rejected && !templates.Lint(v.Draft, h).OK():
		return v, houzhen.E(houzhen.CodeInvalid, "words have a fault").On("text")
	case d.State == Approved && !codeOf(v.Channel, v.Code):
		return v, houzhen.E(houzhen.CodeInvalid, "not a code of this channel's provider").On("code")
	case len([]rune(d.Note)) > longestNote:
		return v, houzhen.E(houzhen.CodeInvalid, "note is too long").On("note")
	}
	v.State, v.Note, v.DecidedBy, v.DecidedAt = d.State, d.Note, d.By, now
	return v, nil
}

var codes = map[string]*regexp.Regexp{
	templates.SMS:    regexp.MustCompile(`^SMS_\d{5,20}$`),
	templates.Voice:  regexp.MustCompile(`^TTS_\d{5,20}$`),
	templates.WeChat: regexp.MustCompile(`^[A-Za-z0-9_-]{10,64}$`),
}

// codeOf reports whether a code is one of the provider of a channel; channels
// that nobody reviews have none.
func codeOf(channel, code string) bool {
	pattern, filed := codes[channel]
	if !filed {
		return code == ""
	}
	return pattern.MatchString(code)
}

// Filed reports whether a provider reviews the words of a channel.
func Filed(channel string) bool {
	_, filed := codes[channel]
	return filed
}

// Held picks what holds of many versions: for each key, language and channel
// the approved one with the highest number. A version that was rejected, also
// after it had been approved, gives way to the approved one before it.
func Held(versions []Version) []templates.Approved {
	type place struct {
		key, channel string
		lang         houzhen.Lang
	}
	at := map[place]int{}
	var held []templates.Approved
	for _, v := range versions {
		if v.State != Approved {
			continue
		}
		a, p := templates.Approved{Draft: v.Draft, Number: v.Number, Code: v.Code}, place{v.Key, v.Channel, v.Lang}
		i, have := at[p]
		switch {
		case !have:
			at[p] = len(held)
			held = append(held, a)
		case held[i].Number < v.Number:
			held[i] = a
		}
	}
	return held
}

// Tx is what wording asks of a transaction.
type Tx interface {
	Now() time.Time
	// WordingVersions lists the versions of a key, or of all for "": by key,
	// language, channel and number, the latest first.
	WordingVersions(ctx context.Context, key string) ([]Version, error)
	LockWording(ctx context.Context, id string) (Version, error)
	// SaveWording inserts a version of Revision 0, or updates what became of it
	// by the Revision read, which it raises: CodeConflict, also for a number
	// that is taken.
	SaveWording(ctx context.Context, v *Version) error
	// WordingStamp is another number after every change.
	WordingStamp(ctx context.Context) (int64, error)
	// Append writes a line of the audit.
	Append(ctx context.Context, actor, action, object, detail string) error
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
