package web_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/internal/jobs"
	"github.com/houzhen/houzhen/templates"
	"github.com/houzhen/houzhen/web"
)

type pipeline struct{}

func (pipeline) Overview(context.Context) (jobs.Overview, error) {
	return jobs.Overview{
		Lanes:    []jobs.Lane{{Name: "critical", Pending: 1, DoneToday: 1200}, {Name: "soon", Dead: 2, Latency: time.Second}, {Name: "routine", Paused: true}},
		Servers:  []jobs.Server{{Host: "node1", PID: 42, Concurrency: 20, Busy: 3, Started: apitest.Now(), Status: "active"}},
		Failures: []jobs.Failure{{Kind: "notify.send", Lane: "critical", Error: "unavailable: provider", IDs: 12, At: apitest.Now(), Retried: 2, Dead: true}},
	}, nil
}

type addresses struct{}

func (addresses) Addresses(context.Context) ([]web.DemoGroup, error) {
	l := func(zh, en string) houzhen.Label { return houzhen.Label{Zh: zh, En: en} }
	return []web.DemoGroup{
		{Group: "patient", Links: []web.DemoLink{{Href: "/place/a1", Name: l("张*丰的手机", "Mr Z's phone"), Note: l("心内科 A032", "Cardiology A032")}}},
		{Group: "screen", Links: []web.DemoLink{{Href: "/screen/zone/z1", Name: l("二楼 B 区大屏", "Screen of area B"), Note: l("1920 × 1080", "1920 × 1080")}}},
		{Group: "staff", Links: []web.DemoLink{{Href: "/strip/s1", Name: l("王建国的叫号条", "Dr Wang's strip"), Note: l("用户名 wang", "login wang")}}},
	}, nil
}

// story is one page in one state.
type story struct {
	name, path string
	as         auth.Principal
	set        func(*apitest.Clinic)
	status     int // 200 if left out
	width      int64
	height     int64
	elder      bool
}

// paying puts the second visit into a state with a payment in one.
func paying(p pay.State, a booking.State) func(*apitest.Clinic) {
	return func(c *apitest.Clinic) {
		c.Visits[1].State = a
		if a == booking.Held {
			c.Visits[1].ExpiresAt = apitest.Now().Add(12 * time.Minute)
		}
		c.Money = []pay.Payment{{ID: "pay9", AppointmentID: "a2", PatientID: "p2", Nth: 1, Fee: 5000, State: p, Version: 1}}
	}
}

// drawn puts a draw into a state, in which the first person has a lot once it
// is drawn.
func drawn(state draw.State, outcome draw.Outcome) func(*apitest.Clinic) {
	return func(c *apitest.Clinic) {
		c.DrawState = state
		if outcome == "" {
			return
		}
		lot := draw.Request{ID: apitest.Lot, SessionID: "s4", PatientID: "p1", Rank: 2, Outcome: outcome}
		if outcome == draw.Won {
			lot.AppointmentID = "a1"
		}
		c.Lots = []draw.Request{lot}
	}
}

