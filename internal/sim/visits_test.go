package sim_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/internal/sim"
)

const visitHead = "PatientId,AppointmentID,Gender,ScheduledDay,AppointmentDay,Age,Neighbourhood,Scholarship,Hipertension,Diabetes,Alcoholism,Handcap,SMS_received,No-show\n"

func TestReadVisits(t *testing.T) {
	file := visitHead +
		"1,11,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,40,CENTRO,1,0,0,1,2,1,Yes\n" +
		"2,12,M,2016-05-04T07:00:00Z,2016-05-04T00:00:00Z,-1,NOWHERE,0,1,1,0,0,,No\n" +
		"3,13,X,2016-05-06T10:00:00Z,2016-05-04T00:00:00Z,old,,?,0,0,0,0,0,No\n" + // booked after its own date
		"4,14,F,2016-05-03,2016-05-04,9,CENTRO,0,0,0,0,0,0,\n" + // dates alone, nobody knows whether he came
		"5,15,F,2016-05-03T10:00:00Z,2016-05-04T00:00:00Z\n" // cut off
	records, bad, err := sim.ReadVisits(strings.NewReader(file))
	if err != nil || len(bad) != 0 || len(records) != 5 {
		t.Fatalf("got %d records, bad %v (%v), want all five", len(records), bad, err)
	}
	first := records[0]
	want := noshow.Visit{
		ID: "11", Patient: "1", BookedAt: first.BookedAt, Day: houzhen.Date{Year: 2016, Month: 5, Day: 4}, Age: 40, Sex: noshow.Female,
		Place: "CENTRO", Reminded: noshow.Yes, Welfare: noshow.Yes, Hypertension: noshow.No, Diabetes: noshow.No, Alcoholism: noshow.Yes, Disability: noshow.Yes,
	}
	if diff := cmp.Diff(want, first.Visit); diff != "" || !first.NoShow || first.Unknown || first.Lead() != 3 {
		t.Errorf("first row: %s", diff)
	}
	if v := records[1]; v.Age != -1 || v.Reminded != noshow.Unknown || v.Sex != noshow.Male || v.NoShow {
		t.Errorf("got %+v, want an unknown age and reminder", v)
	}
	if v := records[2]; v.Lead() != 0 || v.Age != -1 || v.Place != "" || v.Welfare != noshow.Unknown || v.Sex != noshow.SexUnknown {
		t.Errorf("got %+v, want a visit of the same day of which little is known", v)
	}
	if !records[3].Unknown || records[3].Lead() != 1 || !records[4].Unknown {
		t.Errorf("got %+v, %+v, want outcomes that nobody knows", records[3], records[4])
	}
}

func TestReadVisitsTellsBadRows(t *testing.T) {
	good := "1,11,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,40,CENTRO,1,0,0,1,2,1,Yes\n"
	for name, c := range map[string]struct{ row, reason string }{
		"no time":     {"2,12,F,soon,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "ScheduledDay is not a time"},
		"no date":     {"2,12,F,2016-05-01T10:30:00Z,,1,C,0,0,0,0,0,0,No", "AppointmentDay is not a date"},
		"no id":       {"2,,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "has an empty id"},
		"no patient":  {",12,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "has an empty id"},
		"odd outcome": {"2,12,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,maybe", "No-show is neither Yes nor No"},
		"twice":       {"2,11,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "AppointmentID stands twice"},
		"not text":    {"2,1\xff2,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "is not text"},
		"loose quote": {"2,1\"2,F,2016-05-01T10:30:00Z,2016-05-04T00:00:00Z,1,C,0,0,0,0,0,0,No", "not a CSV row"},
	} {
		t.Run(name, func(t *testing.T) {
			records, bad, err := sim.ReadVisits(strings.NewReader(visitHead + good + c.row + "\n"))
			want := []sim.BadRow{{Line: 3, Reason: c.reason}}
			if diff := cmp.Diff(want, bad); diff != "" || err != nil || len(records) != 1 {
				t.Errorf("got %d good rows (%v)\n%s", len(records), err, diff)
			}
		})
	}
}

func TestReadVisitsNeedsItsColumnsOnly(t *testing.T) {
	if _, _, err := sim.ReadVisits(strings.NewReader("PatientId,AppointmentID,ScheduledDay,AppointmentDay\n")); houzhen.CodeOf(err) != houzhen.CodeMalformed {
		t.Errorf("got %v without a column of outcomes", err)
	}
	if _, _, err := sim.ReadVisits(strings.NewReader("")); houzhen.CodeOf(err) != houzhen.CodeMalformed {
		t.Errorf("got %v for an empty file", err)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte("\xef\xbb\xbfNo-show,AppointmentDay,ScheduledDay,AppointmentID,PatientId\nNo,2016-05-04T00:00:00Z,2016-05-04T08:00:00Z,7,1\n"))
	_ = w.Close()
	records, bad, err := sim.ReadVisits(&z)
	if err != nil || len(bad) != 0 || len(records) != 1 || records[0].ID != "7" || records[0].Age != -1 {
		t.Errorf("got %+v, bad %v (%v)", records, bad, err)
	}
}
