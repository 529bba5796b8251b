package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen/queue/forecast"
)

// Half-days of the clinic that the files are from.
const (
	morningStart   = 8*time.Hour + 30*time.Minute
	afternoonStart = 14*time.Hour + 30*time.Minute
	halfDayLength  = 210 * time.Minute
	noon           = 13 * time.Hour
	firstForecast  = 15 * time.Minute // before the start
)

// HalfDay is one session of a file of consultations. Its times lie on a made
// up date, a day a session, so that no two meet.
type HalfDay struct {
	Number  int
	Session forecast.Session
}

// consulted is one row: who entered the room when.
type consulted struct {
	session   int
	patient   string
	first     string // number of his visit, "" unknown
	entered   time.Duration
	served    time.Duration // negative: unknown
	afternoon bool
}

// neededOfHalfDays are the columns without which nothing can be forecast. Of
// the others AM_PM, Visit.No and ServTime are used where they are there.
var neededOfHalfDays = []string{"ID", "Session", "StartTime"}

// ReadHalfDays reads a .csv or .csv.gz of one doctor's consultations and gives
// its sessions in their order, each in the order of entering. A row without a
// patient, a session number or a time is bad, and so is one that stands twice.
func ReadHalfDays(r io.Reader) (days []HalfDay, bad []BadRow, err error) {
	c, head, err := openTable(r)
	if err != nil {
		return nil, nil, err
	}
	at, err := columns(head, neededOfHalfDays)
	if err != nil {
		return nil, nil, err
	}
	rows := map[int][]consulted{}
	seen := map[consulted]bool{}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return halfDays(rows), bad, nil
		}
		if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
			bad = append(bad, BadRow{Line: fault.StartLine, Reason: "not a CSV row"})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read row: %w", err)
		}
		line, _ := c.FieldPos(0)
		row, reason := parseConsulted(rec, at)
		key := consulted{session: row.session, patient: row.patient, entered: row.entered}
		if reason == "" && seen[key] {
			reason = "stands twice"
		}
		if reason != "" {
			bad = append(bad, BadRow{Line: line, Reason: reason})
			continue
		}
		seen[key] = true
		rows[row.session] = append(rows[row.session], row)
	}
}

func parseConsulted(rec []string, at map[string]int) (consulted, string) {
	field := func(name string) string {
		i, ok := at[name]
		if !ok || i >= len(rec) {
			return ""
		}
		return strings.TrimSpace(rec[i])
	}
	for _, name := range neededOfHalfDays {
		if text := field(name); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return consulted{}, "is not text"
		}
	}
	row := consulted{patient: field("ID"), first: field("Visit.No"), served: -1}
	if row.patient == "" {
		return consulted{}, "has an empty ID"
	}
	n, err := strconv.Atoi(field("Session"))
	if err != nil || n < 0 || n > mostSessions {
		return consulted{}, "Session is not a number"
	}
	clock, err := time.Parse(time.TimeOnly, field("StartTime"))
	if err != nil {
		return consulted{}, "StartTime is not a time"
	}
	row.session = n
	row.entered = time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute + time.Duration(clock.Second())*time.Second
	if s, err := strconv.ParseFloat(field("ServTime"), 64); err == nil && s > 0 && s < daySeconds {
		row.served = time.Duration(s * float64(time.Second))
	}
	switch strings.ToLower(field("AM_PM")) {
	case "morning":
	case "afternoon":
		row.afternoon = true
	default:
		row.afternoon = row.entered >= noon
	}
	return row, ""
}

// Bounds of what is believed.
const (
	mostSessions = 1_000_000
	daySeconds   = 86400
)

func halfDays(rows map[int][]consulted) []HalfDay {
	numbers := make([]int, 0, len(rows))
	for n := range rows {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	known := map[string]bool{}
	days := make([]HalfDay, 0, len(numbers))
	for _, n := range numbers {
		of := rows[n]
		slices.SortStableFunc(of, func(a, b consulted) int { return int(a.entered - b.entered) })
		days = append(days, halfDay(n, of, known))
	}
	return days
}

// halfDay makes a session of its rows. A consultation lasts until the next one
// enters: that is when the desk was free, and all that the file tells at the
// time. Of the last, it is the time of service.
func halfDay(n int, rows []consulted, known map[string]bool) HalfDay {
	midnight := time.Unix(0, 0).UTC().AddDate(0, 0, n)
	start := morningStart
	if rows[0].afternoon {
		start = afternoonStart
	}
	s := forecast.Session{Start: midnight.Add(start), End: midnight.Add(start + halfDayLength)}
	today := map[string]bool{}
	for i, row := range rows {
		held := forecast.Held{Start: midnight.Add(row.entered), Length: row.served}
		held.Patient, held.First, held.Results = row.patient, !known[row.patient] && row.first == "" || row.first == "1", today[row.patient]
		if i+1 < len(rows) {
			held.Length = max(rows[i+1].entered-row.entered, time.Second)
		}
		today[row.patient] = true
		s.Held = append(s.Held, held)
	}
	for patient := range today {
		known[patient] = true
	}
	return HalfDay{Number: n, Session: s}
}

// walk is how a half-day is lived through: a forecast every so many minutes
// from a quarter of an hour before it begins.
func (h *HalfDay) walk(every time.Duration, line int) forecast.Walk {
	return forecast.Walk{Session: h.Session, From: h.Session.Start.Add(-firstForecast), Every: every, Line: line}
}
