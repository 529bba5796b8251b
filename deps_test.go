package houzhen_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/houzhen/houzhen"

// arrows says which of our packages each folder may import. They are the
// architecture: do not add one to make a build pass; move the code to where it
// belongs. "*" allows all. Tests of a package may import more.
var arrows = map[string][]string{
	"":                      {},
	"directory":             {""},
	"booking":               {""},
	"booking/abuse":         {"", "booking"},
	"booking/bookingtest":   {"", "booking"},
	"booking/continuation":  {""},
	"booking/credit":        {"", "booking"},
	"booking/guide":         {""},
	"booking/noshow":        {"", "booking"},
	"booking/draw":          {"", "booking"},
	"booking/pay":           {"", "booking"},
	"booking/person":        {"", "booking"},
	"booking/suspension":    {"", "booking"},
	"booking/waitlist":      {"", "booking"},
	"queue":                 {""},
	"queue/forecast":        {"", "queue"},
	"queue/queuetest":       {"", "queue"},
	"notify":                {"", "templates"},
	"notify/notifytest":     {"", "notify", "templates"},
	"notify/wording":        {"", "templates"},
	"notify/aliyun":         {"", "notify"},
	"notify/aliyuntest":     {"", "notify"},
	"notify/email":          {"", "notify"},
	"notify/integrator":     {"", "notify"},
	"notify/wechat":         {"", "notify"},
	"notify/wechattest":     {},
	"realtime":              {""},
	"realtime/bustest":      {"realtime"},
	"realtime/realtimetest": {"realtime"},
	"templates":             {""},
	"api": { // a line each
		"",
		"booking",
		"booking/continuation",
		"booking/credit",
		"booking/noshow",
		"booking/draw",
		"booking/abuse",
		"booking/guide",
		"booking/pay",
		"booking/waitlist",
		"booking/suspension",
		"directory",
		"internal/auth",
		"internal/board",
		"internal/roster",
		"internal/stats",
		"internal/webhook",
		"notify",
		"notify/wording",
		"queue",
		"queue/forecast",
		"templates",
	},
	"api/apitest": { // a line each
		"",
		"api",
		"booking",
		"booking/continuation",
		"booking/credit",
		"booking/noshow",
		"booking/abuse",
		"booking/guide",
		"booking/pay",
		"booking/draw",
		"booking/waitlist",
		"booking/suspension",
		"directory",
		"internal/auth",
		"internal/board",
		"internal/stats",
		"internal/webhook",
		"notify",
		"notify/wording",
		"queue",
		"templates",
	},
	"web": { // a line each
		"",
		"api",
		"booking",
		"booking/continuation",
		"booking/credit",
		"booking/noshow",
		"booking/draw",
		"booking/abuse",
		"booking/guide",
		"booking/pay",
		"booking/waitlist",
		"booking/suspension",
		"directory",
		"internal/auth",
		"internal/board",
		"internal/chart",
		"internal/jobs",
		"internal/roster",
		"internal/stats",
		"internal/webhook",
		"notify",
		"notify/wording",
		"queue",
		"queue/forecast",
		"templates",
	},
	"internal/board":             {""},
	"internal/chart":             {},
	"internal/clock":             {},
	"internal/measure":           {"internal/clock"},
	"internal/seal":              {""},
	"internal/auth":              {"", "directory"},
	"internal/auth/authtest":     {"", "internal/auth"},
	"internal/limit":             {},
	"internal/outbox":            {""},
	"internal/outbox/outboxtest": {"", "internal/outbox"},
	"internal/webhook":           {""},
	"internal/jobs":              {"", "internal/outbox", "internal/clock"},
	"internal/sandboxpay":        {"", "booking/pay"},
	"internal/roster":            {"", "booking", "directory"},
	"internal/stats":             {"", "booking", "booking/waitlist", "queue"},
	"internal/store": { // the domains it keeps, a line each
		"",
		"directory",
		"booking",
		"booking/continuation",
		"booking/draw",
		"booking/credit",
		"booking/noshow",
		"booking/abuse",
		"booking/guide",
		"booking/pay",
		"booking/person",
		"booking/suspension",
		"booking/waitlist",
		"queue",
		"notify",
		"notify/wording",
		"internal/auth",
		"internal/outbox",
		"internal/stats",
		"internal/webhook",
	},
	"internal/store/storetest": {"*"},
	"internal/app":             {"*"},
	"internal/sim":             {"*"},
	"internal/sim/clinics":     {"*"},
	"internal/clinictest":      {"*"},
	"cmd/houzhen":              {"*"},
	"cmd/hzbench":              {"*"},
}

