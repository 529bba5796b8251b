package noshow

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Record is a visit of a file of past appointments. Without an outcome it is
// estimated and teaches nothing.
type Record struct {
	Outcome
	Unknown bool // nobody knows what became of it
}

// Online estimates every record as it would have been estimated then: on the
// evening before with the outcomes up to that day's close, or at the booking
// of a same-day visit with the outcomes of earlier days. Records may come in
// any order; the estimates are in theirs. SameDay and Earlier of the visits
// are counted here.
func Online(m *Model, records []Record) []float64 {
	count(records)
	byDay := map[houzhen.Date][]int{}
	for i, r := range records {
		byDay[r.Day] = append(byDay[r.Day], i)
	}
	days := slices.SortedFunc(maps.Keys(byDay), func(a, b houzhen.Date) int { return cmp.Compare(a.String(), b.String()) })
	p := make([]float64, len(records))
	histories := map[string]History{}
	for _, day := range days {
		var lessons []Lesson
		for _, i := range byDay[day] { // nothing of this day is known yet
			r := records[i]
			p[i] = m.Estimate(r.Visit, histories[r.Patient])
			if !r.Unknown {
				lessons = append(lessons, Lesson{r.Outcome, histories[r.Patient]})
			}
		}
		m.Learn(day, lessons)
		slices.SortStableFunc(lessons, func(a, b Lesson) int {
			return cmp.Or(a.BookedAt.Compare(b.BookedAt), cmp.Compare(a.ID, b.ID))
		})
		for _, l := range lessons {
			histories[l.Patient] = histories[l.Patient].After(l.Outcome)
		}
	}
	return p
}

// count fills in SameDay and Earlier of every visit: of the other visits of
// the patient only those that were booked when the estimate is made.
func count(records []Record) {
	byPatient := map[string][]int{}
	for i, r := range records {
		byPatient[r.Patient] = append(byPatient[r.Patient], i)
	}
	for _, own := range byPatient {
		visits := make([]Visit, len(own))
		for k, i := range own {
			visits[k] = records[i].Visit
		}
		for _, i := range own {
			records[i].Visit = Among(records[i].Visit, visits)
		}
	}
}

// Among fills in SameDay and Earlier of a visit from all visits of its
// patient, itself included.
func Among(v Visit, all []Visit) Visit {
	v.SameDay, v.Earlier = 0, 0
	booked := dateOf(v.BookedAt)
	for _, o := range all {
		switch {
		case o.Day == v.Day && (o.ID == v.ID || knownTogether(v, o)):
			v.SameDay++
		case o.Day.Before(v.Day) && !booked.Before(dateOf(o.BookedAt)):
			v.Earlier++
		}
	}
	return v
}

// knownTogether reports whether a visit of the same day counts when v is
// estimated: on the evening before both must have been booked ahead; for a
// same-day visit the others booked for the day before it was.
func knownTogether(v, o Visit) bool {
	if v.Lead() > 0 {
		return o.Lead() > 0
	}
	return o.Lead() > 0 || !o.BookedAt.After(v.BookedAt)
}

func dateOf(t time.Time) houzhen.Date { return houzhen.DateOf(t, t.Location()) }
