package booking_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

func (c *clinic) resize(r booking.ResizeRequest) booking.ResizeResult {
	c.Helper()
	if r.Reason == "" {
		r.Reason = "a room less"
	}
	result, err := c.Resize(c.Context(), r)
	if err != nil {
		c.Fatal(err)
	}
	return result
}

func (c *clinic) overflow() []booking.Displaced {
	c.Helper()
	list, err := c.Overflow(c.Context(), booking.SessionFilter{})
	if err != nil {
		c.Fatal(err)
	}
	return list
}

// full books places 1…n in order, a minute apart.
func (c *clinic) full(s booking.Session, n int) []booking.Appointment {
	c.Helper()
	var all []booking.Appointment
	for no := range n {
		c.mu.Lock()
		c.now = c.now.Add(time.Minute)
		c.mu.Unlock()
		all = append(all, c.book(s, "p"+string(rune('a'+no)), no+1))
	}
	return all
}

func TestCutTakesFreePlacesFirst(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	c.full(s, 3)
	result := c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 3})
	if result != (booking.ResizeResult{Places: 3}) || len(c.overflow()) != 0 {
		t.Errorf("got %+v and %d on the list", result, len(c.overflow()))
	}
	_, err := c.Book(t.Context(), c.request(s, "late", 8))
	wantCode(t, err, houzhen.CodeSlotWithheld)
}

func TestWhoBookedLastIsDisplacedAndNotDropped(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	other := c.session("chen", monday.AddDays(1), 1)
	all := c.full(s, 8)
	result := c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 6})
	if result != (booking.ResizeResult{Places: 6, Displaced: 2, Kept: 2}) {
		t.Errorf("got %+v", result)
	}
	list := c.overflow()
	if len(list) != 2 || list[0].Appointment.ID != all[7].ID || list[1].Appointment.ID != all[6].ID {
		t.Fatalf("overflow list: got %+v", list)
	}
	for _, d := range list {
		if a := c.load(d.Appointment.ID); a.State != booking.Booked {
			t.Errorf("displaced: state %v, want still booked", a.State)
		}
		if len(d.Options) == 0 || d.Options[0].SessionID != other.ID {
			t.Errorf("options: got %+v, want the doctor's next day", d.Options)
		}
	}
	if n := count(c.store.Kinds(), houzhen.PlaceDisplaced); n != 2 {
		t.Errorf("told: got %d, want 2", n)
	}
	moved, err := c.Choose(t.Context(), list[0].Options[0].ID)
	if err != nil || moved.ID != all[7].ID || moved.SessionID != other.ID || moved.State != booking.Booked {
		t.Errorf("choose: got %+v, %v", moved, err)
	}
	again, err := c.Choose(t.Context(), list[0].Options[0].ID)
	if err != nil || again.ID != moved.ID || again.Version != moved.Version {
		t.Errorf("choose again: got %+v, %v", again, err)
	}
	if left := c.overflow(); len(left) != 1 || left[0].Appointment.ID != all[6].ID {
		t.Errorf("after one moved: got %+v", left)
	}
	_, err = c.Book(t.Context(), c.request(s, "new", all[7].SlotNo))
	wantCode(t, err, houzhen.CodeSlotWithheld)
}

func TestCutLeavesWhoIsHere(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 2)
	c.at(monday, 7, 30)
	if _, err := c.OpenSessions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.checkIn(all[1].ID); err != nil {
		t.Fatal(err)
	}
	if result := c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 0}); result.Places != 1 || result.Displaced != 1 {
		t.Errorf("got %+v", result)
	}
	// On its own day a displaced place that is left gives no capacity back.
	if _, err := c.Cancel(t.Context(), booking.CancelRequest{AppointmentID: all[0].ID, By: booking.ByHospital}); err != nil {
		t.Fatal(err)
	}
	slots, err := c.Slots(t.Context(), s.ID)
	if err != nil || len(slots) != 8 {
		t.Errorf("got %d slots, %v, want no new one", len(slots), err)
	}
}

func TestDisplacedMovesWithinTheSession(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	a := c.book(s, "li", 1)
	result := c.resize(booking.ResizeRequest{SessionID: s.ID, Start: s.Start, Places: 0})
	if result != (booking.ResizeResult{Displaced: 1, Kept: 1}) {
		t.Errorf("got %+v", result)
	}
	moved, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: s.ID, SlotNo: 2})
	if houzhen.CodeOf(err) == houzhen.CodeSlotTaken { // kept in his own name
		moved, err = c.Choose(t.Context(), c.overflow()[0].Options[0].ID)
	}
	if err != nil || moved.SlotNo == 1 {
		t.Errorf("got %+v, %v", moved, err)
	}
	if list := c.overflow(); len(list) != 0 {
		t.Errorf("still on the list: %+v", list)
	}
	held, err := c.Appointments(t.Context(), booking.AppointmentFilter{OriginID: a.ID, States: []booking.State{booking.Held}})
	if err != nil || len(held) != 0 {
		t.Errorf("places still kept: %+v, %v", held, err)
	}
}