// stories is every page in its states. A page without a story fails a test.
func stories() []story {
	position := func(change func(*board.Position)) func(*apitest.Clinic) {
		return func(c *apitest.Clinic) { change(&c.Boards.Position) }
	}
	return []story{
		{name: "signin", path: "/sign-in"},
		{name: "home", path: "/", as: patient},
		{name: "home_empty", path: "/", set: func(c *apitest.Clinic) { c.Public.Departments = nil }},
		{name: "department", path: "/find/cardio?day=2026-03-03"},
		{name: "department_today", path: "/find/cardio"},
		{name: "department_if_came", path: "/find/cardio", set: func(c *apitest.Clinic) {
			c.Boards.IfCame = board.IfCame{Open: true, Ahead: 4, Lo: apitest.Now().Add(25 * time.Minute).UnixMilli(), Hi: apitest.Now().Add(45 * time.Minute).UnixMilli()}
		}},
		{name: "forecasts", path: "/forecasts", set: func(c *apitest.Clinic) {
			zone := houzhen.Label{Zh: "二楼 B 区", En: "Area B"}
			c.Boards.Quality = []board.Quality{{ID: "z1", Zone: zone, People: 1234, FirstRight: 0.83, LastRight: 0.79, Off: 8.6, Width: 31.2, Changes: 1.6}}
		}},
		{name: "appointments_continued", path: "/appointments", as: patient, set: func(c *apitest.Clinic) { c.Continued = []continuation.Continuation{apitest.Continued()} }},
		{name: "continuation", path: "/continuations/c1", as: patient},
		{name: "continuation_none", path: "/continuations/c1", as: patient, set: func(c *apitest.Clinic) { c.Offers, c.Sittings = nil, nil }},
		{name: "here", path: "/here/z1?code=x", as: patient},
		{name: "here_none", path: "/here/z9?code=x", as: patient},
		{name: "forecasts_empty", path: "/forecasts"},
		{name: "department_empty", path: "/find/cardio?day=2026-03-20", set: func(c *apitest.Clinic) { c.Offers, c.Sittings = nil, nil }},
		{name: "department_move", path: "/find/cardio?move=a2&day=2026-03-05", as: patient},
		{name: "book", path: "/book?session=s12&no=5", as: patient},
		{name: "book_nobody", path: "/book?session=s12&no=5", as: patient, set: func(c *apitest.Clinic) { c.People = nil }},
		{name: "book_move", path: "/book?session=s12&no=5&move=a2", as: patient},
		{name: "patients", path: "/patients", as: patient},
		{name: "patients_empty", path: "/patients", as: patient, set: func(c *apitest.Clinic) { c.People = nil }},
		{name: "patient_new", path: "/patients/new", as: patient},
		{name: "appointments", path: "/appointments", as: patient},
		{name: "appointments_empty", path: "/appointments", as: patient, set: func(c *apitest.Clinic) { c.Visits = nil }},
		{name: "voucher", path: "/appointments/a2?fresh=1", as: patient},
		{name: "voucher_today", path: "/appointments/a1", as: patient},
		{name: "voucher_suspended", path: "/appointments/a2", as: patient, set: suspended},
		{name: "options", path: "/appointments/a2/options", as: patient, set: suspended},
		{name: "options_none", path: "/appointments/a2/options", as: patient, set: func(c *apitest.Clinic) { suspended(c); c.Kept = nil }},
		{name: "options_link", path: "/o/good"},
		{name: "pay_due", path: "/appointments/a2", as: patient, set: paying(pay.Open, booking.Held)},
		{name: "pay_due_elder", path: "/appointments/a2", as: patient, elder: true, set: paying(pay.Waiting, booking.Held)},
		{name: "pay_waiting", path: "/appointments/a2", as: patient, set: paying(pay.Asked, booking.Held)},
		{name: "pay_kept", path: "/appointments/a2", as: patient, set: paying(pay.Kept, booking.Booked)},
		{name: "pay_expired", path: "/appointments/a2", as: patient, set: paying(pay.Closed, booking.Cancelled)},
		{name: "pay_refunding", path: "/appointments/a2", as: patient, set: paying(pay.RefundAsked, booking.Cancelled)},
		{name: "pay_refunded", path: "/appointments/a2", as: patient, set: paying(pay.Refunded, booking.Cancelled)},
		{name: "pay_hand", path: "/appointments/a2", as: patient, set: paying(pay.Manual, booking.Cancelled)},
		{name: "pay_settled", path: "/appointments/a2", as: patient, set: paying(pay.Settled, booking.Cancelled)},
		{name: "payments", path: "/manage/payments", as: manager, width: 1440, height: 900},
		{name: "payments_empty", path: "/manage/payments", as: manager, width: 1440, height: 900, set: func(c *apitest.Clinic) { c.Money = nil }},
		{name: "waitlist", path: "/waitlist", as: patient},
		{name: "inbox", path: "/inbox", as: patient},
		{name: "inbox_elder", path: "/inbox", as: patient, elder: true},
		{name: "inbox_empty", path: "/inbox", as: patient, set: func(c *apitest.Clinic) { c.Inbox = nil }},
		{name: "waitlist_empty", path: "/waitlist", as: patient, set: func(c *apitest.Clinic) { c.Waits = nil }},
		{name: "waitlist_join", path: "/waitlist/join?session=s12", as: patient},
		{name: "offer_link", path: "/w/good"},
		{name: "wishes", path: "/patients/p1/wishes?saved=1", as: patient},
		{name: "visit_link", path: "/a/good"},
		{name: "record_link", path: "/c/good"},
		{name: "manage_waitlist", path: "/manage/waitlist", as: manager, width: 1280, height: 800},
		{name: "manage_waitlist_empty", path: "/manage/waitlist", as: nurse, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Waits = nil }},
		{name: "place", path: "/place/a1", as: patient},
		{name: "place_told", path: "/place/a1", as: patient, set: told},
		{name: "place_elder", path: "/place/a1", as: patient, elder: true},
		{name: "place_next", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.State, p.Ahead, p.Leave, p.Reason = "ready", 0, board.Leave{}, board.Reason{}
		})},
		{name: "place_called", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.State, p.Ahead, p.Leave, p.Reason = "called", 0, board.Leave{}, board.Reason{}
		})},
		{name: "place_missed", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.State, p.Leave, p.Reason = "missed", board.Leave{}, board.Reason{Code: "not_there", Args: map[string]string{"calls": "3"}}
		})},
		{name: "place_home", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.State, p.CheckedInAt, p.Leave.Advise, p.Reason = "not_checked_in", 0, board.AdviseNow, board.Reason{}
		})},
		{name: "place_setout", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.State, p.CheckedInAt, p.Leave.Advise, p.Reason = "not_checked_in", 0, board.AdviseNow, board.Reason{}
			p.Leave.Out = apitest.Now().Add(-4 * time.Minute).UnixMilli()
		})},
		{name: "place_paused", path: "/place/a1", as: patient, set: position(func(p *board.Position) {
			p.Desk, p.Until, p.Leave = "paused", apitest.Now().Add(10*time.Minute).UnixMilli(), board.Leave{}
		})},
		{name: "place_done", path: "/place/a1", as: patient, set: position(func(p *board.Position) { p.State, p.Leave, p.Reason = "done", board.Leave{}, board.Reason{} })},
		{name: "zone", path: "/screen/zone/z1", as: screen, width: 1920, height: 1080},
		{name: "zone_told", path: "/screen/zone/z1", as: screen, width: 1920, height: 1080, set: told},
		{name: "zone_empty", path: "/screen/zone/z1", as: screen, width: 1920, height: 1080, set: func(c *apitest.Clinic) {
			c.Boards.Zone.Rows, c.Boards.Zone.Missed, c.Boards.Zone.Call = nil, nil, nil
		}},
		{name: "door", path: "/screen/door/r3", as: screen, width: 1080, height: 1920},
		{name: "door_wide", path: "/screen/door/r3", as: screen, width: 1280, height: 800},
		{name: "door_paused", path: "/screen/door/r3", as: screen, width: 1280, height: 800, set: func(c *apitest.Clinic) {
			c.Boards.Door.Desk, c.Boards.Door.Until = "paused", apitest.Now().Add(10*time.Minute).UnixMilli()
		}},
		{name: "screen_unpaired", path: "/screen", width: 1920, height: 1080},
		{name: "staff_signin", path: "/staff/sign-in", width: 1280, height: 800},
		{name: "strip", path: "/strip/s1", as: doctor, width: 200, height: 900},
		{name: "strip_wide", path: "/strip/s1", as: doctor, width: 720, height: 700},
		{name: "strip_idle", path: "/strip/s1", as: doctor, width: 200, height: 800, set: func(c *apitest.Clinic) {
			c.Boards.Strip.Now, c.Boards.Strip.Next, c.Boards.Strip.Missed, c.Boards.Strip.Desk = nil, nil, nil, "idle"
		}},
		{name: "strip_paused", path: "/strip/s1", as: doctor, width: 240, height: 900, set: func(c *apitest.Clinic) { c.Boards.Strip.Desk = "paused" }},
		{name: "strip_list", path: "/strip", as: doctor, width: 1280, height: 800},
		{name: "desk_list", path: "/desk", as: nurse, width: 1280, height: 800},
		{name: "desk", path: "/desk/z1", as: nurse, width: 1440, height: 1000},
		{name: "desk_told", path: "/desk/z1", as: nurse, width: 1440, height: 1000, set: told},
		{name: "slip", path: "/desk/z1/slip?number=A020", as: nurse, width: 400, height: 700},
		{name: "desk_setout", path: "/desk/z1", as: nurse, width: 1440, height: 1000, set: func(c *apitest.Clinic) {
			c.Boards.Desk.Absent[0].Out = apitest.Now().Add(-4 * time.Minute).UnixMilli()
		}},
		{name: "desk_empty", path: "/desk/z1", as: nurse, width: 1440, height: 900, set: func(c *apitest.Clinic) { c.Boards.Desk.Queues, c.Boards.Desk.Absent = nil, nil }},
		{name: "messages", path: "/messages", as: nurse, width: 1280, height: 900},
		{name: "messages_state", path: "/messages/state", as: nurse, width: 1280, height: 1100},
		{name: "policies", path: "/manage/policies", as: manager, width: 1280, height: 1200},
		{name: "messages_empty", path: "/messages?kind=appt.booked", as: nurse, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Sent = nil }},
		{name: "manage", path: "/manage", as: manager, width: 1440, height: 900},
		{name: "manage_empty", path: "/manage", as: manager, width: 1440, height: 900, set: func(c *apitest.Clinic) { c.Sittings = nil }},
		{name: "session", path: "/manage/sessions/s4", as: manager, width: 1280, height: 800},
		{name: "session_urgent", path: "/manage/sessions/s1", as: nurse, width: 1280, height: 900},
		{name: "suspensions", path: "/suspensions", as: nurse, width: 1280, height: 900},
		{name: "suspensions_none", path: "/suspensions", as: manager, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Quiet = true }},
		{name: "suspension_asked", path: "/suspensions/x1", as: manager, width: 1280, height: 1200},
		{name: "suspension_phone", path: "/suspensions/x3", as: nurse, width: 390, height: 1400},
		{name: "suspension_running", path: "/suspensions/x2", as: manager, width: 1280, height: 1200},
		{name: "wizard", path: "/sessions/s4/wizard", as: nurse, width: 1280, height: 900},
		{name: "wizard_nobody", path: "/sessions/s4/wizard", as: nurse, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Quiet = true }},
		{name: "closure", path: "/closures/new", as: nurse, width: 1280, height: 800},
		{name: "closure_preview", path: "/closures/new?from=2026-03-03&to=2026-03-04&part=AM&reason=weather", as: manager, width: 1280, height: 1000},
		{name: "session_suspended", path: "/manage/sessions/s12", as: manager, width: 1280, height: 800},
		{name: "wordings", path: "/manage/wordings?words=zh-CN", as: manager, width: 1440, height: 900},
		{name: "wordings_wechat_en", path: "/manage/wordings?words=en&channel=wechat", as: manager, width: 1440, height: 900},
		{name: "wordings_push", path: "/manage/wordings?words=zh-CN&channel=push", as: manager, width: 1440, height: 900},
		{name: "wordings_voice_en", path: "/manage/wordings?words=en&channel=voice", as: manager, width: 1440, height: 900},
		{name: "wording", path: "/manage/wordings/appt.remind.d1?words=zh-CN", as: manager, width: 1440, height: 900},
		{name: "wording_version", path: "/manage/wordings/appt.remind.d1?words=zh-CN&version=v2", as: manager, width: 1440, height: 900},
		{name: "wording_sens_push", path: "/manage/wordings/appt.booked.sens?words=en&channel=push", as: manager, width: 1440, height: 900},
		{name: "wording_wechat", path: "/manage/wordings/queue.near?words=en&channel=wechat", as: manager, width: 1440, height: 900},
		{name: "guide", path: "/guide"},
		{name: "guide_part", path: "/guide?part=chest"},
		{name: "guide_elder", path: "/guide?part=eye", elder: true},
		{name: "guide_none", path: "/guide", set: func(c *apitest.Clinic) { c.Advice = nil }},
		{name: "guide_overdue", path: "/guide", set: func(c *apitest.Clinic) { c.Advice[1].Table.ReviewBy = houzhen.Date{Year: 2026, Month: 2, Day: 1} }},
		{name: "guide_versions", path: "/manage/guide", as: manager, width: 1280, height: 900},
		{name: "guide_versions_overdue", path: "/manage/guide", as: manager, width: 1280, height: 900, set: func(c *apitest.Clinic) { c.Advice[1].Table.ReviewBy = houzhen.Date{Year: 2026, Month: 2, Day: 1} }},
		{name: "guide_versions_none", path: "/manage/guide", as: manager, width: 1280, height: 900, set: func(c *apitest.Clinic) { c.Advice = nil }},
		{name: "guide_version", path: "/manage/guide/g2", as: manager, width: 1280, height: 900},
		{name: "guide_version_first", path: "/manage/guide/g1", as: manager, width: 1280, height: 900},
		{name: "abuse", path: "/manage/abuse", as: manager, width: 1280, height: 1400},
		{name: "abuse_none", path: "/manage/abuse", as: manager, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Flagged = nil }},
		{name: "stats", path: "/manage/stats?by=doctor&from=2026-01-20", as: manager, width: 1440, height: 1400},
		{name: "credit_rules", path: "/credit/rules"},
		{name: "credit_rules_none", path: "/credit/rules", set: noRecord},
		{name: "credit", path: "/credit", as: patient},
		{name: "credit_none", path: "/credit", as: patient, set: noRecord},
		{name: "manage_credit", path: "/manage/credit?lifted=2", as: manager, width: 1280, height: 1000},
		{name: "manage_credit_none", path: "/manage/credit", as: manager, width: 1280, height: 900, set: noRecord},
		{name: "manage_noshow", path: "/manage/noshow", as: manager, width: 1280, height: 800},
		{name: "manage_noshow_none", path: "/manage/noshow", as: manager, width: 1280, height: 800, set: noRecord},
		{name: "stats_empty", path: "/manage/stats", as: manager, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Figures = nil }},
		{name: "draw_open", path: "/draw/s4", as: patient, set: drawn(draw.Announced, "")},
		{name: "draw_nobody", path: "/draw/s4", set: drawn(draw.Announced, "")},
		{name: "draw_won", path: "/draw/s4", as: patient, set: drawn(draw.Settled, draw.Won)},
		{name: "draw_lost", path: "/draw/s4", as: patient, set: drawn(draw.Settled, draw.Lost)},
		{name: "draw_elder", path: "/draw/s4", as: patient, elder: true, set: drawn(draw.Settled, draw.Refused)},
		{name: "options_displaced", path: "/appointments/a2/options", as: patient},
		{name: "places", path: "/sessions/s4/places", as: manager, width: 1280, height: 1400},
		{name: "places_desk", path: "/sessions/s4/places", as: nurse, width: 1280, height: 1200},
		{name: "places_cut", path: "/sessions/s4/capacity?places=3", as: manager, width: 1280, height: 1400},
		{name: "places_hours", path: "/sessions/s4/hours?shift=60", as: manager, width: 1280, height: 1700},
		{name: "overbook", path: "/sessions/s4/overbook", as: nurse, width: 1280, height: 800},
		{name: "desk_book", path: "/sessions/s4/book", as: nurse, width: 1280, height: 800},
		{name: "people", path: "/people", as: manager, width: 1280, height: 900},
		{name: "people_desk", path: "/people", as: nurse, width: 1280, height: 800},
		{name: "overflow", path: "/manage/overflow", as: nurse, width: 1280, height: 800},
		{name: "overflow_none", path: "/manage/overflow", as: nurse, width: 1280, height: 800, set: func(c *apitest.Clinic) { c.Kept = nil }},
		{name: "release", path: "/manage/release?department=cardio", as: manager, width: 1280, height: 1200},
		{name: "release_default", path: "/manage/release", as: manager, width: 1280, height: 1000},
		{name: "roster", path: "/manage/roster", as: manager, width: 1280, height: 900},
		{name: "jobs", path: "/manage/jobs", as: manager, width: 1280, height: 900},
		{name: "machines", path: "/manage/machines", as: manager, width: 1280, height: 1200},
		{name: "machines_none", path: "/manage/machines", as: manager, width: 390, height: 1200, set: func(c *apitest.Clinic) { c.Quiet = true }},
		{name: "demo", path: "/demo", width: 1280, height: 800},
		{name: "error", path: "/find/nowhere", status: http.StatusNotFound},
		{name: "error_fault", path: "/", status: http.StatusInternalServerError, set: func(c *apitest.Clinic) { c.Err = errors.New("secret detail") }},
		{name: "error_staff", path: "/manage/sessions/none", as: manager, status: http.StatusNotFound, width: 1280, height: 800},
	}
}

