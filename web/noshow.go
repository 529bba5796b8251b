package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/templates"
)

// risks that a manager may choose from.
func risks() []int { return []int{5, 10, 20, 30} }

// usualRisk is the risk, in percent, that advice is given at unless told.
const usualRisk = 20

type forecastData struct {
	Day, Before, After houzhen.Date
	Risk               int
	Risks              []int
	Sessions           []expectedView
}

type expectedView struct {
	ID                 string
	Start, End         time.Time
	Part               houzhen.DayPart
	Doctor, Department houzhen.Label
	Booked, Estimated  int
	Mean               string
	Extra              int
	Risk, Next         int // percent
	Bars               []bar
	Likely             []likelyView
}

// bar is one number of absent patients and its chance, in percent.
type bar struct{ N, Percent int }

type likelyView struct {
	Percent int
	Start   time.Time
	Because []string
}

// mostLikely is how many of those likely to stay away a session lists.
const mostLikely = 5

// forecasts advises on overbooking: for each session of a day how many are
// likely to stay away, and how many more places that leaves room for. It
// names nobody, and refuses nobody a place.
func (s *site) forecasts(w http.ResponseWriter, r *http.Request) error {
	day, err := houzhen.ParseDate(r.URL.Query().Get("day"))
	if err != nil {
		day = s.today().AddDays(1)
	}
	risk, err := strconv.Atoi(r.URL.Query().Get("risk"))
	if err != nil || risk < 1 || risk > 90 {
		risk = usualRisk
	}
	list, err := s.Forecasts.Expected(r.Context(), day, float64(risk)/100)
	if err != nil {
		return wrap("load forecasts", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	d := forecastData{Day: day, Before: day.AddDays(-1), After: day.AddDays(1), Risk: risk, Risks: risks()}
	for _, e := range list {
		d.Sessions = append(d.Sessions, expectedOf(e, names, api.LangOf(r)))
	}
	return s.show(w, r, "manage_noshow", "noshow", d)
}

func percent(p float64) int { return int(100*p + 0.5) }

func expectedOf(e api.Expected, names *api.Names, lang houzhen.Lang) expectedView {
	v := expectedView{
		ID: e.Session.ID, Start: e.Session.Start, End: e.Session.End, Part: e.Session.Part, Doctor: names.Attending(e.Session).Name,
		Department: names.Department(e.Session.DepartmentID).Name, Booked: e.Booked, Estimated: e.Estimated,
		Mean: fmt.Sprintf("%.1f", e.Advice.Mean), Extra: e.Advice.Extra, Risk: percent(e.Advice.Risk), Next: percent(e.Advice.Next),
	}
	for n, p := range e.Crowd.At {
		if percent(p) > 0 {
			v.Bars = append(v.Bars, bar{n, percent(p)})
		}
	}
	for _, f := range e.Likely[:min(len(e.Likely), mostLikely)] {
		one := likelyView{Percent: percent(f.P)}
		for _, reason := range f.Because {
			one.Because = append(one.Because, reasonOf(reason, lang))
		}
		v.Likely = append(v.Likely, one)
	}
	return v
}

func reasonOf(r noshow.Reason, lang houzhen.Lang) string {
	return templates.Reason(r.Code(), lang, nil)
}
