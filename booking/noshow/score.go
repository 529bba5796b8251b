package noshow

import (
	"cmp"
	"math"
	"slices"
)

// bins of the reliability table, each with as many visits.
const bins = 10

// Bin is one line of a reliability table.
type Bin struct {
	N         int     `json:"n"`
	Predicted float64 `json:"predicted"` // mean of p
	Observed  float64 `json:"observed"`  // share of no-shows
}

// Score says how good estimates were.
type Score struct {
	N     int     `json:"n"`
	Rate  float64 `json:"rate"` // share of no-shows
	AUC   float64 `json:"auc"`
	Brier float64 `json:"brier"`
	// ECE is the expected calibration error over ten bins of equal count: the
	// mean distance between what was predicted and what was observed.
	ECE  float64 `json:"ece"`
	Bins []Bin   `json:"bins"`
}

// LeakAUC is the AUC above which estimates of outpatient no-shows are not
// believed: honest ones of this kind of data end at about 0.74
// (waiting-time science §6).
const LeakAUC = 0.80

// Leaks reports whether the estimates are so good that they must have known
// the outcome.
func (s Score) Leaks() bool { return s.AUC > LeakAUC }

// Rate judges estimates by what happened. AUC is the chance that a no-show had
// a higher estimate than a visit, ties counting half; it is 0.5 where one of
// the two never happened.
func Rate(p []float64, noShow []bool) Score {
	s := Score{N: len(p), AUC: 0.5}
	if len(p) == 0 {
		return s
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
		y := truth(noShow[i])
		s.Rate += y
		s.Brier += (p[i] - y) * (p[i] - y)
	}
	positives := s.Rate
	s.Rate /= float64(len(p))
	s.Brier /= float64(len(p))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	if negatives := float64(len(p)) - positives; positives > 0 && negatives > 0 {
		s.AUC = (rankSum(p, noShow, order) - positives*(positives+1)/2) / (positives * negatives)
	}
	s.Bins, s.ECE = reliability(p, noShow, order)
	return s
}

// rankSum adds the ranks of the no-shows, ties sharing their mean rank.
func rankSum(p []float64, noShow []bool, order []int) float64 {
	sum := 0.0
	for from := 0; from < len(order); {
		to, hits := from, 0.0
		for to < len(order) && p[order[to]] == p[order[from]] {
			hits += truth(noShow[order[to]])
			to++
		}
		sum += hits * float64(from+1+to) / 2
		from = to
	}
	return sum
}

func reliability(p []float64, noShow []bool, order []int) ([]Bin, float64) {
	var table []Bin
	ece := 0.0
	for b := range bins {
		part := order[b*len(order)/bins : (b+1)*len(order)/bins]
		if len(part) == 0 {
			continue
		}
		bin := Bin{N: len(part)}
		for _, i := range part {
			bin.Predicted += p[i]
			bin.Observed += truth(noShow[i])
		}
		bin.Predicted /= float64(len(part))
		bin.Observed /= float64(len(part))
		ece += math.Abs(bin.Predicted-bin.Observed) * float64(len(part)) / float64(len(order))
		table = append(table, bin)
	}
	return table, ece
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
