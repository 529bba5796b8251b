package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/sandboxpay"
)

// cashierPath is where the sandbox's cashier pages are.
const cashierPath = "/sandbox-pay"

// wirePay makes the payments and the provider in which no money moves. That
// provider is this process's own, so several nodes cannot share it.
func (a *App) wirePay() error {
	policy, err := a.payPolicy()
	if err != nil {
		return err
	}
	opt := sandboxpay.Options{
		Secret: []byte(rand.Text()), Now: a.clock.Now, Prefix: cashierPath,
		Notify: func(ctx context.Context, h http.Header, body []byte) error { return a.Pay.Callback(ctx, h, body) },
	}
	if policy.Prepaid() {
		if a.cfg.Shared() {
			return houzhen.E(houzhen.CodeInvalid, "the sandbox payer is one node's own: with several nodes let everybody pay at the hospital").On("fees")
		}
		if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
		opt.Path = filepath.Join(a.cfg.Data, "sandbox-pay.jsonl")
	}
	if a.Cashier, err = sandboxpay.NewServer(opt); err != nil {
		return err
	}
	a.closers = append(a.closers, a.Cashier.Close)
	client := sandboxpay.NewClient("http://sandbox.invalid"+cashierPath, opt.Secret, a.clock.Now, sandboxpay.Loop(a.Cashier))
	a.Pay, err = pay.NewService(a.Store.Pay(), payBooking{a.Booking}, client, policy)
	return err
}

func (a *App) payPolicy() (pay.Policy, error) {
	switch {
	case a.opt.Pay != nil:
		return *a.opt.Pay, nil
	case a.cfg.Fees == "":
		return pay.DefaultPolicy(), nil
	}
	text, err := os.ReadFile(a.cfg.Fees)
	if err != nil {
		return pay.Policy{}, houzhen.E(houzhen.CodeInvalid, "the table of fees cannot be opened").On("fees").Because(err)
	}
	return pay.ParsePolicy(text)
}

// payBooking is booking as payments ask for it.
type payBooking struct{ *booking.Service }

// deliverNotices lets the sandbox send the callbacks that are due.
func (a *App) deliverNotices(ctx context.Context, _ time.Time) error {
	_, err := a.Cashier.Deliver(ctx)
	return err
}

// cashierRules lets everybody see the sandbox's cashier pages: whoever has the
// address of one may pay there, as with the real ones.
func cashierRules() []auth.Rule {
	open := []auth.Role{auth.Anonymous}
	return []auth.Rule{
		{Method: http.MethodGet, Pattern: cashierPath + "/cashier/{token}", Roles: open, Note: "sandbox cashier; the token is the key"},
		{Method: http.MethodPost, Pattern: cashierPath + "/cashier/{token}", Roles: open},
		{Method: http.MethodGet, Pattern: cashierPath + "/style.css", Roles: open},
	}
}

func (a *App) withCashier(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, cashierPath+"/") {
			a.Cashier.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// drawnPays is how long a place that was drawn is kept to be paid for: whoever
// asked for a lot does not sit and wait for the draw.
const drawnPays = 2 * time.Hour

// Places is booking as people use it: what is paid in advance is kept until it
// is paid, and then booked.
type Places struct {
	*booking.Service
	app *App
}

// Places gives booking as people use it.
func (a *App) Places() Places { return Places{a.Booking, a} }

// Book takes a place, or keeps it where it has to be paid first.
func (p Places) Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error) {
	a, _, err := p.BookOnce(ctx, r)
	return a, err
}

// BookOnce is Book, and tells whether the request had been answered before.
func (p Places) BookOnce(ctx context.Context, r booking.BookRequest) (a booking.Appointment, again bool, err error) {
	if !p.app.Pay.Policy().Prepaid() {
		return p.Service.BookOnce(ctx, r)
	}
	session, err := p.Glance(ctx, r.SessionID)
	if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return a, false, err
	}
	r.Hold = r.Hold || err == nil && p.app.Pay.Policy().Before(session, r.Channel)
	if r.Drawn {
		r.HoldFor = drawnPays
	}
	a, again, err = p.Service.BookOnce(ctx, r)
	if err != nil || !r.Hold || a.State != booking.Held {
		return a, again, err
	}
	if _, err := p.app.Pay.Open(ctx, a.ID); err != nil && houzhen.CodeOf(err) != houzhen.CodeHoldExpired {
		return a, again, err
	}
	return a, again, nil
}

// Move takes another place. One that is paid in advance is only left for, or
// taken instead of, one of the same terms; the desk, where money can change
// hands, may do otherwise.
func (p Places) Move(ctx context.Context, r booking.MoveRequest) (booking.Appointment, error) {
	if p.app.Pay.Policy().Prepaid() && !r.Desk {
		same, err := p.sameTerms(ctx, r)
		if err != nil {
			return booking.Appointment{}, err
		}
		if !same {
			return booking.Appointment{}, houzhen.E(houzhen.CodeFeeDiffers, "the place has other terms of payment").On("session_id")
		}
	}
	return p.Service.Move(ctx, r)
}

func (p Places) sameTerms(ctx context.Context, r booking.MoveRequest) (bool, error) {
	a, err := p.Appointment(ctx, r.AppointmentID)
	if err != nil {
		return false, err
	}
	from, err := p.Session(ctx, a.SessionID)
	if err != nil {
		return false, err
	}
	to, err := p.Session(ctx, r.SessionID)
	if err != nil {
		return false, err
	}
	return p.app.sameTerms(from, to), nil
}

// sameTerms reports whether a place of one session may be had for what was paid,
// or will be, for one of the other.
func (a *App) sameTerms(from, to booking.Session) bool {
	old, fresh := a.Pay.Policy().Of(from), a.Pay.Policy().Of(to)
	return !old.Prepaid && !fresh.Prepaid || old.Prepaid == fresh.Prepaid && old.Fen == fresh.Fen
}

// payments is what API and pages ask about money (api.Payments).
type payments struct{ *App }

func (p payments) Pay(ctx context.Context, appointmentID string, again bool) (pay.Payment, error) {
	return p.App.Pay.Pay(ctx, appointmentID, again)
}

func (p payments) Payments(ctx context.Context, f pay.Filter) ([]pay.Payment, error) {
	return p.App.Pay.Payments(ctx, f)
}

func (p payments) Settle(ctx context.Context, id, by, how string) (pay.Payment, error) {
	done, err := p.App.Pay.Settle(ctx, id, by, how)
	if err != nil {
		return done, err
	}
	return done, p.record(ctx, by, "payment.settle", id, how)
}

func (p payments) Object(ctx context.Context, number, by string) (done pay.Payment, err error) {
	err = p.view(ctx, func(tx everything) error {
		done, err = tx.PaymentByOutNo(ctx, number)
		return err
	})
	if err != nil {
		return done, err
	}
	if done, err = p.App.Pay.Object(ctx, done.ID); err != nil {
		return done, err
	}
	return done, p.record(ctx, by, "payment.object", done.ID, "")
}

func (p payments) Retry(ctx context.Context, id, by string) (pay.Payment, error) {
	done, err := p.App.Pay.Retry(ctx, id)
	if err != nil {
		return done, err
	}
	return done, p.record(ctx, by, "payment.retry", id, "")
}

func (p payments) PayCallback(ctx context.Context, header http.Header, body []byte) error {
	return p.App.Pay.Callback(ctx, header, body)
}
