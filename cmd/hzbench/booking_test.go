package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// TestGrowthComparesALongPastWithAShortOne: the past is really there, with its
// indexes and references in force again.
func TestGrowthComparesALongPastWithAShortOne(t *testing.T) {
	got := measured(t, "--only=growth", "--rows=40000")
	for _, engine := range engines() {
		if rows := got[engine+".growth.rows"]; rows != 40_000 {
			t.Errorf("%s: got %v past appointments, want 40000", engine, rows)
		}
		if times := got[engine+".growth.times_short_past"]; times <= 0 || times > 100 {
			t.Errorf("%s: got %v times", engine, times)
		}
	}
}

// TestThePastObeysTheSchema: what was taken down to load is back, and refuses.
func TestThePastObeysTheSchema(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			onStage(t, engine, func(s *stage) {
				before := frameOf(t, s)
				if err := s.load(31_000); err != nil { // a full day and a part of one
					t.Fatal(err)
				}
				if d := cmp.Diff(before, frameOf(t, s)); d != "" {
					t.Errorf("indexes and references after loading: %s", d)
				}
				db, err := s.open()
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				for what, query := range map[string]string{
					"appointments without their slot": `SELECT COUNT(*) FROM appointment WHERE NOT EXISTS (SELECT 1 FROM slot
 WHERE slot.session_id = appointment.session_id AND slot.no = appointment.slot_no AND slot.start_at = appointment.start_at)`,
					"appointments of another doctor or day": `SELECT COUNT(*) FROM appointment WHERE NOT EXISTS (SELECT 1 FROM session
 WHERE session.id = appointment.session_id AND session.doctor_id = appointment.doctor_id AND session.day = appointment.day)`,
					"slots without their session": `SELECT COUNT(*) FROM slot WHERE NOT EXISTS (SELECT 1 FROM session WHERE session.id = slot.session_id)`,
					"ids that do not ascend with the days": `SELECT COUNT(*) FROM appointment a JOIN appointment b ON a.day < b.day AND a.id > b.id
 WHERE a.slot_no = 1 AND b.slot_no = 1`,
				} {
					var n int
					if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
						t.Errorf("%s: got %d, %v, want none", what, n, err)
					}
				}
				if _, err := db.ExecContext(t.Context(), `UPDATE appointment SET slot_no = slot_no + 1 WHERE state > 0`); err == nil {
					t.Error("a place can be taken twice")
				}
			})
		})
	}
}

// frameOf lists the indexes and references of the tables that are loaded.
func frameOf(t *testing.T, s *stage) []string {
	t.Helper()
	db, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, up, err := (&past{stage: s, db: db, conn: conn}).frame(t.Context())
	if err != nil || len(up) < 8 {
		t.Fatalf("got %d, %v, want all indexes", len(up), err)
	}
	for i := range up {
		up[i] = strings.ReplaceAll(up[i], " NOT VALID", "")
	}
	slices.Sort(up)
	return up
}

// onStage runs do on a small stage that is gone afterwards.
func onStage(t *testing.T, engine string, do func(*stage)) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	e := &env{
		ctx: t.Context(), databaseURL: os.Getenv("HOUZHEN_TEST_DATABASE_URL"), redisURL: os.Getenv("HOUZHEN_TEST_REDIS_URL"),
		errOut: t.Output(), log: slog.New(slog.DiscardHandler),
	}
	err := withStage(e, engine, 20, nil, func(s *stage) error {
		do(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheCountSeesWhatMustNeverBe: with the guards gone, each fault that the
// rush looks for is planted once and found.
func TestTheCountSeesWhatMustNeverBe(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			onStage(t, engine, func(s *stage) {
				list, err := s.sessions(2, 12, time.Now().Add(-time.Hour), true)
				if err != nil {
					t.Fatal(err)
				}
				db, err := s.open()
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				p, err := openPlain(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				var all []*attempt
				for i := range 12 {
					if err := p.take(t.Context(), list[0].ID, s.crowd[i].PatientID, fmt.Sprint(i)); err != nil {
						t.Fatal(err)
					}
				}
				for _, statement := range []string{
					`DROP INDEX appointment_place`, `DROP INDEX appointment_once`, `DROP INDEX appointment_limit`,
					`UPDATE appointment SET slot_no = 2 WHERE slot_no = 3`,
					`UPDATE appointment SET patient_id = (SELECT patient_id FROM appointment WHERE slot_no = 4) WHERE slot_no = 5`,
					`UPDATE appointment SET state = 0 WHERE slot_no = 6`,
				} {
					if _, err := db.ExecContext(t.Context(), statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
				rows, err := db.QueryContext(t.Context(), `SELECT id FROM appointment WHERE slot_no <> 7`)
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				for rows.Next() {
					a := &attempt{status: http.StatusCreated}
					if err := rows.Scan(&a.id); err != nil {
						t.Fatal(err)
					}
					all = append(all, a)
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				all = append(all, &attempt{status: 500, fault: "500"})
				if err := errors.Join(p.close(), s.count("c", all, list, sizes{places: 12})); err != nil {
					t.Fatal(err)
				}
				got := map[string]float64{}
				for _, f := range s.report {
					got[strings.TrimPrefix(f.Name, engine+".c.")] = f.Value
				}
				want := map[string]float64{
					"hot_sold": 11, "hot_unsold": 1, "oversold": 1, "duplicates": 1, "lost": 1, "unanswered": 1, "other_answers": 1,
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}
