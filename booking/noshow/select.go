package noshow

import (
	"cmp"
	"slices"
)

// RemindTwice is the chance from which a patient is reminded a second time,
// three days before: in a trial of 54,066 visits two reminders helped those
// most who were likely to miss (waiting-time science §3); about three in ten
// have such a chance.
const RemindTwice = 0.3

// ToRemind chooses who gets the second reminder: everybody whose chance to
// stay away is at least the threshold, the likeliest first. A visit without an
// estimate is not chosen.
func ToRemind(forecasts []Forecast, threshold float64) []string {
	likely := slices.DeleteFunc(slices.Clone(forecasts), func(f Forecast) bool { return f.P < threshold })
	slices.SortFunc(likely, func(a, b Forecast) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.AppointmentID, b.AppointmentID))
	})
	ids := make([]string, len(likely))
	for i, f := range likely {
		ids[i] = f.AppointmentID
	}
	return ids
}
