package queue

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// Limits of what the desk tells a zone: as much as is read at a glance, for as
// long as it can be of use, and so few that each is seen.
const (
	maxNotice        = 40 // signs
	maxNoticeEnglish = 90
	maxNoticeMinutes = 240
	maxNotices       = 3 // that stand at once
)

// Notice is what the desk tells all who wait in a zone, on its screen and on
// their phones. It goes by itself at Until, or before that when somebody takes
// it back; who said it, and who took it back, stays.
type Notice struct {
	ID, ZoneID  string
	Request     string        // of whoever said it: once in a zone
	Text        houzhen.Label // English may be missing
	By, TakenBy string
	At, Until   time.Time
	TakenAt     time.Time // zero: it was not taken back
}

// Stands reports whether a notice is to be shown.
func (n Notice) Stands(now time.Time) bool { return n.TakenAt.IsZero() && now.Before(n.Until) }

// NoticeTx is what notices ask of a transaction.
type NoticeTx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error
	// AddNotice inserts one; CodeConflict if its request has said one in the zone.
	AddNotice(ctx context.Context, n Notice) error
	// TakeNotice notes that one was taken back.
	TakeNotice(ctx context.Context, id, by string, at time.Time) error
	// Notice finds one; CodeNotFound.
	Notice(ctx context.Context, id string) (Notice, error)
	// Notices lists those of a zone that end after an instant, the oldest first.
	Notices(ctx context.Context, zoneID string, after time.Time) ([]Notice, error)
}

// Tell says something to a zone for some minutes. The same request gives the
// same notice again. CodeMissing and CodeTooLarge: the text; CodeNoticeNumber: it
// holds what could be a phone's or a person's number; CodeInvalid: the minutes;
// CodeNoticesFull: three stand already.
func Tell(ctx context.Context, tx NoticeTx, n Notice, minutes int) (Notice, error) {
	n.Text = houzhen.Label{Zh: oneLine(n.Text.Zh), En: oneLine(n.Text.En)}
	if err := checkNotice(n.Text); err != nil {
		return n, err
	}
	if minutes < 1 || minutes > maxNoticeMinutes {
		return n, houzhen.E(houzhen.CodeInvalid, "a notice stands for 1 to 240 minutes").On("minutes")
	}
	now := tx.Now()
	said, err := tx.Notices(ctx, n.ZoneID, now)
	if err != nil {
		return n, err
	}
	if i := slices.IndexFunc(said, func(o Notice) bool { return o.Request == n.Request }); i >= 0 {
		return said[i], nil
	}
	if len(Standing(said, now)) >= maxNotices {
		return n, houzhen.E(houzhen.CodeNoticesFull, "three notices stand already; take one back first").On("text")
	}
	n.ID, n.At, n.Until = tx.NewID(), now, now.Add(time.Duration(minutes)*time.Minute)
	if err := tx.AddNotice(ctx, n); err != nil {
		return n, err
	}
	return n, tellZone(tx, n)
}

// TakeBack ends a notice of a zone before its time. A second time it changes
// nothing. CodeNotFound: the zone has no such notice.
func TakeBack(ctx context.Context, tx NoticeTx, zoneID, id, by string) error {
	n, err := tx.Notice(ctx, id)
	if err != nil {
		return err
	}
	if n.ZoneID != zoneID {
		return houzhen.E(houzhen.CodeNotFound, "notice")
	}
	if !n.Stands(tx.Now()) {
		return nil
	}
	if err := tx.TakeNotice(ctx, id, by, tx.Now()); err != nil {
		return err
	}
	return tellZone(tx, n)
}

// Standing leaves those that are to be shown.
func Standing(list []Notice, now time.Time) []Notice {
	return slices.DeleteFunc(slices.Clone(list), func(n Notice) bool { return !n.Stands(now) })
}

func tellZone(tx NoticeTx, n Notice) error {
	return tx.Emit(houzhen.Event{ID: tx.NewID(), Kind: houzhen.ZoneNotice, Subject: n.ZoneID, Version: tx.Now().UnixMicro(), At: tx.Now()})
}

// oneLine leaves no line ends and no spaces beyond one.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// aNumber is what may be a phone number or a person's: seven digits in a row,
// with signs between them.
var aNumber = regexp.MustCompile(`[0-9０-９](?:[ -]?[0-9０-９]){6}`)

func checkNotice(text houzhen.Label) error {
	switch {
	case text.Zh == "":
		return houzhen.E(houzhen.CodeMissing, "say what").On("text")
	case utf8.RuneCountInString(text.Zh) > maxNotice:
		return houzhen.E(houzhen.CodeTooLarge, "a notice has 40 signs at most").On("text").With("limit", "40")
	case utf8.RuneCountInString(text.En) > maxNoticeEnglish:
		return houzhen.E(houzhen.CodeTooLarge, "a notice has 90 signs at most in English").On("text_en").With("limit", "90")
	}
	return noNumbers("text", text.Zh, text.En)
}

// noNumbers refuses words of the desk that hold what may be somebody's number.
func noNumbers(field string, words ...string) error {
	if slices.ContainsFunc(words, aNumber.MatchString) {
		return houzhen.E(houzhen.CodeNoticeNumber, "no phone number and nobody's number").On(field)
	}
	return nil
}
