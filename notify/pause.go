package notify

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// PauseScope says what a pause stops.
type PauseScope string

// Scopes of a pause.
const (
	PauseAll     PauseScope = "hospital"
	PauseChannel PauseScope = "channel"
	PauseKind    PauseScope = "kind"
)

// Pause holds messages back until somebody ends it: they stay due, and the gate
// asks the world anew when it ends. What is of no use by then expires.
type Pause struct {
	Scope  PauseScope
	Target string // of a channel or kind, "" for the hospital
	At     time.Time
	By     string
	Reason string
}

// holds reports whether a pause is about a message. Sign-in codes go on: staff
// and patients must get in to end it, unless their channel itself is stopped.
func (p Pause) holds(m Message) bool {
	switch p.Scope {
	case PauseAll:
		return m.Kind != KindSignIn
	case PauseChannel:
		return p.Target == string(m.Channel)
	case PauseKind:
		return p.Target == string(m.Kind)
	}
	return false
}

// pauseLook is how often a message that a pause holds is looked at again.
const pauseLook = time.Minute

// Silence says that a phone is not the patient's: nothing about him goes there.
type Silence struct {
	Patient string
	At      time.Time
	By      string // "sms", or a person of the staff
}

// PrefTx is what the rules of choosing ask of a transaction besides Tx.
type PrefTx interface {
	// MessagePrefs gives what patients want; those who never chose are left out.
	MessagePrefs(ctx context.Context, patients []string) (map[string]Prefs, error)
	// SaveMessagePrefs stores them by Version, which it raises; CodeConflict when
	// somebody else was faster.
	SaveMessagePrefs(ctx context.Context, p *Prefs) error
	// Silenced gives those of patients whose present phone was reported as not
	// theirs.
	Silenced(ctx context.Context, patients []string) (map[string]bool, error)
	// Silence reports the present phone of a patient as not his.
	Silence(ctx context.Context, s Silence) error
	// EndSilence takes the report about his present phone back.
	EndSilence(ctx context.Context, patient string) error
	// Households gives for each of patients, who are given with their phones, the
	// others with the same one, by its keyed hash.
	Households(ctx context.Context, patients map[string]houzhen.Phone) (map[string][]string, error)

	Pauses(ctx context.Context) ([]Pause, error)
	Pause(ctx context.Context, p Pause) error // one that is on stays as it is
	Resume(ctx context.Context, scope PauseScope, target string) error

	// Follow notes whether a patient wants to hear of a doctor's extra sessions.
	Follow(ctx context.Context, patient, doctor string, on bool) error
	// Followed lists the doctors that a patient follows, by id.
	Followed(ctx context.Context, patient string) ([]string, error)
	// Followers lists who does, by id, after one.
	Followers(ctx context.Context, doctor, after string, limit int) ([]string, error)
}
