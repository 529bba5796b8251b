package guide

import (
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Change is one line that differs between two tables. Before is empty for what
// is new, After for what is gone.
type Change struct {
	Kind, Key     string
	Before, After string
}

// Diff lists what another table changes, in its order, then what is gone.
func Diff(before, after Table) []Change {
	old, now := lines(before), lines(after)
	same := func(list []Change, c Change) int {
		return slices.IndexFunc(list, func(o Change) bool { return o.Kind == c.Kind && o.Key == c.Key })
	}
	changes := []Change{}
	for _, c := range now {
		if at := same(old, c); at >= 0 {
			c.Before = old[at].After
		}
		if c.Before != c.After {
			changes = append(changes, c)
		}
	}
	for _, c := range old {
		if same(now, c) < 0 {
			changes = append(changes, Change{c.Kind, c.Key, c.After, ""})
		}
	}
	return changes
}

// lines writes a table as one text for each thing in it.
func lines(t Table) []Change {
	var out []Change
	add := func(kind, key string, fields ...string) {
		fields = slices.DeleteFunc(fields, func(s string) bool { return s == "" })
		out = append(out, Change{kind, key, "", strings.Join(fields, " · ")})
	}
	if t.Author != "" {
		add("meta", "author", t.Author)
		add("meta", "reviewer", t.Reviewer)
		add("meta", "reviewed", t.Reviewed.String())
		add("meta", "review_by", t.ReviewBy.String())
		add("meta", "valid_from", t.ValidFrom.String())
	}
	for _, f := range t.Flags {
		groups := make([]string, 0, len(f.All))
		for _, g := range f.All {
			groups = append(groups, strings.Join(g, ", "))
		}
		add("flag", f.Key, both(f.Say), strings.Join(groups, " + "), both(f.Advice), f.text())
	}
	for _, r := range t.Rules {
		add("rule", r.Key, both(r.Why), strings.Join(r.Words, ", "), arrow(r.First), keep(r), r.text())
	}
	for _, e := range t.Entries {
		add("entry", e.Key, strings.Join(e.Words, ", "), arrow(e.Departments), strings.Join(e.Doctors, ", "), e.text())
	}
	for _, p := range t.Parts {
		add("part", p.Key, both(p.Name), arrow(p.Departments))
	}
	for _, d := range t.Departments {
		add("department", d.Key, both(d.Name), strings.Join(d.Codes, ", "), d.text())
	}
	return out
}

func both(l houzhen.Label) string {
	return strings.Join(slices.DeleteFunc([]string{l.Zh, l.En}, func(s string) bool { return s == "" }), " / ")
}

func arrow(keys []string) string { return "→ " + strings.Join(keys, ", ") }

func keep(r Rule) string {
	if !r.Only {
		return ""
	}
	return "only, + " + strings.Join(r.Keep, ", ")
}

func (w Who) text() string {
	var parts []string
	if w.Sex != "" {
		parts = append(parts, string(w.Sex))
	}
	if w.MinMonths > 0 {
		parts = append(parts, fmt.Sprintf("≥ %d months", w.MinMonths))
	}
	if w.MaxMonths > 0 {
		parts = append(parts, fmt.Sprintf("< %d months", w.MaxMonths))
	}
	if w.Pregnant {
		parts = append(parts, "pregnant")
	}
	return strings.Join(parts, ", ")
}
