package sim_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// replayDatabase is the numbered database of the test's Redis that a replay
// has to itself.
const replayDatabase = 20

// services names the test's PostgreSQL and Redis; without them the test is
// skipped, or fails where they are a must.
func services(t *testing.T, cfg *app.Config) {
	t.Helper()
	cfg.DatabaseURL = storetest.Database(t)
	server := os.Getenv("HOUZHEN_TEST_REDIS_URL")
	if server == "" {
		if os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
			t.Fatal("HOUZHEN_TEST_REDIS_URL is empty: run by scripts/with-services.sh")
		}
		t.Skip("HOUZHEN_TEST_REDIS_URL is empty: no Redis to test with")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("HOUZHEN_TEST_REDIS_URL is not an address")
	}
	u.Path = fmt.Sprintf("/%d", replayDatabase)
	cfg.RedisURL = u.String()
}

// madeUp makes rows like those of a real file: clinics of unlike size, some
// patients with several rows, bookings up to three weeks ahead and some on the
// day, and one in five who does not come.
func madeUp(n int) []sim.Row {
	chance := sim.Rand(11, "rows")
	rows := make([]sim.Row, 0, n)
	for i := range n {
		day := wednesday.AddDays(chance.IntN(4))
		row := sim.Row{
			Line: i + 2, ID: fmt.Sprint(5_600_000 + i), Patient: fmt.Sprint(1 + chance.IntN(n*3/4)),
			Place: []string{"CENTRO", "CENTRO", "ITARARÉ", "JARDIM"}[chance.IntN(4)], Day: day, NoShow: chance.Float64() < 0.2,
		}
		ahead := chance.IntN(21)
		if chance.Float64() < 0.3 {
			ahead = 0
		}
		row.Scheduled = day.AddDays(-ahead).At(7+chance.IntN(12), chance.IntN(60), time.UTC)
		if ahead == 0 {
			row.Scheduled = day.At(6+chance.IntN(5), chance.IntN(60), time.UTC)
		}
		rows = append(rows, row)
	}
	return rows
}

// changes are more than the defaults, so that a small file has each kind.
func changes() sim.Chances {
	return sim.Chances{Capacity: 0.9, Cancel: 0.15, Move: 0.1, Suspend: 0.1, Seed: 3}
}

// clean fails when a replay came to what must never be, or when its numbers do
// not add up.
func clean(t *testing.T, r sim.Report) {
	t.Helper()
	if r.Oversold+r.Duplicates+r.AfterCancel != 0 {
		t.Errorf("oversold %d, duplicates %d, after cancel %d, want none", r.Oversold, r.Duplicates, r.AfterCancel)
	}
	refused := 0
	for _, n := range r.Refused {
		refused += n
	}
	if r.Booked+refused+r.Bad != r.Rows {
		t.Errorf("%d booked, %d refused and %d bad are not %d rows", r.Booked, refused, r.Bad, r.Rows)
	}
	if r.CheckedIn+r.NoShows+r.Cancelled+r.Suspended != r.Booked {
		t.Errorf("%d came, %d did not, %d cancelled, %d suspended are not %d booked", r.CheckedIn, r.NoShows, r.Cancelled, r.Suspended, r.Booked)
	}
}

func TestReplayOfASmallFile(t *testing.T) {
	rows, bad := madeUp(300), []sim.BadRow{{Line: 302, Reason: "was booked after its own date"}}
	got, audit := openPast(t, nil).live(rows, bad, changes())
	t.Logf("%+v", got)
	clean(t, got)
	if got.Rows != 301 || got.Bad != 1 || got.Store != "sqlite" || got.PerSecond <= 0 {
		t.Errorf("got %d rows, %d bad on %q at %v/s", got.Rows, got.Bad, got.Store, got.PerSecond)
	}
	for name, n := range map[string]int{
		"booked": got.Booked, "refused for want of places": got.Refused[houzhen.CodeSessionFull], "cancelled": got.Cancelled, "moved": got.Moved,
		"suspended": got.Suspended, "reminded": got.Reminded, "checked in": got.CheckedIn, "no-shows": got.NoShows,
		"released": got.Released, "reused": got.Reused,
	} {
		if n == 0 {
			t.Errorf("nobody was %s; the file is too tame to prove anything", name)
		}
	}
	facts := audit.Facts
	if facts[houzhen.AppointmentCheckedIn] < got.CheckedIn || facts[houzhen.AppointmentNoShow] != got.NoShows {
		t.Errorf("the history has %d who came and %d who did not, the report %d and %d",
			facts[houzhen.AppointmentCheckedIn], facts[houzhen.AppointmentNoShow], got.CheckedIn, got.NoShows)
	}
}

