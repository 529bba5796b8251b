package roster

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

// TestWordsHaveOneMeaning holds the list: no word of a kind means two things,
// and every meaning is one that the code knows.
func TestWordsHaveOneMeaning(t *testing.T) {
	means := map[string][]string{
		"weekday": {"0", "1", "2", "3", "4", "5", "6"},
		"part":    {string(houzhen.Morning), string(houzhen.Afternoon), string(houzhen.Evening)},
		"class":   {string(booking.General), string(booking.Specialist), string(booking.Named), string(booking.VIP)},
		"kind":    {"weekly", booking.ExceptionOff, booking.ExceptionExtra, booking.ExceptionActsAs},
		"column":  slices.Concat(needed, optional, quotaColumns()),
	}
	seen := map[string]string{}
	for line := range strings.Lines(wordList) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if !slices.Contains(means[f[0]], f[1]) {
			t.Errorf("%s: no such meaning", strings.TrimSpace(line))
		}
		for _, w := range f[2:] {
			key := f[0] + " " + w
			if was, twice := seen[key]; twice {
				t.Errorf("%s means %s and %s", key, was, f[1])
			}
			seen[key] = f[1]
			if got, ok := words[f[0]].get(" " + strings.ToUpper(w) + "\u3000"); !ok || got != f[1] {
				t.Errorf("%s: got %q, want %q", key, got, f[1])
			}
		}
	}
	for kind, all := range means {
		for _, m := range all {
			found := false
			for _, v := range words[kind] {
				found = found || v == m
			}
			if !found {
				t.Errorf("no word for %s %s", kind, m)
			}
		}
	}
}

func TestUnknownWordsStayThemselves(t *testing.T) {
	if got := words["column"].find("colour"); got != "colour" {
		t.Errorf("got %q", got)
	}
	if _, ok := words["weekday"].get("someday"); ok {
		t.Error("someday is a weekday")
	}
}

func TestValueIsShortAndReadable(t *testing.T) {
	for in, want := range map[string]string{
		"  x ":                   "x",
		strings.Repeat("周", 100): strings.Repeat("周", 40),
		"a\xffb":                 "a?b",
		"":                       "",
	} {
		if got := value(in)["value"]; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// asJSON writes a CSV roster as JSON.
func asJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]string
	for _, r := range records[1:] {
		line := map[string]string{}
		for i, v := range r {
			line[records[0][i]] = v
		}
		lines = append(lines, line)
	}
	out, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJSONSaysTheSameAsCSV(t *testing.T) {
	h, want, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	got := Parse(bytes.NewReader(asJSON(t, sampleRoster)), Auto, directory.NewIndex(h))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJSONFaultsHaveTheLineOfTheirObject(t *testing.T) {
	h, _, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	text := "[\n  {\"doctor\": \"nobody\",\n   \"kind\": \"off\", \"date\": \"2026-03-02\"},\n\n  {\"kind\": \"off\"}\n]"
	want := []Fault{
		{Line: 2, Field: "doctor", Code: FaultUnknown, Args: map[string]string{"value": "nobody"}},
		{Line: 5, Field: "date", Code: FaultMissing},
	}
	if d := cmp.Diff(want, Parse(strings.NewReader(text), JSON, directory.NewIndex(h)).Faults); d != "" {
		t.Error(d)
	}
}

func TestFaultsCarryWhatTheirWordsNeed(t *testing.T) {
	h, _, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	ix := directory.NewIndex(h)
	header := strings.Join(needed, ",") + "\n"
	for line, want := range map[string]Fault{
		"cardiology,liu-xiulan,a1,1,AM,08:00,12:00,30,99": {
			Line: 2, Field: "slice_capacity", Code: FaultRange, Args: map[string]string{"value": "99", "min": "1", "max": "60"},
		},
		"cardiology,liu-xiulan,a1,1,AM,08:00,12:00,15,20": {
			Line: 2, Field: "slice_capacity", Code: FaultTooMany, Args: map[string]string{"got": "320", "max": "200"},
		},
		"cardiology,liu-xiulan": {Line: 2, Code: FaultColumns, Args: map[string]string{"got": "2", "want": "9"}},
		"dermatology,liu-xiulan,a1,1,AM,08:00,12:00,30,2": {
			Line: 2, Field: "doctor", Code: FaultMismatch, Args: map[string]string{"value": "liu-xiulan"},
		},
		"cardiology,liu-xiulan,a1,1,AM,08:00,12:00,30,2\ncardiology,liu-xiulan,a1,1,PM,11:00,13:00,30,2": {
			Line: 3, Field: "doctor", Code: FaultOverlap, Args: map[string]string{"line": "2"},
		},
	} {
		got := Parse(strings.NewReader(header+line), CSV, ix).Faults
		if d := cmp.Diff([]Fault{want}, got); d != "" {
			t.Errorf("%s: %s", line, d)
		}
	}
}

func TestLinesKeepTheirIDs(t *testing.T) {
	_, first, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, r := range first.Rosters {
		if r.ID != second.Rosters[i].ID || seen[r.ID] {
			t.Errorf("line %d: id %s is not its own", i, r.ID)
		}
		seen[r.ID] = true
	}
	if id("ab", "c") == id("a", "bc") {
		t.Error("different parts give the same id")
	}
}

func TestReaderThatBreaks(t *testing.T) {
	p := Parse(iotest.ErrReader(io.ErrUnexpectedEOF), CSV, directory.NewIndex(directory.House{}))
	if len(p.Faults) != 1 || p.Faults[0].Code != FaultMalformed {
		t.Errorf("got %+v", p)
	}
	if _, err := ParseHouse(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestWriteHouseTellsTheFault(t *testing.T) {
	h, _, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	if WriteHouse(fullDisk{}, h) == nil {
		t.Error("written to a full disk")
	}
}
