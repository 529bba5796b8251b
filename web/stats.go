package web

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/chart"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/templates"
)

// statsRoutes are the pages of what was counted.
func (s *site) statsRoutes(manager []auth.Role) []route {
	return []route{
		{"GET", "/manage/stats", manager, s.stats, "figures by department, doctor, week"},
		{"GET", "/manage/stats.csv", manager, s.statsCSV, "the same as a table"},
		{"GET", "/manage/stats/{drawing}", manager, s.statsDrawing, "the same as a drawing"},
	}
}

type statsData struct {
	Query       api.StatsQuery
	Bys         []stats.By
	Departments []directory.Department
	Measures    []statsMeasure
	Rows        []statsRow
	Tiles       []statsTile
	Quotas      []statsQuota
	Link        template.URL // the query, for drawings and the table
}

type statsMeasure struct {
	Name    string
	Minutes bool
}

// statsQuota is how much of one quota its own people took.
type statsQuota struct {
	Quota         booking.Quota
	Places, Taken int
	Share         string
}

// quotasOf lists the quotas for which places were set aside.
func quotasOf(f stats.Figures) (list []statsQuota) {
	for _, q := range booking.AllQuotas {
		if use := f.Quotas[string(q)]; use.Places > 0 {
			share := stats.Rate{Part: use.Taken, Whole: use.Places}
			list = append(list, statsQuota{q, use.Places, use.Taken, fmt.Sprintf("%.1f %%", 100*share.Value())})
		}
	}
	return list
}

type statsTile struct {
	Name, Value string
	Count       int
}

type statsRow struct {
	Name   string
	Taken  int
	Values []string
}

// shown are the measures that the page puts on top; the table has them all.
var shown = [...]string{"booking_rate", "use", "no_show", "wait"}

// stats shows the figures of a time.
func (s *site) stats(w http.ResponseWriter, r *http.Request) error {
	q, rows, names, err := s.statsRows(r)
	if err != nil {
		return err
	}
	lang := api.LangOf(r)
	d := statsData{Query: q, Bys: stats.Bys(), Departments: names.House.Departments, Link: statsLink(q)}
	whole := stats.Sum(rows)
	d.Quotas = quotasOf(whole)
	for _, m := range stats.Measures() {
		d.Measures = append(d.Measures, statsMeasure{m.Name, m.Minutes})
		for _, name := range shown {
			if m.Name == name {
				d.Tiles = append(d.Tiles, statsTile{name, statsText(m, whole, lang), m.Of(whole).Whole})
			}
		}
	}
	for _, g := range stats.GroupBy(rows, q.By) {
		row := statsRow{Name: names.GroupName(q.By, g.Key, lang), Taken: g.Figures.Taken}
		for _, m := range stats.Measures() {
			row.Values = append(row.Values, statsText(m, g.Figures, lang))
		}
		d.Rows = append(d.Rows, row)
	}
	return s.show(w, r, "stats", "stats", d)
}

func (s *site) statsRows(r *http.Request) (api.StatsQuery, []stats.Row, *api.Names, error) {
	q, err := api.ParseStatsQuery(r.URL.Query(), s.today())
	if err != nil {
		return q, nil, nil, err
	}
	rows, err := q.Rows(r.Context(), s.Stats)
	if err != nil {
		return q, nil, nil, wrap("load figures", err)
	}
	names, err := s.names(r.Context())
	return q, rows, names, err
}

func statsLink(q api.StatsQuery) template.URL {
	v := url.Values{
		"from": {q.From.String()}, "to": {q.To.String()}, "by": {string(q.By)}, "department": {q.DepartmentID}, "doctor": {q.Doctor},
	}
	return template.URL(v.Encode()) //nolint:gosec // encoded here
}

func statsText(m stats.Measure, f stats.Figures, lang houzhen.Lang) string {
	rate := m.Of(f)
	switch {
	case !rate.Known():
		return "–"
	case m.Minutes && rate.Value() >= 48*60:
		return templates.T(lang, "stats.days", "n", fmt.Sprintf("%.1f", rate.Value()/(24*60)))
	case m.Minutes && rate.Value() >= 120:
		return templates.T(lang, "stats.hours", "n", fmt.Sprintf("%.1f", rate.Value()/60))
	case m.Minutes:
		return templates.T(lang, "stats.minutes", "n", fmt.Sprintf("%.0f", rate.Value()))
	}
	return fmt.Sprintf("%.1f %%", 100*rate.Value())
}

// statsCSV gives the table as a file.
func (s *site) statsCSV(w http.ResponseWriter, r *http.Request) error {
	q, rows, names, err := s.statsRows(r)
	if err != nil {
		return err
	}
	return api.WriteStatsCSV(w, q, stats.GroupBy(rows, q.By), names, api.LangOf(r))
}

// drawings are the pictures there are.
var drawings = [...]string{"weeks.svg", "use.svg", "no_show.svg"}

// statsDrawing draws the weeks, or one measure by group.
func (s *site) statsDrawing(w http.ResponseWriter, r *http.Request) error {
	if !slices.Contains(drawings[:], r.PathValue("drawing")) {
		return houzhen.E(houzhen.CodeNotFound, "no such drawing")
	}
	q, rows, names, err := s.statsRows(r)
	if err != nil {
		return err
	}
	lang := api.LangOf(r)
	var svg []byte
	switch r.PathValue("drawing") {
	case "weeks.svg":
		svg, err = drawWeeks(rows, lang)
	case "use.svg":
		svg, err = drawGroups(rows, q, names, lang, "use")
	default:
		svg, err = drawGroups(rows, q, names, lang, "no_show")
	}
	if errors.Is(err, chart.ErrEmpty) {
		return houzhen.E(houzhen.CodeNotFound, "nothing to draw")
	}
	if err != nil {
		return wrap("draw figures", err)
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, err = w.Write(svg)
	return err
}

// drawWeeks draws shares by week.
func drawWeeks(rows []stats.Row, lang houzhen.Lang) ([]byte, error) {
	d := chart.Lines{Title: templates.T(lang, "stats.weeks"), Unit: "%"}
	weeks := stats.GroupBy(rows, stats.ByWeek)
	for _, g := range weeks {
		d.Labels = append(d.Labels, g.Key[len("2006-"):])
	}
	for _, m := range stats.Measures() {
		switch m.Name {
		case "booking_rate", "use", "no_show", "late", "suspended":
			d.Series = append(d.Series, chart.Series{Name: templates.T(lang, "stats."+m.Name), Values: shares(weeks, m)})
		}
	}
	return d.SVG()
}

func shares(groups []stats.Group, m stats.Measure) []float64 {
	out := make([]float64, len(groups))
	for i, g := range groups {
		r := m.Of(g.Figures)
		out[i] = 100 * r.Value()
		if !r.Known() {
			out[i] = math.NaN()
		}
	}
	return out
}

// most is how many bars a drawing has at most.
const most = 20

func drawGroups(rows []stats.Row, q api.StatsQuery, names *api.Names, lang houzhen.Lang, measure string) ([]byte, error) {
	d := chart.Bars{Title: templates.T(lang, "stats."+measure), Unit: "%", Size: chart.Size{Width: 560}}
	for _, m := range stats.Measures() {
		if m.Name != measure {
			continue
		}
		groups := stats.GroupBy(rows, q.By)
		for _, g := range groups[:min(len(groups), most)] {
			if r := m.Of(g.Figures); r.Known() {
				d.Labels = append(d.Labels, names.GroupName(q.By, g.Key, lang))
				d.Values = append(d.Values, 100*r.Value())
			}
		}
	}
	return d.SVG()
}
