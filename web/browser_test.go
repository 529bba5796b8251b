package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/realtime"
)

// chromium is the one browser of all tests, started by whoever asks first: it
// takes longer to start than most pages take to open. What is not for looking
// at pages is left out.
var chromium = struct {
	start func() (context.Context, error)
	stop  context.CancelFunc
}{stop: func() {}}

func TestMain(m *testing.M) {
	chromium.start = sync.OnceValues(func() (context.Context, error) {
		path, err := exec.LookPath("chromium-headless-shell") // the same engine without a window: a third of the work
		if err != nil {
			path, err = exec.LookPath("chromium")
		}
		if err != nil {
			return nil, err
		}
		options := []chromedp.ExecAllocatorOption{
			chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
			chromedp.Flag("enable-features", "NetworkServiceInProcess"),
			chromedp.Flag("disable-features", "Translate,SpareRendererForSitePerProcess,MediaRouter,OptimizationHints"),
		}
		for _, part := range []string{
			"quic", "sync", "background-networking", "component-update", "extensions", "default-apps", "breakpad",
			"client-side-phishing-detection", "component-extensions-with-background-pages", "renderer-backgrounding",
			"background-timer-throttling", "backgrounding-occluded-windows",
		} {
			options = append(options, chromedp.Flag("disable-"+part, true))
		}
		alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, quit := chromedp.NewContext(alloc)
		chromium.stop = func() { quit(); end() }
		return ctx, chromedp.Do(ctx)
	})
	code := m.Run()
	chromium.stop()
	os.Exit(code)
}

// browser gives the browser with cookies of its own, or skips where there is
// none.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, err := chromium.start()
	switch {
	case err == nil:
		own, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
		t.Cleanup(cancel)
		if err := chromedp.Do(own); err != nil {
			t.Fatalf("open a profile: %v", err)
		}
		return own
	case !errors.Is(err, exec.ErrNotFound) || os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1":
		t.Fatalf("start chromium: %v", err)
	}
	t.Skip("chromium is not installed: apt install chromium")
	return nil
}

// complaints collects what the console of a page says of errors.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) listen(ctx context.Context) {
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() {
				c.mu.Lock()
				c.list = append(c.list, m.Text+" "+m.URL)
				c.mu.Unlock()
			}
		}
	}()
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// live is a site with a hub behind it, as in the real house.
type live struct {
	*httptest.Server
	hub  *realtime.Hub
	stop func()
}

func serve(t *testing.T, s story, c *apitest.Clinic) live {
	t.Helper()
	bus := realtime.NewMemoryBus(time.Now)
	hub := realtime.NewHub(realtime.Options{Bus: bus, Now: time.Now})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	site := as(t, newSite(t, c), s.as)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if s.elder { // asked for by this story alone, as the browser is everybody's
			r.AddCookie(&http.Cookie{Name: "houzhen_elder", Value: "1"})
		}
		site.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /ws", func(w http.ResponseWriter, r *http.Request) {
		hub.Serve(w, r, func(topic string) error { return c.Services().Watch(ctx, s.as, topic) })
	})
	mux.HandleFunc("GET /v/{file}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h4v4H0zM6 0h4v4H6zM0 6h4v4H0z"/></svg>`))
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	srv := httptest.NewServer(mux)
	end := sync.OnceFunc(func() { stop(); srv.Close(); <-done })
	t.Cleanup(end)
	return live{srv, hub, end}
}

func (l live) publish(t *testing.T, topic string, rev int64, frame any) {
	t.Helper()
	b, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.hub.Publish(t.Context(), topic, rev, b); err != nil {
		t.Fatal(err)
	}
}

func open(l live, s story, lang houzhen.Lang, dark bool) chromedp.Action[chromedp.Void] {
	width, height := s.width, s.height
	if width == 0 {
		width, height = 390, 844
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	path := s.path + "?lang=" + string(lang)
	if strings.Contains(s.path, "?") {
		path = s.path + "&lang=" + string(lang)
	}
	media := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
	return chromedp.Steps(media, chromedp.EmulateViewport(width, height), chromedp.Navigate(l.URL+path), chromedp.WaitReady(chromedp.CSS("body")))
}

// shoot saves what is seen when HOUZHEN_SHOTS names a folder.
func shoot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("HOUZHEN_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every page opens at its real size without a complaint in the console and
// without a scroll bar to the side.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	for _, s := range stories() {
		for _, lang := range []houzhen.Lang{houzhen.Chinese, houzhen.English} {
			t.Run(s.name+"/"+string(lang), func(t *testing.T) { t.Parallel(); inBrowser(ctx, t, s, lang) })
		}
	}
}

// tab opens a page of its own in the browser.
func tab(parent context.Context, t *testing.T) (context.Context, *complaints) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(stop)
	said := &complaints{}
	said.listen(ctx)
	return ctx, said
}

func inBrowser(parent context.Context, t *testing.T, s story, lang houzhen.Lang) {
	t.Helper()
	c := apitest.New()
	if s.set != nil {
		s.set(c)
	}
	l := serve(t, s, c)
	ctx, said := tab(parent, t)
	dark := slices.Contains([]string{"place_done", "department_move", "desk_empty", "strip_paused"}, s.name)
	if err := chromedp.Do(ctx, open(l, s, lang, dark)); err != nil {
		t.Fatal(err)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth + 1`))
	if err != nil {
		t.Fatal(err)
	}
	shoot(ctx, t, s.name+"."+string(lang))
	for _, text := range said.all() {
		if s.status == 0 || !strings.Contains(text, "status of") { // the page itself answers 404
			t.Errorf("console: %s", text)
		}
	}
	if wide {
		t.Error("page is wider than its window")
	}
}
