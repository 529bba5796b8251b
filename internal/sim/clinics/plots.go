package clinics

import (
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/internal/chart"
)

// Names of the two ways in drawings.
const (
	namedAdvised = "told when to leave"
	namedAlone   = "without advice"
)

// Plots draws a report as SVG, by file name: how long people were on site, and
// how that, the doctors' idle minutes and the shown ranges differ by clinic.
func (r Report) Plots() (map[string][]byte, error) {
	var labels []string
	by := func(of func(Result) float64) []chart.Series {
		two := []chart.Series{{Name: namedAdvised}, {Name: namedAlone}}
		for _, c := range r.Clinics {
			two[0].Values, two[1].Values = append(two[0].Values, of(c.Advised)), append(two[1].Values, of(c.Alone))
		}
		return two
	}
	for i := range r.Clinics {
		labels = append(labels, fmt.Sprint(i+1))
	}
	drawings := map[string]chart.Lines{
		"on-site.svg": r.sites(),
		"on-site-by-clinic.svg": {
			Title: "Minutes on site by clinic", Unit: "minutes", Labels: labels, Series: by(func(x Result) float64 { return x.OnSite.Mean }),
		},
		"idle-by-clinic.svg": {
			Title: "Minutes a session that the doctor has nobody, by clinic", Unit: "minutes", Labels: labels, Series: by(func(x Result) float64 { return x.Idle }),
		},
		"skipped-by-clinic.svg": {
			Title: "Not on site in their turn, by clinic", Unit: "% of patients", Labels: labels, Series: by(func(x Result) float64 { return 100 * x.Skipped }),
		},
		"ranges-by-clinic.svg": {
			Title: "Calls within the range that was shown first, by clinic", Unit: "% of patients", Labels: labels,
			Series: by(func(x Result) float64 { return 100 * x.FirstRight })[:1],
		},
	}
	plots := map[string][]byte{}
	for name, d := range drawings {
		svg, err := d.SVG()
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", name, err)
		}
		plots[name] = svg
	}
	return plots, nil
}

// The drawing of minutes on site goes in steps of five to two hours.
const (
	siteStep = 5
	siteMost = 120
)

// sites draws which share was on site for longer than so many minutes.
func (r Report) sites() chart.Lines {
	l := chart.Lines{Title: "Patients on site for longer than so many minutes", Unit: "% of patients"}
	two := [2][]float64{slices.Sorted(slices.Values(r.Advised.sites)), slices.Sorted(slices.Values(r.Alone.sites))}
	l.Series = []chart.Series{{Name: namedAdvised}, {Name: namedAlone}}
	for m := 0; m <= siteMost; m += siteStep {
		l.Labels = append(l.Labels, fmt.Sprint(m))
		for i, sorted := range two {
			below, _ := slices.BinarySearch(sorted, float64(m))
			l.Series[i].Values = append(l.Series[i].Values, 100*float64(len(sorted)-below)/float64(max(len(sorted), 1)))
		}
	}
	return l
}