func TestReplayIsTheSameOnPostgreSQLAndRedis(t *testing.T) {
	rows := madeUp(120)
	shared, _ := openPast(t, func(cfg *app.Config) { services(t, cfg) }).live(rows, nil, changes())
	clean(t, shared)
	if shared.Store != "postgresql" {
		t.Errorf("lived on %q", shared.Store)
	}
	embedded, _ := openPast(t, nil).live(rows, nil, changes())
	same := cmpopts.IgnoreFields(sim.Report{}, "WallSeconds", "PerSecond", "Store", "Redis")
	if diff := cmp.Diff(shared, embedded, same); diff != "" {
		t.Errorf("outcome (-PostgreSQL +SQLite):\n%s", diff)
	}
}

// TestReplayWithoutChanges holds the outcome to the file: whoever got a place
// and came is checked in, whoever stayed away is a no-show.
func TestReplayWithoutChanges(t *testing.T) {
	rows := slices.DeleteFunc(madeUp(120), func(r sim.Row) bool { return r.Scheduled.After(r.Day.At(0, 0, time.UTC)) })
	away := 0
	seen := map[string]bool{}
	rows = slices.DeleteFunc(rows, func(r sim.Row) bool { twice := seen[r.Patient]; seen[r.Patient] = true; return twice })
	for _, r := range rows {
		if r.NoShow {
			away++
		}
	}
	got, _ := openPast(t, nil).live(rows, nil, sim.Chances{Capacity: 3, Seed: 1})
	clean(t, got)
	if got.Booked != len(rows) || got.NoShows != away || got.CheckedIn != len(rows)-away || got.Cancelled+got.Moved+got.Suspended != 0 {
		t.Errorf("got %+v of %d rows, %d of whom stay away", got, len(rows), away)
	}
}

func TestReplayOfNothing(t *testing.T) {
	got, _ := openPast(t, nil).live(nil, []sim.BadRow{{Line: 2, Reason: "has too few fields"}}, sim.DefaultChances())
	if got.Rows != 1 || got.Bad != 1 || got.Booked != 0 {
		t.Errorf("got %+v, want one bad row and nothing else", got)
	}
}

func TestReplayRefusesChancesThatAreNone(t *testing.T) {
	r := &sim.Replay{App: openPast(t, nil).app, Chances: sim.Chances{Capacity: 1, Cancel: 2}}
	if got := houzhen.CodeOf(r.Run(t.Context())); got != houzhen.CodeInvalid {
		t.Errorf("got %q, want %q", got, houzhen.CodeInvalid)
	}
}

// TestReportRefusesARowWithoutOutcome asks for a report of rows that nobody
// has lived through.
func TestReportRefusesARowWithoutOutcome(t *testing.T) {
	p := openPast(t, nil)
	audit, err := sim.Recount(t.Context(), p.app, p.sent)
	if err != nil {
		t.Fatal(err)
	}
	r := &sim.Replay{App: p.app, Rows: madeUp(2)}
	got, err := r.Report(t.Context(), nil, audit, time.Second)
	if err == nil || len(got.Unsettled) != 2 {
		t.Errorf("got %v and unsettled %v, want both rows named", err, got.Unsettled)
	}
}

// TestReplayOfTheRealFile lives through every real file that there is.
func TestReplayOfTheRealFile(t *testing.T) {
	dir := os.Getenv("HOUZHEN_DATA")
	if os.Getenv("HOUZHEN_LONG") != "1" || dir == "" {
		t.Skip("takes minutes: HOUZHEN_LONG=1 and HOUZHEN_DATA with real appointments ask for it")
	}
	files, err := filepath.Glob(filepath.Join(dir, "appointments*.csv*"))
	if err != nil || len(files) == 0 {
		t.Skip("HOUZHEN_DATA holds no appointments")
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			rows, bad, err := sim.ReadRows(f)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := openPast(t, nil).live(rows, bad, sim.DefaultChances())
			clean(t, got)
			t.Logf("%.0f rows/s", got.PerSecond)
		})
	}
}
