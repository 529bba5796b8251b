package notify

import (
	"testing"
	"time"
)

func TestReadIntent(t *testing.T) {
	words := map[string]string{"取消": "cancel", "TD": "stop", "晚到": "late", "C": "cancel"}
	for text, want := range map[string]struct {
		intent Intent
		code   int
	}{
		"取消": {IntentCancel, 0}, " 取 消。": {IntentCancel, 0}, "ｔｄ": {IntentStop, 0}, "td!": {IntentStop, 0},
		"取消2": {IntentCancel, 2}, "２取消": {IntentCancel, 2}, "c ③": {IntentCancel, 3}, "晚到": {IntentLate, 0},
		"请不要取消": {"", 0}, "": {"", 0}, "1": {"", 0}, "0取消": {"", 0}, "TDTD": {"", 0},
	} {
		i, code := ReadIntent(text, func(w string) string { return words[w] })
		if i != want.intent || code != want.code {
			t.Errorf("%q: got %q %d, want %q %d", text, i, code, want.intent, want.code)
		}
	}
}

func TestMatchIntent(t *testing.T) {
	now := time.Unix(1e9, 0)
	ask := func(id string, code int, choices map[string]string) Question {
		return Question{ID: id, Subject: id, Code: code, Choices: choices, State: QuestionOpen, ExpiresAt: now.Add(time.Hour)}
	}
	one, two := ask("q1", 1, RemindChoices()), ask("q2", 2, RemindChoices())
	other := ask("q3", 3, map[string]string{"0": "refund"})
	over := ask("q4", 4, RemindChoices())
	over.ExpiresAt = now
	leave := ask("q5", 5, LeaveChoices())
	leave.Subject = "q1"
	for name, c := range map[string]struct {
		known  []Question
		intent Intent
		code   int
		want   string
	}{
		"the only one":              {[]Question{one, other, over}, IntentCancel, 0, "q1"},
		"two, and nobody knows":     {[]Question{one, two}, IntentCancel, 0, ""},
		"two, and a code":           {[]Question{one, two}, IntentCancel, 2, "q2"},
		"a choice that is not open": {[]Question{other}, IntentCancel, 0, ""},
		"its own choice":            {[]Question{one, other}, IntentRefund, 0, "q3"},
		"two about one visit":       {[]Question{one, leave}, IntentLate, 0, "q5"},
		"its own of two":            {[]Question{one, leave}, IntentCancel, 0, "q1"},
		"two about one, and others": {[]Question{one, leave, two}, IntentLate, 0, ""},
		"over":                      {[]Question{over}, IntentCancel, 4, ""},
	} {
		got, ok := MatchIntent(c.known, c.intent, c.code, now)
		if ok != (c.want != "") || got.Question.ID != c.want {
			t.Errorf("%s: got %q %v, want %q", name, got.Question.ID, ok, c.want)
		}
	}
}
