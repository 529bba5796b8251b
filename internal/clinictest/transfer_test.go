package clinictest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/queue"
)

// Who goes on to another doctor stands at the end there, whatever he had waited
// and though he stood at the door; pressed twice, he goes once.
func TestWhoGoesOnToAnotherDoctorStandsAtTheEnd(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		li := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID, x.Prefix = "room-4", "B" })
		absent := c.Session("zhao", 2, houzhen.Morning)
		first, goes, third := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:00"), c.Book("王小五", s, "08:30")
		there, after := c.Book("赵小六", li, "08:00"), c.Book("孙小七", li, "08:30")
		c.GoTo(c.At(1, "07:50"))
		for _, a := range []booking.Appointment{first, goes, third, there} {
			c.CheckIn(a)
		}
		c.GoTo(c.At(1, "08:00"))
		everybody := []string{"张小三", "李小四", "王小五", "赵小六", "孙小七"}
		c.Take(everybody...)
		c.Serve(s, "张小三") // 李小四 stands at the door now
		c.CallNext(li, "赵小六")
		c.CheckIn(after)
		c.Take(everybody...)

		ask := api.Transfer{AppointmentID: goes.ID, DoctorID: "li", Cause: "asked for him", By: "nurse"}
		for range 2 {
			got, err := c.App.Transfer(c.ctx, ask)
			c.must(err)
			c.Settle()
			if got.SessionID != li.ID || !strings.HasPrefix(got.Label, "B2") {
				t.Errorf("got %s in %s, want a new number at the other doctor's", got.Label, got.SessionID)
			}
		}
		c.Clock.Advance(5 * 60e9)
		c.Finish(li)
		c.Serve(li, "孙小七", "李小四")
		c.CallNext(s, "王小五")
		c.Take(everybody...)

		for _, r := range []struct {
			who  string
			of   booking.Appointment
			to   string
			want houzhen.Code
		}{
			{"who has been seen", first, "li", houzhen.CodeState},
			{"to one who does not sit today", there, absent.DoctorID, houzhen.CodeNotFound},
		} {
			before := c.State(r.of)
			_, err := c.App.Transfer(c.ctx, api.Transfer{AppointmentID: r.of.ID, DoctorID: r.to, Cause: "x", By: "nurse"})
			if code := houzhen.CodeOf(err); code != r.want {
				t.Errorf("%s: got %v, want %s", r.who, err, r.want)
			}
			if after := c.State(r.of); after.SessionID != before.SessionID || after.SlotNo != before.SlotNo {
				t.Errorf("%s: his place is another one", r.who)
			}
		}
	})
}

// Somebody goes on to whoever sits in a room, or to that doctor of a department
// for whom the fewest wait; what the desk noted for the doctor goes along, and
// is nowhere but on the doctors' and the desk's pages.
func TestWhoGoesOnToARoomOrADepartment(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		skin := func(x *booking.Session) { x.RoomID, x.Prefix, x.DepartmentID = "room-4", "C", "derma" }
		zhao := c.SessionWith("zhao", 1, houzhen.Morning, skin)
		li := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { skin(x); x.RoomID, x.Prefix = "", "B" })
		a, b, last := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:00"), c.Book("王小五", s, "08:30")
		there := c.Book("赵小六", zhao, "08:00")
		c.GoTo(c.At(1, "07:50"))
		for _, x := range []booking.Appointment{a, b, last, there} {
			c.CheckIn(x)
		}
		c.GoTo(c.At(1, "08:00"))
		c.Take("张小三", "李小四", "王小五", "赵小六")

		nurse, _ := c.signInNurse()
		note := map[string]any{"ticket_id": c.ticketOf(a).ID, "note": "左耳听力差"}
		nurse.Want(http.StatusOK, nurse.Do("POST", "/api/v1/sessions/"+s.ID+"/note", note))
		note["note"] = "电话 13800138000"
		if got := nurse.Do("POST", "/api/v1/sessions/"+s.ID+"/note", note); got.Status != 422 || got.Code() != string(houzhen.CodeNoticeNumber) {
			t.Errorf("a note with a phone: %d %s", got.Status, got.Code())
		}
		go2 := func(x booking.Appointment, to, id string, want booking.Session) {
			t.Helper()
			for range 2 { // pressed twice he goes once
				got := nurse.Want(http.StatusOK, nurse.Do("POST", "/api/v1/appointments/"+x.ID+"/transfer", map[string]any{to: id, "reason": "rash"}))
				if got.Field("session_id") != want.ID {
					t.Errorf("%s: went to %s, want %s", to, got.Field("session_id"), want.ID)
				}
				c.Settle()
			}
		}
		go2(a, "room_id", "room-4", zhao)
		go2(b, "department_id", "derma", li)
		_, err := c.App.Queue.EndSession(c.ctx, queue.EndRequest{SessionID: li.ID, RequestID: uuid.NewString(), Dispose: queue.DropRefunded})
		c.must(err)
		c.Settle()
		go2(last, "department_id", "derma", zhao) // for the other one nobody waits, and he has gone
		if got := nurse.Do("POST", "/api/v1/appointments/"+last.ID+"/transfer", map[string]any{"room_id": "room-9", "reason": "x"}); got.Status != http.StatusNotFound {
			t.Errorf("to a room where nobody sits: %d %s", got.Status, got.Code())
		}
		if got := c.ticketOf(a); got.Note != "左耳听力差" {
			t.Errorf("the note is %q with the other doctor", got.Note)
		}
		c.CallNext(zhao, "赵小六") // now he is next
		strip := nurse.Want(http.StatusOK, nurse.Do("GET", "/strip/"+zhao.ID, nil)).Text
		desk := nurse.Want(http.StatusOK, nurse.Do("GET", "/desk/zone-b", nil)).Text
		if !strings.Contains(strip, "左耳听力差") || !strings.Contains(desk, "左耳听力差") {
			t.Errorf("the note is on the doctor's page: %v, on the desk's: %v", strings.Contains(strip, "左耳听力差"), strings.Contains(desk, "左耳听力差"))
		}
		_, phone := c.watchPosition("张小三", a)
		if text := phone.Want(http.StatusOK, phone.Do("GET", "/place/"+a.ID, nil)).Text; strings.Contains(text, "左耳听力差") {
			t.Error("the patient's page shows the note")
		}
	})
}

