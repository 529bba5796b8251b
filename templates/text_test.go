package templates

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"[${a}", "${a}]", "[[${a}]]", "[no variable]", "${}", "${A}", "${a b}", "${a", "[${1}]"} {
		if got, err := parse(s); err == nil {
			t.Errorf("parse(%q): got %v, want an error", s, got)
		}
	}
}

func TestOptionalPart(t *testing.T) {
	words, err := parse("wait[ ${minutes} min for ${who}], please")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		vars map[string]string
		want string
	}{
		{"all values", map[string]string{"minutes": "5", "who": "her"}, "wait 5 min for her, please"},
		{"one missing", map[string]string{"minutes": "5"}, "wait, please"},
		{"one empty", map[string]string{"minutes": "", "who": "her"}, "wait, please"},
		{"zero is a value", map[string]string{"minutes": "0", "who": "her"}, "wait 0 min for her, please"},
		{"none", nil, "wait, please"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := words.show(c.vars); got != c.want {
				t.Errorf("show: got %q, want %q", got, c.want)
			}
			if got, err := words.render("k", c.vars); err != nil || got != c.want {
				t.Errorf("render: got %q, %v, want %q", got, err, c.want)
			}
		})
	}
	if diff := cmp.Diff([]string{"minutes", "who"}, words.all()); diff != "" {
		t.Error(diff)
	}
	if got := words.needed(); len(got) != 0 {
		t.Errorf("got %v needed, want none", got)
	}
}

func TestShowKeepsWhatHasNoValue(t *testing.T) {
	words, err := parse("room ${room}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := words.show(nil), "room ${room}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAValueIsNeverReadAsAWording(t *testing.T) {
	words, err := parse("a ${x} b")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[\[\]${}a-z]{1,12}`).Draw(t, "value")
		if got, err := words.render("k", map[string]string{"x": v}); err != nil || got != "a "+v+" b" {
			t.Fatalf("got %q, %v, want the value as it is", got, err)
		}
	})
}

func TestParseAndStringAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([a-z ]{0,4}\$\{[a-z]{1,4}\}|[a-z ]{1,4}|\[[a-z]{0,3}\$\{[a-z]{1,3}\}\]){0,6}`).Draw(t, "wording")
		words, err := parse(s)
		if err != nil {
			t.Fatalf("parse(%q): %v", s, err)
		}
		if got := words.String(); got != s {
			t.Fatalf("got %q, want %q", got, s)
		}
	})
}

func TestLoadReportsAFaultyFile(t *testing.T) {
	for name, content := range map[string]string{
		"not yaml":      "a: [",
		"unknown field": "title: x\ntext: y\ncolour: red",
		"bad wording":   "title: x\ntext: ${A}",
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{"messages/en/x.yaml": {Data: []byte(content)}}
			if got, err := loadMessages(fsys, "en"); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
	for name, content := range map[string]string{"twice": "a: x\na: y", "bracket": "a: \"[x\"", "list": "- a"} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{"page/en.yaml": {Data: []byte(content)}}
			if got, err := loadSheet(fsys, "page/en.yaml"); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
	twice := fstest.MapFS{"page/en.yaml": {Data: []byte("a: x")}, "page/desk.en.yaml": {Data: []byte("a: y")}}
	if got, err := loadSheets(twice, "page", "en"); err == nil {
		t.Errorf("a key in two files gave %v, want an error", got)
	}
	two := fstest.MapFS{"page/en.yaml": {Data: []byte("a: x")}, "page/desk.en.yaml": {Data: []byte("b: y")}}
	if got, err := loadSheets(two, "page", "en"); err != nil || len(got) != 2 {
		t.Errorf("two files gave %v, %v, want both keys", got, err)
	}
	if _, err := load(fstest.MapFS{}); err == nil {
		t.Error("got no error without files, want one")
	}
}
