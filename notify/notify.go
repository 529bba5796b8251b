// Package notify decides which message a fact causes, when, to whom and on
// which channel, and that it is sent once or not at all.
//
// A row of the ledger exists before anything is sent. One gate re-reads the
// world at the moment of sending. The claim is written before the provider is
// called; a lost answer is Unknown and reconciled by its out-id, never blindly
// sent again.
package notify

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Kind names a message as templates/ knows it.
type Kind string

// Message kinds of this version.
const (
	KindBooked    Kind = "appt.booked"
	KindMoved     Kind = "appt.moved"
	KindCancelled Kind = "appt.cancelled"
	KindReminder  Kind = "appt.remind.d1"
	KindSuspended Kind = "session.suspended"
	KindLeaveNow  Kind = "queue.leave_now"
	KindCalled    Kind = "queue.called"
	KindMissed    Kind = "queue.missed"
	KindDisplaced Kind = "place.displaced"
	KindDrawWon   Kind = "draw.won"
	KindDrawLost  Kind = "draw.lost"
	KindSignIn    Kind = "auth.code"

	KindHold         Kind = "appt.hold"
	KindRefundDone   Kind = "refund.done"
	KindRefundFailed Kind = "refund.failed"

	KindSubstituted  Kind = "session.substituted"
	KindPlaceChanged Kind = "appt.place_changed"
	KindUnclear      Kind = "reply.unclear" // to a reply that nobody understands
	KindLapsed       Kind = "reply.lapsed"  // to a reply that comes too late
)

// Kinds of the second round: progress of the queue, and word to many at once.
const (
	KindTimeChanged Kind = "appt.time_changed"
	KindCheckedIn   Kind = "queue.checked_in"
	KindNear        Kind = "queue.near"
	KindProgress    Kind = "queue.progress"
	KindReady       Kind = "queue.ready" // the next ones wait at the door
	KindReturnIn    Kind = "queue.return_in"
	KindDelayed     Kind = "queue.delayed"       // to those who wait
	KindWaitALittle Kind = "queue.wait_a_little" // to whoever was told to leave home and has not come
	KindOutage      Kind = "outage.begun"
	KindRecovered   Kind = "outage.over"
	KindExtra       Kind = "session.extra"          // to those who follow the doctor
	KindKept        Kind = "session.suspended.kept" // places are kept to choose from
	KindLifted      Kind = "credit.lifted"
	KindProxy       Kind = "proxy.bound"
	KindAgain       Kind = "visit.continued"    // a registration is good once more
	KindContinued   Kind = "visit.continuation" // and a place was booked with it
	KindReplied     Kind = "reply.done"         // an answer was understood and done
	KindStopped     Kind = "reply.stopped"      // to whoever switched SMS off by one
	KindLate        Kind = "reply.late"         // to whoever wrote that he is late: what was noted
	KindPassed      Kind = "reply.passed"       // to a reply that only the desk can see to
)

// Class says whether a message may be switched off or held overnight.
type Class string

// Classes: critical always goes; service respects quiet hours 21:30–07:00.
const (
	ClassCritical Class = "A"
	ClassService  Class = "B"
)

// Channel is how a message travels.
type Channel string

// Channels.
const (
	SMS     Channel = "sms"
	Push    Channel = "push"
	WeChat  Channel = "wechat"
	Voice   Channel = "voice" // a call with a read text
	Inbox   Channel = "inbox" // the list of messages on the patient's own pages
	Email   Channel = "email"
	Webhook Channel = "webhook" // an integrator's address
)

// State is where a message is in its life; docs/states.md draws the moves.
type State string

// Message states.
const (
	Planned     State = "planned" // due at DueAt
	Claimed     State = "claimed" // about to be handed to the provider
	Accepted    State = "accepted"
	Delivered   State = "delivered"
	Undelivered State = "undelivered"
	Suppressed  State = "suppressed" // the world moved on; Reason says how
	Expired     State = "expired"    // too late to be of use
	Failed      State = "failed"     // the provider refused for good
	Unknown     State = "unknown"    // the answer was lost
)

