package clinictest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/clinictest"
	"github.com/houzhen/houzhen/internal/clock"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/webhook"
	"github.com/houzhen/houzhen/queue"
)

// system is another system that asks with a token.
type system struct {
	c     *clinictest.Clinic
	h     http.Handler
	token string
}

func newSystem(c *clinictest.Clinic, channel string, scopes ...auth.Scope) *system {
	c.T.Helper()
	h, err := c.App.Handler(c.T.Context(), nil)
	if err != nil {
		c.T.Fatal(err)
	}
	_, token, err := c.App.Machines.Create(c.T.Context(), auth.NewMachine{Channel: channel, Name: channel, Scopes: scopes, By: "boss"})
	if err != nil {
		c.T.Fatal(err)
	}
	return &system{c, h, token}
}

// ask sends a request and reads the answer, whose status must be as wanted.
func (s *system) ask(method, path string, in any, want int, out any) {
	s.c.T.Helper()
	body := []byte{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			s.c.T.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(s.c.T.Context(), method, "/api/v1/channel/"+path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", uuid.NewString())
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	if w.Code != want {
		s.c.T.Fatalf("%s %s: got %d %s, want %d", method, path, w.Code, w.Body, want)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			s.c.T.Fatal(err)
		}
	}
	s.c.Settle()
}

type object = map[string]any

func person(c *clinictest.Clinic, name string) object {
	p := c.Person(name)
	return object{"name": p.Name.Reveal(), "doc": p.Doc.Reveal(), "phone": p.Phone.Reveal()}
}

type made struct {
	ID, State, Voucher string
	PatientID          string `json:"patient_id"`
}

type page struct {
	Events []webhook.Event
	Next   int64
	More   bool
}

func kinds(p page) (list []string) {
	for _, e := range p.Events {
		list = append(list, e.Type)
	}
	return list
}

// A regional platform books for a patient whom the hospital knows, moves and
// cancels, sees its own facts and nobody else's.
func TestAPlatformBooksForAPatient(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		s := c.Session("wang", 1, houzhen.Morning)
		platform := newSystem(c, "platform", auth.EveryScope()...)
		phone := newSystem(c, "phone", auth.ScopeRead, auth.ScopeCancel, auth.ScopeWebhooks)
		c.Book("Mrs Li", s, "09:00")
		var a made
		platform.ask("POST", "appointments", object{"patient": person(c, "Mr Chen"), "session_id": s.ID, "start": c.At(1, "08:00"), "hold": true}, 201, &a)
		if a.State != "held" || a.PatientID != c.Person("Mr Chen").ID {
			c.T.Fatalf("got %+v, want it held for the patient who is known", a)
		}
		platform.ask("POST", "appointments/"+a.ID+"/confirm", nil, 200, &a)
		c.ExpectSMS("Mr Chen", "appt.booked")
		if at, err := c.App.Booking.Appointment(c.T.Context(), a.ID); err != nil || at.Channel != "platform" || at.State != booking.Booked {
			c.T.Errorf("got %+v, %v", at, err)
		}
		phone.ask("GET", "appointments/"+a.ID, nil, 404, nil)
		phone.ask("POST", "appointments/"+a.ID+"/cancel", nil, 404, nil)
		phone.ask("POST", "appointments", object{}, 403, nil)
		platform.ask("POST", "appointments/"+a.ID+"/move", object{"session_id": s.ID, "start": c.At(1, "10:00")}, 200, &a)
		c.ExpectSMS("Mr Chen", "appt.moved")
		platform.ask("POST", "appointments/"+a.ID+"/cancel", nil, 200, &a)
		c.ExpectSMS("Mr Chen", "appt.cancelled")
		wrong := person(c, "Mr Chen")
		wrong["name"] = "Somebody Else"
		platform.ask("POST", "appointments", object{"patient": wrong, "session_id": s.ID}, 409, nil)
		var mine, theirs page
		for len(mine.Events) < 3 || mine.More { // others may write to the same server meanwhile
			platform.ask("GET", "events?after=0", nil, 200, &mine)
		}
		phone.ask("GET", "events", nil, 200, &theirs)
		if got := kinds(mine); !slices.Equal(got, []string{"appointment.booked", "appointment.moved", "appointment.cancelled"}) {
			c.T.Errorf("the platform reads %v", got)
		}
		if len(theirs.Events) != 0 || theirs.Next < mine.Next {
			c.T.Errorf("the telephone centre reads %v", kinds(theirs))
		}
		for _, e := range mine.Events {
			if e.AppointmentID != a.ID || e.SessionID != s.ID {
				c.T.Errorf("got %+v", e)
			}
		}
	})
}

func rosterLine(c *clinictest.Clinic, weekday time.Weekday, room, end string) string {
	return fmt.Sprintf(`[{"department":"XN","room":%q,"doctor":"W","weekday":"%d","part":"am","start":"08:00","end":%q,`+
		`"slice_minutes":"30","slice_capacity":"2","class":"named","prefix":"A"}]`, room, int(weekday), end)
}

type brought struct {
	Protected int
	Lines     []booking.BroughtLine
}

