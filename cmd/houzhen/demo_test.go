package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/internal/app"
)

// shown is a demonstration that a test looks at.
type shown struct {
	*testing.T
	client *http.Client
	seats  map[string]string // path of a door, or "/screen" → address
	lines  chan string
	exit   chan int
	stop   context.CancelFunc
}

// startDemo runs the command until the test ends and reads its addresses.
func startDemo(t *testing.T, args ...string) *shown {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &shown{T: t, seats: map[string]string{}, lines: make(chan string, 1000), exit: make(chan int, 1), stop: cancel}
	go func() {
		code := run(ctx, append([]string{"demo", "--listen", "127.0.0.1:0", "--patients", "40", "--every", "100ms"}, args...), w, t.Output())
		_ = w.Close()
		s.exit <- code
	}()
	t.Cleanup(cancel)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.client = &http.Client{Jar: jar, Timeout: 20 * time.Second}
	read := bufio.NewScanner(r)
	for read.Scan() && !strings.Contains(read.Text(), "Ctrl-C") {
		if u, err := url.Parse(strings.TrimSpace(read.Text())); err == nil && u.Scheme == "http" {
			u.Host = "127.0.0.1:" + u.Port() // a test has no names, and one person at a time
			s.seats[u.Path] = u.String()
		}
	}
	go func() {
		defer close(s.lines)
		for read.Scan() {
			select {
			case s.lines <- read.Text():
			default: // nobody reads any more
			}
		}
	}()
	return s
}

// get opens an address and gives the path it led to and the page.
func (s *shown) get(address string) (path, body string) {
	s.Helper()
	if address == "" {
		s.Fatalf("no such address among %v", s.seats)
	}
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		s.Errorf("%s answers %s", address, answer.Status)
	}
	return answer.Request.URL.Path, string(b)
}

func TestDemoPrintsAddressesAndServesThem(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://nobody@192.0.2.1/none") // a demonstration keeps to itself
	t.Setenv("REDIS_URL", "redis://192.0.2.1:1")
	t.Setenv("TMPDIR", t.TempDir())
	s := startDemo(t)
	for door, leads := range map[string]string{
		"/demo":                     "/demo",
		"/screen":                   "/screen/",
		"/demo/as/patient/home":     "/place/",
		"/demo/as/patient/waiting":  "/place/",
		"/demo/as/nurse/zone-a":     "/desk/zone-a",
		"/demo/as/doctor/strip":     "/strip/",
		"/demo/as/manager/messages": "/messages",
		"/demo/as/manager/manage":   "/manage",
		"/demo/as/manager/roster":   "/manage/roster",
		"/demo/as/manager/jobs":     "/manage/jobs",
	} {
		if path, body := s.get(s.seats[door]); !strings.HasPrefix(path, leads) || !strings.Contains(body, "</html>") {
			t.Errorf("%s led to %s, want %s and a whole page", door, path, leads)
		}
	}
	if _, body := s.get(s.seats["/demo"]); !strings.Contains(body, "/demo/as/doctor/strip") {
		t.Error("the page of all addresses lacks the doctor's")
	}
	s.ends()
}

// ends checks that progress is printed, that the demonstration ends cleanly
// when it is told to, and that it leaves nothing behind.
func (s *shown) ends() {
	s.Helper()
	if line := <-s.lines; line == "" {
		line = <-s.lines // the one after the introduction is empty
		if !strings.Contains(line, "waiting") || !strings.Contains(line, "messages sent") {
			s.Errorf("progress says %q", line)
		}
	}
	s.stop()
	if code := <-s.exit; code != 0 {
		s.Errorf("ended with %d, want 0", code)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "houzhen-demo-*"))
	if err != nil || len(left) > 0 {
		s.Errorf("left behind: %v %v", left, err)
	}
}

func TestDemoDoorsThatDoNotExistAreRefused(t *testing.T) {
	p := &demoPages{}
	for door, id := range map[string]string{"manager": "secrets", "cook": "soup"} {
		if g, err := p.Enter(t.Context(), door, id); err == nil {
			t.Errorf("door %s/%s lets in %+v", door, id, g)
		}
	}
}

func TestDemoRefusesWhatCannotBeShown(t *testing.T) {
	for _, args := range [][]string{
		{"--speed", "0"}, {"--speed", "NaN"}, {"--start", "23:00"}, {"--start", "8"}, {"--patients=-1"}, {"--every", "1ms"},
	} {
		if code := run(t.Context(), append([]string{"demo"}, args...), io.Discard, io.Discard); code != 2 {
			t.Errorf("%v: exit %d, want 2", args, code)
		}
	}
}

func TestDemoSettingsKeepToThemselves(t *testing.T) {
	cfg := app.Defaults()
	cfg.DatabaseURL, cfg.RedisURL, cfg.Channel = "postgres://a/b", "redis://a:1", "aliyun"
	cfg.Aliyun.AccessKeyID, cfg.Aliyun.AccessKeySecret = "id", "secret"
	t.Setenv("TMPDIR", t.TempDir())
	got, cleanUp, err := demoSettings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.DatabaseURL != "" || got.RedisURL != "" || got.UseAliyun() || got.Listen != demoListen {
		t.Errorf("got %v", got.Lines())
	}
	if err := cleanUp(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(got.Data); !os.IsNotExist(err) {
		t.Errorf("folder %s is still there: %v", got.Data, err)
	}
}

func TestDemoLeavesAGivenFolderAndRefusesAUsedOne(t *testing.T) {
	cfg := app.Defaults()
	cfg.Data = t.TempDir()
	_, cleanUp, err := demoSettings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := cleanUp(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		t.Errorf("the given folder is gone: %v", err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Data, "houzhen.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := demoSettings(cfg); err == nil {
		t.Error("a folder with a database was taken")
	}
}

func TestSeatsHaveNamesOfTheirOwnOnThisMachineOnly(t *testing.T) {
	here, everywhere := &demoPages{port: "8080"}, &demoPages{port: "8080", host: "localhost"}
	for _, c := range []struct{ got, want string }{
		{here.seat("nurse", "/x"), "http://nurse.localhost:8080/x"},
		{everywhere.seat("nurse", "/x"), "http://localhost:8080/x"},
		{here.index(), "http://127.0.0.1:8080/demo"},
		{everywhere.index(), "http://localhost:8080/demo"},
		{hostName("Zone_B.2"), "zone-b-2"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
