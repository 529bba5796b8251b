package measure_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/measure"
)

func TestAWireAsksAgainAndAgain(t *testing.T) {
	connections := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(r.Method + " " + r.URL.Path + " " + r.Header.Get("Idempotency-Key") + " " + string(body)))
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	ws, err := measure.DialAll(t.Context(), addr, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	for _, body := range []string{`{"a":1}`, strings.Repeat("x", 20_000), ""} {
		status, got, err := ws.Ask(t.Context(), measure.Request("POST", "/book", addr, body, "Idempotency-Key: k1"))
		if want := "POST /book k1 " + body; err != nil || status != http.StatusTeapot || string(got) != want {
			t.Errorf("got %d %.40q, %v, want %.40q", status, got, err, want)
		}
	}
	if len(connections) != 1 {
		t.Errorf("%d connections were opened, want 1", len(connections))
	}
}

func TestAWireSaysThatTheServerIsGone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	addr := strings.TrimPrefix(server.URL, "http://")
	w, err := measure.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Ask(measure.Request("GET", "/", addr, "")); err == nil {
		t.Error("a cut connection gave an answer")
	}
	_ = w.Close()
	server.Close()
	if _, err := measure.DialAll(t.Context(), addr, 2); err == nil {
		t.Error("connected to a server that is gone")
	}
}

func TestHelloIsMeasured(t *testing.T) {
	n, err := measure.Hello(t.Context(), 4)
	if err != nil || n <= 0 {
		t.Errorf("got %v, %v, want a figure", n, err)
	}
}
