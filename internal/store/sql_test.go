package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// forbidden are ways of asking the database for the time, which belongs to the
// injected clock, and of leaving the order of columns to it.
var forbidden = regexp.MustCompile(`(?i)\bnow\s*\(|current_(timestamp|date|time)\b|\bselect\s+\*|datetime\s*\(|clock_timestamp|random\s*\(`)

func TestStatementsAskNeitherTheTimeNorForAllColumns(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	checked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, text := range stringsOf(t, name) {
			checked++
			if found := forbidden.FindString(text); found != "" {
				t.Errorf("%s: a statement contains %q", name, found)
			}
		}
	}
	if checked < 100 {
		t.Errorf("looked at %d texts only", checked)
	}
}

func TestMigrationsAskNeitherTheTimeNorForAllColumns(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) < 6 {
		t.Fatalf("found %d migrations: %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.FindString(string(text)); found != "" {
			t.Errorf("%s contains %q", name, found)
		}
	}
}

func TestForbiddenIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT * FROM a": true, "select  * from a": true, "SELECT now()": true, "DEFAULT CURRENT_TIMESTAMP": true,
		"SELECT count(*) FROM a": false, "SELECT known FROM a": false,
	} {
		if got := forbidden.MatchString(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func stringsOf(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			out = append(out, lit.Value)
		}
		return true
	})
	return out
}

func TestEveryTokenOfTheMigrationsHasATypeInBothEngines(t *testing.T) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*dialect{sqliteDialect(), postgresDialect()} {
		r := rendered{dir, d.tokens}
		names, err := fs.Glob(r, "*.sql")
		if err != nil || len(names) < 6 {
			t.Fatalf("%s: found %d migrations: %v", d.name, len(names), err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(r, name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "{{") {
				t.Errorf("%s: %s keeps a token", d.name, name)
			}
			f, err := r.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			info, err := f.Stat()
			if err != nil || info.Size() != int64(len(text)) {
				t.Errorf("%s: %s says its size is %d, want %d (%v)", d.name, name, info.Size(), len(text), err)
			}
			_ = f.Close()
		}
	}
}
