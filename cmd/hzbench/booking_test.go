package main

import (
	"os"
	"path/filepath"
	"testing"
)

// services gives the flags of the databases that tests may use; PostgreSQL is
// left out where there is none, unless it is required.
func services(t *testing.T) []string {
	t.Helper()
	if os.Getenv("HOUZHEN_TEST_DATABASE_URL") == "" && os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
		t.Fatal("HOUZHEN_TEST_DATABASE_URL is empty: run by scripts/with-services.sh")
	}
	return []string{"--database-url=" + os.Getenv("HOUZHEN_TEST_DATABASE_URL"), "--redis-url=" + os.Getenv("HOUZHEN_TEST_REDIS_URL")}
}

// measured runs the small bench and gives its figures by name. How quick they
// are is not judged here: a machine that runs tests is no place to measure.
func measured(t *testing.T, args ...string) map[string]float64 {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	c := call(t, append(append(services(t), "--json", "booking", "--small"), args...)...)
	values := map[string]float64{}
	missed := 0
	for name, f := range c.figures(t) {
		values[name] = f.Value
		if !f.OK {
			missed++
		}
	}
	if want := min(missed, 1); c.code != want {
		t.Errorf("exit code %d with %d missed limits, want %d\n%s", c.code, missed, want, c.err)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return values
}

// engines lists the databases that measured has measured.
func engines() []string {
	if os.Getenv("HOUZHEN_TEST_DATABASE_URL") == "" {
		return []string{sqlite}
	}
	return []string{sqlite, postgresql}
}

func TestTheSpreadIsMeasuredBesideThePlainPath(t *testing.T) {
	got := measured(t, "--only=spread,http")
	for _, engine := range engines() {
		for _, figure := range []string{
			"fdatasync", "plain.bookings", "spread.bookings", "spread.times_plain", "spread.p99", "alone.times_plain", "http.bookings",
			"http.share_of_direct",
		} {
			if got[engine+"."+figure] <= 0 {
				t.Errorf("%s.%s: got %v, want a figure", engine, figure, got[engine+"."+figure])
			}
		}
	}
	if got["machine.net_http_hello"] <= 0 {
		t.Error("the limit of net/http is missing")
	}
}

// TestARushSellsExactlyWhatThereIs: whatever the speed, what must never be is
// counted, and it is none.
func TestARushSellsExactlyWhatThereIs(t *testing.T) {
	got := measured(t, "--only=rush", "--engines=sqlite")
	for _, rush := range []string{"sqlite.rush", "sqlite.paced"} {
		if sold := got[rush+".hot_sold"]; sold != 60 {
			t.Errorf("%s: %v places of 60 were sold", rush, sold)
		}
		for _, never := range []string{"hot_unsold", "oversold", "duplicates", "lost", "unanswered", "other_answers"} {
			if n, taken := got[rush+"."+never]; n != 0 || !taken {
				t.Errorf("%s.%s: got %v, want 0", rush, never, n)
			}
		}
		if within := got[rush+".hot_sold_within"]; within <= 0 {
			t.Errorf("%s: sold out within %v ms", rush, within)
		}
	}
	if got["sqlite.refusals.other_answers"] != 0 || got["sqlite.refusals.answers"] <= 0 {
		t.Errorf("refusals: got %v other answers at %v a second", got["sqlite.refusals.other_answers"], got["sqlite.refusals.answers"])
	}
}
