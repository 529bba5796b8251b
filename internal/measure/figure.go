// Package measure takes figures and holds them to limits: callers that ask in
// a closed or an open loop, the slowest of what they waited, two ways of doing
// one thing side by side, and what disk and network can do at all.
//
// It knows nothing of hospitals. A figure that is no ratio means little away
// from the machine it was taken on, so whoever prints one prints the limit of
// that machine beside it, taken in the same run.
package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
)

// Bound says on which side of its limit a figure is good.
type Bound int

// Bounds. A figure that is Free has no limit: it is there to be read.
const (
	Free Bound = iota
	AtLeast
	AtMost
)

// Figure is one number beside its limit.
type Figure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	Limit *float64 `json:"limit"` // null where there is none
	OK    bool     `json:"ok"`

	bound Bound
}

// Plain makes a figure without a limit.
func Plain(name string, value float64, unit string) Figure {
	return judged(Figure{Name: name, Value: value, Unit: unit})
}

// Least makes a figure that is good from limit upwards.
func Least(name string, value, limit float64, unit string) Figure {
	return judged(Figure{Name: name, Value: value, Unit: unit, Limit: &limit, bound: AtLeast})
}

// Most makes a figure that is good up to limit.
func Most(name string, value, limit float64, unit string) Figure {
	return judged(Figure{Name: name, Value: value, Unit: unit, Limit: &limit, bound: AtMost})
}

// judged says whether the figure is good. One that is no number never is: it
// was not taken.
func judged(f Figure) Figure {
	switch {
	case math.IsNaN(f.Value) || math.IsInf(f.Value, 0):
		f.Value, f.OK = 0, false
	case f.bound == AtLeast:
		f.OK = f.Value >= *f.Limit
	case f.bound == AtMost:
		f.OK = f.Value <= *f.Limit
	default:
		f.OK = true
	}
	f.Value = rounded(f.Value)
	return f
}

// rounded keeps four digits that count, and whole numbers as they are. One so
// near to nothing that its digits cannot be lifted to whole ones stays as it is.
func rounded(v float64) float64 {
	if v == 0 || v == math.Trunc(v) {
		return v
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	if scale <= 1 {
		return math.Round(v)
	}
	if math.IsInf(scale, 0) {
		return v
	}
	return math.Round(v*scale) / scale
}

// Report is what a run came to, in the order in which it was taken.
type Report []Figure

// Add appends figures.
func (r *Report) Add(f ...Figure) { *r = append(*r, f...) }

// Misses counts the figures that are not good.
func (r Report) Misses() int {
	n := 0
	for _, f := range r {
		if !f.OK {
			n++
		}
	}
	return n
}

// JSON writes the report as one array of {name,value,unit,limit,ok}.
func (r Report) JSON(w io.Writer) error {
	if r == nil {
		r = Report{}
	}
	if err := json.NewEncoder(w).Encode([]Figure(r)); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.Name, digits(f.Value), f.Unit, f.limit(), f.mark())
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

func digits(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (f Figure) limit() string {
	switch f.bound {
	case AtLeast:
		return fmt.Sprintf("at least %s", digits(*f.Limit))
	case AtMost:
		return fmt.Sprintf("at most %s", digits(*f.Limit))
	case Free:
	}
	return ""
}

func (f Figure) mark() string {
	switch {
	case !f.OK:
		return "MISSED"
	case f.bound == Free:
		return ""
	}
	return "ok"
}
