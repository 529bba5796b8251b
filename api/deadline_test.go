package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
)

// line is a connection that notes until when it may be read.
type line struct {
	*httptest.ResponseRecorder

	until []time.Time
}

// SetReadDeadline is what http.ResponseController finds.
func (l *line) SetReadDeadline(t time.Time) error {
	l.until = append(l.until, t)
	return nil
}

// A deadline that is left on the connection once the body has been read would
// end the context of a request whose answer takes longer: in a rush a whole
// group of bookings at one instant.
func TestNoDeadlineIsLeftOnTheConnectionOfARequest(t *testing.T) {
	h := as(t, newAPI(apitest.New()), patient)
	for _, path := range []string{"/api/v1/appointments", "/api/v1/appointments/a1/cancel"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(`{"session_id":"s1","patient_id":"p1"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(api.KeyHeader, "k1")
		w := &line{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(w, r)
		if n := len(w.until); n > 0 && !w.until[n-1].IsZero() {
			t.Errorf("%s (%d): the connection may be read until %v only", path, w.Code, w.until[n-1])
		}
	}
}
