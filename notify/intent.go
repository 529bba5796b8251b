package notify

import (
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
	IntentRefund  Intent = "refund"
	IntentStop    Intent = "stop"   // no ordinary messages by SMS any more
	IntentStart   Intent = "start"  // have them again
	IntentNotMe   Intent = "not_me" // this phone is somebody else's
)

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
// the code, or the only one open that offers it. When several do, nobody knows
// which is meant.
func MatchIntent(known []Question, i Intent, code int, now time.Time) (Answer, bool) {
	var found []Answer
	for _, q := range known {
		if !q.Asks(now) || code != 0 && q.Code != code {
			continue
		}
		for digit, choice := range q.Choices {
			if choice == string(i) {
				found = append(found, Answer{q, digit, choice})
			}
		}
	}
	if len(found) != 1 {
		return Answer{}, false
	}
	return found[0], true
}

// RemindChoices are what the reminder of the day before may be answered.
func RemindChoices() map[string]string {
	return map[string]string{"1": string(IntentConfirm), "2": string(IntentLate), "0": string(IntentCancel)}
}
