package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
)

// Kinds of roster exceptions.
const (
	ExceptionOff    = "off"     // no session: of a doctor, or of the whole hospital
	ExceptionExtra  = "extra"   // one more session
	ExceptionActsAs = "acts_as" // the date follows another weekday's roster (holiday shift days)
)

// PlanSessions gives the sessions that the roster and its exceptions make on
// a date, planned and without ids, by start and doctor. An extra line stands
// even on a day off and takes the place of the weekly line of its doctor and
// half-day; of two weekly lines the one that became valid later counts.
func PlanSessions(rosters []Roster, exceptions []Exception, date houzhen.Date, loc *time.Location, p Policy, rules ...ReleaseRule) []Session {
	all := plan(rosters, exceptions, date, loc, p, rules...)
	sessions := make([]Session, 0, len(all))
	for _, o := range all {
		sessions = append(sessions, o.Session)
	}
	return sessions
}

// planned is a session with the quotas of its line.
type planned struct {
	Session
	quotas Quotas
	extra  bool // beyond the weekly lines
}

func plan(rosters []Roster, exceptions []Exception, date houzhen.Date, loc *time.Location, p Policy, rules ...ReleaseRule) []planned {
	chosen, extra := map[[2]string]Roster{}, map[[2]string]bool{}
	for _, r := range rosters {
		key := [2]string{r.DoctorID, string(r.Part)}
		if r.Weekday != actsAs(exceptions, r.DoctorID, date) || !r.valid(date) || off(exceptions, r, date) {
			continue
		}
		if other, taken := chosen[key]; !taken || other.ValidFrom.Before(r.ValidFrom) {
			chosen[key] = r
		}
	}
	for _, e := range exceptions {
		if e.Kind == ExceptionExtra && e.Date == date {
			key := [2]string{e.Extra.DoctorID, string(e.Extra.Part)}
			chosen[key], extra[key] = e.Extra, true
		}
	}
	sessions := make([]planned, 0, len(chosen))
	for key, r := range chosen {
		sessions = append(sessions, planned{r.session(date, loc, p, RuleFor(rules, r.DepartmentID, p)), r.Quotas, extra[key]})
	}
	slices.SortFunc(sessions, func(a, b planned) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.DoctorID, b.DoctorID), strings.Compare(string(a.Part), string(b.Part)))
	})
	return sessions
}

func (r Roster) valid(d houzhen.Date) bool {
	return (r.ValidFrom.IsZero() || !d.Before(r.ValidFrom)) && (r.ValidTo.IsZero() || !r.ValidTo.Before(d))
}

// actsAs gives the weekday whose roster counts for the doctor on the date; his
// own exception goes before the hospital's.
func actsAs(exceptions []Exception, doctorID string, date houzhen.Date) time.Weekday {
	day, own := date.Weekday(), false
	for _, e := range exceptions {
		if e.Kind != ExceptionActsAs || e.Date != date {
			continue
		}
		if e.DoctorID == doctorID {
			day, own = e.ActsAs, true
		} else if e.DoctorID == "" && !own {
			day = e.ActsAs
		}
	}
	return day
}

func off(exceptions []Exception, r Roster, date houzhen.Date) bool {
	return slices.ContainsFunc(exceptions, func(e Exception) bool {
		return e.Kind == ExceptionOff && e.Date == date &&
			(e.DoctorID == "" || e.DoctorID == r.DoctorID) && (e.Part == "" || e.Part == r.Part)
	})
}

// session makes the session of one line on one date.
func (r Roster) session(date houzhen.Date, loc *time.Location, p Policy, rule ReleaseRule) Session {
	s := Session{
		DepartmentID: r.DepartmentID, ZoneID: r.ZoneID, RoomID: r.RoomID,
		DoctorID: r.DoctorID, AttendingID: r.DoctorID,
		Date: date, Part: r.Part, Start: date.Clock(r.Start, loc).UTC(), End: date.Clock(r.End, loc).UTC(),
		SliceMinutes: r.SliceMinutes, SliceCapacity: r.SliceCapacity,
		Class: r.Class, Prefix: r.Prefix, Status: SessionPlanned, Version: 1,
		FallBackAt: rule.FallBack(date, loc),
	}
	s.Deadline, s.ReleaseAt = p.deadline(s, loc), rule.opens(s, loc)
	return s
}

// deadline gives the published time of the half-day; the session's end in the
// evening, and where the published time is before the session has even begun.
func (p Policy) deadline(s Session, loc *time.Location) time.Time {
	clock := s.End
	switch s.Part {
	case houzhen.Morning:
		clock = s.Date.Clock(p.DeadlineAM, loc).UTC()
	case houzhen.Afternoon:
		clock = s.Date.Clock(p.DeadlinePM, loc).UTC()
	case houzhen.Evening:
	}
	if !clock.After(s.Start) {
		return s.End
	}
	return clock
}
