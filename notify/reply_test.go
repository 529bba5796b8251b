package notify

import (
	"testing"
	"time"
)

func TestRepliesAreReadTolerantly(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", " 1 ": "1", "\uFF11": "1", "\u3000\uFF12\u3000": "2", "\u2460": "1", "\u24EA": "0", "1\u3002": "1", "1.": "1", "2 1": "21", "r": "R",
		"1\u200b": "1", "": "",
	} {
		if got := ReadReply(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestADigitMeansWhatItsTextSaid(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	open := func(id string, code int) Question {
		return Question{ID: id, Code: code, State: QuestionOpen, ExpiresAt: now.Add(time.Hour), Choices: map[string]string{"1": id + "-one", "0": id + "-none"}}
	}
	first, second := open("a", 1), open("b", 2)
	answered := first
	answered.State = QuestionAnswered
	late := first
	late.ExpiresAt = now
	for name, c := range map[string]struct {
		known []Question
		text  string
		want  string
	}{
		"one is open":                      {[]Question{first}, "1", "a-one"},
		"none suits":                       {[]Question{first}, "0", "a-none"},
		"two are open, the first":          {[]Question{first, second}, "1", "a-one"},
		"two are open, the second":         {[]Question{first, second}, "21", "b-one"},
		"the first is answered, its digit": {[]Question{answered, second}, "1", ""},
		"it is over":                       {[]Question{late}, "1", ""},
		"a digit that was not offered":     {[]Question{first}, "7", ""},
		"more than a digit":                {[]Question{first}, "1 please", ""},
		"nothing was asked":                {nil, "1", ""},
	} {
		got, ok := MatchReply(c.known, c.text, now)
		if got.Choice != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got.Choice, ok, c.want)
		}
	}
}

func TestACodeRestsAfterItsQuestion(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	ended := func(code int, ago time.Duration) Question {
		return Question{Code: code, State: QuestionAnswered, EndedAt: now.Add(-ago)}
	}
	for name, c := range map[string]struct {
		known []Question
		want  int
	}{
		"nobody asked":     {nil, 1},
		"one is open":      {[]Question{{Code: 1, State: QuestionOpen, ExpiresAt: now.Add(time.Hour)}}, 2},
		"one just ended":   {[]Question{ended(1, time.Hour)}, 2},
		"one rested":       {[]Question{ended(1, CodeRest)}, 1},
		"a gap":            {[]Question{ended(1, 0), ended(3, 0)}, 2},
		"all nine are out": {[]Question{ended(1, 0), ended(2, 0), ended(3, 0), ended(4, 0), ended(5, 0), ended(6, 0), ended(7, 0), ended(8, 0), ended(9, 0)}, 0},
	} {
		if got := FreeCode(c.known, now); got != c.want {
			t.Errorf("%s: code %d, want %d", name, got, c.want)
		}
	}
}
