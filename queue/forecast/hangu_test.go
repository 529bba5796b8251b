package forecast

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// consultationsFile holds one real doctor's half-days, in time order.
const consultationsFile = "clinic_sessions_1_190.csv"

// tally sums what forecasts of one group got wrong.
type tally struct {
	n, covered          int
	error, naive, width float64
	signed              float64
}

func (s *tally) add(f *Forecast, now, called time.Time, naive float64) {
	r := f.Range()
	s.n++
	s.error += r.Mid.Sub(called).Abs().Minutes()
	s.signed += r.Mid.Sub(called).Minutes()
	s.naive += max(naive-called.Sub(now).Minutes(), called.Sub(now).Minutes()-naive)
	s.width += r.High.Sub(r.Low).Minutes()
	if !called.Before(r.Low) && !called.After(r.High) {
		s.covered++
	}
}

func (s *tally) log(t *testing.T, name string) {
	t.Helper()
	n := float64(s.n)
	t.Logf("%-5s %6d off by %6.2f min (people x mean %6.2f, %.3f), bias %+.2f, covers %.3f at %.1f min",
		name, s.n, s.error/n, s.naive/n, s.error/s.naive, s.signed/n, float64(s.covered)/n, s.width/n)
}

func TestForecastOnARealDoctorBeatsPeopleTimesMean(t *testing.T) {
	dir := os.Getenv("HOUZHEN_DATA")
	if dir == "" {
		t.Skip("HOUZHEN_DATA names no folder of real data")
	}
	sessions := readSessions(t, filepath.Join(dir, consultationsFile))
	for _, c := range []struct {
		name    string
		begin   int
		windows [][2]int
	}{
		{"from the first session on", 0, [][2]int{{60, 190}, {60, 120}, {120, 190}}},
		{"from a later one on", 100, [][2]int{{115, 190}}},
	} {
		t.Run(c.name, func(t *testing.T) { judgeSessions(t, sessions, c.begin, c.windows) })
	}
}

// judged is how good the forecasts of some sessions were: by how many were
// ahead, and of all.
type judged [aheadGroups]tally

func judgeSessions(t *testing.T, sessions []Session, begin int, windows [][2]int) {
	t.Helper()
	m := New(0, nil)
	results := make([]judged, len(windows))
	gaps, n := 15.0, 0.0
	for i, s := range sessions {
		if i < begin {
			continue
		}
		w := Walk{Session: s, From: s.Start.Add(-15 * time.Minute), Every: 4 * time.Minute, Line: 10}
		m.Rehearse(w, func(f *Forecast, now, called time.Time) {
			people := float64(f.Ahead)
			if !now.Before(s.Held[0].Start) {
				people++
			}
			for k, w := range windows {
				if i >= w[0] && i < w[1] {
					results[k][groupOf(f.Ahead, true, onSite)].add(f, now, called, people*gaps)
					results[k][aheadGroups-1].add(f, now, called, people*gaps)
				}
			}
		})
		for k := range len(s.Held) - 1 {
			gaps = (gaps*n + s.Held[k+1].Start.Sub(s.Held[k].Start).Minutes()) / (n + 1)
			n++
		}
	}
	for k, w := range windows {
		t.Logf("sessions %d to %d", w[0]+1, w[1])
		results[k].judge(t)
	}
	t.Logf("%.3f level %.3f noise %.3f", m.regression.weights, m.doctors[""].level, m.doctors[""].noise.mean)
}

func (j *judged) judge(t *testing.T) {
	t.Helper()
	for g, name := range []string{"0", "1-2", "3-5", "6-9", "all"} {
		j[g].log(t, name)
		if c := float64(j[g].covered) / float64(j[g].n); c < 0.75 || c > 0.85 {
			t.Errorf("%s ahead: the range covers %.3f", name, c)
		}
	}
	all := j[aheadGroups-1]
	if all.error > 0.75*all.naive {
		t.Errorf("off by %.3f of what people x mean is off by", all.error/all.naive)
	}
	if c := float64(all.covered) / float64(all.n); c < 0.77 || c > 0.83 {
		t.Errorf("the range covers %.3f", c)
	}
	if w := all.width / float64(all.n); w > 33 {
		t.Errorf("the range is %.1f minutes wide", w)
	}
}

// readSessions reads the file's columns by name; each session gets a day of
// its own.
func readSessions(t *testing.T, name string) []Session {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	days := map[int]*Session{}
	for _, row := range rows[1:] {
		day, err := strconv.Atoi(column(row, "Session"))
		start, err2 := time.Parse(time.TimeOnly, column(row, "StartTime"))
		if err != nil || err2 != nil {
			continue
		}
		if days[day] == nil {
			begin := start.Truncate(24*time.Hour).AddDate(2000, 0, day).Add(8*time.Hour + 30*time.Minute)
			if column(row, "AM_PM") == "afternoon" {
				begin = begin.Add(6 * time.Hour)
			}
			days[day] = &Session{Start: begin, End: begin.Add(210 * time.Minute)}
		}
		days[day].Held = append(days[day].Held, Held{
			Visit: Visit{Patient: row[0], First: column(row, "Visit.No") == "1"}, Start: start.AddDate(2000, 0, day),
		})
	}
	var sessions []Session
	for day := range len(days) + 1 {
		s := days[day]
		if s == nil || len(s.Held) < 2 {
			continue
		}
		slices.SortStableFunc(s.Held, func(a, b Held) int { return a.Start.Compare(b.Start) })
		for i := range s.Held[:len(s.Held)-1] {
			s.Held[i].Length = max(s.Held[i+1].Start.Sub(s.Held[i].Start), time.Second)
		}
		sessions = append(sessions, *s)
	}
	return sessions
}
