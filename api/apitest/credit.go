package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/noshow"
)

// Record is what the sample clinic has on record, and what it expects.
type Record struct {
	Rules    []credit.RuleSet
	Standing []api.Standing
	Appeals  []api.Contested
	Expected []api.Expected
}

// record makes the sample: two missed visits of the first patient, one of them
// appealed against, and a restriction.
func (c *Clinic) record() Record {
	set := credit.DefaultRules()
	set.ID, set.Version, set.PublishedAt, set.ValidFrom = "r1", 1, c.At.AddDate(0, -3, 0), c.At.AddDate(0, -2, 0)
	next := set
	next.ID, next.Version, next.PublishedAt, next.ValidFrom = "r2", 2, c.At.AddDate(0, 0, -1), c.At.AddDate(0, 0, 6)
	next.Rules = append(set.Rules[:1:1], credit.Rule{
		Key: "late", Counts: []credit.Cause{credit.LateCancel, credit.SameDayRefund}, Window: credit.Window{Kind: credit.Month}, Threshold: 4,
		Penalty: credit.Penalty{Kind: credit.RestOfWindow}, Scope: credit.Hospital, Effect: credit.OnlineOnly,
	}, credit.Rule{
		Key: "year", Counts: []credit.Cause{credit.NoShow}, Window: credit.Window{Kind: credit.Year}, Threshold: 1,
		Penalty: credit.Penalty{Kind: credit.Escalating, Days: []int{30, 60, 90}, FromFirst: true}, Scope: credit.Platform, Effect: credit.OnlineOnly,
	})
	day := houzhen.DateOf(c.At, Shanghai()).AddDays(-2)
	proof := []credit.Evidence{
		{At: c.At.AddDate(0, 0, -9), Code: "booked", Args: map[string]string{"channel": "app"}},
		{At: c.At.AddDate(0, 0, -3), Code: "message", Args: map[string]string{"kind": "appt.remind.d1", "channel": "sms", "state": "undelivered"}},
		{At: c.At.AddDate(0, 0, -2), Code: "refused", Args: map[string]string{"code": "not_today"}},
		{At: c.At.AddDate(0, 0, -2), Code: "down"},
		{At: c.At.AddDate(0, 0, -2).Add(time.Hour), Code: "up"},
		{At: c.At.AddDate(0, 0, -2).Add(3 * time.Hour), Code: "noshow"},
	}
	visit := c.Visits[0]
	mark := credit.Mark{ID: "m1", PatientID: c.People[0].ID, AppointmentID: visit.ID, Cause: credit.NoShow, At: c.At.AddDate(0, 0, -2), Day: day, State: credit.Counted, RuleSet: 1, Version: 1}
	older := mark
	older.ID, older.Day, older.Cause = "m2", day.AddDays(-20), credit.LateCancel
	exempt := mark
	exempt.ID, exempt.Day, exempt.State, exempt.Why = "m3", day.AddDays(-30), credit.Exempt, credit.WhySuspended
	open := credit.Appeal{
		ID: "x1", MarkID: "m2", PatientID: mark.PatientID, Words: "The bus broke down.", Evidence: proof, State: credit.Open,
		AskedAt: c.At.AddDate(0, 0, -1), DueAt: c.At.AddDate(0, 0, 6), Version: 1,
	}
	expected := api.Expected{Session: c.Sittings[0], Booked: 3, Estimated: 3, Crowd: noshow.Absent([]float64{.45, .2, .05})}
	expected.Advice, _ = noshow.Advise([]float64{.45, .2, .05}, .5)
	expected.Likely = []noshow.Forecast{{P: .45, Because: []noshow.Reason{{Term: noshow.TermLead, More: true}, {Term: noshow.TermHistory, More: true}}}, {P: .2}}
	return Record{
		Rules: []credit.RuleSet{next, set},
		Standing: []api.Standing{{
			PatientID: mark.PatientID,
			Limit:     &credit.Limit{Until: c.At.AddDate(0, 0, 80), Last: day.AddDays(81), Rule: "noshow", Count: 3, MarkID: "m1"},
			Marks: []api.Marked{
				{Mark: mark, Appointment: visit, Appealable: true, Until: c.At.AddDate(0, 0, 5), Evidence: proof},
				{Mark: older, Appointment: visit, Appeal: &open, Evidence: proof[:1]},
				{Mark: exempt, Appointment: visit, Evidence: proof[:1]},
			},
		}},
		Appeals:  []api.Contested{{Appeal: open, Mark: older, Appointment: visit}},
		Expected: []api.Expected{expected},
	}
}

type credits struct{ *Clinic }

// Rules implements api.Credit.
func (c credits) Rules(context.Context) ([]credit.RuleSet, error) {
	return c.Credit.Rules, c.ask("credit-rules", "")
}

// Standing implements api.Credit.
func (c credits) Standing(_ context.Context, patientIDs ...string) ([]api.Standing, error) {
	return c.Credit.Standing, c.ask("standing", patientIDs[0])
}

// Appeal implements api.Credit.
func (c credits) Appeal(_ context.Context, _, markID, words string) (credit.Appeal, error) {
	return credit.Appeal{ID: "x2", MarkID: markID, Words: words, State: credit.Open}, c.ask("appeal", markID+" "+words)
}

// Appeals implements api.Credit.
func (c credits) Appeals(context.Context) ([]api.Contested, error) {
	return c.Credit.Appeals, c.ask("appeals", "")
}

// Decide implements api.Credit.
func (c credits) Decide(_ context.Context, _, appealID string, grant bool, note string) (credit.Appeal, error) {
	a := credit.Appeal{ID: appealID, State: credit.Refused, Note: note}
	if grant {
		a.State = credit.Granted
	}
	return a, c.ask("decide", appealID+" "+string(a.State))
}

// Publish implements api.Credit.
func (c credits) Publish(_ context.Context, _ string, set credit.RuleSet) (credit.RuleSet, error) {
	return set, c.ask("publish", set.ValidFrom.UTC().Format(time.DateOnly))
}

// Protect implements api.Credit.
func (c credits) Protect(_ context.Context, _ string, shield credit.Shield) (int, error) {
	return 2, c.ask("protect", shield.Kind+" "+shield.PatientID)
}

// Expected implements api.Forecasts.
func (c credits) Expected(_ context.Context, day houzhen.Date, _ float64) ([]api.Expected, error) {
	return c.Credit.Expected, c.ask("expected", day.String())
}
