package webhook

import (
	"net/http"
	"strconv"
	"time"
)

// waits are the pauses after the first, second, … failure in a row. The failure
// after the last pause disables the endpoint, after 31 hours and three quarters:
// a receiver may be broken over night and the next working day.
var waits = [...]time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 16 * time.Hour,
}

// MaxFailures is how many failures in a row disable an endpoint.
const MaxFailures = len(waits) + 1

// maxRetryAfter bounds what a receiver may ask for.
const maxRetryAfter = time.Hour

// Why a delivery failed, or an endpoint stands still.
const (
	ReasonTimeout  = "timeout"  // no answer in time
	ReasonConnect  = "connect"  // nobody there
	ReasonRefused  = "refused"  // the address may not be reached from here
	ReasonStatus   = "status"   // an answer other than 2xx
	ReasonGone     = "gone"     // 410: it does not want to be told any more
	ReasonRevoked  = "revoked"  // its machine may not ask any more
	ReasonByPerson = "stopped"  // a person stopped it
	ReasonFailures = "failures" // too many in a row
)

// Answer is how a delivery went.
type Answer struct {
	Status     int    // HTTP status, 0 without an answer
	Reason     string // "" if it was taken
	RetryAfter time.Duration
}

// OK reports whether it was taken.
func (a Answer) OK() bool { return a.Reason == "" }

// AnswerOf reads a response.
func AnswerOf(status int, h http.Header) Answer {
	a := Answer{Status: status}
	switch {
	case status >= 200 && status < 300:
	case status == http.StatusGone:
		a.Reason = ReasonGone
	default:
		a.Reason = ReasonStatus
		if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
			a.RetryAfter = min(time.Duration(min(s, 86400))*time.Second, maxRetryAfter)
		}
	}
	return a
}

// settle gives the endpoint after a delivery that was answered at now.
func (e Endpoint) settle(a Answer, now time.Time) Endpoint {
	e.LeaseUntil, e.Status = time.Time{}, a.Status
	if a.OK() {
		e.Seen, e.Sending, e.Failures, e.Reason, e.OKAt, e.NextAt = e.Sending, 0, 0, "", now, now
		return e
	}
	e.Failures++
	e.Reason = a.Reason
	switch {
	case a.Reason == ReasonGone:
		e.State = Disabled
	case e.Failures >= MaxFailures:
		e.State, e.Reason = Disabled, ReasonFailures
	default:
		e.NextAt = now.Add(max(waits[e.Failures-1], a.RetryAfter))
	}
	return e
}