// told lets the desk tell the zone something.
func told(c *apitest.Clinic) { c.Told = apitest.Lift() }

func suspended(c *apitest.Clinic) {
	for i := range c.Sittings {
		if c.Sittings[i].ID == c.Visits[1].SessionID {
			c.Sittings[i].Status = "suspended"
		}
	}
}

// longest gives every name its worst case.
func longest(c *apitest.Clinic) {
	d := c.Public.Doctors[3].Name
	for i := range c.Boards.Zone.Rows {
		c.Boards.Zone.Rows[i].Doctor = d
	}
	c.Boards.Strip.Doctor, c.Boards.Door.Doctor, c.Boards.Position.Doctor = d, d, d
	for i := range c.Public.Doctors {
		c.Public.Doctors[i].Name = d
	}
}

func noRecord(c *apitest.Clinic) { c.Credit = apitest.Record{} }

func render(t *testing.T, s story, lang houzhen.Lang) string {
	t.Helper()
	c := apitest.New()
	if s.set != nil {
		s.set(c)
	}
	r := newRequest(t, s, lang)
	w := record(as(t, newSite(t, c), s.as), r)
	want := s.status
	if want == 0 {
		want = http.StatusOK
	}
	if w.Code != want {
		t.Fatalf("%s in %s: got %d, want %d: %s", s.name, lang, w.Code, want, w.Body)
	}
	return w.Body.String()
}

func TestEveryPageRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		for _, lang := range templates.Langs() {
			t.Run(s.name+"/"+string(lang), func(t *testing.T) {
				t.Parallel()
				body := render(t, s, lang)
				noMissingWords(t, body)
				balanced(t, body)
				if !strings.Contains(body, `<html lang="`+string(lang)+`"`) {
					t.Errorf("page does not say that it is in %s", lang)
				}
				if strings.Contains(body, "secret detail") {
					t.Error("page shows the text of an error")
				}
			})
		}
	}
}

func TestLongestNamesRender(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		set := s.set
		s.set = func(c *apitest.Clinic) {
			longest(c)
			if set != nil {
				set(c)
			}
		}
		noMissingWords(t, render(t, s, houzhen.English))
	}
}

// TestEveryPageHasAStory keeps the storybook whole.
func TestEveryPageHasAStory(t *testing.T) {
	t.Parallel()
	rules, err := auth.NewRules(web.Routes())
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{
		"GET /static/{file...}": true, "GET /words/{lang}": true, "GET /staff": true, "GET /manage/asynq/": true,
		"GET /manage/stats.csv": true, "GET /manage/abuse.csv": true, "GET /manage/guide/sample.yaml": true, "GET /manage/stats/{drawing}": true, "GET /screen/zone/{id}/here.svg": true, // a file, and pictures on the page
	}
	for _, s := range stories() {
		path, _, _ := strings.Cut(s.path, "?")
		rule, ok := rules.Lookup(http.MethodGet, path)
		if !ok {
			t.Errorf("story %s has no route", s.name)
		}
		told[rule.String()] = true
	}
	for _, r := range web.Routes() {
		if r.Method == http.MethodGet && !told[r.String()] {
			t.Errorf("no story tells %s", r)
		}
	}
}

