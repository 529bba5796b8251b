package sim

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// Row is one real appointment of a file with the columns PatientId,
// AppointmentID, ScheduledDay, AppointmentDay, Neighbourhood and No-show;
// other columns are passed over.
type Row struct {
	Line      int
	ID        string
	Patient   string
	Place     string // neighbourhood of the clinic
	Scheduled time.Time
	Day       houzhen.Date
	NoShow    bool
}

// BadRow is a row that cannot be lived through, and why.
type BadRow struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// ReadRows reads a .csv or .csv.gz. A file without the columns is an error; a
// faulty row, a second row of one AppointmentID, or a row that was booked
// after its own date is reported as bad.
func ReadRows(r io.Reader) (rows []Row, bad []BadRow, err error) {
	c, head, err := openTable(r)
	if err != nil {
		return nil, nil, err
	}
	at, err := columns(head, wanted)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, bad, nil
		}
		if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
			bad = append(bad, BadRow{Line: fault.StartLine, Reason: "not a CSV row"})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read row: %w", err)
		}
		line, _ := c.FieldPos(0)
		row, reason := parseRow(rec, at)
		if reason == "" && seen[row.ID] {
			reason = "AppointmentID stands twice"
		}
		if reason != "" {
			bad = append(bad, BadRow{Line: line, Reason: reason})
			continue
		}
		seen[row.ID], row.Line = true, line
		rows = append(rows, row)
	}
}

var wanted = []string{"PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "Neighbourhood", "No-show"}

// openTable opens a .csv or .csv.gz and reads its head.
func openTable(r io.Reader) (*csv.Reader, []string, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, fmt.Errorf("open gzip: %w", err)
		}
		in = bufio.NewReader(z)
	}
	c := csv.NewReader(in)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, nil, houzhen.E(houzhen.CodeMalformed, "the file is empty or not CSV").Because(err)
	}
	return c, head, nil
}

// columns says where each column stands; those that are needed must.
func columns(head, needed []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range head {
		at[string(bytes.TrimPrefix([]byte(name), []byte("\xef\xbb\xbf")))] = i
	}
	for _, name := range needed {
		if _, ok := at[name]; !ok {
			return nil, houzhen.E(houzhen.CodeMalformed, "the file has no column "+name).On(name)
		}
	}
	return at, nil
}

func parseRow(rec []string, at map[string]int) (Row, string) {
	field := map[string]string{}
	for _, name := range wanted {
		if at[name] >= len(rec) {
			return Row{}, "has too few fields"
		}
		if text := rec[at[name]]; !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return Row{}, "is not text"
		}
		field[name] = rec[at[name]]
	}
	scheduled, err := time.Parse(time.RFC3339, field["ScheduledDay"])
	if err != nil {
		return Row{}, "ScheduledDay is not a time"
	}
	day, err := time.Parse(time.RFC3339, field["AppointmentDay"])
	if err != nil {
		return Row{}, "AppointmentDay is not a date"
	}
	row := Row{
		ID: field["AppointmentID"], Patient: field["PatientId"], Place: field["Neighbourhood"],
		Scheduled: scheduled.UTC(), Day: houzhen.DateOf(day, time.UTC), NoShow: field["No-show"] == "Yes",
	}
	switch {
	case row.ID == "" || row.Patient == "" || row.Place == "":
		return Row{}, "has an empty id or neighbourhood"
	case field["No-show"] != "Yes" && field["No-show"] != "No":
		return Row{}, "No-show is neither Yes nor No"
	case row.Day.Before(houzhen.DateOf(row.Scheduled, time.UTC)):
		return Row{}, "was booked after its own date"
	}
	return row, ""
}
