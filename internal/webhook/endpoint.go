package webhook

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// State says whether an endpoint is delivered to.
type State string

// States of an endpoint: active ⇄ disabled; removed is the end.
const (
	Active   State = "active"
	Disabled State = "disabled"
	Removed  State = "removed"
)

// Endpoint is an address to which a channel wants its public facts delivered.
type Endpoint struct {
	ID, MachineID, Channel string
	URL                    string
	State                  State
	Secret, OldSecret      string
	OldUntil               time.Time // the old secret signs too until then
	Seen                   int64     // number of the last fact that was taken
	Sending                int64     // of the last fact under way, 0 if none
	Failures               int       // in a row
	NextAt                 time.Time
	LeaseUntil             time.Time // on the machine's time: somebody delivers to it
	Status                 int       // of the last answer
	Reason                 string    // of the last failure, or why it stands still
	OKAt                   time.Time
	CreatedAt              time.Time
	Version                int64
}

// secrets gives those that sign at now, the new one first.
func (e Endpoint) secrets(now time.Time) []string {
	if e.OldSecret != "" && now.Before(e.OldUntil) {
		return []string{e.Secret, e.OldSecret}
	}
	return []string{e.Secret}
}

const maxURL = 500

// CheckURL refuses an address that cannot be delivered to. One without TLS is
// for networks that were allowed by name; the dialer has the last word.
func CheckURL(text string, plain bool) error {
	bad := func(what string) error { return houzhen.E(houzhen.CodeInvalid, what).On("url") }
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "":
		return bad("address cannot be read, is too long or holds a password")
	case u.Scheme == "https" || u.Scheme == "http" && plain:
		return nil
	}
	return bad("address is not https")
}

// Host gives the part of the address that may be shown and logged.
func (e Endpoint) Host() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Query asks for public facts of a channel: those with numbers above After, up
// to and with Until, by number.
type Query struct {
	Channel      string
	After, Until int64
	Limit        int
	Own, All     []houzhen.EventKind
}

// Tx is what webhooks ask of a transaction.
type Tx interface {
	Now() time.Time
	NewID() string
	// Append writes a line of the hash-chained audit.
	Append(ctx context.Context, actor, action, object, detail string) error

	// FactMark must be asked in a transaction that may write.
	FactMark(ctx context.Context) (Mark, error)
	PublicFacts(ctx context.Context, q Query) ([]Fact, error)
	Webhook(ctx context.Context, id string) (Endpoint, error)               // CodeNotFound
	Webhooks(ctx context.Context, channel string) ([]Endpoint, error)       // "" is all; removed ones left out
	AddWebhook(ctx context.Context, e Endpoint) error                       // Version 1
	UpdateWebhook(ctx context.Context, e *Endpoint) error                   // CodeConflict by version
	WebhooksDue(ctx context.Context, now, wall time.Time) ([]string, error) // active, behind, not leased
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
