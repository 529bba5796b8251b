package jobs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/jobs"
)

func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	return w
}

func TestTheDashboardShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet})
		enqueue(t, p, "facts", houzhen.Soon, "row-1")
		h := p.Dashboard("/admin/jobs")
		for path, want := range map[string]string{
			"/admin/jobs":            `window.FLAG_ROOT_PATH="\/admin\/jobs"`,
			"/admin/jobs/":           `window.FLAG_READ_ONLY="true"`,
			"/admin/jobs/api/queues": `"queue":"soon"`,
			"/admin/jobs/api/queues/soon/pending_tasks":    `row-1`,
			"/admin/jobs/api/servers":                      `"servers"`,
			"/admin/jobs/static/js/main.5adda2da.chunk.js": `webpackJsonp`,
		} {
			w := get(t, h, http.MethodGet, path)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: got %d without %s", path, w.Code, want)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") {
				t.Errorf("%s: got policy %q, want one that keeps to our site", path, csp)
			}
		}
	})
}

func TestTheDashboardChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := jobs.New(jobs.Options{Redis: embedded(t), Logger: quiet})
		enqueue(t, p, "facts", houzhen.Soon, "row-1")
		h := p.Dashboard("/admin/jobs")
		for _, c := range []struct{ method, path string }{
			{http.MethodPost, "/admin/jobs/api/queues/soon:pause"},
			{http.MethodDelete, "/admin/jobs/api/queues/soon"},
			{http.MethodDelete, "/admin/jobs/api/queues/soon/pending_tasks:delete_all"},
			{http.MethodPost, "/admin/jobs/api/queues/soon/pending_tasks:archive_all"},
			{http.MethodPut, "/admin/jobs"},
		} {
			if got := get(t, h, c.method, c.path).Code; got != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d, want %d", c.method, c.path, got, http.StatusMethodNotAllowed)
			}
		}
		o, err := p.Overview(t.Context())
		if err == nil {
			equal(t, []int{o.Lanes[1].Pending, o.Lanes[1].Dead}, []int{1, 0})
		}
		if idle, _ := p.Idle(t.Context()); idle {
			t.Error("the task is gone")
		}
	})
}
