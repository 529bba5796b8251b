package guide

import (
	"slices"

	"github.com/houzhen/houzhen"
)

// Outcome says where somebody is sent.
type Outcome string

// Outcomes.
const (
	Emergency   Outcome = "emergency"   // at once
	Departments Outcome = "departments" // to one of them
	Desk        Outcome = "desk"        // the table knows nothing of it: to people
)

// Answer is where to go and why. It says nothing of what somebody has.
type Answer struct {
	Outcome     Outcome
	Alarms      []Alarm      // Emergency only
	Suggestions []Suggestion // Departments only, the likeliest first
}

// Alarm is a red flag that was seen.
type Alarm struct {
	Flag  Flag
	Words []string // as the table has them
}

// Suggestion is one department to go to.
type Suggestion struct {
	Department Department
	Doctors    []string // the hospital's codes
	Reasons    []Reason // never empty
	points     int
	first      bool
}

// Reason is why a department was suggested: words that were said, the part
// that was chosen, or a rule.
type Reason struct {
	Words []string
	Part  houzhen.Label
	Rule  houzhen.Label
}

// MaxSuggestions bounds an answer: more would not be guidance.
const MaxSuggestions = 4

// partPoints is what a chosen part weighs, about as much as one short word.
const partPoints = 6

// Guide answers a question from a table. It depends on nothing else, gives the
// same answer to the same question, and never a department that the table does
// not have. A red flag goes before everything; a table without an entry sends
// to the desk.
func Guide(t Table, q Question) Answer {
	s := hear(q.Words)
	if alarms := alarms(t, q, s); len(alarms) > 0 {
		return Answer{Outcome: Emergency, Alarms: alarms}
	}
	g := gathering{table: t, by: map[string]*Suggestion{}}
	g.entries(q, s)
	g.part(q)
	g.rules(q, s)
	list := g.ranked(q)
	if len(list) == 0 {
		return Answer{Outcome: Desk}
	}
	return Answer{Outcome: Departments, Suggestions: list}
}

// alarms finds the red flags in a question. What they say of the person must
// be known; what was said is believed even where it was denied.
func alarms(t Table, q Question, s said) []Alarm {
	var found []Alarm
	for _, f := range t.Flags {
		if !f.holds(q) || len(f.All) == 0 {
			continue
		}
		var words []string
		for _, group := range f.All {
			hit := s.matched(group)
			if len(hit) == 0 {
				words = nil
				break
			}
			words = append(words, hit...)
		}
		if len(words) > 0 {
			found = append(found, Alarm{f, words})
		}
	}
	return found
}

type gathering struct {
	table Table
	by    map[string]*Suggestion
}

// add gives a department points for a reason; one that the table does not have
// is passed over.
func (g *gathering) add(key string, points int, r Reason) *Suggestion {
	one, ok := g.by[key]
	if !ok {
		i := slices.IndexFunc(g.table.Departments, func(d Department) bool { return d.Key == key })
		if i < 0 {
			return &Suggestion{}
		}
		one = &Suggestion{Department: g.table.Departments[i]}
		g.by[key] = one
	}
	one.points += points
	one.Reasons = append(one.Reasons, r)
	return one
}

func (g *gathering) entries(q Question, s said) {
	for _, e := range g.table.Entries {
		words := s.matched(e.Words)
		if len(words) == 0 || e.contradicts(q) {
			continue
		}
		for i, key := range e.Departments {
			one := g.add(key, 2*weight(words)/(i+1), Reason{Words: words})
			for _, d := range e.Doctors {
				if !slices.Contains(one.Doctors, d) {
					one.Doctors = append(one.Doctors, d)
				}
			}
		}
	}
}

func (g *gathering) part(q Question) {
	for _, p := range g.table.Parts {
		if q.Part == "" || p.Key != q.Part {
			continue
		}
		for i, key := range p.Departments {
			g.add(key, 2*partPoints/(i+1), Reason{Part: p.Name})
		}
	}
}

// rules puts departments first. One that is exclusive takes the others away
// where it is known to hold, and where something was asked at all.
func (g *gathering) rules(q Question, s said) {
	asked := q.Words != "" || q.Part != ""
	for _, r := range g.table.Rules {
		known, spoken := !r.everybody() && r.holds(q), len(s.matched(r.Words)) > 0
		if !asked || r.contradicts(q) || !known && !spoken {
			continue
		}
		if known && r.Only {
			for key := range g.by {
				if !slices.Contains(r.First, key) && !slices.Contains(r.Keep, key) {
					delete(g.by, key)
				}
			}
		}
		for _, key := range r.First {
			g.add(key, 0, Reason{Rule: r.Why}).first = true
		}
	}
}

// ranked drops what the person rules out and sorts: by rule, then by points,
// then in the order of the table.
func (g *gathering) ranked(q Question) []Suggestion {
	var list []Suggestion
	for _, d := range g.table.Departments {
		if one, ok := g.by[d.Key]; ok && !d.contradicts(q) {
			list = append(list, *one)
			delete(g.by, d.Key)
		}
	}
	slices.SortStableFunc(list, func(a, b Suggestion) int {
		if a.first != b.first {
			if a.first {
				return -1
			}
			return 1
		}
		return b.points - a.points
	})
	return list[:min(len(list), MaxSuggestions)]
}

// Codes finds the hospital's own departments by their folded codes.
type Codes map[string]string

// Add notes a department of the hospital.
func (c Codes) Add(code, id string) { c[fold(code)] = id }

// Department gives the hospital's department of the first code that it has;
// false says that there is no such department here.
func (c Codes) Department(d Department) (id string, ok bool) {
	for _, code := range d.Codes {
		if id, ok := c[fold(code)]; ok {
			return id, true
		}
	}
	return "", false
}
