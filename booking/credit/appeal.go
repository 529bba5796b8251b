package credit

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// AppealState says how far an appeal is.
type AppealState string

// Appeal states: open → granted | refused by a person, or lapsed when nobody
// decided in time, which lifts the mark as granting does.
const (
	Open    AppealState = "open"
	Granted AppealState = "granted"
	Refused AppealState = "refused"
	Lapsed  AppealState = "lapsed"
)

// Appeal is a patient's word against a mark, with the evidence as it was when
// he spoke.
type Appeal struct {
	ID        string
	MarkID    string
	PatientID string
	Words     string // the patient's own, may be empty
	Evidence  []Evidence
	State     AppealState
	AskedAt   time.Time
	DueAt     time.Time // a person decides before, or the mark is lifted
	DecidedAt time.Time
	DecidedBy string
	Note      string // of whoever decided, for the patient
	Version   int64
}

// Evidence is one thing that happened, in order. Code names words of
// templates/reasons as credit.evidence.<code>.
type Evidence struct {
	At   time.Time         `json:"at"`
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Appealable says whether a mark may be appealed against at now.
func (m Mark) Appealable(set RuleSet, appealed bool, now time.Time) error {
	switch {
	case m.State != Counted:
		return houzhen.E(houzhen.CodeState, "the mark does not count")
	case appealed:
		return houzhen.E(houzhen.CodeAppealed, "the mark was appealed against before")
	case !now.Before(m.AppealUntil(set)):
		return houzhen.E(houzhen.CodeAppealLate, "the time to appeal is over")
	}
	return nil
}

// AppealUntil is when the time to appeal is over.
func (m Mark) AppealUntil(set RuleSet) time.Time {
	return m.At.Add(time.Duration(set.AppealDays) * 24 * time.Hour)
}

// appeal makes the appeal of a mark.
func (m Mark) appeal(id, words string, evidence []Evidence, set RuleSet, now time.Time) Appeal {
	return Appeal{
		ID: id, MarkID: m.ID, PatientID: m.PatientID, Words: words, Evidence: evidence, State: Open,
		AskedAt: now, DueAt: now.Add(time.Duration(set.DecideDays) * 24 * time.Hour), Version: 1,
	}
}

// decide ends an open appeal. A refusal must say why.
func (a Appeal) decide(grant bool, by, note string, now time.Time) (Appeal, error) {
	switch {
	case a.State != Open:
		return a, houzhen.E(houzhen.CodeState, "the appeal is decided")
	case !grant && note == "":
		return a, houzhen.E(houzhen.CodeMissing, "a refusal says why").On("note")
	}
	a.State = Refused
	if grant {
		a.State = Granted
	}
	a.DecidedAt, a.DecidedBy, a.Note = now, by, note
	return a, nil
}

// lapse ends an appeal that nobody decided in time, in the patient's favour.
func (a Appeal) lapse(now time.Time) (Appeal, bool) {
	if a.State != Open || now.Before(a.DueAt) {
		return a, false
	}
	a.State, a.DecidedAt, a.DecidedBy = Lapsed, now, "system"
	return a, true
}

// Told sorts evidence by when it happened and leaves out what has no instant.
func Told(list []Evidence) []Evidence {
	list = slices.DeleteFunc(list, func(e Evidence) bool { return e.At.IsZero() })
	slices.SortStableFunc(list, func(a, b Evidence) int { return a.At.Compare(b.At) })
	return list
}
