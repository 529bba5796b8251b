package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/limit"
)

// Limits bound how often somebody may try to book online.
type Limits struct{ Account, Device, Address limit.Rate }

// DefaultLimits leave room for a family in a hurry, and for the many who share
// the address of a telephone company.
func DefaultLimits() Limits {
	return Limits{Account: limit.PerMinute(20, 12), Device: limit.PerMinute(20, 12), Address: limit.PerMinute(600, 300)}
}

// limitsFrom reads how many bookings a minute may be tried, and how many at
// once: "account=20/12,device=20/12,address=600/300". What the text does not
// name stays as it is by default; 0/0 lets all through.
func limitsFrom(text string) (Limits, error) {
	l := DefaultLimits()
	rates := map[string]*limit.Rate{"account": &l.Account, "device": &l.Device, "address": &l.Address}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var minute, burst int
		name, value, _ := strings.Cut(part, "=")
		rate, known := rates[name]
		if n, err := fmt.Sscanf(value, "%d/%d", &minute, &burst); !known || err != nil || n != 2 || minute < 0 || burst < 0 {
			return l, houzhen.E(houzhen.CodeInvalid, "give rates a minute and at once, such as account=20/12,device=20/12,address=600/300").On("booking-rates")
		}
		*rate = limit.Rate{}
		if minute > 0 {
			*rate = limit.PerMinute(minute, burst)
		}
	}
	return l, nil
}

type originKey struct{}

func originOf(ctx context.Context) abuse.Origin {
	o, _ := ctx.Value(originKey{}).(abuse.Origin)
	return o
}

const (
	deviceCookie = "houzhen_device"
	deviceHeader = "X-Device-Id" // programs that are not browsers
)

// knowOrigin notes from which device and address a request comes, as digests.
// A browser that has no mark yet is given one.
func (a *App) knowOrigin(next http.Handler, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mark := r.Header.Get(deviceHeader)
		if c, err := r.Cookie(deviceCookie); err == nil {
			mark = c.Value
		}
		if mark == "" && r.Method == http.MethodGet && !forPrograms(r.URL.Path) && !strings.HasPrefix(r.URL.Path, "/static/") {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by TLS
				Name: deviceCookie, Value: a.opt.NewID(), Path: "/", MaxAge: 400 * 24 * 3600, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
			})
		}
		if r.Method == http.MethodPost {
			var o abuse.Origin
			if mark != "" {
				o.Device = a.Ring.Index(mark, "device")
			}
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				host = r.RemoteAddr
			}
			o.Address = a.Ring.Index(host, "address")
			r = r.WithContext(context.WithValue(r.Context(), originKey{}, o))
		}
		next.ServeHTTP(w, r)
	})
}

// watched is booking as people online reach it: their attempts are limited,
// and what they did leaves a trace.
type watched struct {
	Places

	app *App
}

// Book is Places.Book, not too often.
func (w watched) Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error) {
	a, _, err := w.BookOnce(ctx, r)
	return a, err
}

// BookOnce is Book, and tells whether the request had been answered before.
func (w watched) BookOnce(ctx context.Context, r booking.BookRequest) (made booking.Appointment, again bool, err error) {
	if r.AccountID == "" || r.Channel == booking.DeskChannel {
		return w.Places.BookOnce(ctx, r)
	}
	trace := abuse.Trace{
		At: w.app.Now(), Action: abuse.Booked, AccountID: r.AccountID, Origin: originOf(ctx), PatientID: r.PatientID, SessionID: r.SessionID,
	}
	if wait := w.app.tooFast(ctx, r.AccountID, trace.Origin); wait > 0 {
		trace.Action = abuse.Throttled
		w.app.traces.add(trace)
		return made, false, auth.Limited(wait)
	}
	made, again, err = w.Places.BookOnce(ctx, r)
	if err == nil { // a repeated request finds its trace by this id
		trace.ID, trace.AppointmentID = "b-"+made.ID, made.ID
		w.app.traces.add(trace)
	}
	return made, again, err
}

// Cancel is booking.Service.Cancel, with a trace of what a patient gave up.
func (w watched) Cancel(ctx context.Context, r booking.CancelRequest) (booking.Appointment, error) {
	gone, err := w.Service.Cancel(ctx, r)
	if err == nil && r.By == booking.ByPatient && gone.AccountID != "" {
		w.app.traces.add(abuse.Trace{
			ID: "c-" + gone.ID, At: gone.EndedAt, Action: abuse.Cancelled, AccountID: gone.AccountID, Origin: originOf(ctx),
			PatientID: gone.PatientID, SessionID: gone.SessionID, AppointmentID: gone.ID,
		})
	}
	return gone, err
}

// tooFast says how long somebody has to wait. Limits that cannot be asked
// bar nobody.
func (a *App) tooFast(ctx context.Context, account string, o abuse.Origin) time.Duration {
	keys := []limit.Key{{Name: "account:" + account, Rate: a.limits.Account}}
	if o.Device != "" {
		keys = append(keys, limit.Key{Name: "device:" + o.Device, Rate: a.limits.Device})
	}
	if o.Address != "" {
		keys = append(keys, limit.Key{Name: "address:" + o.Address, Rate: a.limits.Address})
	}
	wait, err := a.limiter.Take(ctx, a.clock.Now(), keys...)
	if err != nil {
		a.log.WarnContext(ctx, "limits not asked", "error", err.Error())
		return 0
	}
	return wait
}

// traces gathers what was done until the next sweep writes it down: nobody
// waits for it, and a crash loses a few seconds of it.
type traces struct {
	mu      sync.Mutex
	waiting []abuse.Trace
}

// mostTraces bounds the memory; what comes beyond is a flood anyway.
const mostTraces = 20_000

func (t *traces) add(one abuse.Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) < mostTraces {
		t.waiting = append(t.waiting, one)
	}
}

// flush writes down what was gathered; what fails is kept for the next time.
func (t *traces) flush(ctx context.Context, s *abuse.Service) error {
	t.mu.Lock()
	list := t.waiting
	t.waiting = nil
	t.mu.Unlock()
	err := s.Record(ctx, list)
	if err != nil {
		t.mu.Lock()
		t.waiting = append(list, t.waiting...)
		t.mu.Unlock()
	}
	return err
}

// scanAbuse looks for patterns in what was done.
func (a *App) scanAbuse(ctx context.Context, _ time.Time) error {
	if err := a.traces.flush(ctx, a.Abuse); err != nil {
		return err
	}
	_, err := a.Abuse.Scan(ctx)
	return err
}

// flags gives managers what was found (api.Abuse).
type flags struct{ *App }

// Flags lists what was found, latest first.
func (f flags) Flags(ctx context.Context) ([]abuse.Flag, error) { return f.Abuse.Flags(ctx) }

// Decide notes what a manager made of a flag: confirmed for some days, or
// dismissed.
func (f flags) Decide(ctx context.Context, id, by, reason string, days int) (abuse.Flag, error) {
	d := abuse.Decision{To: abuse.Dismissed, By: by, Reason: reason}
	if days < 0 {
		return abuse.Flag{}, houzhen.E(houzhen.CodeInvalid, "days are negative").On("days")
	}
	if days > 0 {
		d.To, d.Until = abuse.Confirmed, f.Now().AddDate(0, 0, days)
	}
	return f.Abuse.Decide(ctx, id, d)
}
