package templates

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

func TestMessage(t *testing.T) {
	var cases []struct {
		Name, Key, Lang, Want string
		Vars                  map[string]string
	}
	readTestdata(t, "messages.yaml", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, err := Message(c.Key, houzhen.Lang(c.Lang), c.Vars)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.Want {
				t.Errorf("got %q, want %q", got, c.Want)
			}
		})
	}
}

func TestMessageRefuses(t *testing.T) {
	vars := map[string]string{"no": "A032", "room": " "}
	_, err := Message("queue.called", houzhen.English, vars)
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Variable != "room" {
		t.Errorf("got %v, want a missing room", err)
	}
	if strings.Contains(err.Error(), "A032") {
		t.Errorf("got a value in the error %q, want none", err)
	}
	if _, err := Message("no.such", houzhen.English, nil); err == nil {
		t.Error("got no error for a wording that does not exist, want one")
	}
	if _, err := Message("queue.called", "fr", vars); err == nil {
		t.Error("got no error for a language that does not exist, want one")
	}
}

func TestValuesGivesOnlyWhatTheWordingNeeds(t *testing.T) {
	got, err := Values("queue.called", houzhen.English, map[string]string{"no": "A032", "room": "3", "dept": "Cardiology"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"no": "A032", "room": "3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreCleanedAndCut(t *testing.T) {
	long := strings.Repeat("x", 60)
	got, err := Values("queue.called", houzhen.English, map[string]string{"no": " A\n03\u30102\u3011 ", "room": long})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"no": "A032", "room": long[:35]}, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeyPicksTheNeutralWordingWhereThereIsOne(t *testing.T) {
	for _, c := range []struct {
		kind string
		sens bool
		want string
	}{
		{"appt.booked", false, "appt.booked"},
		{"appt.booked", true, "appt.booked.sens"},
		{"queue.called", true, "queue.called"},
	} {
		if got := Key(c.kind, c.sens); got != c.want {
			t.Errorf("Key(%s, %v): got %s, want %s", c.kind, c.sens, got, c.want)
		}
	}
}

func TestBothLanguagesHaveEveryMessage(t *testing.T) {
	l := loaded()
	for key := range l.messages[houzhen.English] {
		if !slices.Contains(Keys(), key) {
			t.Errorf("%s is in English only", key)
		}
	}
	for _, key := range Keys() {
		if _, ok := l.messages[houzhen.English][key]; !ok {
			t.Errorf("%s is in Chinese only", key)
		}
		if Title(key, houzhen.English) == key || Title(key, houzhen.Chinese) == key {
			t.Errorf("%s has no title", key)
		}
		if raw, ok := Raw(key, houzhen.Chinese); !ok || raw == "" {
			t.Errorf("%s has no text to file with a provider", key)
		}
		for _, name := range Variables(key) {
			if v, ok := VariableOf(name); !ok || v.Attribute == "" {
				t.Errorf("%s: variable %s has no attribute", key, name)
			}
		}
	}
	if got := Title("no.such", houzhen.English); got != "no.such" {
		t.Errorf("got title %q, want the key", got)
	}
}

func TestVariablesAreOfBothLanguages(t *testing.T) {
	got := Variables("appt.booked.sens") // the English one has no name
	if diff := cmp.Diff([]string{"date", "name", "place", "tail", "time"}, got); diff != "" {
		t.Error(diff)
	}
	if got := Variables("no.such"); len(got) != 0 {
		t.Errorf("got %v for a wording that does not exist, want none", got)
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		sign         string
		length       int
		chars, parts int
	}{
		{"", 0, 0, 1},
		{"", 70, 70, 1},
		{"", 71, 71, 2},
		{"Sample", 62, 70, 1},
		{"Sample", 63, 71, 2},
		{"", 134, 134, 2},
		{"", 135, 135, 3},
		{"", 160, 160, 3},
	} {
		chars, parts := Parts(c.sign, strings.Repeat("\u53f7", c.length))
		if chars != c.chars || parts != c.parts {
			t.Errorf("%q and %d signs: got %d in %d, want %d in %d", c.sign, c.length, chars, parts, c.chars, c.parts)
		}
	}
}
