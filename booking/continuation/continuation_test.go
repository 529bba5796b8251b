package continuation_test

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/continuation"
)

func day(d int) houzhen.Date { return houzhen.Date{Year: 2026, Month: 3, Day: d} }

func seen() continuation.Visit {
	return continuation.Visit{AppointmentID: "a1", PatientID: "p1", DepartmentID: "cardio", DoctorID: "d1", Grade: 2, Day: day(2), Seen: true}
}

func TestOneRegistrationIsContinuedOnceWithinThreeDays(t *testing.T) {
	rule := continuation.Rule{Days: 3, Times: 1}
	none, absent, again := rule, seen(), seen()
	none.Days = 0
	absent.Seen, again.Continued = false, true
	for name, c := range map[string]struct {
		rule  continuation.Rule
		visit continuation.Visit
		given int
		today houzhen.Date
		want  houzhen.Code
	}{
		"on the day":               {rule, seen(), 0, day(2), ""},
		"on the third day":         {rule, seen(), 0, day(4), ""},
		"on the fourth":            {rule, seen(), 0, day(5), houzhen.CodeState},
		"a second time":            {rule, seen(), 1, day(2), houzhen.CodeLimit},
		"where none are given":     {none, seen(), 0, day(2), houzhen.CodeState},
		"of one who did not come":  {rule, absent, 0, day(2), houzhen.CodeState},
		"of a continuation itself": {rule, again, 0, day(2), houzhen.CodeState},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.rule.Give(c.visit, c.given, c.today)
			if code := houzhen.CodeOf(err); err != nil != (c.want != "") || c.want != "" && code != c.want {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err == nil && (got.Until != day(4) || got.MaxGrade != 2 || got.VisitID != "a1") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAContinuationIsGoodForItsOwnDepartmentGradeAndDays(t *testing.T) {
	c, err := continuation.Rule{Days: 3, Times: 1}.Give(seen(), 0, day(2))
	if err != nil {
		t.Fatal(err)
	}
	any3, err := continuation.Rule{Days: 3, Times: 1, AnyGrade: true}.Give(seen(), 0, day(2))
	if err != nil {
		t.Fatal(err)
	}
	used := c
	used.UsedBy = "a9"
	at := func(department string, grade, d int) continuation.Session {
		return continuation.Session{DepartmentID: department, Grade: grade, Day: day(d)}
	}
	for name, x := range map[string]struct {
		c    continuation.Continuation
		s    continuation.Session
		want houzhen.Code
	}{
		"the same grade":       {c, at("cardio", 2, 4), ""},
		"a lower one":          {c, at("cardio", 1, 3), ""},
		"a higher one":         {c, at("cardio", 3, 3), houzhen.CodeInvalid},
		"a higher one allowed": {any3, at("cardio", 3, 3), ""},
		"another department":   {c, at("skin", 2, 3), houzhen.CodeInvalid},
		"too late":             {c, at("cardio", 2, 5), houzhen.CodeNotToday},
		"used":                 {used, at("cardio", 2, 3), houzhen.CodeState},
	} {
		t.Run(name, func(t *testing.T) {
			if err := x.c.Fits(x.s); err != nil != (x.want != "") || x.want != "" && houzhen.CodeOf(err) != x.want {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}
	if !c.Open(day(4)) || c.Open(day(5)) || used.Open(day(2)) {
		t.Error("open on a day on which it is not, or the other way round")
	}
}
