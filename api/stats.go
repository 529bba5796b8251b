package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/templates"
)

// StatsQuery says which figures are asked for. No dates mean the last four
// weeks up to today.
type StatsQuery struct {
	From, To             houzhen.Date
	By                   stats.By
	DepartmentID, Doctor string
}

// ParseStatsQuery reads ?from=&to=&by=&department=&doctor=.
func ParseStatsQuery(q url.Values, today houzhen.Date) (StatsQuery, error) {
	out := StatsQuery{From: today.AddDays(-27), To: today, By: stats.ByDepartment, DepartmentID: q.Get("department"), Doctor: q.Get("doctor")}
	for field, into := range map[string]*houzhen.Date{"from": &out.From, "to": &out.To} {
		if text := q.Get(field); text != "" {
			d, err := houzhen.ParseDate(text)
			if err != nil {
				return out, houzhen.E(houzhen.CodeInvalid, "date is not YYYY-MM-DD").On(field)
			}
			*into = d
		}
	}
	if by := q.Get("by"); by != "" {
		if out.By = stats.By(by); !out.By.Valid() {
			return out, houzhen.E(houzhen.CodeInvalid, "no such grouping").On("by")
		}
	}
	return out, nil
}

// Rows loads and filters the rows of a query.
func (q StatsQuery) Rows(ctx context.Context, from Stats) ([]stats.Row, error) {
	rows, err := from.Rows(ctx, q.From, q.To)
	if err != nil {
		return nil, err
	}
	return stats.Filter(rows, q.DepartmentID, q.Doctor), nil
}

// GroupName puts the key of a group into words.
func (n *Names) GroupName(by stats.By, key string, lang houzhen.Lang) string {
	switch by {
	case stats.ByDepartment:
		return n.Department(key).Name.In(lang)
	case stats.ByDoctor:
		return n.Doctor(key).Name.In(lang)
	case stats.ByClass:
		return templates.T(lang, "find.class."+string(booking.RegClass(key)))
	case stats.ByWeek:
	}
	return key
}

type statsIn struct {
	From       string `query:"from" doc:"YYYY-MM-DD"`
	To         string `query:"to" doc:"YYYY-MM-DD, inclusive"`
	By         string `query:"by" enum:"department,doctor,week,class"`
	Department string `query:"department"`
	Doctor     string `query:"doctor"`
}

func (in statsIn) values() url.Values {
	return url.Values{"from": {in.From}, "to": {in.To}, "by": {in.By}, "department": {in.Department}, "doctor": {in.Doctor}}
}

type statsOut struct{ Body []statsView }

type statsView struct {
	Key      string             `json:"key"`
	Name     string             `json:"name"`
	Figures  stats.Figures      `json:"figures" doc:"Sums"`
	Measures map[string]float64 `json:"measures" doc:"Shares, and means in minutes; those of nothing are left out"`
}

// stats gives sums and measures by group.
func (a *API) stats(ctx context.Context, in *statsIn) (*statsOut, error) {
	q, groups, names, err := a.statsGroups(ctx, in.values())
	if err != nil {
		return nil, err
	}
	out := &statsOut{Body: make([]statsView, 0, len(groups))}
	for _, g := range groups {
		v := statsView{g.Key, names.GroupName(q.By, g.Key, requestOf(ctx).lang), g.Figures, map[string]float64{}}
		for _, m := range stats.Measures() {
			if r := m.Of(g.Figures); r.Known() {
				v.Measures[m.Name] = r.Value()
			}
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}

func (a *API) statsGroups(ctx context.Context, values url.Values) (StatsQuery, []stats.Group, *Names, error) {
	q, err := ParseStatsQuery(values, houzhen.BusinessDate(a.Now(), a.Location))
	if err != nil {
		return q, nil, nil, err
	}
	rows, err := q.Rows(ctx, a.Stats)
	if err != nil {
		return q, nil, nil, err
	}
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return q, nil, nil, err
	}
	return q, stats.GroupBy(rows, q.By), names, nil
}

// statsCSV gives the same as a table.
func (a *API) statsCSV(w http.ResponseWriter, r *http.Request) error {
	q, groups, names, err := a.statsGroups(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	return WriteStatsCSV(w, q, groups, names, LangOf(r))
}

// WriteStatsCSV answers with a table that is saved under a telling name.
func WriteStatsCSV(w http.ResponseWriter, q StatsQuery, groups []stats.Group, names *Names, lang houzhen.Lang) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="houzhen-%s-%s-%s.csv"`, q.By, q.From, q.To))
	return stats.WriteCSV(w, groups, q.By, func(key string) string { return names.GroupName(q.By, key, lang) })
}
