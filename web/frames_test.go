package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
)

// An error keeps to the frame of the page on which it happens: a wall has no
// buttons, and nobody who works here is offered the patients' tabs.
func TestAnErrorStandsInItsOwnFrame(t *testing.T) {
	t.Parallel()
	const tabs, bar = `class="tabs"`, `class="bar"`
	for _, tt := range []struct {
		path       string
		as         auth.Principal
		tabs, bar  bool
		wall, door bool // in a wall's type; with a way home
	}{
		{"/find/nowhere", nobody, true, false, false, true},
		{"/appointments/none", patient, true, false, false, true},
		{"/manage/sessions/none", manager, false, true, false, true},
		{"/strip/none", doctor, false, true, false, true},
		{"/strip/none", patient, false, true, false, true}, // not his, by its address
		{"/desk/none", nurse, false, true, false, true},
		{"/screen/zone/z1", patient, false, false, true, false},
		{"/screen/zone/none", screen, false, false, true, false},
		{"/screen/door/none", screen, false, false, true, false},
	} {
		c := apitest.New()
		c.Fail["strip"], c.Fail["desk"] = errors.New("gone"), errors.New("gone")
		c.Fail["zone"], c.Fail["door"] = errors.New("gone"), errors.New("gone")
		w := get(t, as(t, newSite(t, c), tt.as), tt.path)
		body := w.Body.String()
		if w.Code < http.StatusBadRequest || !strings.Contains(body, `role="alert"`) {
			t.Errorf("%s: got %d, want an error that is said", tt.path, w.Code)
		}
		for part, want := range map[string]bool{tabs: tt.tabs, bar: tt.bar, `class="screen"`: tt.wall, `class="button primary"`: tt.door} {
			if got := strings.Contains(body, part); got != want {
				t.Errorf("%s: %s is there: %t, want %t", tt.path, part, got, want)
			}
		}
	}
}

// A namesake is shouted about; who is only masked alike gets a bold number.
func TestOnlyNamesakesAreFlaggedInRed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		same, alike bool
		red, bold   int
	}{
		"neither": {false, false, 0, 0}, "alike": {false, true, 0, 1}, "same": {true, true, 1, 1},
	} {
		c := apitest.New()
		l := c.Boards.Desk.Queues[0].Tickets[4]
		l.SameName, l.Alike = tt.same, tt.alike
		c.Boards.Desk.Absent = nil
		c.Boards.Desk.Queues = []board.DeskQueue{{Session: "s1", Room: "3", Tickets: []board.Line{l}}}
		body := get(t, as(t, newSite(t, c), nurse), "/desk/z1").Body.String()
		if red, bold := strings.Count(body, `class="same-name"`), strings.Count(body, `class="label num alike"`); red != tt.red || bold != tt.bold {
			t.Errorf("%s: got %d red and %d bold, want %d and %d", name, red, bold, tt.red, tt.bold)
		}
	}
}

func TestTheRoadIsAskedForAtHomeOnly(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]bool{
		"not_checked_in": true, "waiting": false, "ready": false, "called": false, "in_consult": false, "missed": false, "done": false,
	} {
		c := apitest.New()
		c.Boards.Position.State = state
		body := get(t, as(t, newSite(t, c), patient), "/place/a1").Body.String()
		if got := strings.Contains(body, `action="/place/a1/travel"`); got != want {
			t.Errorf("%s: the road is asked for: %t, want %t", state, got, want)
		}
	}
}

// Who was told to leave says once that he has; before and after there is
// nothing to press.
func TestOnlyWhoIsToldToLeaveCanSayThatHeHas(t *testing.T) {
	t.Parallel()
	now := apitest.Now().UnixMilli()
	for name, tt := range map[string]struct {
		leave        board.Leave
		button, said bool
	}{
		"told":        {board.Leave{Advise: board.AdviseNow, Travel: 30}, true, false},
		"has said so": {board.Leave{Advise: board.AdviseNow, Travel: 30, Out: now}, false, true},
		"not yet":     {board.Leave{Advise: board.AdviseWait, Travel: 30, At: now}, false, false},
		"here":        {board.Leave{Advise: board.AdviseNone}, false, false},
	} {
		c := apitest.New()
		c.Boards.Position.State, c.Boards.Position.Leave = "not_checked_in", tt.leave
		body := get(t, as(t, newSite(t, c), patient), "/place/a1").Body.String()
		if got := strings.Contains(body, `action="/place/a1/set-out"`); got != tt.button {
			t.Errorf("%s: a button: %t, want %t", name, got, tt.button)
		}
		if got := strings.Contains(attributes.ReplaceAllString(body, ""), "已出发"); got != tt.said {
			t.Errorf("%s: says that he is on his way: %t, want %t", name, got, tt.said)
		}
	}
}

// The nurse sees who is on his way.
func TestTheDeskShowsWhoHasSetOut(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	l := c.Boards.Desk.Queues[0].Tickets[4]
	l.State, l.Out = "not_checked_in", apitest.Now().UnixMilli()
	for out, want := range map[int64]bool{l.Out: true, 0: false} {
		l.Out = out
		c.Boards.Desk.Queues, c.Boards.Desk.Absent = nil, []board.Line{l}
		body := attributes.ReplaceAllString(get(t, as(t, newSite(t, c), nurse), "/desk/z1").Body.String(), "")
		if got := strings.Contains(body, "已出发"); got != want {
			t.Errorf("set out at %d: the desk shows it: %t, want %t", out, got, want)
		}
	}
}

// A department whose name tells too much has no doctor on a phone, and then no
// sign that waits for one.
func TestAHeadingDoesNotEndInASign(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Boards.Position.Doctor, c.Boards.Position.Title = houzhen.Label{}, houzhen.Label{}
	c.Boards.Door.Department = houzhen.Label{}
	for path, p := range map[string]auth.Principal{"/place/a1": patient, "/screen/door/r3": screen} {
		body := attributes.ReplaceAllString(get(t, as(t, newSite(t, c), p), path).Body.String(), "")
		for _, bad := range []string{"· <", "·<", "> ·"} {
			if i := strings.Index(body, bad); i >= 0 {
				t.Errorf("%s: a stray sign: %q", path, body[max(0, i-60):i+len(bad)])
			}
		}
	}
}

func TestASuspendedRoomKeepsItsDoctorsLine(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	for i := range c.Boards.Zone.Rows {
		c.Boards.Zone.Rows[i].Desk = "suspended"
	}
	body := get(t, as(t, newSite(t, c), screen), "/screen/zone/z1").Body.String()
	if rows, lines := strings.Count(body, `class="away off"`), strings.Count(body, `class="doc"`); rows != 8 || lines != 8 {
		t.Errorf("got %d rows with %d doctors, want 8 with 8", rows, lines)
	}
}
