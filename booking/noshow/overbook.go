package noshow

import "github.com/houzhen/houzhen"

// Crowd is the distribution of how many of a session's patients stay away:
// At[k] is the chance that exactly k do (Poisson binomial: each has a chance
// of his own).
type Crowd struct {
	At   []float64
	Mean float64 // sum of the chances
}

// Absent adds up independent chances, exactly: O(n²) for n patients.
func Absent(p []float64) Crowd {
	c := Crowd{At: make([]float64, 1, len(p)+1)}
	c.At[0] = 1
	for _, miss := range p {
		c.Mean += miss
		c.At = append(c.At, 0)
		for k := len(c.At) - 1; k > 0; k-- {
			c.At[k] = c.At[k]*(1-miss) + c.At[k-1]*miss
		}
		c.At[0] *= 1 - miss
	}
	return c
}

// Fewer gives the chance that fewer than k stay away.
func (c Crowd) Fewer(k int) float64 {
	sum := 0.0
	for i := range min(max(k, 0), len(c.At)) {
		sum += c.At[i]
	}
	return min(1, sum)
}

// Advice says how many more than its places a session may take.
type Advice struct {
	Extra int     // places beyond capacity
	Risk  float64 // chance that so many more do not fit after all
	Next  float64 // the same chance for one place more
	Mean  float64 // of those who stay away
}

// Advise gives the most places beyond capacity for which the chance that more
// people come than there are places stays at or below risk. An extra patient is
// counted as coming: whoever is promised a place by hand usually does.
func Advise(p []float64, risk float64) (Advice, error) {
	if risk <= 0 || risk >= 1 {
		return Advice{}, houzhen.E(houzhen.CodeInvalid, "a risk lies between 0 and 1").On("risk")
	}
	c := Absent(p)
	a := Advice{Mean: c.Mean}
	for a.Extra < len(p) && c.Fewer(a.Extra+1) <= risk {
		a.Extra++
	}
	a.Risk, a.Next = c.Fewer(a.Extra), c.Fewer(a.Extra+1)
	return a, nil
}
