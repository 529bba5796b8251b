package queue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

func TestAPolicyComesBackFromItsDocument(t *testing.T) {
	p := DefaultPolicy()
	p.Key, p.BookedFirst, p.ReadySize, p.EarlyRefuse, p.MissAnytime = KeyCheckIn, BookedEqual, 3, true, true
	p.Reinsert = []Reinsertion{{At: AtEndOfSlice}, After(5), {At: AtEndOfSession}}
	p.ReturnAny, p.ReturnBlind, p.PriorityAbsolute, p.Pool = true, true, true, Alternate
	p.LateGrace, p.MinCallTotal, p.MaxInsertShare = 90*time.Minute, 95*time.Second, 0.4
	p.Groups = []Group{{"elder", 65}, {"pregnant", 0}}
	for name, want := range map[string]Policy{"default": DefaultPolicy(), "another": p} {
		text, err := want.Document()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePolicy(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s\n%s", name, err, diff, text)
		}
	}
}

// The styles of three hospitals (domain rule §3.0) fit into the document, and
// what it leaves out has the default.
func TestAShortDocumentIsAWholePolicy(t *testing.T) {
	p, err := ParsePolicy([]byte(`
missed: {reinsert: [after:5, "after:5", end_of_daypart], void_after: 4}
late: {mode: interval, interval: 3}
return: {max_wait: 20m}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultPolicy()
	want.Reinsert = []Reinsertion{After(5), After(5), {At: AtEndOfSession}}
	want.LateMode, want.LateInterval, want.ReturnMaxWait = LateInterval, 3, 20*time.Minute
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p, err := ParsePolicy(nil); err != nil || cmp.Diff(DefaultPolicy(), p) != "" {
		t.Errorf("an empty document is not the default: %v", err)
	}
	if p, err := ParsePolicy([]byte(`{"ready_size": 4}`)); err != nil || p.ReadySize != 4 {
		t.Errorf("JSON: got %d, %v", p.ReadySize, err)
	}
}

func TestAWrongDocumentSaysWhereItIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"reddy_size: 2":                      "policy:line 1",
		"late: {grace: soon}":                "policy:no duration",
		"ready_size: 0":                      "ready_size:too small",
		"checkin: {early: maybe}":            "checkin.early:refuse",
		"return: {doctor: nobody}":           "return.doctor:same",
		"missed: {reinsert: [behind:3]}":     "missed.reinsert:after:n",
		"missed: {reinsert: [after:many]}":   "policy:no number",
		"priority: {mode: first}":            "priority.mode:absolute",
		"key: age":                           "key:no such word",
		strings.Repeat("#", MaxPolicyFile+1): "policy:too large",
	} {
		_, err := ParsePolicy([]byte(text))
		var coded *houzhen.Error
		field, words, _ := strings.Cut(want, ":")
		if !errors.As(err, &coded) || coded.Field != field || !strings.Contains(coded.Message, words) {
			t.Errorf("%.40s: got %v, want %s", text, err, want)
		}
	}
}