var (
	written    = regexp.MustCompile(`(?s)<(code|textarea)[^>]*>.*?</(?:code|textarea)>`) // keys and words as managers write them
	attributes = regexp.MustCompile(`\s(?:data-frame|value|name|href|action|src|topic|data-[a-z]+|for|id|accept|content|class)="[^"]*"`)
	tag        = regexp.MustCompile(`</?([a-zA-Z][a-zA-Z0-9-]*)[^>]*?(/?)>`)
)

// noMissingWords finds keys that had no words, and variables without values.
func noMissingWords(t *testing.T, body string) {
	t.Helper()
	text := attributes.ReplaceAllString(written.ReplaceAllString(body, ""), "")
	prefixes := map[string]bool{}
	for _, key := range templates.PageKeys() {
		prefix, _, _ := strings.Cut(key, ".")
		prefixes[prefix] = true
	}
	for _, found := range regexp.MustCompile(`\b([a-z]+)\.[a-z_]+(?:\.[a-z_0-9]+)*\b`).FindAllStringSubmatch(text, -1) {
		if prefixes[found[1]] && !strings.HasSuffix(found[0], ".html") && found[0] != "notify.send" {
			t.Errorf("no words for %q", found[0])
		}
	}
	if i := strings.Index(text, "${"); i >= 0 {
		t.Errorf("a variable has no value: %q", text[i:min(len(text), i+40)])
	}
	if strings.Contains(text, "<no value>") || strings.Contains(text, "%!") || strings.Contains(text, "ZgotmplZ") {
		t.Error("a template value is missing or unsafe")
	}
}

