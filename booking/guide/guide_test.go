package guide_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/guide"
)

func sample(tb testing.TB) guide.Table {
	tb.Helper()
	table, err := guide.Parse("sample.yaml", guide.Sample())
	if err != nil {
		b, _ := json.Marshal(err)
		tb.Fatalf("sample: %v %s", err, b)
	}
	return table
}

// asked is one question of testdata/questions.yaml with its answer.
type asked struct {
	Name, Words, Part, Sex string
	Months                 *int
	Pregnant               bool
	Want                   string   // department, desk or emergency
	Not                    []string // departments that must not be among them
	Flag                   string
	Because                []string // words of the first suggestion or alarm
}

func (a asked) question() guide.Question {
	q := guide.Question{Words: a.Words, Part: a.Part, Sex: guide.Sex(a.Sex), Pregnant: a.Pregnant}
	if a.Months != nil {
		q.Age = guide.Age{Months: *a.Months, Known: true}
	}
	return q
}

func TestTheSampleSendsWhereItShould(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/questions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var questions []asked
	if err := yaml.Unmarshal(b, &questions); err != nil || len(questions) < 40 {
		t.Fatalf("read %d questions: %v", len(questions), err)
	}
	table := sample(t)
	for _, a := range questions {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			answer := guide.Guide(table, a.question())
			got, because := string(answer.Outcome), []string(nil)
			switch answer.Outcome {
			case guide.Departments:
				got = answer.Suggestions[0].Department.Key
				because = answer.Suggestions[0].Reasons[0].Words
			case guide.Emergency:
				because = answer.Alarms[0].Words
				if !slices.ContainsFunc(answer.Alarms, func(x guide.Alarm) bool { return a.Flag == "" || x.Flag.Key == a.Flag }) {
					t.Errorf("alarm %q, want %q", answer.Alarms[0].Flag.Key, a.Flag)
				}
			}
			if got != a.Want {
				t.Errorf("got %q because of %q, want %q", got, because, a.Want)
			}
			if a.Because != nil && !slices.Equal(because, a.Because) {
				t.Errorf("because of %q, want %q", because, a.Because)
			}
			for _, s := range answer.Suggestions {
				if slices.Contains(a.Not, s.Department.Key) {
					t.Errorf("suggests %q", s.Department.Key)
				}
			}
		})
	}
}

// anyQuestion puts words of the table together with words that are in none.
func anyQuestion(t *rapid.T, table guide.Table) guide.Question {
	var words []string
	for _, e := range table.Entries {
		words = append(words, e.Words...)
	}
	parts := []string{"", "elsewhere"}
	for _, p := range table.Parts {
		parts = append(parts, p.Key)
	}
	q := guide.Question{
		Part: rapid.SampledFrom(parts).Draw(t, "part"), Sex: rapid.SampledFrom([]guide.Sex{"", guide.Female, guide.Male}).Draw(t, "sex"),
		Pregnant: rapid.Bool().Draw(t, "pregnant"),
		Age:      guide.Age{Months: rapid.IntRange(0, 1200).Draw(t, "months"), Known: rapid.Bool().Draw(t, "known")},
	}
	for _, w := range rapid.SliceOfN(rapid.SampledFrom(words), 0, 4).Draw(t, "words") {
		q.Words += w + rapid.SampledFrom([]string{" ", ", ", ". and "}).Draw(t, "between")
	}
	q.Words += rapid.StringN(0, 12, -1).Draw(t, "noise")
	return q
}

// Whatever else is said, a red flag goes before it.
func TestARedFlagAlwaysWins(t *testing.T) {
	t.Parallel()
	table := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuestion(t, table)
		f := rapid.SampledFrom(table.Flags).Draw(t, "flag")
		for _, group := range rapid.Permutation(f.All).Draw(t, "order") {
			q.Words = rapid.SampledFrom(group).Draw(t, "sign") + " " + q.Words
		}
		if f.MaxMonths > 0 {
			q.Age = guide.Age{Months: rapid.IntRange(0, f.MaxMonths-1).Draw(t, "age"), Known: true}
		}
		a := guide.Guide(table, q)
		if a.Outcome != guide.Emergency || len(a.Suggestions) > 0 || !slices.ContainsFunc(a.Alarms, func(x guide.Alarm) bool { return x.Flag.Key == f.Key }) {
			t.Fatalf("%q gave %q, want the alarm %q", q.Words, a.Outcome, f.Key)
		}
	})
}

// An answer names departments of the table only, none twice, each with a
// reason and none that the person rules out, also where the table is broken.
func TestNeverADepartmentThatIsNotThere(t *testing.T) {
	t.Parallel()
	whole := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		q, table := anyQuestion(t, whole), whole
		kept := rapid.IntRange(0, len(table.Departments)).Draw(t, "departments")
		table.Departments = table.Departments[:kept]
		a := guide.Guide(table, q)
		if (a.Outcome == guide.Departments) != (len(a.Suggestions) > 0) || len(a.Suggestions) > guide.MaxSuggestions {
			t.Fatalf("outcome %q with %d suggestions", a.Outcome, len(a.Suggestions))
		}
		seen := map[string]bool{}
		for _, s := range a.Suggestions {
			d := s.Department
			known := slices.ContainsFunc(table.Departments, func(x guide.Department) bool { return x.Key == d.Key })
			if !known || seen[d.Key] || len(s.Reasons) == 0 {
				t.Fatalf("suggests %q: known %t, again %t, reasons %v", d.Key, known, seen[d.Key], s.Reasons)
			}
			seen[d.Key] = true
			if d.Sex != "" && q.Sex != "" && d.Sex != q.Sex || q.Age.Known && d.MaxMonths > 0 && q.Age.Months >= d.MaxMonths {
				t.Fatalf("sends %v to %q", q, d.Key)
			}
		}
	})
}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	t.Parallel()
	table := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuestion(t, table)
		strip := func(a guide.Answer) string {
			b, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if diff := cmp.Diff(strip(guide.Guide(table, q)), strip(guide.Guide(table, q))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOnlyWhatCanBeReadIsTaken(t *testing.T) {
	t.Parallel()
	long := make([]rune, guide.MaxWords+1)
	for i := range long {
		long[i] = 'a'
	}
	for field, q := range map[string]guide.Question{
		"words": {Words: string(long)},
		"age":   {Age: guide.Age{Months: -1, Known: true}},
		"sex":   {Sex: "other"},
		"":      {Words: string(long[1:]), Age: guide.Age{Months: 1800, Known: true}, Sex: guide.Male},
	} {
		err := q.Check()
		var got string
		if e, ok := err.(*houzhen.Error); ok { //nolint:errorlint // it is made here
			got = e.Field
		}
		if got != field || (err == nil) != (field == "") {
			t.Errorf("got %v, want the field %q", err, field)
		}
	}
}

func TestADepartmentIsFoundByItsCodes(t *testing.T) {
	t.Parallel()
	here := guide.Codes{}
	here.Add("XN", "dep1")
	for _, c := range []struct {
		codes []string
		id    string
		ok    bool
	}{{[]string{"none", "xn"}, "dep1", true}, {[]string{"none"}, "", false}, {nil, "", false}} {
		if id, ok := here.Department(guide.Department{Codes: c.codes}); id != c.id || ok != c.ok {
			t.Errorf("%q: got %q %t, want %q %t", c.codes, id, ok, c.id, c.ok)
		}
	}
}