// A roster that comes again changes what nobody has booked, protects what
// somebody has, and says so line by line.
func TestARosterThatComesAgainProtectsBookedPlaces(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		his := newSystem(c, "his", auth.ScopeRosterWrite)
		put := func(text string, dry bool) (b brought) {
			c.T.Helper()
			his.ask("PUT", "rosters", object{"format": "json", "text": text, "dry_run": dry}, 200, &b)
			return b
		}
		sessions := func() []booking.Session {
			c.T.Helper()
			list, err := c.App.Booking.Sessions(c.T.Context(), booking.SessionFilter{DoctorID: "wang", From: c.Day(1)})
			if err != nil {
				c.T.Fatal(err)
			}
			return list
		}
		weekday := c.Day(2).Weekday()
		first := rosterLine(c, weekday, "3", "12:00")
		if b := put(first, true); len(b.Lines) == 0 || len(sessions()) != 0 {
			c.T.Fatalf("a dry run: %d lines, %d sessions made", len(b.Lines), len(sessions()))
		}
		n := len(put(first, false).Lines)
		if got := sessions(); len(got) != n || n < 1 {
			c.T.Fatalf("got %d sessions, want the %d of the lines", len(got), n)
		}
		if b := put(first, false); len(b.Lines) != 0 {
			c.T.Errorf("the same again: got %+v, want nothing", b.Lines)
		}
		booked := sessions()[0]
		c.GoTo(booked.ReleaseAt)
		a := c.Book("Mrs Li", booked, "09:00")
		b := put(rosterLine(c, weekday, "4", "11:00"), false)
		if b.Protected != 1 || b.Lines[0].Protected != booking.ProtectedBooked || b.Lines[0].Booked != 1 || b.Lines[0].SessionID != booked.ID ||
			!slices.Equal(b.Lines[0].Fields, []string{"room", "end"}) {
			c.T.Errorf("got %+v, want the booked session protected", b.Lines)
		}
		for i, s := range sessions() {
			if want := map[bool]string{true: "room-3", false: "room-4"}[i == 0]; s.RoomID != want {
				c.T.Errorf("session of %v is in %s, want %s", s.Date, s.RoomID, want)
			}
		}
		c.ExpectState(a, booking.Booked)
		bad := strings.Replace(first, `"doctor":"W"`, `"doctor":"nobody"`, 1)
		his.ask("PUT", "rosters", object{"format": "json", "text": bad}, 422, nil)
	})
}

// Where the roster changes nothing but the hours, a session with bookings takes
// place at the new ones; hours that a manager has set since stay.
func TestARosterWithOtherHoursTakesBookedPlacesAlong(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		his := newSystem(c, "his", auth.ScopeRosterWrite)
		put := func(text string, dry bool) (b brought) {
			c.T.Helper()
			his.ask("PUT", "rosters", object{"format": "json", "text": text, "dry_run": dry}, 200, &b)
			c.Settle()
			return b
		}
		weekday := c.Day(2).Weekday()
		line := func(end string) string { return rosterLine(c, weekday, "3", end) }
		booked := put(line("12:00"), false).Lines[0].SessionID
		session := func() booking.Session {
			c.T.Helper()
			s, err := c.App.Booking.Session(c.T.Context(), booked)
			if err != nil {
				c.T.Fatal(err)
			}
			return s
		}
		c.GoTo(session().ReleaseAt)
		stays, gone := c.Book("Mrs Li", session(), "09:00"), c.Book("Mr Chen", session(), "11:30")
		c.Take("Mrs Li", "Mr Chen")
		for _, dry := range []bool{true, false} {
			b := put(line("11:00"), dry)
			if l := b.Lines[0]; b.Protected != 0 || l.SessionID != booked || l.Change != booking.BringHours || l.Displaced != 1 || l.Moved != 0 {
				c.T.Errorf("dry %v: got %+v", dry, l)
			}
		}
		if at := session().End; !at.Equal(session().Date.At(11, 0, c.Loc)) {
			c.T.Errorf("it ends at %s", at)
		}
		c.ExpectSMS("Mr Chen", "place.displaced")
		c.ExpectNothingElse()
		c.ExpectState(stays, booking.Booked)
		c.ExpectState(gone, booking.Booked)
		if b := put(line("11:00"), false); len(b.Lines) != 0 {
			c.T.Errorf("the same again: got %+v", b.Lines)
		}
		by := booking.HoursRequest{SessionID: booked, Shift: 30 * time.Minute, Reason: "a meeting"}
		if _, err := c.App.ChangeHours(c.T.Context(), "manager", by); err != nil {
			c.T.Fatal(err)
		}
		c.Settle()
		c.ExpectSMS("Mrs Li", "appt.time_changed", "09:30-10:00")
		if b := put(line("11:00"), false); len(b.Lines) != 0 {
			c.T.Errorf("after a manager's change: got %+v", b.Lines)
		}
		if l := put(line("12:00"), false).Lines[0]; l.Change != booking.BringHours || l.Moved != 1 || l.Protected != "" {
			c.T.Errorf("hours that the roster changes: got %+v", l)
		}
		c.ExpectSMS("Mr Chen", "appt.time_changed", "11:30-12:00") // he has his place again
		c.ExpectNothingElse()
	})
}

