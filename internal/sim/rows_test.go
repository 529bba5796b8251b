package sim_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/sim"
)

const (
	head = "PatientId,AppointmentID,Gender,ScheduledDay,AppointmentDay,Age,Neighbourhood,No-show\n"
	good = "299,5642903,F,2016-04-29T18:38:08Z,2016-05-03T00:00:00Z,62,CENTRO,No\n"
)

func zipped(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestReadRowsTakesOneRowInEveryForm(t *testing.T) {
	want := []sim.Row{{
		Line: 2, ID: "5642903", Patient: "299", Place: "CENTRO",
		Scheduled: time.Date(2016, 4, 29, 18, 38, 8, 0, time.UTC), Day: houzhen.Date{Year: 2016, Month: time.May, Day: 3},
	}}
	for name, text := range map[string]string{
		"plain":                     head + good,
		"in gzip":                   zipped(t, head+good),
		"with a mark of byte order": "\xef\xbb\xbf" + head + good,
		"lines that end as in DOS":  strings.ReplaceAll(head+good, "\n", "\r\n"),
		"no end of the last line":   strings.TrimSuffix(head+good, "\n"),
		"columns in another order": "No-show,Neighbourhood,AppointmentDay,ScheduledDay,AppointmentID,PatientId\n" +
			"No,CENTRO,2016-05-03T00:00:00Z,2016-04-29T18:38:08Z,5642903,299\n",
		"a time of another zone": head + strings.Replace(good, "2016-04-29T18:38:08Z", "2016-04-30T02:38:08+08:00", 1),
	} {
		t.Run(name, func(t *testing.T) {
			rows, bad, err := sim.ReadRows(strings.NewReader(text))
			if err != nil || len(bad) > 0 {
				t.Fatalf("got %v, %v", bad, err)
			}
			if diff := cmp.Diff(rows, want); diff != "" {
				t.Errorf("rows (-got +want):\n%s", diff)
			}
		})
	}
}

func TestReadRowsKnowsWhoStayedAway(t *testing.T) {
	rows, _, err := sim.ReadRows(strings.NewReader(head + strings.Replace(good, ",No\n", ",Yes\n", 1)))
	if err != nil || len(rows) != 1 || !rows[0].NoShow {
		t.Errorf("got %+v, %v, want one no-show", rows, err)
	}
}

func TestReadRowsRefusesAFileThatIsNone(t *testing.T) {
	for _, c := range []struct{ name, text, field string }{
		{"empty", "", ""},
		{"only a gzip head", "\x1f\x8b", ""},
		{"a gzip that is cut off", zipped(t, head+good+strings.Repeat("x", 9))[:60], ""},
		{"a gzip of nothing", zipped(t, ""), ""},
		{"a head that is no CSV", "\"PatientId\n", ""},
		{"no column of no-shows", strings.Replace(head, ",No-show", "", 1) + good, "No-show"},
		{"a column of another name", strings.Replace(head, "PatientId", "Patient", 1) + good, "PatientId"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, bad, err := sim.ReadRows(strings.NewReader(c.text))
			if err == nil {
				t.Fatalf("got %v and %v, want an error", rows, bad)
			}
			if c.field != "" && !strings.Contains(err.Error(), c.field) {
				t.Errorf("got %q, want %s named", err, c.field)
			}
		})
	}
}

// TestReadRowsSaysWhatIsWrongWithARow puts one faulty row between two good
// ones: it is reported by its line and reason, and the others are taken.
func TestReadRowsSaysWhatIsWrongWithARow(t *testing.T) {
	swap := func(from, to string) string {
		return strings.Replace(strings.Replace(good, "5642903", "7", 1), from, to, 1)
	}
	for _, c := range []struct{ name, row, reason string }{
		{"no patient", swap("299,", ","), "has an empty id or neighbourhood"},
		{"no id", swap(",7,", ",,"), "has an empty id or neighbourhood"},
		{"no place", swap("CENTRO", ""), "has an empty id or neighbourhood"},
		{"a time that is none", swap("2016-04-29T18:38:08Z", "yesterday"), "ScheduledDay is not a time"},
		{"a 30 February", swap("2016-05-03", "2016-02-30"), "AppointmentDay is not a date"},
		{"neither came nor stayed away", swap(",No\n", ",Maybe\n"), "No-show is neither Yes nor No"},
		{"booked the day after", swap("2016-04-29T18", "2016-05-04T00"), "was booked after its own date"},
		{"too short", "299,7,F\n", "has too few fields"},
		{"an id that came before", good, "AppointmentID stands twice"},
		{"a quote in the first field", "2\"99" + strings.TrimPrefix(swap("", ""), "299"), "not a CSV row"},
		{"a quote in another field", swap("CENTRO", "CEN\"TRO"), "not a CSV row"},
		{"a name that is no text", swap("CENTRO", "CENTR\xff"), "is not text"},
		{"an id with a zero byte", swap(",7,", ",7\x00,"), "is not text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			last := strings.Replace(good, "5642903", "8", 1)
			rows, bad, err := sim.ReadRows(strings.NewReader(head + good + c.row + last))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(bad, []sim.BadRow{{Line: 3, Reason: c.reason}}); diff != "" {
				t.Errorf("bad (-got +want):\n%s", diff)
			}
			if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 4 {
				t.Errorf("got rows %+v, want those of lines 2 and 4", rows)
			}
		})
	}
}

func TestReadRowsTakesAnIDAgainWhoseFirstRowWasBad(t *testing.T) {
	rows, bad, err := sim.ReadRows(strings.NewReader(head + strings.Replace(good, "CENTRO", "", 1) + good))
	if err != nil || len(rows) != 1 || len(bad) != 1 {
		t.Errorf("got %v, %v, %v, want one good and one bad", rows, bad, err)
	}
}

func TestReadRowsOfABookingOnTheDayItself(t *testing.T) {
	rows, bad, err := sim.ReadRows(strings.NewReader(head + strings.Replace(good, "2016-04-29T18", "2016-05-03T23", 1)))
	if err != nil || len(rows) != 1 || len(bad) != 0 {
		t.Errorf("got %v, %v, %v, want it taken", rows, bad, err)
	}
}

// FuzzReadRows holds that any bytes are read without a crash, and that each
// row that is taken can be lived through.
func FuzzReadRows(f *testing.F) {
	for _, seed := range []string{
		"", head, head + good, head + good + good, "\xef\xbb\xbf" + head + good, zipped(f, head+good), zipped(f, head+good)[:40],
		head + "2\"99,1\n", head + "\"\n", head + "\n\n" + good, head + strings.Replace(good, "CENTRO", "\xff", 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, bad, err := sim.ReadRows(bytes.NewReader(file))
		if err != nil && (len(rows) > 0 || len(bad) > 0) {
			t.Errorf("an error and %d rows", len(rows)+len(bad))
		}
		seen, line := map[string]bool{}, 1
		for _, r := range rows {
			if r.ID == "" || r.Patient == "" || r.Place == "" || seen[r.ID] || r.Line <= line {
				t.Errorf("took %+v", r)
			}
			if r.Day.Before(houzhen.DateOf(r.Scheduled, time.UTC)) {
				t.Errorf("took %+v, booked after its own date", r)
			}
			seen[r.ID], line = true, r.Line
		}
		for _, b := range bad {
			if b.Reason == "" || b.Line < 1 {
				t.Errorf("reported %+v", b)
			}
		}
	})
}
