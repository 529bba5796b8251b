package booking

import (
	"context"
	"fmt"
	"strconv"

	"github.com/houzhen/houzhen"
)

// DeskChannel is booked at the desk, which serves everybody: the soft limits
// do not hold there, and running slices are open.
const DeskChannel = "desk"

// visit is what the limits count: a booked visit and its department.
type visit struct {
	Day          houzhen.Date
	DepartmentID string
}

// within says whether one more visit keeps the soft limits. The limit per day
// is judged by a unique index and is not looked at here.
func (p Policy) within(visits []visit, next visit) error {
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

// busiest gives the most visits that any run of days which holds day has.
func busiest(visits []visit, day houzhen.Date, days int) int {
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

// checkLimits loads the patient's visits around the day and judges.
func (s *Service) checkLimits(ctx context.Context, tx Tx, patientID string, at Session) error {
	if !s.policy.limited() {
		return nil
	}
	booked, err := tx.Appointments(ctx, AppointmentFilter{
		PatientIDs: []string{patientID}, From: at.Date.AddDays(-89), To: at.Date.AddDays(89),
		States: []State{Booked, CheckedIn, Fulfilled, NoShow}, Purpose: PurposeVisit,
	})
	if err != nil {
		return fmt.Errorf("load visits: %w", err)
	}
	visits := make([]visit, 0, len(booked))
	var same []string // sessions of that day, whose department counts
	for _, a := range booked {
		if a.Day == at.Date && a.DoctorID == at.DoctorID { // says more than a limit does; the index refuses it anyway
			return houzhen.E(houzhen.CodeAlreadyBooked, "patient has an appointment with this doctor on this day").On("session_id")
		}
		if a.Day == at.Date {
			same = append(same, a.SessionID)
		} else {
			visits = append(visits, visit{Day: a.Day})
		}
	}
	if len(same) > 0 {
		sessions, err := tx.Sessions(ctx, SessionFilter{IDs: same})
		if err != nil {
			return fmt.Errorf("load sessions of visits: %w", err)
		}
		for _, o := range sessions {
			visits = append(visits, visit{Day: o.Date, DepartmentID: o.DepartmentID})
		}
	}
	return s.policy.within(visits, visit{Day: at.Date, DepartmentID: at.DepartmentID})
}
