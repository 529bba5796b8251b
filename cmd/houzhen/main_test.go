package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// called is what a call of the program came to.
type called struct {
	code     int
	out, err string
}

// call runs the program with settings of the test's own alone.
func call(t *testing.T, args ...string) called {
	t.Helper()
	for _, line := range os.Environ() {
		name, _, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(name, "HOUZHEN_TEST_"):
		case strings.HasPrefix(name, "HOUZHEN_"), strings.HasPrefix(name, "ALIYUN_"), name == "DATABASE_URL", name == "REDIS_URL", name == "LANG":
			t.Setenv(name, "") // restored when the test ends
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return callAsIs(t, args...)
}

// callAsIs runs the program with the environment that the test has made.
func callAsIs(t *testing.T, args ...string) called {
	t.Helper()
	var out, errOut strings.Builder
	code := run(t.Context(), args, &out, &errOut)
	return called{code, out.String(), errOut.String()}
}

// written makes a file of the test's own.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// expect fails unless the call ended with code and said each of the words.
func (c called) expect(t *testing.T, code int, words ...string) {
	t.Helper()
	if c.code != code {
		t.Errorf("exit code: got %d, want %d\n%s%s", c.code, code, c.out, c.err)
	}
	for _, word := range words {
		if !strings.Contains(c.out+c.err, word) {
			t.Errorf("%q is not said in:\n%s%s", word, c.out, c.err)
		}
	}
}

func TestCallsThatAreAnsweredAtOnce(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"help", []string{"--help"}, 0, []string{"Usage: houzhen", "serve", "worker", "migrate", "import", "check", "demo", "replay", "--database-url"}},
		{"help of a command", []string{"replay", "appointments", "--help"}, 0, []string{"--capacity=0.95", "--cancel=0.08", "--move=0.04", "--suspend=0.01", "--seed=1"}},
		{"an unknown flag", []string{"--lissen", ":80"}, 2, []string{"--lissen"}},
		{"an unknown command", []string{"import", "people"}, 2, []string{"people"}},
		{"a command without its file", []string{"import", "roster"}, 2, []string{"<file>"}},
		{"an address without a port", []string{"check", "--listen", "localhost"}, 2, []string{"houzhen: listen: give host:port"}},
		{"a zone that does not exist", []string{"check", "--time-zone", "Mars/Olympus"}, 2, []string{"houzhen: time-zone: give an IANA name"}},
		{"another database", []string{"check", "--database-url", "mysql://h/d"}, 2, []string{"houzhen: database-url: give a full address, such as postgres://"}},
		{"another Redis", []string{"check", "--redis-url", "h:6379"}, 2, []string{"houzhen: redis-url: give a full address, such as redis://"}},
		{"no worker", []string{"check", "--workers", "0"}, 2, []string{"houzhen: workers: give 1 to 64"}},
		{"workers that are no number", []string{"check", "--workers", "many"}, 2, []string{"--workers"}},
		{"a severity that does not exist", []string{"check", "--log", "loud"}, 2, []string{"--log", "debug"}},
		{"the provider without a key", []string{"check", "--channel", "aliyun"}, 2, []string{"houzhen: channel:", "ALIYUN_ACCESS_KEY_ID"}},
		{"a worker alone", []string{"worker"}, 1, []string{"houzhen: worker:", "DATABASE_URL", "REDIS_URL", "houzhen serve"}},
		{"a worker with half of it", []string{"worker", "--redis-url", "redis://h"}, 1, []string{"houzhen: worker:", "DATABASE_URL"}},
		{"a file that is not there", []string{"import", "roster", missing}, 1, []string{"houzhen: open roster", missing}},
		{"a house that is not there", []string{"import", "house", missing}, 1, []string{"houzhen: open house", missing}},
		{"appointments that are not there", []string{"replay", "appointments", missing}, 1, []string{"houzhen: open appointments", missing}},
		{"settings that are not there", []string{"check", "--config", missing}, 2, []string{missing}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			call(t, c.args...).expect(t, c.code, c.words...)
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v behind", left, err)
			}
		})
	}
}

func TestMigrateMakesTheDatabase(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := call(t, "migrate", "--data", data)
	first.expect(t, 0, "sqlite is at version ")
	for name, mode := range map[string]os.FileMode{"": 0o700, "keys": 0o700} {
		if info, err := os.Stat(filepath.Join(data, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q: got %v, %v, want %v", name, info, err, mode)
		}
	}
	if again := call(t, "migrate", "--data", data); again != first {
		t.Errorf("again: got %+v, want %+v", again, first)
	}
}

func TestReachableIsWhatABrowserCanOpen(t *testing.T) {
	for addr, want := range map[string]string{
		"[::]:8080": "http://localhost:8080", "0.0.0.0:80": "http://localhost:80", "127.0.0.1:9": "http://127.0.0.1:9", "[::1]:9": "http://[::1]:9",
		"10.0.0.7:8080": "http://10.0.0.7:8080", "nothing": "nothing",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
