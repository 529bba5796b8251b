package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
)

func TestMessagesPassTheLint(t *testing.T) {
	for _, f := range LintMessages("") {
		t.Error(f)
	}
}

func TestEveryChineseMessageIsOnePart(t *testing.T) {
	l := loaded()
	for _, key := range Keys() {
		for what, pick := range map[string]func(Variable) string{
			"typical": func(v Variable) string { return v.Typical[houzhen.Chinese] },
			"longest": func(v Variable) string { return v.Longest[houzhen.Chinese] },
		} {
			vars := map[string]string{}
			for name, v := range l.variables {
				vars[name] = pick(v)
			}
			sign := map[string]string{"typical": l.rules.TypicalSign, "longest": l.rules.LongestSign}[what]
			body, err := Message(key, houzhen.Chinese, vars)
			if err != nil {
				t.Fatal(err)
			}
			chars, parts := Parts(sign, body)
			if parts != 1 {
				t.Errorf("%s, %s values: got %d characters in %d parts, want 1 part", key, what, chars, parts)
			}
			t.Logf("%-24s %s %2d %s", key, what, chars, body)
		}
	}
}

// planted holds one bad wording for each rule; testdata keeps the Chinese ones.
func TestLintFindsWhatIsPlanted(t *testing.T) {
	var planted []struct {
		Name, Lang, Title, Text, Want string
		Sign                          string
		Neutral                       bool
	}
	readTestdata(t, "planted.yaml", &planted)
	if len(planted) < 12 {
		t.Fatalf("got %d planted faults, want one for each rule", len(planted))
	}
	for _, p := range planted {
		t.Run(p.Name, func(t *testing.T) {
			body, err := parse(p.Text)
			if err != nil {
				t.Fatal(err)
			}
			l := *loaded()
			key, lang := "planted", houzhen.Lang(p.Lang)
			l.messages = map[houzhen.Lang]map[string]message{lang: {key: {p.Title, p.Text, body}}}
			if !p.Neutral { // its neutral variant exists, so it may tell
				l.messages[lang][key+sensitive] = message{}
			}
			got := l.lint(key, lang, p.Sign)
			if len(got) != 1 || !strings.Contains(got[0], p.Want) {
				t.Errorf("got faults %q, want one with %q", got, p.Want)
			}
		})
	}
}

func TestLintReportsAMissingWording(t *testing.T) {
	got := fmt.Sprint(loaded().lint("no.such", houzhen.English, ""))
	if want := "[is missing]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLintUsesTheHospitalsOwnSignature(t *testing.T) {
	if got := LintMessages(strings.Repeat("x", 12)); len(got) == 0 {
		t.Error("got no fault with a signature longer than the longest expected, want some")
	}
}
