package forecast

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/houzhen/houzhen/queue"
)

// consultationsFile holds one real doctor's half-days, in time order.
const consultationsFile = "clinic_sessions_1_190.csv"

// warm is how many sessions are only learned from.
const warm = 40

// score sums what the forecast got wrong.
type score struct {
	n, covered      int
	error, naive    float64
	width, signed   float64
	byAhead, counts [4]float64
}

func TestForecastOnARealDoctorBeatsPeopleTimesMean(t *testing.T) {
	dir := os.Getenv("HOUZHEN_DATA")
	if dir == "" {
		t.Skip("HOUZHEN_DATA names no folder of real data")
	}
	sessions := readSessions(t, filepath.Join(dir, consultationsFile))
	var s score
	var past []queue.Consultation
	for i, session := range sessions {
		if i >= warm {
			s.live(session, past)
		}
		past = append(past, session...)
	}
	n := float64(s.n)
	mae, naive, covered := s.error/n, s.naive/n, float64(s.covered)/n
	t.Logf("%d forecasts: off by %.2f min (people x mean %.2f), bias %+.2f, 80%% range covers %.3f at %.1f min", s.n, mae, naive, s.signed/n, covered, s.width/n)
	for b, name := range []string{"0", "1-2", "3-5", "6-9"} {
		t.Logf("ahead %s: off by %.2f min", name, s.byAhead[b]/s.counts[b])
	}
	if mae > 0.92*naive {
		t.Errorf("off by %.2f minutes, want clearly less than the %.2f of people x mean", mae, naive)
	}
	if covered < 0.72 || covered > 0.90 {
		t.Errorf("the 80%% range covers %.3f", covered)
	}
}

// live goes through a session in steps of four minutes and forecasts up to ten
// patients ahead each time.
func (s *score) live(session, past []queue.Consultation) {
	first, last := session[0].Start, session[len(session)-1].Start
	mean := sampleMean(past)
	for now := first.Add(time.Minute); now.Before(last); now = now.Add(4 * time.Minute) {
		i := slices.IndexFunc(session, func(c queue.Consultation) bool { return c.Start.After(now) })
		current := session[i-1]
		pace := PaceOf(slices.Concat(tail(past, doctorSample), session[:i-1]), nil, first)
		d := Desk{Pace: pace, Doctors: 1, Free: remainder(pace.Mean.Seconds(), now.Sub(current.Start).Seconds())}
		ahead := session[i:min(i+10, len(session))]
		line := make([]Person, len(ahead))
		for j := range line {
			line[j].Show = 1
		}
		for j, r := range Calls(line, d, now) {
			s.add(j, r, ahead[j].Start, now.Add(time.Duration(float64(j+1)*mean*float64(time.Second))))
		}
	}
}

func (s *score) add(ahead int, r Range, truth, naive time.Time) {
	bucket := 3
	switch {
	case ahead == 0:
		bucket = 0
	case ahead <= 2:
		bucket = 1
	case ahead <= 5:
		bucket = 2
	}
	off := r.Mid.Sub(truth)
	s.n++
	s.error += off.Abs().Minutes()
	s.signed += off.Minutes()
	s.naive += naive.Sub(truth).Abs().Minutes()
	s.width += r.High.Sub(r.Low).Minutes()
	s.byAhead[bucket] += off.Abs().Minutes()
	s.counts[bucket]++
	if !truth.Before(r.Low) && !truth.After(r.High) {
		s.covered++
	}
}

func sampleMean(cs []queue.Consultation) float64 {
	var all sample
	for _, c := range cs {
		all.add(c.Length)
	}
	return all.mean()
}

func tail(cs []queue.Consultation, n int) []queue.Consultation { return cs[max(len(cs)-n, 0):] }

// readSessions reads columns Session, StartTime and ServTime by name; each
// session gets a day of its own.
func readSessions(t *testing.T, name string) [][]queue.Consultation {
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
	days := map[int][]queue.Consultation{}
	for _, row := range rows[1:] {
		day, err := strconv.Atoi(column(row, "Session"))
		start, err2 := time.Parse(time.TimeOnly, column(row, "StartTime"))
		seconds, err3 := strconv.ParseFloat(column(row, "ServTime"), 64)
		if err != nil || err2 != nil || err3 != nil {
			continue
		}
		days[day] = append(days[day], queue.Consultation{
			Start: start.AddDate(2000, 0, day), Length: time.Duration(seconds * float64(time.Second)),
		})
	}
	var sessions [][]queue.Consultation
	for day := range len(days) + 1 {
		if cs := days[day]; len(cs) > 1 {
			slices.SortFunc(cs, func(a, b queue.Consultation) int { return a.Start.Compare(b.Start) })
			sessions = append(sessions, cs)
		}
	}
	return sessions
}
