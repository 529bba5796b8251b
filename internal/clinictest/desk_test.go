package clinictest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store"
)

// signInNurse gives a browser in which a nurse of the desk has signed in, and
// who she is.
func (c *Clinic) signInNurse() (*Browser, string) {
	return c.SignInAs(directory.Staff{Login: "desk", Display: "desk", Role: directory.RoleNurse})
}

// What the desk tells a zone reaches its screen and the phone of who waits there,
// costs no message, and is gone when it is taken back and when its time is over.
func TestTheDeskTellsAllWhoWait(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a := c.Book("张小三", s, "08:00")
		c.GoTo(c.At(1, "07:50"))
		c.CheckIn(a)
		c.Take("张小三")
		nurse, id := c.signInNurse()
		path := "/api/v1/zones/zone-b/notices"
		said := nurse.Want(http.StatusOK, nurse.Do("POST", path, map[string]any{"text": "电梯检修", "text_en": "lift", "minutes": 30}))
		other := nurse.Want(http.StatusOK, nurse.Do("POST", path, map[string]any{"text": "请走楼梯", "minutes": 60}))
		c.Settle()

		socket, phone := c.watchPosition("张小三", a)
		socket.Watch("notice/zone-b")
		socket.Until("notice/zone-b", func(state json.RawMessage) bool { return strings.Contains(string(state), "电梯检修") })
		page := func() string { return phone.Want(http.StatusOK, phone.Do("GET", "/place/"+a.ID, nil)).Text }
		if text := page(); !strings.Contains(text, "电梯检修") || !strings.Contains(text, "请走楼梯") {
			t.Error("who waits does not read it on his phone")
		}
		if a := phone.Do("POST", path, map[string]any{"text": "x", "minutes": 30}); a.Status != http.StatusForbidden {
			t.Errorf("a patient tells the zone: %d", a.Status)
		}
		if a := nurse.Do("POST", "/api/v1/zones/none/notices", map[string]any{"text": "x", "minutes": 30}); a.Status != http.StatusNotFound {
			t.Errorf("of no zone: %d", a.Status)
		}
		nurse.Want(http.StatusNoContent, nurse.Do("POST", path+"/"+other.Field("id")+"/take-back", nil))
		c.Settle()
		socket.Until("notice/zone-b", func(state json.RawMessage) bool { return !strings.Contains(string(state), "请走楼梯") })
		if text := page(); !strings.Contains(text, "电梯检修") || strings.Contains(text, "请走楼梯") {
			t.Error("what was taken back is still there, or the other one is not")
		}
		c.GoTo(c.At(1, "08:20"))
		if text := page(); strings.Contains(text, "电梯检修") {
			t.Error("its time is over")
		}
		c.ExpectNothingElse()
		log, err := c.App.Store.AuditAfter(c.ctx, 0, 100)
		c.must(err)
		if !slices.ContainsFunc(log, func(e store.Entry) bool {
			return e.Actor == id && e.Action == "zone.notice" && e.Object == "zone-b" && e.Detail == said.Field("id")
		}) {
			t.Errorf("the record does not say who told it: %+v", log)
		}
	})
}

// A check-in that was a mistake is taken back with all that hangs on it: he may
// check in again, and who does not come is absent.
func TestACheckInIsTakenBack(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a, other := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:30")
		c.GoTo(c.At(1, "07:50"))
		in := c.CheckIn(a)
		c.CheckIn(other)
		nurse, _ := c.signInNurse()
		doctor, _ := c.SignInAs(directory.Staff{Login: "wang", Display: "wang", Role: directory.RoleDoctor, DoctorID: "wang"})
		path, body := "/api/v1/sessions/"+s.ID+"/undo-check-in", map[string]any{"ticket_id": in.ID}
		if a := doctor.Do("POST", path, body); a.Status != http.StatusForbidden {
			t.Errorf("by the doctor: %d", a.Status)
		}
		nurse.Want(http.StatusOK, nurse.Do("POST", path, body))
		c.Settle()
		c.ExpectState(a, booking.Booked)
		if got := c.Tickets(s); got[0] != "A001 not_checked_in" {
			t.Errorf("got %q", got)
		}
		c.CheckIn(a)
		c.ExpectState(a, booking.CheckedIn)
		slip := nurse.Want(http.StatusOK, nurse.Do("POST", "/api/v1/tickets/"+in.ID+"/slip", nil))
		if slip.Field("label") != "A001" || slip.Field("name") != "张*三" || slip.Field("voucher") == "" {
			t.Errorf("printed again: %s", slip.Text)
		}
		c.GoTo(c.At(1, "08:00"))
		c.CallNext(s, "张小三")
		if a := nurse.Do("POST", path, body); a.Status != http.StatusConflict {
			t.Errorf("of one who is called: %d %s", a.Status, a.Code())
		}
		c.ExpectState(a, booking.CheckedIn)
	})
}