func TestRaiseOpensToTheWaitlistFirst(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 8)
	c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 7})
	if result := c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 10}); result != (booking.ResizeResult{Places: 10, Opened: 3}) {
		t.Errorf("got %+v", result)
	}
	if list := c.overflow(); len(list) != 0 || c.load(all[7].ID).State != booking.Booked {
		t.Errorf("the last one has his place again, got %+v", list)
	}
	if n := count(c.store.Kinds(), houzhen.PlaceOpened); n != 1 {
		t.Errorf("facts: got %d, want 1", n)
	}
	_, err := c.Book(t.Context(), c.request(s, "new", 9))
	wantCode(t, err, houzhen.CodeNotReleased)
	c.mu.Lock()
	c.now = c.now.Add(c.Policy().OpenedLead)
	c.mu.Unlock()
	if a := c.book(s, "new", 9); !a.Start.Equal(s.Start) {
		t.Errorf("place 9 starts %v, want in the first slice", a.Start)
	}
}

func TestOverbook(t *testing.T) {
	c := newClinic(t, noLimits, func(p *booking.Policy) { p.OverbookMost = 2 })
	s := c.session("chen", monday, 1)
	c.full(s, 8)
	ask := func(patient string) booking.OverbookRequest {
		return booking.OverbookRequest{Caller: "desk", Key: patient, SessionID: s.ID, PatientID: patient, Reason: "from afar"}
	}
	first, err := c.Overbook(t.Context(), ask("x"))
	if err != nil || first.SlotNo != 301 || first.State != booking.Booked {
		t.Fatalf("got %+v, %v", first, err)
	}
	if again, err := c.Overbook(t.Context(), ask("x")); err != nil || again.ID != first.ID {
		t.Errorf("the same request again: got %+v, %v", again, err)
	}
	if second, err := c.Overbook(t.Context(), ask("y")); err != nil || second.SlotNo != 302 {
		t.Errorf("got %+v, %v", second, err)
	}
	_, err = c.Overbook(t.Context(), ask("z"))
	wantCode(t, err, houzhen.CodeSessionFull)
	if _, err := c.Cancel(t.Context(), booking.CancelRequest{AppointmentID: first.ID, By: booking.ByPatient}); err != nil {
		t.Fatal(err)
	}
	offers, err := c.Find(t.Context(), booking.FindQuery{DoctorID: "chen"})
	if err != nil || offers[0].Free != 0 {
		t.Errorf("a place that was added for one is offered to others: %+v, %v", offers, err)
	}
	if third, err := c.Overbook(t.Context(), ask("z")); err != nil || third.SlotNo != 303 {
		t.Errorf("after one went: got %+v, %v", third, err)
	}
	none := ask("q")
	none.Reason = ""
	_, err = c.Overbook(t.Context(), none)
	wantCode(t, err, houzhen.CodeMissing)
}

func TestQuotaIsSoldToWhomItIsFor(t *testing.T) {
	c := newClinic(t, noLimits)
	c.at(monday.AddDays(-2), 9, 0)
	s := c.session("chen", monday, 1)
	use, err := c.SetQuotas(t.Context(), s.ID, booking.Quotas{booking.QuotaElder: 2, booking.QuotaApp: 1})
	if err != nil || len(use) != 3 {
		t.Fatalf("got %+v, %v", use, err)
	}
	sold := 0
	for i := range 8 {
		r := c.request(s, "phone "+string(rune('a'+i)), 0)
		r.Channel = "phone"
		if _, err := c.Book(t.Context(), r); err == nil {
			sold++
		} else {
			wantCode(t, err, houzhen.CodeSessionFull)
		}
	}
	if sold != 5 {
		t.Errorf("by telephone: got %d, want the 5 general places", sold)
	}
	elder := c.request(s, "old", 0)
	elder.Channel, elder.Groups = "phone", []booking.Quota{booking.QuotaElder}
	a, err := c.Book(t.Context(), elder)
	if err != nil {
		t.Fatal(err)
	}
	tuesday := c.session("chen", monday.AddDays(1), 1)
	if _, err := c.SetQuotas(t.Context(), tuesday.ID, booking.Quotas{booking.QuotaElder: 8}); err != nil {
		t.Fatal(err)
	}
	if moved, err := c.Move(t.Context(), booking.MoveRequest{AppointmentID: a.ID, SessionID: tuesday.ID}); err != nil || moved.SessionID != tuesday.ID {
		t.Errorf("an elder moves to an elder's place: got %+v, %v", moved, err)
	}
	c.at(monday.AddDays(-1), 16, 0)
	late := c.request(s, "late", 0)
	late.Channel = "phone"
	if _, err := c.Book(t.Context(), late); err != nil {
		t.Errorf("after the fall-back: %v", err)
	}
}

func TestQuotasChangedBetweenLookAndInsert(t *testing.T) {
	c := newClinic(t, noLimits)
	c.at(monday.AddDays(-2), 9, 0)
	s := c.session("chen", monday, 1)
	c.store.BeforeNextTx(func() {
		if _, err := c.SetQuotas(t.Context(), s.ID, booking.Quotas{booking.QuotaElder: 8}); err != nil {
			t.Error(err)
		}
	})
	_, err := c.Book(t.Context(), c.request(s, "li", 3))
	wantCode(t, err, houzhen.CodeQuota)
}
