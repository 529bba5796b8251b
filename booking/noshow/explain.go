package noshow

import (
	"cmp"
	"math"
	"slices"
)

// Reason is one main term of an estimate: which, and whether it makes a miss
// more likely than for the usual visit.
type Reason struct {
	Term  Term    `json:"term"`
	More  bool    `json:"more"`
	Moves float64 `json:"moves"` // log odds against the usual visit
}

// Code names the reason for templates/reasons.
func (r Reason) Code() string {
	if r.More {
		return "noshow." + string(r.Term) + ".more"
	}
	return "noshow." + string(r.Term) + ".less"
}

const (
	mostReasons  = 3
	leastToSpeak = 0.1 // log odds: less than a tenth is not worth a word
)

// Explain gives the main terms of an estimate: how far each moves it from the
// usual visit that the model has seen. What a model has not learned yet is
// explained by the lead time alone.
func (m *Model) Explain(v Visit, h History) []Reason {
	f := describe(v, h, m.placeOf(v.Place))
	moves := map[Term]float64{TermLead: coldLogit(v.Lead()) - logit(priorRate)}
	for i, term := range f.term {
		if term != "" {
			moves[term] += m.weights[i] * (f.x[i] - m.mean[i])
		}
	}
	var out []Reason
	for term, by := range moves {
		if math.Abs(by) >= leastToSpeak {
			out = append(out, Reason{Term: term, More: by > 0, Moves: by})
		}
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Moves), math.Abs(a.Moves)), cmp.Compare(a.Term, b.Term))
	})
	return out[:min(len(out), mostReasons)]
}
