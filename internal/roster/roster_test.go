package roster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/bookingtest"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/roster"
)

func house() *directory.Index {
	return directory.NewIndex(directory.House{
		Departments: []directory.Department{{ID: "d-heart", Code: "heart"}, {ID: "d-skin", Code: "skin"}},
		Zones:       []directory.Zone{{ID: "z-a", Code: "a"}},
		Rooms:       []directory.Room{{ID: "r-1", ZoneID: "z-a", Code: "1"}},
		Doctors: []directory.Doctor{
			{ID: "p-chen", DepartmentID: "d-heart", Code: "chen"}, {ID: "p-liu", DepartmentID: "d-heart", Code: "liu"},
		},
	})
}

const (
	header = "department,doctor,room,weekday,part,start,end,slice_minutes,slice_capacity"
	full   = header + ",class,prefix,valid_from,valid_to,date,kind"
)

func parse(text string) roster.Parsed {
	return roster.Parse(strings.NewReader(text), roster.Auto, house())
}

func TestParseTakesALine(t *testing.T) {
	want := booking.Roster{
		DepartmentID: "d-heart", ZoneID: "z-a", RoomID: "r-1", DoctorID: "p-chen", Weekday: time.Monday, Part: houzhen.Morning,
		Start: 8 * 60, End: 12 * 60, SliceMinutes: 30, SliceCapacity: 3, Class: booking.General, Prefix: "A",
	}
	special := want
	special.Class, special.Prefix = booking.Specialist, "B"
	special.ValidFrom, special.ValidTo = houzhen.Date{Year: 2026, Month: 3, Day: 1}, houzhen.Date{Year: 2026, Month: 6, Day: 30}
	for name, c := range map[string]struct {
		text string
		want booking.Roster
	}{
		"plain":              {header + "\nheart,chen,1,1,AM,08:00,12:00,30,3\n", want},
		"byte order mark":    {"\ufeff" + header + "\r\nheart,chen,1,monday,am,08:00,12:00,30,3\r\n", want},
		"Chinese":            {"科室,医生,诊室,星期,午别,开始,结束,每段分钟,每段号数\nheart,chen,1,周一,上午,08:00,12:00,30,3", want},
		"other words":        {header + "\nheart,chen,1,礼拜一,早上,8:00,12：00,３０,3", want},
		"blanks and quotes":  {header + "\n heart , \"chen\",1, 星期一 ,上午,08:00,12:00,30,3\n\n,,,,,,,,\n", want},
		"columns turned":     {"doctor,department,room,end,start,weekday,part,slice_capacity,slice_minutes\nchen,heart,1,12:00,08:00,1,AM,3,30", want},
		"everything":         {full + "\nheart,chen,1,1,AM,08:00,12:00,30,3,专家,b,2026-03-01,2026/06/30,,weekly", special},
		"JSON":               {`[{"department":"heart","doctor":"chen","room":"1","weekday":1,"part":"AM","start":"08:00","end":"12:00","slice_minutes":30,"slice_capacity":3}]`, want},
		"JSON inside":        {"{\"lines\": [\n{\"科室\":\"heart\",\"医生\":\"chen\",\"诊室\":\"1\",\"weekday\":\"周一\",\"part\":\"上午\",\"start\":\"08:00\",\"end\":\"12:00\",\"slice_minutes\":30,\"slice_capacity\":\"3\",\"class\":null}]}", want},
		"capital weekday":    {header + "\nheart,chen,1,MON,Morning,08:00,12:00,30,3\n", want},
		"full-width columns": {strings.ReplaceAll(header, "part", "ｐａｒｔ") + "\nheart,chen,1,1,AM,08:00,12:00,30,3\n", want},
	} {
		p := parse(c.text)
		if len(p.Faults) != 0 || len(p.Rosters) != 1 {
			t.Errorf("%s: got %+v", name, p)
			continue
		}
		c.want.ID = p.Rosters[0].ID
		if d := cmp.Diff(c.want, p.Rosters[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestParseTakesExceptions(t *testing.T) {
	day := houzhen.Date{Year: 2026, Month: time.March, Day: 2}
	p := parse(full + `
heart,chen,,,AM,,,,,,,,,2026-03-02,停诊
,,,,,,,,,,,,,2026-03-02,off
,,,周五,,,,,,,,,,2026-03-02,调休
heart,liu,1,,EVE,18:00,20:00,30,2,,,,,2026-03-02,加诊
`)
	if len(p.Faults) != 0 || len(p.Exceptions) != 4 {
		t.Fatalf("got %+v", p)
	}
	for i := range p.Exceptions {
		p.Exceptions[i].ID, p.Exceptions[i].Extra.ID = "", ""
	}
	want := []booking.Exception{
		{Date: day, Kind: "off", DoctorID: "p-chen", Part: houzhen.Morning},
		{Date: day, Kind: "off"},
		{Date: day, Kind: "acts_as", ActsAs: time.Friday},
		{Date: day, Kind: "extra", DoctorID: "p-liu", Part: houzhen.Evening, Extra: booking.Roster{
			DepartmentID: "d-heart", ZoneID: "z-a", RoomID: "r-1", DoctorID: "p-liu", Weekday: time.Monday, Part: houzhen.Evening,
			Start: 18 * 60, End: 20 * 60, SliceMinutes: 30, SliceCapacity: 2, Class: booking.General, Prefix: "A",
		}},
	}
	if d := cmp.Diff(want, p.Exceptions); d != "" {
		t.Error(d)
	}
}

// faults writes faults as line:field:code, which is easy to compare.
func faults(list []roster.Fault) (out []string) {
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d:%s:%s", f.Line, f.Field, f.Code))
	}
	return out
}

func TestParseNamesEveryFaultyLine(t *testing.T) {
	for name, c := range map[string]struct {
		lines string
		want  []string
	}{
		"unknown codes":         {"x,y,z,1,AM,08:00,12:00,30,3", []string{"2:department:unknown", "2:doctor:unknown", "2:room:unknown"}},
		"of another department": {"skin,chen,1,1,AM,08:00,12:00,30,3", []string{"2:doctor:mismatch"}},
		"empty fields":          {"heart,chen,,,,08:00,12:00,30,3", []string{"2:part:missing", "2:room:missing", "2:weekday:missing"}},
		"no such words":         {"heart,chen,1,someday,noon,08:00,12:00,30,3", []string{"2:part:invalid", "2:weekday:invalid"}},
		"impossible times":      {"heart,chen,1,1,AM,25:00,12:61,30,3", []string{"2:start:invalid", "2:end:invalid"}},
		"end before start":      {"heart,chen,1,1,AM,12:00,08:00,30,3", []string{"2:end:order"}},
		"end at start":          {"heart,chen,1,1,AM,08:00,08:00,30,3", []string{"2:end:order"}},
		"shorter than a slice":  {"heart,chen,1,1,AM,08:00,08:20,30,3", []string{"2:end:too_short"}},
		"odd slices":            {"heart,chen,1,1,AM,08:00,12:00,25,3", []string{"2:slice_minutes:range"}},
		"no places":             {"heart,chen,1,1,AM,08:00,12:00,30,0", []string{"2:slice_capacity:range"}},
		"words for numbers":     {"heart,chen,1,1,AM,08:00,12:00,half,three", []string{"2:slice_minutes:invalid", "2:slice_capacity:invalid"}},
		"into the walk-in band": {"heart,chen,1,1,AM,08:00,12:00,15,13", []string{"2:slice_capacity:too_many"}},
		"too few columns":       {"heart,chen,1,1,AM,08:00,12:00,30", []string{"2::columns"}},
		"too many columns":      {"heart,chen,1,1,AM,08:00,12:00,30,3,,", []string{"2::columns"}},
		"bad UTF-8":             {"heart,chen,1,1,AM,08:00,12:00,30,3\nheart,li\xffu,1,1,AM,08:00,12:00,30,3", []string{"3:doctor:encoding"}},
		"a stray quote":         {"heart,ch\"en,1,1,AM,08:00,12:00,30,3\nx,chen,1,1,AM,08:00,12:00,30,3", []string{"2::malformed", "3:department:unknown"}},
		"a doubled line": {
			"heart,chen,1,1,AM,08:00,12:00,30,3\nheart,liu,1,1,AM,08:00,12:00,30,3\nheart,chen,1,周一,上午,09:00,11:00,30,3",
			[]string{"4:doctor:duplicate"},
		},
		"two half-days at once": {
			"heart,chen,1,1,AM,08:00,12:00,30,3\nheart,chen,1,1,PM,11:30,15:00,30,3", []string{"3:doctor:overlap"},
		},
		"the good ones between": {
			"heart,chen,1,9,AM,08:00,12:00,30,3\nheart,chen,1,2,AM,08:00,12:00,30,3\nheart,chen,1,3,XX,08:00,12:00,30,3",
			[]string{"2:weekday:invalid", "4:part:invalid"},
		},
	} {
		if d := cmp.Diff(c.want, faults(parse(header+"\n"+c.lines).Faults)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestParseNamesFaultsOfOptionalColumns(t *testing.T) {
	for line, want := range map[string][]string{
		"heart,chen,1,1,AM,08:00,12:00,30,3,best,,,,,":                 {"2:class:invalid"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,I,,,,":                    {"2:prefix:invalid"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,ABC,,,,":                  {"2:prefix:invalid"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,2026-02-30,,,":           {"2:valid_from:invalid"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,2026-03-02,2026-03-01,,": {"2:valid_to:order"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,,,2026-03-02,":           {"2:date:unexpected"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,,,,sometimes":            {"2:kind:invalid"},
		",,,,,,,,,,,,,,off":                                       {"2:date:missing"},
		",,,,,,,,,,,2026-01-01,,2026-03-02,off":                   {"2:valid_from:unexpected"},
		",nobody,,,,,,,,,,,,2026-03-02,off":                       {"2:doctor:unknown"},
		",,,,,,,,,,,,,2026-03-02,acts_as":                         {"2:weekday:missing"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,,,2026-03-02,extra": {"2:weekday:unexpected"},
		",,,,,,,,,,,,,2026-03-02,off\n,,,,,,,,,,,,,2026-03-02,停诊": {"3:doctor:duplicate"},
		"heart,chen,1,,AM,08:00,12:00,30,3,,,,,2026-03-02,extra\nheart,chen,1,,PM,11:00,12:00,30,3,,,,,2026-03-02,extra": {"3:doctor:overlap"},
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,,2026-03-31,,\nheart,chen,1,1,AM,09:00,12:00,30,3,,,2026-04-01,,,":         nil,
		"heart,chen,1,1,AM,08:00,12:00,30,3,,,,2026-04-01,,\nheart,chen,1,1,AM,09:00,12:00,30,3,,,2026-04-01,,,":         {"3:doctor:duplicate"},
	} {
		if d := cmp.Diff(want, faults(parse(full+"\n"+line).Faults)); d != "" {
			t.Errorf("%s: %s", line, d)
		}
	}
}

func TestParseNamesFaultsOfTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		format roster.Format
		want   []string
	}{
		"nothing":           {"", roster.Auto, []string{"1::empty"}},
		"only a header":     {header + "\n", roster.Auto, []string{"1::empty"}},
		"no header":         {"heart,chen,1,1,AM,08:00,12:00,30,3", roster.CSV, nil},
		"missing column":    {strings.Replace(header, ",room", "", 1) + "\nheart,chen,1,AM,08:00,12:00,30,3", roster.Auto, []string{"1:room:header_missing"}},
		"unknown column":    {header + ",colour\nx", roster.Auto, []string{"1::header_unknown"}},
		"column twice":      {header + ",医生\nx", roster.Auto, []string{"1:doctor:header_repeated"}},
		"header not UTF-8":  {"dep\xff," + header, roster.Auto, []string{"1::encoding"}},
		"header with quote": {"dep\"art," + header + "\nx", roster.Auto, []string{"1::malformed"}},
		"a spreadsheet":     {"PK\x03\x04\x14\x00\x06\x00", roster.Auto, nil},
		"not JSON":          {"[1,", roster.Auto, []string{"1::malformed", "1::malformed"}},
		"another JSON":      {`{"rows":[]}`, roster.JSON, []string{"1::malformed"}},
		"JSON of numbers":   {"[\n1,\n2]", roster.Auto, []string{"2::malformed", "3::malformed"}},
		"JSON key":          {"[\n\n{\"colour\":\"red\"}]", roster.Auto, []string{"3::header_unknown"}},
		"JSON list":         {`[{"doctor":["chen"]}]`, roster.Auto, []string{"1:doctor:invalid"}},
		"JSON not UTF-8":    {"[\n{\"doctor\":\"\xff\"}]", roster.Auto, []string{"2::encoding"}},
		"empty JSON":        {"[]", roster.Auto, []string{"1::empty"}},
		"JSON cut off":      {`[{"doctor":"chen"}`, roster.Auto, nil},
		"too large":         {strings.Repeat("x", 9<<20), roster.Auto, []string{"1::too_large"}},
		"too many lines":    {header + strings.Repeat("\nx,x,x,x,x,x,x,x,x", 20_001), roster.CSV, nil},
	} {
		p := roster.Parse(strings.NewReader(c.text), c.format, house())
		if len(p.Faults) == 0 || len(p.Rosters)+len(p.Exceptions) != 0 {
			t.Errorf("%s: got %d lines, %d faults", name, len(p.Rosters), len(p.Faults))
		}
		if d := cmp.Diff(c.want, faults(p.Faults)); c.want != nil && d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestImportTakesNothingFromAFileWithOneFault(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }
	good := "heart,chen,1,1,AM,08:00,12:00,30,3\n"
	bad := "heart,nobody,1,1,AM,08:00,12:00,30,3\n"
	for name, c := range map[string]struct {
		text    string
		skipBad bool
		code    houzhen.Code
		lines   int
	}{
		"all good":          {good, false, "", 1},
		"one bad":           {good + bad, false, houzhen.CodeRoster, 0},
		"one bad, left out": {good + bad, true, "", 1},
	} {
		store := bookingtest.New(now)
		p := parse(header + "\n" + c.text)
		for range 2 { // taken in again it changes nothing
			taken, err := roster.Import(t.Context(), store, p, c.skipBad)
			if got := houzhen.CodeOf(err); got != c.code || taken.Rosters != c.lines || len(taken.Faults) != len(p.Faults) {
				t.Errorf("%s: got %+v, %v", name, taken, err)
			}
		}
		_ = store.View(t.Context(), func(tx booking.Tx) error {
			if saved, err := tx.Rosters(t.Context()); len(saved) != c.lines || err != nil {
				t.Errorf("%s: saved %+v, %v", name, saved, err)
			}
			return nil
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(header + "\nheart,chen,1,周一,AM,08:00,12:00,30,3")
	f.Add(full + "\nheart,chen,1,,AM,08:00,12:00,30,3,,,,,2026-03-02,extra")
	f.Add(`[{"department":"heart","doctor":"chen","weekday":1}]`)
	f.Add(`{"lines":[{"doctor":null},{}]}`)
	f.Add("\ufeff[\xff")
	f.Add("\"")
	ix := house()
	f.Fuzz(func(t *testing.T, text string) {
		p := roster.Parse(strings.NewReader(text), roster.Auto, ix)
		if len(p.Rosters)+len(p.Exceptions)+len(p.Faults) == 0 {
			t.Fatal("nothing taken and nothing wrong")
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, x := range p.Faults {
			if x.Line < 1 || x.Line > lines || x.Code == "" {
				t.Fatalf("fault %+v of %d lines", x, lines)
			}
			for _, v := range x.Args {
				if !utf8.ValidString(v) || utf8.RuneCountInString(v) > 40 {
					t.Fatalf("quotes %q", v)
				}
			}
		}
		for _, r := range p.Rosters {
			if r.DoctorID == "" || r.RoomID == "" || r.End <= r.Start || r.SliceCapacity < 1 || !r.Part.Valid() || r.ID == "" {
				t.Fatalf("took %+v", r)
			}
		}
	})
}
