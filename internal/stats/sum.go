package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Plus gives the sum of two.
func (f Figures) Plus(o Figures) Figures {
	for _, p := range []struct {
		into *int
		add  int
	}{
		{&f.Sessions, o.Sessions},
		{&f.Suspended, o.Suspended},
		{&f.Affected, o.Affected},
		{&f.Notice, o.Notice},
		{&f.Attended, o.Attended},
		{&f.OnTime, o.OnTime},
		{&f.LateStart, o.LateStart},
		{&f.Due, o.Due},
		{&f.Himself, o.Himself},
		{&f.Places, o.Places},
		{&f.Taken, o.Taken},
		{&f.WalkIns, o.WalkIns},
		{&f.CheckedIn, o.CheckedIn},
		{&f.Seen, o.Seen},
		{&f.NoShows, o.NoShows},
		{&f.Late, o.Late},
		{&f.Cancelled, o.Cancelled},
		{&f.Lead, o.Lead},
		{&f.Waited, o.Waited},
		{&f.Waits, o.Waits},
		{&f.InSlice, o.InSlice},
		{&f.Joined, o.Joined},
		{&f.Filled, o.Filled},
	} {
		*p.into += p.add
	}
	channels, quotas := map[string]int{}, map[string]Quota{}
	for _, m := range []map[string]int{f.Channels, o.Channels} {
		for k, n := range m {
			channels[k] += n
		}
	}
	for _, m := range []map[string]Quota{f.Quotas, o.Quotas} {
		for k, q := range m {
			quotas[k] = Quota{quotas[k].Places + q.Places, quotas[k].Taken + q.Taken}
		}
	}
	f.Channels, f.Quotas = channels, quotas
	return f
}

// Rate is a share of a whole. There is none of an empty whole.
type Rate struct{ Part, Whole int }

// Known reports whether there was anything to take a share of.
func (r Rate) Known() bool { return r.Whole > 0 }

// Value gives the share, or the mean; 0 if it is not known.
func (r Rate) Value() float64 {
	if r.Whole == 0 {
		return 0
	}
	return float64(r.Part) / float64(r.Whole)
}

// Measure is one published figure with its definition in code. Names are those
// of the columns and of the words stats.<name>; Minutes ones are means, the
// others shares.
type Measure struct {
	Name    string
	Minutes bool
	Of      func(Figures) Rate
}

// Measures lists every published figure. wait is the national definition:
// from checking in to entering the room, over booked visits.
func Measures() []Measure {
	return []Measure{
		{"booking_rate", false, func(f Figures) Rate { return Rate{f.Taken, f.Taken + f.WalkIns} }},
		{"use", false, func(f Figures) Rate { return Rate{f.Taken, f.Places} }},
		{"no_show", false, func(f Figures) Rate { return Rate{f.NoShows, f.CheckedIn + f.NoShows} }},
		{"late", false, func(f Figures) Rate { return Rate{f.Late, f.CheckedIn} }},
		{"cancelled", false, func(f Figures) Rate { return Rate{f.Cancelled, f.Cancelled + f.Taken} }},
		{"cancel_lead", true, func(f Figures) Rate { return Rate{f.Lead, f.Cancelled} }},
		{"suspended", false, func(f Figures) Rate { return Rate{f.Suspended, f.Sessions} }},
		{"notice", true, func(f Figures) Rate { return Rate{f.Notice, f.Affected} }},
		{"attendance", false, func(f Figures) Rate { return Rate{f.Himself, f.Due} }},
		{"on_time", false, func(f Figures) Rate { return Rate{f.OnTime, f.Attended} }},
		{"late_start", true, func(f Figures) Rate { return Rate{f.LateStart, f.Attended} }},
		{"wait", true, func(f Figures) Rate { return Rate{f.Waited, f.Waits} }},
		{"in_slice", false, func(f Figures) Rate { return Rate{f.InSlice, f.Waits} }},
		{"waitlist_fill", false, func(f Figures) Rate { return Rate{f.Filled, f.Joined} }},
		{"quota_use", false, quotaUse},
	}
}

func quotaUse(f Figures) Rate {
	var r Rate
	for _, q := range f.Quotas {
		r.Part, r.Whole = r.Part+q.Taken, r.Whole+q.Places
	}
	return r
}

// By names what rows are grouped by.
type By string

// What rows may be grouped by.
const (
	ByDepartment By = "department"
	ByDoctor     By = "doctor"
	ByWeek       By = "week"
	ByClass      By = "class"
)

// Bys lists them.
func Bys() []By { return []By{ByDepartment, ByDoctor, ByWeek, ByClass} }

// Valid reports whether b is one of them.
func (b By) Valid() bool { return slices.Contains(Bys(), b) }

// Group is the sum of the rows that share a key.
type Group struct {
	Key     string // an id, a class, or the Monday of a week
	Figures Figures
}

// Sum adds all rows up.
func Sum(rows []Row) Figures {
	var f Figures
	for _, r := range rows {
		f = f.Plus(r.Figures)
	}
	return f
}

// GroupBy sums rows by key: weeks in order of time, others by visits, most
// first.
func GroupBy(rows []Row, by By) []Group {
	sums := map[string]Figures{}
	for _, r := range rows {
		k := r.key(by)
		sums[k] = sums[k].Plus(r.Figures)
	}
	groups := make([]Group, 0, len(sums))
	for k, f := range sums {
		groups = append(groups, Group{k, f})
	}
	slices.SortFunc(groups, func(a, b Group) int {
		if by == ByWeek {
			return strings.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Figures.Taken, a.Figures.Taken), strings.Compare(a.Key, b.Key))
	})
	return groups
}

func (r Row) key(by By) string {
	switch by {
	case ByDoctor:
		return r.DoctorID
	case ByClass:
		return string(r.Class)
	case ByWeek:
		return Monday(r.Day).String()
	case ByDepartment:
	}
	return r.DepartmentID
}

// Monday gives the first day of the week that holds d.
func Monday(d houzhen.Date) houzhen.Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }

// Filter keeps the rows of a department and a doctor; "" does not restrict.
func Filter(rows []Row, departmentID, doctorID string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return departmentID != "" && r.DepartmentID != departmentID || doctorID != "" && r.DoctorID != doctorID
	})
}

// text writes a rate for a table of figures: a share with four digits, a mean
// with one, nothing where there is none.
func (m Measure) text(f Figures) string {
	r := m.Of(f)
	switch {
	case !r.Known():
		return ""
	case m.Minutes:
		return fmt.Sprintf("%.1f", r.Value())
	}
	return fmt.Sprintf("%.4f", r.Value())
}
