package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/seal"
)

func TestCheckOfAFreshFolderFindsEverythingRight(t *testing.T) {
	got := call(t, "check", "--data", t.TempDir())
	got.expect(t, 0)
	var parts []string
	for line := range strings.Lines(got.out) {
		if !strings.HasPrefix(line, "ok   ") {
			t.Errorf("got line %q", line)
		}
		parts = append(parts, strings.Fields(line)[1])
	}
	if want := "settings database audit redis provider clock"; strings.Join(parts, " ") != want {
		t.Errorf("got parts %v, want %s", parts, want)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		word string
	}{
		{"keys that are none", []string{"--keys", "bm90IGEga2V5"}, "sealing keys"},
		{"a database that is away", []string{"--database-url", "postgres://u@127.0.0.1:1/d?connect_timeout=1"}, "BAD  start"},
		{"a Redis that is away", []string{"--redis-url", "redis://127.0.0.1:1/0"}, "redis"},
	} {
		t.Run(c.name, func(t *testing.T) {
			call(t, append([]string{"check", "--data", t.TempDir()}, c.args...)...).expect(t, 1, "ok   settings", c.word, "1 of these must be mended")
		})
	}
}

func TestNewKeysAreKeys(t *testing.T) {
	one, two := call(t, "check", "--new-keys"), call(t, "check", "--new-keys")
	one.expect(t, 0)
	if one.out == two.out {
		t.Error("two calls gave the same key")
	}
	if _, err := seal.Parse(strings.TrimSpace(one.out)); err != nil {
		t.Errorf("the key cannot be read: %v", err)
	}
	call(t, "check", "--data", t.TempDir(), "--keys", strings.TrimSpace(one.out)).expect(t, 0)
}

func TestCheckAsksARunningServer(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	call(t, "check", "--live", server.URL).expect(t, 0)
	status = http.StatusServiceUnavailable
	call(t, "check", "--live", server.URL).expect(t, 1, "server answers 503")
	server.Close()
	call(t, "check", "--live", server.URL).expect(t, 1, "ask server")
}

func TestAClockThatWasNeverSetIsRefused(t *testing.T) {
	if err := saneClock(time.Unix(0, 0)); err == nil {
		t.Error("1970 is taken for now")
	}
	if err := saneClock(time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("2026 is refused: %v", err)
	}
}
