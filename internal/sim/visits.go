package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
)

// oldest is the greatest age that is believed.
const oldest = 130

// needed are the columns without which nothing can be estimated. The others of
// the file are used where they are there.
var needed = []string{"PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "No-show"}

// ReadVisits reads a .csv or .csv.gz of real appointments for estimating
// no-shows. It takes whatever can be estimated: an age or a mark that cannot be
// is unknown, a visit that was booked after its own date counts as one of the
// same day, and an empty outcome is one that nobody knows. A row without an
// id, a patient or its two dates is bad, and so is a second row of one
// AppointmentID.
func ReadVisits(r io.Reader) (visits []noshow.Record, bad []BadRow, err error) {
	c, head, err := openTable(r)
	if err != nil {
		return nil, nil, err
	}
	at, err := columns(head, needed)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return visits, bad, nil
		}
		if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
			bad = append(bad, BadRow{Line: fault.StartLine, Reason: "not a CSV row"})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read row: %w", err)
		}
		line, _ := c.FieldPos(0)
		visit, reason := parseVisit(rec, at)
		if reason == "" && seen[visit.ID] {
			reason = "AppointmentID stands twice"
		}
		if reason != "" {
			bad = append(bad, BadRow{Line: line, Reason: reason})
			continue
		}
		seen[visit.ID] = true
		visits = append(visits, visit)
	}
}

func parseVisit(rec []string, at map[string]int) (noshow.Record, string) {
	field := func(name string) string {
		i, ok := at[name]
		if !ok || i >= len(rec) {
			return ""
		}
		return strings.TrimSpace(rec[i])
	}
	for _, name := range needed {
		if text := field(name); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return noshow.Record{}, "is not text"
		}
	}
	booked, err := readTime(field("ScheduledDay"))
	if err != nil {
		return noshow.Record{}, "ScheduledDay is not a time"
	}
	day, err := readTime(field("AppointmentDay"))
	if err != nil {
		return noshow.Record{}, "AppointmentDay is not a date"
	}
	v := noshow.Record{Outcome: noshow.Outcome{Visit: noshow.Visit{
		ID: field("AppointmentID"), Patient: field("PatientId"), Place: field("Neighbourhood"),
		BookedAt: booked.UTC(), Day: houzhen.DateOf(day, time.UTC), Age: readAge(field("Age")), Sex: readSex(field("Gender")),
		Reminded: readTri(field("SMS_received")), Welfare: readTri(field("Scholarship")), Hypertension: readTri(field("Hipertension")),
		Diabetes: readTri(field("Diabetes")), Alcoholism: readTri(field("Alcoholism")), Disability: readTri(field("Handcap")),
	}}}
	if v.ID == "" || v.Patient == "" {
		return noshow.Record{}, "has an empty id"
	}
	switch strings.ToLower(field("No-show")) {
	case "yes":
		v.NoShow = true
	case "no":
	case "":
		v.Unknown = true
	default:
		return noshow.Record{}, "No-show is neither Yes nor No"
	}
	return v, ""
}

// readTime reads an instant, or a date alone.
func readTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Parse(time.DateOnly, s)
	}
	return t, nil
}

func readAge(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > oldest {
		return -1
	}
	return n
}

func readSex(s string) noshow.Sex {
	switch strings.ToUpper(s) {
	case "F":
		return noshow.Female
	case "M":
		return noshow.Male
	}
	return noshow.SexUnknown
}

// readTri reads a mark: a number above 0 is yes, such as a degree of
// disability.
func readTri(s string) noshow.Tri {
	n, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || n < 0:
		return noshow.Unknown
	case n > 0:
		return noshow.Yes
	}
	return noshow.No
}