// Whoever was kept at another service point while his slice ran is not late.
func TestWhoWasElsewhereInTheHouseIsNotLate(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		his := newSystem(c, "his", auth.ScopePresence, auth.ScopeResults)
		s := c.Session("wang", 0, houzhen.Morning)
		kept := c.Book("Mrs Li", s, "08:30")
		late := c.Book("Mr Chen", s, "08:30")
		other := c.Book("Mr Wu", s, "09:00")
		c.CheckIn(other)
		his.ask("POST", "presence", object{"doc": c.Person("Mrs Li").Doc.Reveal(), "place": "lab"}, 204, nil)
		his.ask("POST", "presence", object{"doc": sim.Person(9, 999, c.Day(0)).Doc.Reveal(), "place": "lab"}, 404, nil)
		c.Take("Mrs Li", "Mr Chen", "Mr Wu")
		c.Serve(s, "Mr Wu")
		c.GoTo(c.At(0, "10:00"))
		his.ask("POST", "presence", object{"doc": c.Person("Mrs Li").Doc.Reveal()}, 204, nil)
		// He comes first: once somebody of a slice waits, its others are on time.
		if got := c.CheckIn(late).Lane; got != queue.LaneLate {
			c.T.Errorf("who came late is in lane %s", got)
		}
		if got := c.CheckIn(kept).Lane; got != queue.LaneNormal {
			c.T.Errorf("who was in the laboratory is in lane %s", got)
		}
		his.ask("POST", "results", object{"voucher": kept.Voucher}, 204, nil)
		his.ask("POST", "notices", object{"doc": c.Person("Mr Chen").Doc.Reveal(), "kind": "admitted"}, 204, nil)
		if got := c.Facts(s); !slices.Contains(got, houzhen.PatientResultsReady) {
			c.T.Errorf("got %v, want results among them", got)
		}
	})
}

// Facts are delivered by the pipeline, after a restart too.
func TestFactsAreDeliveredByThePipeline(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		c.Reconfigure(func(cfg *app.Config) { cfg.WebhookNets = "127.0.0.0/8" })
		var mu sync.Mutex
		var secret string
		var got []string
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			if err := webhook.Verify(secret, r.Header, body, clock.Real{}.Now()); err != nil {
				c.T.Error(err)
			}
			var p page
			if err := json.Unmarshal(body, &p); err != nil {
				c.T.Error(err)
			}
			got = append(got, kinds(p)...)
		}))
		defer receiver.Close()
		s := c.Session("wang", 1, houzhen.Morning)
		platform := newSystem(c, "platform", auth.EveryScope()...)
		var hook struct{ ID, Secret string }
		platform.ask("POST", "webhooks", object{"url": receiver.URL}, 201, &hook)
		mu.Lock()
		secret = hook.Secret
		mu.Unlock()
		platform.ask("POST", "appointments", object{"patient": person(c, "Mr Chen"), "session_id": s.ID}, 201, nil)
		c.ExpectSMS("Mr Chen", "appt.booked")
		c.Restart()
		c.Suspend(s)
		c.Take("Mr Chen")
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(got, "appointment.booked") || !slices.Contains(got, "session.suspended") || !slices.Contains(got, "appointment.cancelled") {
			c.T.Errorf("delivered: %v", got)
		}
	})
}

// Places that are kept for referrals are had by a system that may vouch, and by
// no other.
func TestAPlatformBooksAReferral(t *testing.T) {
	clinictest.Each(t, func(c *clinictest.Clinic) {
		s := c.SessionWith("wang", 3, houzhen.Morning, func(s *booking.Session) { s.SliceCapacity, s.End = 1, s.Start.Add(30*time.Minute) })
		if _, err := c.App.Booking.SetQuotas(c.T.Context(), s.ID, booking.Quotas{booking.QuotaReferral: 1}); err != nil {
			c.T.Fatal(err)
		}
		platform := newSystem(c, "platform", auth.ScopeRead, auth.ScopeBook, auth.ScopeVouch)
		plain := newSystem(c, "phone", auth.ScopeRead, auth.ScopeBook)
		body := object{"patient": person(c, "Mr Chen"), "session_id": s.ID}
		var free []struct{ Free int }
		platform.ask("GET", "sessions", nil, 200, &free)
		if len(free) != 1 || free[0].Free != 0 {
			c.T.Errorf("got %+v, want none free for anybody", free)
		}
		platform.ask("GET", "sessions?group=referral", nil, 200, &free)
		if len(free) != 1 || free[0].Free != 1 {
			c.T.Errorf("got %+v, want one free for a referral", free)
		}
		plain.ask("POST", "appointments", body, 409, nil)
		body["group"] = "referral"
		plain.ask("POST", "appointments", body, 403, nil)
		var a made
		platform.ask("POST", "appointments", body, 201, &a)
		if a.State != "booked" {
			c.T.Errorf("got %+v", a)
		}
	})
}