// homes says which folder alone may import a third party.
var homes = map[string][]string{
	"github.com/hibiken/asynq":               {"internal/jobs"},
	"github.com/robfig/cron":                 {"internal/jobs"},
	"github.com/alicebob/miniredis":          {"internal/jobs"},
	"github.com/gorilla/websocket":           {"realtime", "realtime/realtimetest", "cmd/hzbench"},
	"github.com/aliyun/alibaba-cloud-sdk-go": {"notify/aliyun"},
	"github.com/jackc/pgx":                   {"internal/store", "internal/store/storetest"},
	"modernc.org/sqlite":                     {"internal/store"},
	"github.com/pressly/goose":               {"internal/store"},
	"github.com/danielgtaylor/huma":          {"api"},
	"github.com/alecthomas/kong":             {"cmd/houzhen", "cmd/hzbench"},
	"golang.org/x/crypto/argon2":             {"internal/auth"},
	"gonum.org/v1/plot":                      {"internal/chart"},
}

func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	walkImports(t, func(dir, file, imported string) {
		seen[dir] = true
		inner, ours := strings.CutPrefix(imported, module)
		if !ours {
			checkHome(t, dir, file, imported)
			return
		}
		inner = strings.TrimPrefix(inner, "/")
		if inner == dir {
			return // a folder always stands
		}
		allowed, known := arrows[dir]
		if !known {
			t.Errorf("%s: folder %q has no entry in arrows; decide what it may import", file, dir)
			return
		}
		if !slices.Contains(allowed, "*") && !slices.Contains(allowed, inner) {
			t.Errorf("%s imports %q: %q may import only %q", file, inner, dir, allowed)
		}
	})
	for dir := range arrows {
		if !seen[dir] {
			t.Errorf("arrows names %q, which has no code", dir)
		}
	}
}

func checkHome(t *testing.T, dir, file, imported string) {
	t.Helper()
	for lib, where := range homes {
		if strings.HasPrefix(imported, lib) && !slices.Contains(where, dir) {
			t.Errorf("%s imports %s, whose home is %s", file, imported, where)
		}
	}
	if dir == "" && strings.Contains(imported, ".") {
		t.Errorf("%s imports %s: the root imports the standard library only", file, imported)
	}
}

// walkImports visits every import of every non-test file.
func walkImports(t *testing.T, visit func(dir, file, imported string)) {
	t.Helper()
	walkGo(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		visit(dir, path, module+"/"+dir) // so that a folder without imports is seen
		for _, i := range f.Imports {
			visit(dir, path, strings.Trim(i.Path.Value, `"`))
		}
	})
}

func walkGo(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "data") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoSleeps keeps waiting out of tests: time is moved there.
func TestNoSleeps(t *testing.T) {
	sleep := regexp.MustCompile(`\btime\.` + `Sleep\(`)
	walkGo(t, func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") && sleep.Match(b) {
			t.Errorf("%s sleeps; move the clock instead", path)
		}
	})
}

// TestFileLength caps files, because the cap makes the design.
func TestFileLength(t *testing.T) {
	walkGo(t, func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > 400 && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines; split it by noun (limit 400)", path, n)
		}
	})
}

// TestNoClockInSQL keeps the database's clock out of statements: now is an
// argument, so that time can be moved.
func TestNoClockInSQL(t *testing.T) {
	bad := regexp.MustCompile(`(?i)\bnow\(\)|current_timestamp|select \*`)
	err := filepath.WalkDir("internal/store", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		b, err := os.ReadFile(path)
		if m := bad.Find(b); m != nil {
			t.Errorf("%s contains %q", path, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
