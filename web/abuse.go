package web

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/internal/auth"
)

// abuseRoutes are the pages about places grabbed for others.
func (s *site) abuseRoutes(manager []auth.Role) []route {
	return []route{
		{"GET", "/manage/abuse", manager, s.abuse, "flags, open ones first"},
		{"GET", "/manage/abuse.csv", manager, s.abuseCSV, "the same as a table"},
		{"POST", "/manage/abuse/{id}", manager, s.decideAbuse, "confirms or dismisses"},
	}
}

type abuseData struct{ Open, Decided []abuseRow }

type abuseRow struct {
	abuse.Flag
	Short string // of the subject
	Seen  []abuseSeen
}

// abuseSeen is one visit that a flag rests on.
type abuseSeen struct {
	Date       houzhen.Date
	Start, End time.Time
	Doctor     houzhen.Label
	Name       string
	Gone       bool
}

// examples is how many visits a flag shows.
const examples = 4

// abuse lists what looks like grabbing places for others.
func (s *site) abuse(w http.ResponseWriter, r *http.Request) error {
	found, err := s.Abuse.Flags(r.Context())
	if err != nil {
		return wrap("load flags", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	var d abuseData
	for _, f := range found {
		row := abuseRow{Flag: f, Short: short(f.Subject)}
		if f.State != abuse.Open {
			d.Decided = append(d.Decided, row)
			continue
		}
		row.Seen = s.abuseSeen(r.Context(), f, names)
		d.Open = append(d.Open, row)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "abuse.read", ""); err != nil {
		return wrap("record reading", err)
	}
	return s.show(w, r, "abuse", "abuse", d)
}

// abuseSeen loads the latest visits of a flag; one that is gone is left out.
func (s *site) abuseSeen(ctx context.Context, f abuse.Flag, names *api.Names) []abuseSeen {
	var seen []abuseSeen
	for _, id := range f.Evidence[max(0, len(f.Evidence)-examples):] {
		a, err := s.Booking.Appointment(ctx, id)
		if err != nil {
			continue
		}
		one := abuseSeen{Date: a.Day, Start: a.Start, End: a.End, Doctor: names.Doctor(a.DoctorID).Name, Gone: !a.Active()}
		if p, err := s.Directory.Patient(ctx, a.PatientID); err == nil {
			one.Name = p.Name.String()
		}
		seen = append(seen, one)
	}
	return seen
}

// short gives the end of an id, enough to tell some apart.
func short(id string) string { return id[max(0, len(id)-6):] }

// decideAbuse confirms a flag for some days or dismisses it.
func (s *site) decideAbuse(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	days := 0
	if r.PostForm.Get("decision") == "confirm" {
		var err error
		if days, err = strconv.Atoi(r.PostForm.Get("days")); err != nil || days < 1 {
			return houzhen.E(houzhen.CodeInvalid, "days are not a number above 0").On("days")
		}
	}
	if _, err := s.Abuse.Decide(r.Context(), r.PathValue("id"), auth.From(r.Context()).ID, r.PostForm.Get("reason"), days); err != nil {
		return err
	}
	return back(w, r, "/manage/abuse")
}

// abuseCSV gives what was caught as a table.
func (s *site) abuseCSV(w http.ResponseWriter, r *http.Request) error {
	found, err := s.Abuse.Flags(r.Context())
	if err != nil {
		return wrap("load flags", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="houzhen-abuse.csv"`)
	out := csv.NewWriter(w)
	lines := [][]string{{"id", "kind", "subject", "accounts", "count", "first", "last", "state", "until", "decided_at", "reason"}}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(s.Location).Format(time.RFC3339)
	}
	for _, f := range found {
		lines = append(lines, []string{
			f.ID, string(f.Kind), f.Subject, strings.Join(f.Accounts, " "), strconv.Itoa(f.Count), stamp(f.First), stamp(f.Last),
			string(f.State), stamp(f.Until), stamp(f.DecidedAt), f.Reason,
		})
	}
	return wrap("write table", out.WriteAll(lines))
}
