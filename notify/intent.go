package notify

import (
	"slices"
	"strings"
	"time"
)

// Intent is what a word that came in by SMS stands for; templates/ has the
// words.
type Intent string

// Intents. Those that a question may offer as a choice carry its name there.
const (
	IntentConfirm Intent = "confirm"
	IntentCancel  Intent = "cancel"
	IntentLate    Intent = "late"
	IntentOnWay   Intent = "on_way"
	IntentRefund  Intent = "refund"
	IntentStop    Intent = "stop"   // no ordinary messages by SMS any more
	IntentStart   Intent = "start"  // have them again
	IntentNotMe   Intent = "not_me" // this phone is somebody else's
)

// OfTheWay reports whether a word is about the way here.
func (i Intent) OfTheWay() bool { return i == IntentLate || i == IntentOnWay }

// ReadIntent reads a word, alone or with the code of a question before or after
// it. Exactly a word of the list counts, nothing that merely contains one: "stop"
// is a wish, "please do not stop" is not. Code is 0 without one.
func ReadIntent(text string, meaning func(word string) string) (i Intent, code int) {
	read := ReadReply(text)
	if i = Intent(meaning(read)); i != "" || read == "" {
		return i, 0
	}
	first, last := read[0], read[len(read)-1]
	if first >= '1' && first <= '9' {
		if i = Intent(meaning(read[1:])); i != "" {
			return i, int(first - '0')
		}
	}
	if last >= '1' && last <= '9' {
		if i = Intent(meaning(strings.TrimSuffix(read, string(last)))); i != "" {
			return i, int(last - '0')
		}
	}
	return "", 0
}

// MatchIntent finds the question of the phone that a word answers: the one with
// the code, or the only one open that offers it; of several about one subject
// the last that was asked. When several subjects are left, nobody knows which is
// meant. Known is in the order of asking.
func MatchIntent(known []Question, i Intent, code int, now time.Time) (Answer, bool) {
	var found []Answer
	for _, q := range known {
		if !q.Asks(now) || code != 0 && q.Code != code {
			continue
		}
		for digit, choice := range q.Choices {
			if choice == string(i) {
				found = append(sameSubject(found, q), Answer{q, digit, choice})
			}
		}
	}
	if len(found) != 1 {
		return Answer{}, false
	}
	return found[0], true
}

// sameSubject leaves out answers to earlier questions about what q is about.
func sameSubject(found []Answer, q Question) []Answer {
	return slices.DeleteFunc(found, func(a Answer) bool { return a.Question.Subject == q.Subject })
}

// RemindChoices are what the reminder of the day before may be answered.
func RemindChoices() map[string]string {
	return map[string]string{"1": string(IntentConfirm), "2": string(IntentLate), "0": string(IntentCancel)}
}

// LeaveChoices are what the word to set out may be answered.
func LeaveChoices() map[string]string {
	return map[string]string{"1": string(IntentOnWay), "2": string(IntentLate)}
}