// balanced checks that every element that opens also closes, in order.
func balanced(t *testing.T, body string) {
	t.Helper()
	void := []string{"meta", "link", "input", "br", "hr", "img"}
	var open []string
	for _, m := range tag.FindAllStringSubmatch(body, -1) {
		name := strings.ToLower(m[1])
		switch {
		case slices.Contains(void, name) || m[2] == "/":
		case !strings.HasPrefix(m[0], "</"):
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes %v", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
}

func TestPagesKeepToTheirPolicy(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)<script(?:\s+type="module")?>|\sstyle="|\son[a-z]+="|javascript:|https?://`)
	for _, s := range stories() {
		body := render(t, s, houzhen.Chinese)
		if m := inline.FindString(body); m != "" {
			t.Errorf("%s has %q, which its policy forbids", s.name, m)
		}
	}
	w := get(t, as(t, newSite(t, apitest.New()), nobody), "/")
	if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "script-src 'self'") || strings.Contains(got, "unsafe") {
		t.Errorf("policy is %q", got)
	}
}

// Staff screens and walls never get a full name; a family sees its own.
func TestNoFullNamesOnSharedPages(t *testing.T) {
	t.Parallel()
	full := apitest.New().People
	own := []string{"book", "patients", "waitlist_join", "draw_open", "draw_won", "draw_lost", "draw_elder"} // a family picks one of its own
	for _, s := range stories() {
		if s.as.Is(auth.Patient) && slices.Contains(own, s.name) {
			continue
		}
		body := render(t, s, houzhen.Chinese)
		for _, p := range full {
			if strings.Contains(body, p.Name.Reveal()) || strings.Contains(body, p.Phone.Reveal()) || strings.Contains(body, p.Doc.Reveal()) {
				t.Errorf("%s shows a person in full", s.name)
			}
		}
	}
}

func TestRosterFaultsAreShownByNumberAndReason(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.RosterAnswer = api.RosterResult{Faults: []api.RosterFault{{Line: 7, Field: "start", Code: "time"}}}
	w := post(t, as(t, newSite(t, c), manager), "/manage/roster", "text=a,b")
	if w.Code != http.StatusBadRequest {
		t.Errorf("a form of another kind: got %d, want 400", w.Code)
	}
}
