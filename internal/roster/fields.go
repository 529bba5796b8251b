package roster

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// reader understands the fields of one row and collects what is wrong.
type reader struct {
	row
	house  *directory.Index
	faults []Fault
}

func (r *reader) fault(field, code string, args map[string]string) {
	r.faults = append(r.faults, Fault{Line: r.line, Field: field, Code: code, Args: args})
}

// text gives a field that must not be empty.
func (r *reader) text(field string) (string, bool) {
	v := r.fields[field]
	if v == "" {
		r.fault(field, FaultMissing, nil)
	}
	return v, v != ""
}

// word gives our value of a field's word.
func (r *reader) word(field string) string {
	v, ok := r.text(field)
	if !ok {
		return ""
	}
	known, ok := words[field].get(v)
	if !ok {
		r.fault(field, FaultInvalid, value(v))
	}
	return known
}

// optionalWord is word with a value for the empty field.
func (r *reader) optionalWord(field, otherwise string) string {
	if r.fields[field] == "" {
		return otherwise
	}
	return r.word(field)
}

func (r *reader) weekday() time.Weekday {
	n, _ := strconv.Atoi(r.word("weekday"))
	return time.Weekday(n)
}

func (r *reader) date(field string) houzhen.Date {
	v := r.fields[field]
	if v == "" {
		return houzhen.Date{}
	}
	d, err := houzhen.ParseDate(strings.ReplaceAll(plain(v), "/", "-"))
	if err != nil {
		r.fault(field, FaultInvalid, value(v))
	}
	return d
}

func (r *reader) clock(field string) (houzhen.TimeOfDay, bool) {
	v, ok := r.text(field)
	if !ok {
		return 0, false
	}
	digits := plain(v)
	if len(digits) == 4 && digits[1] == ':' {
		digits = "0" + digits
	}
	c, err := houzhen.ParseTimeOfDay(digits)
	if err != nil {
		r.fault(field, FaultInvalid, value(v))
	}
	return c, err == nil
}

// number gives a whole number that is one of allowed, or from least to most.
func (r *reader) number(field string, least, most int, allowed ...int) (int, bool) {
	v, ok := r.text(field)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(plain(v))
	switch {
	case err != nil:
		r.fault(field, FaultInvalid, value(v))
		return 0, false
	case n < least || n > most || len(allowed) > 0 && !slices.Contains(allowed, n):
		args := value(v)
		args["min"], args["max"] = strconv.Itoa(least), strconv.Itoa(most)
		r.fault(field, FaultRange, args)
		return n, false
	}
	return n, true
}

// prefixes are the letters of ticket numbers that can be told apart by ear.
var prefixes = regexp.MustCompile(`^[A-HJ-NPR-Z]{1,2}$`)

func (r *reader) prefix() string {
	v := strings.ToUpper(plain(r.fields["prefix"]))
	if v == "" {
		return "A"
	}
	if !prefixes.MatchString(v) {
		r.fault("prefix", FaultInvalid, value(v))
	}
	return v
}

// doctor gives the doctor, who must be of the department if one is named.
func (r *reader) doctor() directory.Doctor {
	v, ok := r.text("doctor")
	if !ok {
		return directory.Doctor{}
	}
	d, known := r.house.DoctorByCode(v)
	if !known {
		r.fault("doctor", FaultUnknown, value(v))
	}
	return d
}

func (r *reader) department() directory.Department {
	v, ok := r.text("department")
	if !ok {
		return directory.Department{}
	}
	d, known := r.house.DepartmentByCode(v)
	if !known {
		r.fault("department", FaultUnknown, value(v))
	}
	return d
}

func (r *reader) room() directory.Room {
	v, ok := r.text("room")
	if !ok {
		return directory.Room{}
	}
	d, known := r.house.RoomByCode(v)
	if !known {
		r.fault("room", FaultUnknown, value(v))
	}
	return d
}

// none says that fields have no meaning in this kind of line.
func (r *reader) none(fields ...string) {
	for _, f := range fields {
		if r.fields[f] != "" {
			r.fault(f, FaultUnexpected, nil)
		}
	}
}

// times reads start, end and the slices, and what they make together. The
// booked numbers must end before those of the walk-in band.
func (r *reader) times(to *booking.Roster) {
	start, okStart := r.clock("start")
	end, okEnd := r.clock("end")
	minutes, okMinutes := r.number("slice_minutes", 15, 60, 15, 20, 30, 60)
	capacity, okCapacity := r.number("slice_capacity", 1, 60)
	to.Start, to.End, to.SliceMinutes, to.SliceCapacity = start, end, minutes, capacity
	if !okStart || !okEnd {
		return
	}
	if end <= start {
		r.fault("end", FaultOrder, nil)
		return
	}
	if !okMinutes || !okCapacity {
		return
	}
	length := int(end - start)
	if length < minutes {
		r.fault("end", FaultTooShort, nil)
	}
	if n := (length + minutes - 1) / minutes * capacity; n >= booking.FirstWalkIn {
		r.fault("slice_capacity", FaultTooMany, map[string]string{"got": strconv.Itoa(n), "max": strconv.Itoa(booking.FirstWalkIn - 1)})
	}
}

// quotas reads how many places are kept for whom; empty is none. The first
// column that goes beyond the places of the line is at fault.
func (r *reader) quotas(to *booking.Roster) {
	places := 0
	if length := int(to.End - to.Start); to.SliceMinutes > 0 && length > 0 {
		places = (length + to.SliceMinutes - 1) / to.SliceMinutes * to.SliceCapacity
	}
	for _, q := range booking.AllQuotas {
		field := "quota_" + string(q)
		if r.fields[field] == "" {
			continue
		}
		n, ok := r.number(field, 0, places)
		if !ok {
			continue
		}
		places = max(0, places-n)
		if n == 0 {
			continue
		}
		if to.Quotas == nil {
			to.Quotas = booking.Quotas{}
		}
		to.Quotas[q] = n
	}
}
