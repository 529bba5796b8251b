package guide

import (
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Fault is one thing that is wrong with a table: where, and why as a code.
type Fault struct {
	Path   string `json:"path"` // such as entries[3].departments
	Reason string `json:"reason"`
	Value  string `json:"value,omitempty"`
}

// Why a part of a table was refused.
const (
	FaultMissing   = "missing"
	FaultDuplicate = "duplicate"
	FaultUnknown   = "unknown"   // names something that the table does not have
	FaultInvalid   = "invalid"   // not a value that can be taken
	FaultDiagnosis = "diagnosis" // says what somebody has, or what to take
	FaultTooLong   = "too_long"
)

// FaultReasons lists every reason.
func FaultReasons() []string {
	return []string{FaultMissing, FaultDuplicate, FaultUnknown, FaultInvalid, FaultDiagnosis, FaultTooLong}
}

// Bounds of a table, far above what a hospital writes.
const (
	maxRows = 2000 // of one kind
	maxText = 200  // runes of one text
)

// Faults lists everything that is wrong with a table; none means that it can
// become a draft.
func (t Table) Faults() []Fault {
	c := &check{departments: map[string]bool{}}
	c.text("author", t.Author)
	c.text("reviewer", t.Reviewer)
	for path, d := range map[string]houzhen.Date{"reviewed": t.Reviewed, "review_by": t.ReviewBy, "valid_from": t.ValidFrom} {
		c.need(!d.IsZero(), FaultMissing, path, "")
	}
	c.need(!t.ReviewBy.Before(t.Reviewed), FaultInvalid, "review_by", t.ReviewBy.String())
	c.need(len(t.Entries) > 0, FaultMissing, "entries", "")
	c.need(len(t.Flags) > 0, FaultMissing, "red_flags", "")
	c.places(t)
	c.entries(t)
	c.rules(t)
	c.flags(t)
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return c.faults
}

type check struct {
	faults      []Fault
	departments map[string]bool
}

func (c *check) need(ok bool, reason, path, value string) {
	if !ok {
		c.faults = append(c.faults, Fault{path, reason, value})
	}
}

// text checks one text that is needed, and its wording.
func (c *check) text(path, text string) {
	c.need(strings.TrimSpace(text) != "", FaultMissing, path, "")
	c.need(len([]rune(text)) <= maxText, FaultTooLong, path, "")
	if found, bad := Banned(text); bad {
		c.need(false, FaultDiagnosis, path, found)
	}
}

func (c *check) label(path string, l houzhen.Label) {
	c.text(path+".zh", l.Zh)
	c.text(path+".en", l.En)
}

func (c *check) keys(list string, n int, key func(int) string) {
	c.need(n <= maxRows, FaultTooLong, list, "")
	seen := map[string]bool{}
	for i := range n {
		k := key(i)
		c.need(k != "", FaultMissing, at(list, i, "key"), "")
		c.need(k == "" || !seen[k], FaultDuplicate, at(list, i, "key"), k)
		seen[k] = true
	}
}

func (c *check) words(path string, words []string) {
	c.need(len(words) > 0, FaultMissing, path, "")
	for _, w := range words {
		c.text(path, w)
		c.need(w == "" || isHan(hear(w).tight) || len(hear(w).tokens) > 0, FaultInvalid, path, w)
	}
}

func (c *check) known(path string, keys []string) {
	for _, k := range keys {
		c.need(c.departments[k], FaultUnknown, path, k)
	}
}

func (c *check) who(path string, w Who) {
	c.need(w.Sex == "" || w.Sex == Female || w.Sex == Male, FaultInvalid, path+".sex", string(w.Sex))
	c.need(w.MinMonths >= 0 && w.MaxMonths >= 0 && (w.MaxMonths == 0 || w.MinMonths < w.MaxMonths), FaultInvalid, path+".max_months", "")
}

func (c *check) places(t Table) {
	c.keys("departments", len(t.Departments), func(i int) string { return t.Departments[i].Key })
	for i, d := range t.Departments {
		c.departments[d.Key] = true
		c.label(at("departments", i, "name"), d.Name)
		c.need(len(d.Codes) > 0, FaultMissing, at("departments", i, "codes"), "")
		c.who(at("departments", i, ""), d.Who)
	}
	c.keys("parts", len(t.Parts), func(i int) string { return t.Parts[i].Key })
	for i, p := range t.Parts {
		c.label(at("parts", i, "name"), p.Name)
		c.need(len(p.Departments) > 0, FaultMissing, at("parts", i, "departments"), "")
		c.known(at("parts", i, "departments"), p.Departments)
	}
}

func (c *check) entries(t Table) {
	c.keys("entries", len(t.Entries), func(i int) string { return t.Entries[i].Key })
	for i, e := range t.Entries {
		c.words(at("entries", i, "words"), e.Words)
		c.need(len(e.Departments) > 0, FaultMissing, at("entries", i, "departments"), "")
		c.known(at("entries", i, "departments"), e.Departments)
		c.who(at("entries", i, ""), e.Who)
	}
}

func (c *check) rules(t Table) {
	c.keys("rules", len(t.Rules), func(i int) string { return t.Rules[i].Key })
	for i, r := range t.Rules {
		c.label(at("rules", i, "why"), r.Why)
		c.need(len(r.First) > 0, FaultMissing, at("rules", i, "first"), "")
		c.known(at("rules", i, "first"), r.First)
		c.known(at("rules", i, "keep"), r.Keep)
		c.need(len(r.Words) > 0 || !r.everybody(), FaultMissing, at("rules", i, "words"), "")
		if len(r.Words) > 0 {
			c.words(at("rules", i, "words"), r.Words)
		}
		c.who(at("rules", i, ""), r.Who)
	}
}

func (c *check) flags(t Table) {
	c.keys("red_flags", len(t.Flags), func(i int) string { return t.Flags[i].Key })
	for i, f := range t.Flags {
		c.label(at("red_flags", i, "say"), f.Say)
		if f.Advice != (houzhen.Label{}) {
			c.label(at("red_flags", i, "advice"), f.Advice)
		}
		c.need(len(f.All) > 0, FaultMissing, at("red_flags", i, "all"), "")
		for _, group := range f.All {
			c.words(at("red_flags", i, "all"), group)
		}
		c.who(at("red_flags", i, ""), f.Who)
	}
}

func at(list string, i int, field string) string {
	return strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", list, i, field), ".")
}