// Message is one row of the ledger. (Subject, Version, Kind, Recipient,
// Channel) is unique.
type Message struct {
	ID         string
	Subject    string // appointment, ticket or sign-in request
	Version    int64  // of the subject when planned
	Kind       Kind
	Recipient  string // patient or account id
	Channel    Channel
	Class      Class
	Urgency    houzhen.Urgency
	State      State
	DueAt      time.Time
	ExpiresAt  time.Time
	Attempts   int
	ClaimedAt  time.Time
	OutID      string // goes to the provider and comes back in its receipts
	ProviderID string
	ErrorCode  string
	Reason     string // why suppressed, expired or failed: a code
	Text       string // as rendered; sealed at rest, for the page of sent messages
	CreatedAt  time.Time
	SentAt     time.Time
	DoneAt     time.Time // delivered or undelivered
	// NextAt is when the next channel is tried, unless this one is known to have
	// arrived by then; zero for never.
	NextAt   time.Time
	OpenedAt time.Time // the patient has seen it
	Prior    string    // the row of the channel that was tried before this one
	// SentWith names the row whose text told of this one too: its own id for the
	// row that carried the text, "" for one that went alone.
	SentWith string
	Parts    int // SMS parts that were charged
	// Phone is where it goes, known from rendering to saving; the store keeps its
	// keyed hash alone.
	Phone houzhen.Phone
	// Secret carries what may not be re-read from the world, such as a sign-in
	// code; sealed at rest and dropped after sending.
	Secret string
}

// View is the world as one message sees it at the moment of sending.
type View struct {
	Stale     string // why it must not go any more, "" if it may
	Vars      map[string]string
	Sensitive bool
	Wording   string // a wording other than the kind's own, "" for that
	Lang      houzhen.Lang
	Phone     houzhen.Phone
	Push      string    // account at the push provider
	WeChat    string    // openid at the hospital's account
	Email     string    // address
	Link      string    // page that the message leads to, for push
	ExpiresAt time.Time // zero: as planned
	Prefs     Prefs
	Silenced  bool    // this phone is not his
	Paused    []Pause // all that are on
	// Household lists other recipients whose messages go to the same phone;
	// the cap per phone counts theirs too, and what they get at the same time is
	// combined. It may be left empty.
	Household []string
}

// World lets the gate re-read what a message is about. internal/app provides
// it, because the domains are strangers to each other.
type World interface {
	Look(ctx context.Context, tx Tx, messages []Message) ([]View, error) // in the order given
}

// Receipt is what a provider says later about a message it took.
type Receipt struct {
	OutID, ProviderID string
	Phone             houzhen.Phone
	Delivered         bool
	ErrorCode         string
	At                time.Time
	Took              time.Duration // from the provider to the phone, as it says; 0 if it does not
}

// Parcel is one rendered message on its way to a provider.
type Parcel struct {
	OutID    string
	Kind     Kind
	Template string            // our key of the wording, e.g. appt.booked.sens
	Code     string            // the provider's, of this very wording; "" leaves it to the sender's settings
	Vars     map[string]string // for providers that render themselves
	Fields   map[string]string // of a WeChat template, by field
	Title    string            // for push
	Text     string            // rendered body without signature
	Lang     houzhen.Lang
	Phone    houzhen.Phone
	Push     string
	WeChat   string // openid
	Email    string
	Link     string
	Expires  time.Time

	Recipient string // patient or account id, for channels that are pages of our own
	Subject   string // what it is about, for those that show one notice in place of an earlier one
}

// Outcome classes of a send, by provider code, never by HTTP status.
type Outcome string

// Outcomes.
const (
	OutcomeAccepted  Outcome = "accepted"
	OutcomeRetry     Outcome = "retry"     // certainly not taken; try later
	OutcomeDefer     Outcome = "defer"     // flow control; not before RetryAt
	OutcomeAmbiguous Outcome = "ambiguous" // may have been taken
	OutcomeConfig    Outcome = "config"    // stop the channel, alarm; the message stays due
	OutcomeMessage   Outcome = "message"   // this message can never be taken
	OutcomeRecipient Outcome = "recipient" // this number can never be reached
)

