package clinictest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/realtime/realtimetest"
)

func TestHappyDay(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		c.Meet("张小三", func(p *directory.Patient) { p.TravelMinutes = 40 })
		s := c.Session("wang", 2, houzhen.Morning)
		a := c.Book("张小三", s, "10:00")
		c.ExpectSMS("张小三", "appt.booked", "张*三", "10:00-10:30", "心内科")
		before := c.Book("李小四", s, "08:00")
		c.ExpectSMS("李小四", "appt.booked")
		c.ExpectNothingElse()

		c.GoTo(c.At(1, "09:59"))
		c.ExpectNothingElse()
		c.GoTo(c.At(1, "10:30"))
		c.ExpectSMS("张小三", "appt.remind.d1", "10:00-10:30")
		c.ExpectSMS("李小四", "appt.remind.d1")
		c.ExpectNothingElse()

		c.GoTo(c.At(2, "07:50"))
		c.CheckIn(before)
		phone, own := c.watchPosition("张小三", a)
		wall := c.watchScreen("zone", "zone-b")
		door := c.watchScreen("door", "room-3")
		var pos board.Position
		phone.NextState("pos/"+a.ID, &pos)
		if pos.State != string(queue.NotCheckedIn) || pos.Leave.Advise != board.AdviseWait || pos.Lo == 0 || pos.Hi < pos.Lo {
			t.Errorf("at home: %+v, want not checked in, a range, and the advice to wait", pos)
		}

		c.GoTo(c.At(2, "08:00"))
		c.Serve(s, "李小四")
		c.GoTo(c.At(2, "09:30"))
		c.ExpectSMS("张小三", "queue.leave_now", "张*三")
		c.ExpectNothingElse()
		awaitPosition(phone, a, func(p board.Position) bool { return p.Leave.Advise == board.AdviseNow && p.Leave.Out == 0 })
		own.Want(http.StatusOK, own.Do("POST", "/api/v1/appointments/"+a.ID+"/set-out", map[string]any{}))
		awaitPosition(phone, a, func(p board.Position) bool {
			return p.Leave.Advise == board.AdviseNow && p.Leave.Out == c.At(2, "09:30").UnixMilli()
		})
		nurse := c.manager()
		if page := nurse.Want(http.StatusOK, nurse.Do("GET", "/desk/zone-b", nil)); !strings.Contains(page.Text, "09:30 已出发") {
			t.Error("the desk does not see who is on his way")
		}
		c.GoTo(c.At(2, "09:50"))
		c.CheckIn(a)
		awaitPosition(phone, a, func(p board.Position) bool { return p.State == string(queue.Ready) && p.Ahead == 0 })
		c.GoTo(c.At(2, "10:00"))
		c.CallNext(s, "张小三")
		c.ExpectSMS("张小三", "queue.called", "A009", `"3"`)
		awaitPosition(phone, a, func(p board.Position) bool { return p.State == string(queue.Called) && p.Room == "3" })
		var zone board.Zone
		wall.Until("zone/zone-b", func(state json.RawMessage) bool {
			return json.Unmarshal(state, &zone) == nil && zone.Call != nil && zone.Call.Label == "A009"
		})
		if zone.Call.Room != "3" || zone.Call.Name != "张*三" {
			t.Errorf("the screen calls %+v, want 张*三 to room 3", zone.Call)
		}

		door.Until("door/room-3", func(state json.RawMessage) bool {
			var d board.Door
			return json.Unmarshal(state, &d) == nil && d.Call != nil && d.Call.Label == "A009"
		})

		c.GoTo(c.At(2, "10:10"))
		c.Finish(s)
		c.ExpectState(a, booking.Fulfilled)
		awaitPosition(phone, a, func(p board.Position) bool { return p.State == string(queue.Done) })
		c.GoTo(c.At(3, "08:00"))
		c.ExpectNothingElse()
	})
}

// watchPosition opens the page of a patient's place in the browser of his phone,
// signed in.
func (c *Clinic) watchPosition(name string, a booking.Appointment) (*realtimetest.Client, *Browser) {
	c.T.Helper()
	b := c.Browser()
	b.SignIn(c.Person(name).Phone.Reveal())
	account, err := c.App.Directory.EnsureAccount(c.ctx, c.Person(name).Phone, houzhen.Chinese)
	c.must(err)
	c.must(c.App.Store.Directory().InTx(c.ctx, func(tx directory.Tx) error {
		return tx.SaveKin(c.ctx, directory.Kinship{AccountID: account.ID, PatientID: a.PatientID, Relation: directory.RelationSelf})
	}))
	b.Want(http.StatusOK, b.Do("GET", "/api/v1/appointments/"+a.ID+"/position", nil))
	phone := realtimetest.Dial(c.T, b.URL+"/ws", b.Cookies())
	phone.Watch("pos/" + a.ID)
	return phone, b
}

// watchScreen hangs a paired screen up in a zone, or beside a door.
func (c *Clinic) watchScreen(kind, target string) *realtimetest.Client {
	c.T.Helper()
	token, err := c.App.PairScreen(c.ctx, kind, target)
	c.must(err)
	wall := realtimetest.Dial(c.T, c.Server()+"/ws", http.Header{"Cookie": {auth.ScreenCookie + "=" + token}})
	wall.Watch(kind + "/" + target)
	return wall
}

func awaitPosition(phone *realtimetest.Client, a booking.Appointment, ok func(board.Position) bool) {
	phone.Until("pos/"+a.ID, func(state json.RawMessage) bool {
		var p board.Position
		return json.Unmarshal(state, &p) == nil && ok(p)
	})
}
