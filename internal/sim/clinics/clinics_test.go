package clinics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/sim/clinics"
	"github.com/houzhen/houzhen/queue"
)

// few is a simulation that a test can afford.
func few(t *testing.T) clinics.Simulation {
	t.Helper()
	spec, err := clinics.Usual()
	if err != nil {
		t.Fatal(err)
	}
	return clinics.Simulation{Spec: spec, Clinics: 3, Days: 4, Seed: 7, Policy: queue.DefaultPolicy(), Alpha: 0.02}
}

func run(t *testing.T, s clinics.Simulation) clinics.Report {
	t.Helper()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAdviceKeepsPeopleAtHomeUntilTheyAreNeeded(t *testing.T) {
	t.Parallel()
	r := run(t, few(t))
	a, b := r.Advised, r.Alone
	if a.OnSite.Mean >= 0.9*b.OnSite.Mean { // with next to nothing learned
		t.Errorf("on site for %.1f minutes with advice and %.1f without: it saves less than a tenth", a.OnSite.Mean, b.OnSite.Mean)
	}
	if a.Shown == 0 || a.Changes == 0 || a.Width == 0 {
		t.Errorf("nobody was shown a range that changed: %+v", a)
	}
	if b.Shown != 0 {
		t.Errorf("%d were shown a range where nobody is told anything", b.Shown)
	}
	if a.Messages <= b.Messages {
		t.Errorf("%d messages with advice, %d without: the advice is no message", a.Messages, b.Messages)
	}
}

// Who says that he is on his way is forecast better than who says nothing, and
// so are those behind him.
func TestWordFromTheWayIsOfUse(t *testing.T) {
	t.Parallel()
	silent := few(t)
	silent.Spec.Patient.SaysSetOut = 0
	a, b := run(t, few(t)).Advised, run(t, silent).Advised
	if a.Booked != b.Booked || a.StayedAway != b.StayedAway {
		t.Error("what people say changed who they are")
	}
	if a.OnSite == b.OnSite {
		t.Error("nothing follows of what people say")
	}
}

// TestEverybodyHasOneOutcome counts those who were booked.
func TestEverybodyHasOneOutcome(t *testing.T) {
	t.Parallel()
	r := run(t, few(t))
	for name, x := range map[string]clinics.Result{"advised": r.Advised, "alone": r.Alone} {
		if sum := x.Seen + x.StayedAway + x.TurnedAway + x.GaveUp; sum != x.Booked {
			t.Errorf("%s: %d outcomes of %d booked", name, sum, x.Booked)
		}
		if x.Seen == 0 || x.StayedAway == 0 || x.DroppedIn == 0 || x.Back.Mean == 0 || x.Idle == 0 {
			t.Errorf("%s: something never happens: %+v", name, x)
		}
	}
	if r.Advised.StayedAway != r.Alone.StayedAway || r.Advised.Booked != r.Alone.Booked {
		t.Error("the two ways were lived through by other people")
	}
}

func TestTheSameSeedGivesTheSameReport(t *testing.T) {
	t.Parallel()
	s := few(t)
	s.Days = 2
	done := 0
	s.Progress = func() { done++ }
	first, second := run(t, s), run(t, s)
	if d := cmp.Diff(first, second, cmpopts.IgnoreUnexported(clinics.Result{})); d != "" {
		t.Errorf("the second run differs: %s", d)
	}
	if want := 2 * s.Clinics * s.Days; done != want {
		t.Errorf("heard of %d sessions, want %d", done, want)
	}
	s.Seed++
	if d := cmp.Diff(first.Advised.OnSite, run(t, s).Advised.OnSite); d == "" {
		t.Error("another seed gives the same minutes on site")
	}
}

func TestMoreRiskMeansLessTimeOnSite(t *testing.T) {
	t.Parallel()
	s := few(t)
	careful := run(t, s).Advised
	s.Alpha = 0.2
	bold := run(t, s).Advised
	if bold.OnSite.Mean >= careful.OnSite.Mean || bold.Skipped <= careful.Skipped {
		t.Errorf("alpha 0.02: %.1f minutes, %.3f skipped; 0.2: %.1f, %.3f", careful.OnSite.Mean, careful.Skipped, bold.OnSite.Mean, bold.Skipped)
	}
}

func TestPlotsAreDrawings(t *testing.T) {
	t.Parallel()
	s := few(t)
	s.Days = 1
	plots, err := run(t, s).Plots()
	if err != nil || len(plots) != 5 {
		t.Fatalf("%d plots, %v; want 5", len(plots), err)
	}
	for name, svg := range plots {
		if !strings.HasSuffix(name, ".svg") || !strings.Contains(string(svg), "<svg") {
			t.Errorf("%s is no drawing", name)
		}
	}
}

const line = "  log_sd: 0.44\n"

func TestAFileOfClinicsIsReadOrRefused(t *testing.T) {
	t.Parallel()
	good := string(clinics.UsualFile())
	if !strings.Contains(good, line) {
		t.Fatal("the file has another line now; change this test")
	}
	for name, c := range map[string]struct{ text, field, says string }{
		"a field is missing":    {strings.Replace(good, line, "", 1), "consultation.log_sd", "missing"},
		"a field is not known":  {strings.Replace(good, line, line+"  mood: 1\n", 1), "file", "mood"},
		"a number is too large": {strings.Replace(good, line, "  log_sd: 44\n", 1), "consultation.log_sd", "from 0 to 1.5"},
		"not a number":          {strings.Replace(good, line, "  log_sd: .nan\n", 1), "consultation.log_sd", "missing"},
		"a span backwards":      {strings.Replace(good, "slot_minutes: [5, 15]", "slot_minutes: [15, 5]", 1), "session.slot_minutes", "smaller number first"},
		"a span of three":       {strings.Replace(good, "slot_minutes: [5, 15]", "slot_minutes: [5, 6, 7]", 1), "file", "elements"},
		"no chances":            {strings.Replace(good, "no_show: [0.02,", "no_show: [] #", 1), "patient.no_show", "at least one"},
		"a chance above one":    {strings.Replace(good, "no_show: [0.02,", "no_show: [2,", 1), "patient.no_show", "0 to 1"},
		"too few people":        {strings.Replace(good, "regulars: 300", "regulars: 10", 1), "patient.regulars", "full session"},
		"no time":               {strings.Replace(good, `"08:00"`, `"8 am"`, 1), "session.start", "hours and minutes"},
		"nothing":               {"", "session.start", "hours and minutes"},
		"far too long":          {strings.Repeat("#\n", clinics.MaxSpecFile), "file", "too large"},
	} {
		_, err := clinics.ParseSpec([]byte(c.text))
		var coded *houzhen.Error
		if !errors.As(err, &coded) || coded.Field != c.field || !strings.Contains(coded.Message, c.says) {
			t.Errorf("%s: got %v, want %q about %s", name, err, c.says, c.field)
		}
	}
}