// Sent is a provider's answer.
type Sent struct {
	Outcome    Outcome
	ProviderID string
	Code       string        // the provider's code, verbatim; holds no personal data
	RetryIn    time.Duration // for defer
}

// Sender hands parcels to one channel's provider. It never panics, honours
// ctx, and its errors and logs hold no phone and no text.
type Sender interface {
	Channel() Channel
	Send(ctx context.Context, p Parcel) Sent
}

// BatchSender is what a Sender may offer beside Send: many parcels in one call
// to the provider. It answers for each parcel, in the order given, and keeps
// the promises of Send. It may be given any number of them and cuts them to
// what its provider takes.
type BatchSender interface {
	SendBatch(ctx context.Context, parcels []Parcel) []Sent
}

// Finder asks a provider what became of a message, by its out-id. Found with
// Delivered false and no ErrorCode means taken, and no receipt yet. Not found
// without an error is the provider's positive word that it knows nothing.
type Finder interface {
	Find(ctx context.Context, outID string, phone houzhen.Phone, sentAt time.Time) (r Receipt, found bool, err error)
}

// MessageFilter selects ledger rows for pages and audits; newest first.
type MessageFilter struct {
	IDs                []string
	Subject, Recipient string
	Recipients         []string
	Phone              houzhen.Phone // that it went to
	Kind               Kind
	Channel            Channel
	States             []State
	Reason             string
	SentWith           string
	From, To           time.Time // created at or after, and before
	BeforeID           string
	Limit              int
}

// Tx is what notify asks of a transaction.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error

	// Plan inserts rows, leaving those whose key exists; it gives the ids that
	// were inserted.
	PlanMessages(ctx context.Context, m []Message) ([]string, error)
	Message(ctx context.Context, id string) (Message, error)
	MessageByOutID(ctx context.Context, outID string) (Message, error)
	// MessagesByOutID gives those that exist; nobody else changes them until the
	// transaction ends.
	MessagesByOutID(ctx context.Context, outIDs []string) ([]Message, error)
	// Fates is MessagesByOutID for who wants to know what became of them: it gives
	// neither text, secret, times of planning nor what they are about.
	Fates(ctx context.Context, outIDs []string) ([]Message, error)
	// MessageByProvider finds the message to a phone by the provider's own id,
	// for calls that carried many.
	MessageByProvider(ctx context.Context, providerID string, phone houzhen.Phone) (Message, error)
	Messages(ctx context.Context, f MessageFilter) ([]Message, error)
	// ClaimMessages moves those of ids that are Planned and due to Claimed,
	// counts the attempt, and gives them. Nobody else can claim them.
	ClaimMessages(ctx context.Context, ids []string, now time.Time) ([]Message, error)
	// SaveMessages stores the outcome of claimed or later messages by id,
	// only where the stored state is still the one in from.
	SaveMessages(ctx context.Context, from []State, m ...Message) (saved int, err error)
	// SaveFates is SaveMessages for those that go no more: their states, what the
	// provider said, NextAt and Parts. Secrets are dropped, and the rest stays.
	SaveFates(ctx context.Context, from []State, m ...Message) (saved int, err error)
	// SaveTaken is SaveFates for messages that are still Claimed and have the NextAt
	// with which they were planned; it gives the ids of those that were stored.
	SaveTaken(ctx context.Context, m ...Message) (saved []string, err error)
	// DueMessages gives ids of one urgency that are Planned and due, oldest first.
	DueMessages(ctx context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error)
	// LostMessages gives messages claimed before an instant and never answered,
	// and Unknown ones.
	LostMessages(ctx context.Context, claimedBefore time.Time, limit int) ([]Message, error)
	// UnheardMessages gives those whose next channel is due, oldest first. One that
	// is Claimed has not gone yet and is left out.
	UnheardMessages(ctx context.Context, now time.Time, limit int) ([]Message, error)
	// NextDue gives the earliest due instant after now, zero if none.
	NextDue(ctx context.Context, now time.Time) (time.Time, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
