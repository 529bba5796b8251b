package sim_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
)

// TestACrowdIsSignedIn: every member reaches his own person over the API and
// nobody else's.
func TestACrowdIsSignedIn(t *testing.T) {
	cfg := app.Defaults()
	cfg.Data = t.TempDir()
	a, err := app.New(t.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	crowd, err := sim.Crowd(t.Context(), a, 1, 300, clock.Real{}.Now()) // more than one batch
	if err != nil {
		t.Fatal(err)
	}
	handler, err := a.Handler(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range crowd {
		seen[m.PatientID], seen[m.AccountID], seen[m.Cookie] = true, true, true
	}
	if len(seen) != 3*300 {
		t.Errorf("got %d ids and cookies, want %d different ones", len(seen), 3*300)
	}
	for _, i := range []int{0, 249, 250, 299} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/patients", nil)
		r.Header.Set("Cookie", crowd[i].Cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		body, _ := io.ReadAll(w.Body)
		if w.Code != http.StatusOK || !strings.Contains(string(body), crowd[i].PatientID) || strings.Contains(string(body), crowd[(i+1)%300].PatientID) {
			t.Errorf("member %d: got %d %s, want his own person", i, w.Code, body)
		}
	}
	if _, err := sim.Crowd(t.Context(), a, 1, 1, clock.Real{}.Now()); err == nil {
		t.Error("the same person was made twice")
	}
}
