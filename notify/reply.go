package notify

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/houzhen/houzhen"
)

// QuestionState says whether a question still takes an answer.
type QuestionState string

// Question states.
const (
	QuestionOpen     QuestionState = "open"
	QuestionAnswered QuestionState = "answered"
	QuestionClosed   QuestionState = "closed" // answered by another way, or of no use any more
)

// Question is a message that may be answered by a digit. What each digit
// stands for is fixed when it is asked, so that an old text never means
// something new.
type Question struct {
	ID        string
	Phone     houzhen.Phone // given when it is opened; the store keeps its keyed hash alone
	Code      int           // 1: answered by the bare digit; higher: by code and digit
	Kind      Kind
	Subject   string            // what the message is about
	Recipient string            // patient
	Choices   map[string]string // digit → what it stands for
	State     QuestionState
	OpenedAt  time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
}

// Asks reports whether it takes an answer at now.
func (q Question) Asks(now time.Time) bool { return q.State == QuestionOpen && now.Before(q.ExpiresAt) }

// Sign gives what a person types for a digit: "1", or "21" for the second
// question that is open on one phone.
func (q Question) Sign(digit string) string {
	if q.Code <= 1 {
		return digit
	}
	return string(rune('0'+q.Code)) + digit
}

// MaxCode is how many questions may be open on one phone.
const MaxCode = 9

// CodeRest is how long the code of an ended question is not given to another,
// so that a late answer to an old text finds nobody.
const CodeRest = 72 * time.Hour

// FreeCode gives the smallest code that no question of the phone has or lately
// had; 0 when there is none.
func FreeCode(known []Question, now time.Time) int {
	used := map[int]bool{}
	for _, q := range known {
		ended := q.EndedAt
		if q.State == QuestionOpen {
			ended = q.ExpiresAt
		}
		if now.Before(ended.Add(CodeRest)) {
			used[q.Code] = true
		}
	}
	for code := 1; code <= MaxCode; code++ {
		if !used[code] {
			return code
		}
	}
	return 0
}

// ReadReply gives what somebody meant to type: full-width and circled digits
// become plain ones, and blanks, controls and punctuation go. Letters are in
// upper case.
func ReadReply(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E: // full-width forms
			r -= 0xFEE0
		case r >= 0x2460 && r <= 0x2468: // circled 1 to 9
			r = r - 0x2460 + '1'
		case r == 0x24EA: // circled 0
			r = '0'
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.IsPunct(r) || unicode.Is(unicode.Cf, r) || unicode.IsSymbol(r) {
			continue
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Answer is a reply that was understood.
type Answer struct {
	Question Question
	Digit    string
	Choice   string // what the digit stands for
}

// MatchReply finds which question of the phone a reply answers. Exactly a sign
// that was in a text is taken, nothing that merely contains one.
func MatchReply(known []Question, text string, now time.Time) (Answer, bool) {
	read := ReadReply(text)
	for _, q := range known {
		if !q.Asks(now) {
			continue
		}
		for digit, choice := range q.Choices {
			if q.Sign(digit) == read {
				return Answer{q, digit, choice}, true
			}
		}
	}
	return Answer{}, false
}

// ReplyState says what became of an SMS that came in.
type ReplyState string

// States of a Reply.
const (
	ReplyNew      ReplyState = "new"
	ReplyAnswered ReplyState = "answered" // understood, and done
	ReplyUnclear  ReplyState = "unclear"  // answered once, politely
	ReplyDesk     ReplyState = "desk"     // somebody at the desk looks at it
	ReplyStrange  ReplyState = "strange"  // of a phone that no patient has
	ReplyDone     ReplyState = "done"     // the desk has looked at it
)

// Reply is one SMS that came in.
type Reply struct {
	ID         string
	Sequence   string // the provider's, or a digest
	Phone      houzhen.Phone
	Text       string // sealed at rest
	SentAt     time.Time
	ReceivedAt time.Time
	State      ReplyState
	QuestionID string
	Answer     string // the digit
	Recipient  string // patient who is answered
	HandledAt  time.Time
	HandledBy  string
	Version    int64
}

// ReplyTx is what replies ask of a transaction besides Tx.
type ReplyTx interface {
	// AddQuestion inserts one; CodeConflict when its code is open on that phone
	// or its subject was asked about.
	AddQuestion(ctx context.Context, q Question) error
	EndQuestion(ctx context.Context, id string, to QuestionState, at time.Time) error
	QuestionOf(ctx context.Context, kind Kind, subject string) (Question, error) // CodeNotFound
	// QuestionsOf lists the questions of a phone opened since, oldest first.
	QuestionsOf(ctx context.Context, phone houzhen.Phone, since time.Time) ([]Question, error)

	// AddReply inserts one; known ones, by phone and sequence, are left alone.
	AddReply(ctx context.Context, r Reply) (added bool, err error)
	Reply(ctx context.Context, id string) (Reply, error)
	UpdateReply(ctx context.Context, r *Reply) error // by Version, which it raises
	// RepliesOf counts those of a phone in a state received since.
	RepliesOf(ctx context.Context, phone houzhen.Phone, state ReplyState, since time.Time) (int, error)
	// DeskReplies lists what the desk has to look at, oldest first.
	DeskReplies(ctx context.Context, limit int) ([]Reply, error)
}

// PoliteEvery is how often one phone is told that a reply was not understood;
// more go to the desk without an answer.
const PoliteEvery = 24 * time.Hour

// Ask opens a question on a phone in the caller's transaction, once for each
// subject. A phone that has no code free gets none: CodeLimit.
func Ask(ctx context.Context, tx interface {
	Tx
	ReplyTx
}, q Question,
) (Question, error) {
	if old, err := tx.QuestionOf(ctx, q.Kind, q.Subject); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return old, err
	}
	known, err := tx.QuestionsOf(ctx, q.Phone, tx.Now().Add(-questionLife-CodeRest))
	if err != nil {
		return q, err
	}
	q.ID, q.State, q.OpenedAt = tx.NewID(), QuestionOpen, tx.Now()
	if q.Code = FreeCode(known, tx.Now()); q.Code == 0 {
		return q, houzhen.E(houzhen.CodeLimit, "too many questions are open on that phone")
	}
	return q, tx.AddQuestion(ctx, q)
}

// questionLife is the longest that a question is open.
const questionLife = 31 * 24 * time.Hour
