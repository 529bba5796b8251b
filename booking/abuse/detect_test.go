package abuse_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/abuse"
)

var start = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

func never(abuse.Kind, string) time.Time { return time.Time{} }

// story writes traces at minutes after start.
type story []abuse.Trace

func (s *story) add(minute int, action abuse.Action, account, device, patient, session string) {
	*s = append(*s, abuse.Trace{
		ID: fmt.Sprint(len(*s)), At: start.Add(time.Duration(minute) * time.Minute), Action: action, AccountID: account,
		Origin: abuse.Origin{Device: device}, PatientID: patient, SessionID: session, AppointmentID: fmt.Sprintf("a-%s-%s", session, patient),
	})
}

// kinds gives what was found as "kind subject count".
func kinds(flags []abuse.Flag) []string {
	out := []string{}
	for _, f := range flags {
		out = append(out, fmt.Sprintf("%s %s %d", f.Kind, f.Subject, f.Count))
	}
	return out
}

func TestDetect(t *testing.T) {
	const day = 24 * 60
	for name, c := range map[string]struct {
		tell func(*story)
		want []string
	}{
		"a family books and changes its mind": {func(s *story) {
			for i, p := range []string{"mother", "child", "father", "granny"} {
				s.add(i*day, abuse.Booked, "acc", "phone", p, "s1")
			}
			s.add(5*day, abuse.Cancelled, "acc", "phone", "child", "s1")
			s.add(5*day+1, abuse.Booked, "acc", "phone", "mother", "s2")
		}, []string{}},
		"the same account hands two places over": {func(s *story) {
			s.add(0, abuse.Cancelled, "acc", "phone", "p1", "s1")
			s.add(3, abuse.Booked, "acc", "phone", "p2", "s1")
			s.add(day, abuse.Cancelled, "acc", "phone", "p3", "s2")
			s.add(day+10, abuse.Booked, "acc", "phone", "p4", "s2")
		}, []string{"handover acc 2"}},
		"one device hands over between accounts": {func(s *story) {
			s.add(0, abuse.Cancelled, "acc1", "phone", "p1", "s1")
			s.add(3, abuse.Booked, "acc2", "phone", "p2", "s1")
			s.add(day, abuse.Cancelled, "acc3", "phone", "p3", "s2")
			s.add(day+5, abuse.Booked, "acc4", "phone", "p4", "s2")
		}, []string{"handover phone 2"}},
		"a stranger takes the place, or much later": {func(s *story) {
			s.add(0, abuse.Cancelled, "acc1", "phone1", "p1", "s1")
			s.add(3, abuse.Booked, "acc2", "phone2", "p2", "s1")
			s.add(day, abuse.Cancelled, "acc1", "phone1", "p1", "s2")
			s.add(day+11, abuse.Booked, "acc1", "phone1", "p2", "s2")
		}, []string{}},
		"the patient himself takes another time": {func(s *story) {
			for i := range 3 {
				s.add(i*day, abuse.Cancelled, "acc", "phone", "p1", fmt.Sprint("s", i))
				s.add(i*day+2, abuse.Booked, "acc", "phone", "p1", fmt.Sprint("s", i))
			}
		}, []string{}},
		"six given up within a week": {func(s *story) {
			for i := range 6 {
				s.add(i*day, abuse.Cancelled, "acc", "phone", "p1", fmt.Sprint("s", i))
			}
		}, []string{"churn acc 6"}},
		"six given up over two weeks": {func(s *story) {
			for i := range 6 {
				s.add(i*2*day, abuse.Cancelled, "acc", "phone", "p1", fmt.Sprint("s", i))
			}
		}, []string{}},
		"places for six people, one of them twice": {func(s *story) {
			for i := range 6 {
				s.add(i*60, abuse.Booked, "acc", "", fmt.Sprint("p", i), fmt.Sprint("s", i))
			}
			s.add(400, abuse.Booked, "acc", "", "p0", "s9")
		}, []string{"hoard acc 6"}},
		"five accounts on one device": {func(s *story) {
			for i := range 5 {
				s.add(i, abuse.Booked, fmt.Sprint("acc", i), "kiosk", fmt.Sprint("p", i), "s")
			}
		}, []string{"crowd kiosk 5"}},
		"thirty refused attempts": {func(s *story) {
			for i := range 30 {
				s.add(i, abuse.Throttled, "acc", "phone", "p", "s")
			}
		}, []string{"flood acc 30"}},
	} {
		t.Run(name, func(t *testing.T) {
			var s story
			c.tell(&s)
			if diff := cmp.Diff(kinds(abuse.Detect(s, abuse.DefaultPolicy(), never)), c.want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFlagNamesWhatItRestsOn(t *testing.T) {
	var s story
	for i := range 30 {
		s.add(i*10, abuse.Booked, "acc", "phone", fmt.Sprint("p", i), "s")
	}
	f := abuse.Detect(s, abuse.DefaultPolicy(), never)[0]
	if len(f.Evidence) != abuse.MaxEvidence || f.Evidence[abuse.MaxEvidence-1] != "a-s-p29" {
		t.Errorf("evidence %v, want the latest %d", f.Evidence, abuse.MaxEvidence)
	}
	if !f.First.Equal(s[0].At) || !f.Last.Equal(s[29].At) || !slices.Equal(f.Accounts, []string{"acc"}) {
		t.Errorf("got %v to %v of %v", f.First, f.Last, f.Accounts)
	}
}

// What was decided is not asked for again on the same evidence.
func TestADecisionEndsTheEvidenceBeforeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s story
		for i := range rapid.IntRange(1, 60).Draw(t, "n") {
			minute := rapid.IntRange(0, 20*24*60).Draw(t, "minute")
			action := rapid.SampledFrom([]abuse.Action{abuse.Booked, abuse.Cancelled, abuse.Throttled}).Draw(t, "action")
			who := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "account")
			s.add(minute, action, who, "d", fmt.Sprint("p", i%9), fmt.Sprint("s", i%3))
		}
		slices.SortStableFunc(s, func(a, b abuse.Trace) int { return a.At.Compare(b.At) })
		last := s[len(s)-1].At
		if found := abuse.Detect(s, abuse.DefaultPolicy(), func(abuse.Kind, string) time.Time { return last }); len(found) > 0 {
			t.Fatalf("found %v though all was decided", kinds(found))
		}
		for _, f := range abuse.Detect(s, abuse.DefaultPolicy(), never) {
			if f.Last.Before(f.First) || f.Count == 0 || f.State != abuse.Open {
				t.Fatalf("flag does not hold together: %+v", f)
			}
		}
	})
}

func TestDecide(t *testing.T) {
	p, open := abuse.DefaultPolicy(), abuse.Flag{ID: "f", State: abuse.Open}
	month := start.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		flag abuse.Flag
		d    abuse.Decision
		want houzhen.Code
	}{
		"confirmed":        {open, abuse.Decision{To: abuse.Confirmed, Until: month, By: "m", Reason: "resale"}, ""},
		"dismissed":        {open, abuse.Decision{To: abuse.Dismissed, By: "m", Reason: "a large family"}, ""},
		"without a reason": {open, abuse.Decision{To: abuse.Dismissed, By: "m"}, houzhen.CodeMissing},
		"without an end":   {open, abuse.Decision{To: abuse.Confirmed, By: "m", Reason: "x"}, houzhen.CodeInvalid},
		"for ever":         {open, abuse.Decision{To: abuse.Confirmed, Until: start.AddDate(2, 0, 0), By: "m", Reason: "x"}, houzhen.CodeInvalid},
		"as nothing":       {open, abuse.Decision{To: abuse.Open, By: "m", Reason: "x"}, houzhen.CodeInvalid},
		"twice":            {abuse.Flag{State: abuse.Dismissed}, abuse.Decision{To: abuse.Dismissed, By: "m", Reason: "x"}, houzhen.CodeState},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.flag.Decide(start, p, c.d)
			if houzhen.CodeOf(err) != c.want {
				t.Fatalf("got %v, want code %q", err, c.want)
			}
			if err == nil && (got.State != c.d.To || !got.Until.Equal(c.d.Until) || got.DecidedBy != "m") {
				t.Errorf("got %+v", got)
			}
		})
	}
}
