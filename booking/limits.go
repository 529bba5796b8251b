package booking

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// DeskChannel is booked at the desk, which serves everybody: the soft limits
// do not hold there, and running slices are open.
const DeskChannel = "desk"

// Visit is what the limits count: a booked visit, also one that is over or was
// missed.
type Visit struct {
	PatientID              string
	Day                    houzhen.Date
	DoctorID, DepartmentID string
	Start, End             time.Time
}

// within says whether one more visit keeps the soft limits. The limit per day
// is judged by a unique index and is not looked at here.
func (p Policy) within(visits []Visit, next Visit) error {
	var department, week, quarter int
	for _, v := range visits {
		if v.Day == next.Day && v.DepartmentID == next.DepartmentID {
			department++
		}
	}
	week, quarter = busiest(visits, next.Day, 7), busiest(visits, next.Day, 90)
	for _, l := range []struct {
		span        string
		count, most int
	}{{"department_day", department, p.PerDepartmentDay}, {"week", week, p.PerWeek}, {"quarter", quarter, p.PerQuarter}} {
		if l.most > 0 && l.count >= l.most {
			return houzhen.E(houzhen.CodeLimit, "limit of visits reached").
				With("span", l.span).With("most", strconv.Itoa(l.most))
		}
	}
	return nil
}

// near reports whether a place overlaps another visit of the patient, or lies
// closer to it than he needs to get from one to the other (domain rule §7.17).
func (p Policy) near(ask Ask, v Visit) bool {
	return p.Gap >= 0 && !ask.Start.IsZero() && ask.Start.Before(v.End.Add(p.Gap)) && v.Start.Before(ask.End.Add(p.Gap))
}

// busiest gives the most visits that any run of days which holds day has.
func busiest(visits []Visit, day houzhen.Date, days int) int {
	most := 0
	for first := 1 - days; first <= 0; first++ {
		n := 0
		for _, v := range visits {
			if d := day.DaysUntil(v.Day); d >= first && d < first+days {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// limits is the rule that a policy's soft limits make. The desk is free of it.
type limits struct{ policy Policy }

// Judge loads the visits around the days asked for, of all patients at once.
func (l limits) Judge(ctx context.Context, tx Tx, asks []Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	var patients []string
	var from, to houzhen.Date
	for _, ask := range asks {
		if ask.Request.Channel == DeskChannel {
			continue
		}
		patients = append(patients, ask.Request.PatientID)
		first, last := ask.Session.Date.AddDays(-89), ask.Session.Date.AddDays(89)
		if from.IsZero() || first.Before(from) {
			from = first
		}
		if to.Before(last) {
			to = last
		}
	}
	if len(patients) == 0 || !l.policy.limited() {
		return verdicts, nil
	}
	of, err := visitsOf(ctx, tx, patients, from, to)
	if err != nil {
		return nil, err
	}
	for i, ask := range asks {
		if ask.Request.Channel != DeskChannel {
			verdicts[i] = l.judge(ask, of[ask.Request.PatientID])
		}
	}
	return verdicts, nil
}

// visitsOf loads what counts against the limits, by patient.
func visitsOf(ctx context.Context, tx Tx, patients []string, from, to houzhen.Date) (map[string][]Visit, error) {
	list, err := tx.Visits(ctx, patients, from, to)
	if err != nil {
		return nil, fmt.Errorf("load visits: %w", err)
	}
	of := map[string][]Visit{}
	for _, v := range list {
		of[v.PatientID] = append(of[v.PatientID], v)
	}
	return of, nil
}

// leaves reports whether a visit is the one that is given up: a patient has
// one with a doctor on a day.
func (a Ask) leaves(v Visit) bool {
	return a.Leaves.PatientID != "" && v.PatientID == a.Leaves.PatientID && v.Day == a.Leaves.Day && v.DoctorID == a.Leaves.DoctorID
}

// judge says whether one patient may have one more visit, or another instead
// of the one that he leaves.
func (l limits) judge(ask Ask, visits []Visit) error {
	at := ask.Session
	near := false
	visits = slices.DeleteFunc(slices.Clone(visits), ask.leaves)
	for _, v := range visits {
		if v.Day == at.Date && v.DoctorID == at.DoctorID { // says more than a limit does; the index refuses it anyway
			return houzhen.E(houzhen.CodeAlreadyBooked, "patient has an appointment with this doctor on this day").On("session_id")
		}
		near = near || l.policy.near(ask, v)
	}
	err := l.policy.within(visits, Visit{Day: at.Date, DepartmentID: at.DepartmentID})
	if err == nil && near {
		err = houzhen.E(houzhen.CodeOverlap, "too near to another visit of the patient").On("start").
			With("minutes", strconv.Itoa(int(l.policy.Gap.Minutes())))
	}
	return err
}
