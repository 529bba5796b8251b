package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

// constants reads the string constants of a Go file whose names begin with
// prefix, so that no package has to be imported to know its codes.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, prefix) || i >= len(spec.Values) {
				continue
			}
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				v, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, v)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("no constants %s… in %s", prefix, file)
	}
	return values
}

func TestEveryErrorCodeHasWords(t *testing.T) {
	codes := constants(t, "../error.go", "Code")
	for _, lang := range Langs() {
		for _, code := range codes {
			title, detail := Problem(houzhen.Code(code), lang, nil)
			if title == code || detail == code || title == "" || detail == "" {
				t.Errorf("%s: %s has no words", lang, code)
			}
			if strings.ContainsAny(title+detail, "$[]{}") {
				t.Errorf("%s: %s shows its variables without values: %q %q", lang, code, title, detail)
			}
		}
		for code := range loaded().problems[lang] {
			if !slices.Contains(codes, code) {
				t.Errorf("%s: words for %s, which is no code", lang, code)
			}
		}
	}
}

func TestProblemUsesItsArguments(t *testing.T) {
	_, got := Problem(houzhen.CodeTooSoon, houzhen.English, map[string]string{"seconds": "12"})
	if want := "It is too soon after the last call. Please wait 12 seconds and try again."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	title, detail := Problem("no_such", houzhen.English, nil)
	if title != "no_such" || detail != "no_such" {
		t.Errorf("got %q, %q, want the code itself", title, detail)
	}
}

func TestEveryQueueReasonHasWords(t *testing.T) {
	codes := constants(t, "../queue/reasons.go", "Reason")
	for _, drop := range constants(t, "../queue/reasons.go", "Drop") {
		codes = append(codes, "drop."+drop)
	}
	complete(t, codes, Reason)
}

func TestEveryCauseOfAChangedRangeHasWords(t *testing.T) {
	var codes []string
	for _, code := range constants(t, "../queue/forecast/card.go", "Cause") {
		if code != "" {
			codes = append(codes, "range."+code)
		}
	}
	complete(t, codes, Reason)
}

func TestEveryRosterFaultHasWords(t *testing.T) {
	complete(t, constants(t, "../internal/roster/roster.go", "Fault"), RosterFault)
	got := RosterFault("range", houzhen.English, map[string]string{"value": "0", "min": "1", "max": "20"})
	if want := "out of range: 0; from 1 to 20"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryReasonOfAMessageHasWords(t *testing.T) {
	var codes []string
	gate := constants(t, "../notify/reason.go", "Reason")
	for _, code := range append(gate, constants(t, "../internal/app/world.go", "stale")...) {
		codes = append(codes, "message."+code)
	}
	complete(t, codes, Reason)
}

func TestEveryMessageKindHasAWording(t *testing.T) {
	for _, kind := range constants(t, "../notify/notify.go", "Kind") {
		if !slices.Contains(Keys(), kind) {
			t.Errorf("%s has no wording", kind)
		}
	}
}

func TestReasonWithAndWithoutArguments(t *testing.T) {
	for _, c := range []struct {
		code string
		args map[string]string
		want string
	}{
		{"late_interval", map[string]string{"n": "2"}, "late, in turn: one after every 2 on time"},
		{"late_interval", nil, "late, in turn"},
		{"paused", map[string]string{"minutes": "0"}, "the doctor is away"},
		{"paused", map[string]string{"minutes": "10"}, "the doctor is away for about 10 min"},
		{"no_such", nil, "no_such"},
	} {
		if got := Reason(c.code, houzhen.English, c.args); got != c.want {
			t.Errorf("%s: got %q, want %q", c.code, got, c.want)
		}
	}
}

// complete holds that each code has words in each language and that they need
// no value.
func complete(t *testing.T, codes []string, words func(string, houzhen.Lang, map[string]string) string) {
	t.Helper()
	for _, lang := range Langs() {
		for _, code := range codes {
			got := words(code, lang, nil)
			if got == code || got == "" {
				t.Errorf("%s: %s has no words", lang, code)
			}
			if strings.ContainsAny(got, "$[]{}") {
				t.Errorf("%s: %s shows its variables without values: %q", lang, code, got)
			}
		}
	}
}

// Both languages must have the same keys and, for each, the same variables.
func TestLanguagesAgree(t *testing.T) {
	l := loaded()
	problems := map[houzhen.Lang]sheet{}
	for lang, all := range l.problems {
		problems[lang] = sheet{}
		for code, p := range all {
			problems[lang][code] = slices.Concat(p.title, p.detail)
		}
	}
	for name, sheets := range map[string]map[houzhen.Lang]sheet{
		"errors": problems, "reasons": l.reasons, "roster": l.faults, "page": l.page,
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(shape(sheets[houzhen.Chinese]), shape(sheets[houzhen.English])); diff != "" {
				t.Errorf("Chinese -, English +:\n%s", diff)
			}
		})
	}
}

func TestLanguagesAgreeCanFail(t *testing.T) {
	a, b := sheet{"k": text{{variable: "n"}}}, sheet{"k": text{{variable: "m"}}}
	if cmp.Diff(shape(a), shape(b)) == "" {
		t.Error("got no difference between different variables, want one")
	}
}

func shape(s sheet) map[string][]string {
	out := make(map[string][]string, len(s))
	for key, words := range maps.All(s) {
		out[key] = slices.Compact(slices.Sorted(slices.Values(words.all())))
	}
	return out
}