// A doctor sends on the patient whom he has in the room: the consultation is
// over, and he stands at the end with the other one under a new number. A third
// doctor, who had put him off because he was in the room, may call him again.
func TestADoctorSendsOnWhomHeHasInTheRoom(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		li := c.SessionWith("li", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID, x.Prefix = "room-4", "B" })
		third := c.SessionWith("zhao", 1, houzhen.Morning, func(x *booking.Session) { x.RoomID, x.Prefix, x.DepartmentID = "room-4", "C", "derma" })
		goes, next, there := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:30"), c.Book("赵小六", li, "08:00")
		also, after := c.Book("张小三", third, "10:00"), c.Book("王小五", third, "10:30")
		c.GoTo(c.At(1, "07:50"))
		for _, a := range []booking.Appointment{goes, next, there, also, after} {
			c.CheckIn(a)
		}
		c.GoTo(c.At(1, "08:00"))
		everybody := []string{"张小三", "李小四", "赵小六", "王小五"}
		c.Take(everybody...)
		c.CallNext(s, "张小三")
		c.CallNext(li, "赵小六")
		_, err := c.App.Queue.Start(c.ctx, queue.TicketRequest{SessionID: s.ID, RequestID: uuid.NewString()})
		c.must(err)
		c.Settle()
		c.Clock.Advance(4 * 60e9)
		c.CallNext(third, "王小五")
		if got := c.Tickets(third); !slices.Contains(got, "C009 deferred") {
			t.Fatalf("who is in another room is not put off: %q", got)
		}

		b, wang := c.SignInAs(directory.Staff{Login: "wang", Display: "wang", Role: directory.RoleDoctor, DoctorID: "wang"})
		path := "/api/v1/appointments/" + goes.ID + "/transfer"
		if a := b.Do("POST", path, map[string]any{"doctor_id": "li", "reason": strings.Repeat("因", 61)}); a.Status != 422 {
			t.Errorf("a reason of 61 signs: got %d %s", a.Status, a.Code())
		}
		key := uuid.NewString()
		for range 2 { // the network asks twice
			a := b.DoKey(key, "POST", path, map[string]any{"doctor_id": "li", "reason": "needs a surgeon"})
			if a.Status != 200 || a.Field("session_id") != li.ID || !strings.HasPrefix(a.Field("label"), "B2") {
				t.Fatalf("got %d %s", a.Status, a.Text)
			}
			c.Settle()
		}
		if got := c.State(goes); got.State != booking.CheckedIn || got.SessionID != li.ID {
			t.Errorf("his visit is %v in %s, want checked in with the other doctor", got.State, got.SessionID)
		}
		if got := c.Tickets(third); !slices.Contains(got, "C009 ready") {
			t.Errorf("the third doctor may not call him again: %q", got)
		}
		c.Clock.Advance(60e9)
		c.CallNext(s, "李小四")
		c.Finish(li)
		c.CallNext(li, "张小三")
		c.Take(everybody...)
		c.Clock.Advance(6 * 60e9)
		c.Finish(li)
		if got := c.State(goes); got.State != booking.Fulfilled {
			t.Errorf("seen by the other doctor his visit is %v", got.State)
		}

		var log []queue.Entry
		var held []queue.Consultation
		c.must(c.App.Store.Queue().View(c.ctx, func(tx queue.Tx) (err error) {
			if log, err = tx.Log(c.ctx, s.ID); err != nil {
				return err
			}
			held, err = tx.Consultations(c.ctx, "li", Start, 10)
			return err
		}))
		at := slices.IndexFunc(log, func(e queue.Entry) bool { return e.Verb == queue.VerbTransfer })
		if at < 0 || log[at].Cause != "needs a surgeon" || log[at].Operator != wang {
			t.Errorf("the log does not say who sent him on and why: %+v", log[max(at, 0)])
		}
		if len(held) != 2 || held[0].PatientID != goes.PatientID || held[0].Length != 6*time.Minute {
			t.Errorf("with the other doctor: %+v, want a consultation of 6 minutes", held)
		}
	})
}
