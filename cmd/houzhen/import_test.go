package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
)

const (
	rosterHead = "department,doctor,room,weekday,part,start,end,slice_minutes,slice_capacity,class,prefix\n"
	rosterGood = "cardiology,chen-zhiyuan,a1,6,am,08:00,12:00,30,2,named,D\n"
)

// faulty has good lines 2 and 6 and a fault of another kind in each between.
const faulty = rosterHead + rosterGood +
	"nowhere,chen-zhiyuan,a1,1,am,08:00,12:00,30,2,named,D\n" +
	"cardiology,chen-zhiyuan,a1,1,am,08:00,12:00,thirty,2,named,D\n" +
	"cardiology,chen-zhiyuan,a1,1,am,12:00,08:00,30,2,named,D\n" +
	"cardiology,chen-zhiyuan,a1,6,pm,13:30,17:00,30,2,named,D\n"

// house makes a data folder with the sample hospital.
func house(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	call(t, "migrate", "--data", data).expect(t, 0)
	return data
}

// rosters counts the weekly lines that a data folder has.
func rosters(t *testing.T, data string) int {
	t.Helper()
	cfg := app.Defaults()
	cfg.Data = data
	a, err := app.New(t.Context(), cfg, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	n := 0
	err = a.Store.Booking().View(t.Context(), func(tx booking.Tx) error {
		list, err := tx.Rosters(t.Context())
		n = len(list)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestImportRosterTakesAGoodFile(t *testing.T) {
	data := house(t)
	before := rosters(t, data)
	call(t, "import", "roster", "--data", data, written(t, "roster.csv", rosterHead+rosterGood)).
		expect(t, 0, "took 1 weekly lines and 0 exceptions, left out 0 faulty lines")
	if got := rosters(t, data); got != before+1 {
		t.Errorf("got %d weekly lines, want %d", got, before+1)
	}
}

func TestImportRosterNamesEveryFaultyLineAndTakesNothing(t *testing.T) {
	data := house(t)
	before := rosters(t, data)
	got := call(t, "import", "roster", "--data", data, written(t, "roster.csv", faulty))
	got.expect(t, 1, "\n4: slice_minutes: ", "\n5: ", "nothing was taken", "--skip-bad")
	if !strings.HasPrefix(got.err, "3: department: ") || strings.Contains(got.err, "\n2: ") || strings.Contains(got.err, "\n6: ") || got.out != "" {
		t.Errorf("got %q and %q, want lines 3 to 5 named and no other", got.out, got.err)
	}
	if after := rosters(t, data); after != before {
		t.Errorf("got %d weekly lines, want %d", after, before)
	}
}

func TestImportRosterLeavesOutBadLinesWhenAsked(t *testing.T) {
	data := house(t)
	before := rosters(t, data)
	got := call(t, "import", "roster", "--skip-bad", "--data", data, written(t, "roster.csv", faulty))
	got.expect(t, 0, "took 2 weekly lines and 0 exceptions, left out 3 faulty lines", "3: department: ", "4: slice_minutes: ", "5: ")
	if after := rosters(t, data); after != before+2 {
		t.Errorf("got %d weekly lines, want %d", after, before+2)
	}
}

func TestImportRosterNamesALineThatStandsTwice(t *testing.T) {
	data := house(t)
	call(t, "import", "roster", "--data", data, written(t, "roster.csv", rosterHead+rosterGood+rosterGood)).expect(t, 1, "3: ", "nothing was taken")
}

func TestImportRosterSpeaksTheLanguageOfTheTerminal(t *testing.T) {
	data, file := house(t), written(t, "roster.csv", faulty)
	english := call(t, "import", "roster", "--data", data, file)
	t.Setenv("LANG", "zh_CN.UTF-8")
	chinese := callAsIs(t, "import", "roster", "--data", data, file)
	if chinese.code != 1 || chinese.err == english.err || !strings.Contains(chinese.err, "3: department: ") {
		t.Errorf("got %q in Chinese, %q in English", chinese.err, english.err)
	}
}

func TestImportRosterRefusesWhatIsNone(t *testing.T) {
	data := house(t)
	for name, text := range map[string]string{"roster.csv": "", "roster.json": "{", "bad.csv": rosterHead + "\xff\xfe\n"} {
		t.Run(name, func(t *testing.T) {
			call(t, "import", "roster", "--data", data, written(t, name, text)).expect(t, 1, "nothing was taken")
		})
	}
}

func TestImportHouse(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("..", "..", "internal", "roster", "sample.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	call(t, "import", "house", "--data", data, written(t, "house.yaml", string(sample))).expect(t, 0, "took 3 departments", "12 doctors")
}

func TestImportHouseNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, text string
		words      []string
	}{
		{"no document", "hospital: [", []string{"cannot be read"}},
		{"an unknown field", "hospitle: {id: x}\n", []string{"hospitle"}},
		{"no UTF-8", "hospital: {id: \xff}\n", []string{"UTF-8"}},
		{"an empty one", "", []string{"hospital", "nothing was taken"}},
		{
			"two zones of one code",
			"hospital: {id: h, name: {zh: h}, time_zone: Asia/Shanghai}\n" +
				"campuses: [{id: c, name: {zh: c}, zones: [{code: z1, name: {zh: z}}, {code: z1, name: {zh: z}}]}]\n",
			[]string{"zones[1]", "nothing was taken"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			call(t, "import", "house", "--data", data, written(t, "house.yaml", c.text)).expect(t, 1, c.words...)
			if _, err := os.Stat(data); err == nil {
				t.Error("a data folder was made for a house that is refused")
			}
		})
	}
}
