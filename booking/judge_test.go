package booking_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// barred refuses some patients and remembers whom it was asked about.
type barred struct {
	whom  []string
	asked []string
	fault error
	short bool
}

func (b *barred) Judge(_ context.Context, _ booking.Tx, asks []booking.Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	for i, ask := range asks {
		b.asked = append(b.asked, ask.Request.PatientID+"@"+ask.Session.DoctorID+"/"+ask.Request.Channel)
		for _, p := range b.whom {
			if ask.Request.PatientID == p {
				verdicts[i] = houzhen.E(houzhen.CodeForbidden, "barred").On("patient_id")
			}
		}
	}
	if b.short {
		verdicts = verdicts[:0]
	}
	return verdicts, b.fault
}

func ruled(t *testing.T, rules ...booking.Rule) (*clinic, booking.Session) {
	t.Helper()
	c := newClinic(t)
	s, err := booking.NewService(c.store, shanghai, booking.DefaultPolicy(), booking.WithRules(rules...))
	if err != nil {
		t.Fatal(err)
	}
	c.Service = s
	return c, c.session("chen", monday, 2)
}

func TestARuleJudgesEveryBooking(t *testing.T) {
	rule := &barred{whom: []string{"li"}}
	c, s := ruled(t, rule)
	_, err := c.Book(t.Context(), c.request(s, "li", 0))
	wantCode(t, err, houzhen.CodeForbidden)
	c.book(s, "wang", 0)
	desk := c.request(s, "sun", 0)
	desk.Channel = booking.DeskChannel
	if _, err := c.Book(t.Context(), desk); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"li@chen/app", "wang@chen/app", "sun@chen/desk"}, rule.asked); d != "" {
		t.Error(d)
	}
	if list, err := c.Appointments(t.Context(), booking.AppointmentFilter{PatientIDs: []string{"li"}}); len(list) > 0 || err != nil {
		t.Errorf("got %d appointments of the barred, %v", len(list), err)
	}
}

func TestTheFirstRuleThatRefusesIsTold(t *testing.T) {
	first, second := &barred{whom: []string{"li"}}, &barred{whom: []string{"li", "wang"}}
	c, s := ruled(t, first, second)
	for _, who := range []string{"li", "wang"} {
		_, err := c.Book(t.Context(), c.request(s, who, 0))
		wantCode(t, err, houzhen.CodeForbidden)
	}
	if d := cmp.Diff([]string{"wang@chen/app"}, second.asked); d != "" {
		t.Errorf("the second rule: %s", d)
	}
	// Who has this doctor today already hears of that before any further rule.
	c.book(s, "zhao", 0)
	second.asked = nil
	_, err := c.Book(t.Context(), c.request(s, "zhao", 0))
	wantCode(t, err, houzhen.CodeAlreadyBooked)
	if len(second.asked) > 0 {
		t.Errorf("asked about %v, who was refused before", second.asked)
	}
}

func TestNobodyBooksWhileARuleCannotJudge(t *testing.T) {
	for name, rule := range map[string]*barred{
		"it fails":         {fault: errors.New("table is away")},
		"a verdict is out": {short: true},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := ruled(t, rule)
			_, err := c.Book(t.Context(), c.request(s, "li", 0))
			wantCode(t, err, houzhen.CodeInternal)
			if list, _ := c.Appointments(t.Context(), booking.AppointmentFilter{}); len(list) > 0 {
				t.Errorf("got %d appointments", len(list))
			}
		})
	}
}
