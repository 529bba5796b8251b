package roster

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// placed is a good line with its number, for the search of duplicates.
type placed struct {
	line      int
	roster    *booking.Roster
	exception *booking.Exception
}

// understand turns rows into lines of a roster. Of lines that clash the first
// stands and the others are faults.
func understand(rows []row, faults []Fault, house *directory.Index) Parsed {
	p := Parsed{Faults: faults}
	good := map[string][]placed{}
	for _, line := range rows {
		r := &reader{row: line, house: house}
		one := r.read()
		if len(r.faults) == 0 {
			key := one.key()
			if f, clash := one.clash(good[key]); clash {
				r.faults = append(r.faults, f)
			} else {
				good[key] = append(good[key], one)
			}
		}
		switch {
		case len(r.faults) > 0:
			p.Faults = append(p.Faults, r.faults...)
		case one.roster != nil:
			p.Rosters = append(p.Rosters, *one.roster)
		default:
			p.Exceptions = append(p.Exceptions, *one.exception)
		}
	}
	slices.SortStableFunc(p.Faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return p
}

func (r *reader) read() placed {
	one := placed{line: r.line}
	switch kind := r.optionalWord("kind", "weekly"); kind {
	case "weekly":
		weekly := r.weekly()
		weekly.Weekday = r.weekday()
		weekly.ValidFrom, weekly.ValidTo = r.date("valid_from"), r.date("valid_to")
		if !weekly.ValidTo.IsZero() && weekly.ValidTo.Before(weekly.ValidFrom) {
			r.fault("valid_to", FaultOrder, nil)
		}
		r.none("date")
		weekly.ID = id("weekly", weekly.DoctorID, weekly.Weekday.String(), string(weekly.Part), weekly.ValidFrom.String())
		one.roster = &weekly
	case "":
	default:
		e := r.exception(kind)
		e.ID = id(kind, e.Date.String(), e.DoctorID, string(e.Part))
		one.exception = &e
	}
	return one
}

// weekly reads what a weekly line and an extra one share.
func (r *reader) weekly() booking.Roster {
	line := booking.Roster{Part: houzhen.DayPart(r.word("part")), Class: booking.RegClass(r.optionalWord("class", "general")), Prefix: r.prefix()}
	department, doctor, room := r.department(), r.doctor(), r.room()
	if department.ID != "" && doctor.ID != "" && doctor.DepartmentID != department.ID {
		r.fault("doctor", FaultMismatch, value(doctor.Code))
	}
	line.DepartmentID, line.DoctorID, line.RoomID, line.ZoneID = department.ID, doctor.ID, room.ID, room.ZoneID
	r.times(&line)
	r.quotas(&line)
	return line
}

// exception reads a line that changes one date.
func (r *reader) exception(kind string) booking.Exception {
	e := booking.Exception{Kind: kind}
	if _, given := r.text("date"); given {
		e.Date = r.date("date")
	}
	r.none("valid_from", "valid_to")
	switch kind {
	case booking.ExceptionExtra:
		r.none("weekday")
		e.Extra = r.weekly()
		e.Extra.Weekday = e.Date.Weekday()
		e.DoctorID, e.Part = e.Extra.DoctorID, e.Extra.Part
		e.Extra.ID = id("extra", e.Date.String(), e.DoctorID, string(e.Part))
		return e
	case booking.ExceptionActsAs:
		e.ActsAs = r.weekday()
		r.none("part")
		r.none(quotaColumns()...)
	case booking.ExceptionOff:
		e.Part = houzhen.DayPart(r.optionalWord("part", ""))
		r.none(quotaColumns()...)
	}
	if r.fields["doctor"] != "" { // nobody named: the whole hospital
		e.DoctorID = r.doctor().ID
	}
	return e
}

// id is the same for the same line, so that a roster taken in again changes
// its lines and does not double them.
func id(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// key gathers the lines that may clash: those of one doctor on one weekday, or
// of one date.
func (p placed) key() string {
	if p.roster != nil {
		return p.roster.DoctorID + p.roster.Weekday.String()
	}
	return p.exception.Kind + p.exception.Date.String() + p.exception.DoctorID
}

func (p placed) clash(others []placed) (Fault, bool) {
	for _, o := range others {
		code := ""
		switch {
		case p.roster == nil:
			if o.exception.Part == p.exception.Part {
				code = FaultDuplicate
			} else if overlap(o.exception.Extra, p.exception.Extra) {
				code = FaultOverlap
			}
		case !together(*p.roster, *o.roster):
		case p.roster.Part == o.roster.Part:
			code = FaultDuplicate
		case overlap(*p.roster, *o.roster):
			code = FaultOverlap
		}
		if code != "" {
			return Fault{Line: p.line, Field: "doctor", Code: code, Args: map[string]string{"line": strconv.Itoa(o.line)}}, true
		}
	}
	return Fault{}, false
}

// together reports whether there is a day on which both are valid.
func together(a, b booking.Roster) bool {
	return (a.ValidTo.IsZero() || !a.ValidTo.Before(b.ValidFrom)) && (b.ValidTo.IsZero() || !b.ValidTo.Before(a.ValidFrom))
}

func overlap(a, b booking.Roster) bool { return a.Start < b.End && b.Start < a.End }
