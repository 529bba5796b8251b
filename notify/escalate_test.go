package notify_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

// suspended plans the notice of a suspension to somebody who has the app and a
// phone, in a house with app, SMS and voice.
func suspended(h *house) (ids []string, push, voice *notifytest.Sender) {
	push, voice = notifytest.NewSender(notify.Push, nil), notifytest.NewSender(notify.Voice, nil)
	h.opt.Policy.Channels = []notify.Channel{notify.Push, notify.SMS, notify.Voice}
	h.use(h.sms, push, voice)
	s := h.visit("a1")
	s.HasPush = true
	return h.enter(h.opt.Policy.PlanSuspended(s, noon())), push, voice
}

func (h *house) escalate() []string {
	h.t.Helper()
	if _, err := h.svc.Escalate(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	var due []string
	for u := houzhen.Critical; u <= houzhen.Routine; u++ {
		ids, err := h.svc.Due(h.t.Context(), u, 100)
		if err != nil {
			h.t.Fatal(err)
		}
		due = append(due, ids...)
	}
	h.deliver(due...)
	return due
}

func TestWhatNobodySeesGoesFromTheAppToAPerson(t *testing.T) {
	h := newHouse(t, nil)
	ids, push, voice := suspended(h)
	h.deliver(ids...)
	if len(push.Parcels()) != 1 || len(h.sms.Parcels()) != 0 {
		t.Fatalf("got %d pushes and %d SMS, want the push alone", len(push.Parcels()), len(h.sms.Parcels()))
	}
	h.escalate()
	h.sent(0)
	h.clock.forward(10 * time.Minute)
	h.escalate()
	h.sent(1)
	h.clock.forward(15 * time.Minute)
	h.escalate()
	if len(voice.Parcels()) != 1 {
		t.Fatalf("got %d calls, want one", len(voice.Parcels()))
	}
	h.clock.forward(15 * time.Minute)
	list := h.escalate()
	if len(list) != 1 || h.row(list[0]).Channel != notify.Desk || h.row(list[0]).State != notify.Accepted {
		t.Fatalf("got %v, want a row on the telephone list", list)
	}
	h.clock.forward(time.Hour)
	if more := h.escalate(); len(more) != 0 {
		t.Errorf("got %v after the last channel", more)
	}
	if err := h.svc.Called(t.Context(), list[0], notify.CallNoReply, "nurse"); err != nil {
		t.Fatal(err)
	}
	if err := h.svc.Called(t.Context(), list[0], notify.CallReached, "nurse"); err != nil {
		t.Fatal(err)
	}
	h.expect(list[0], notify.Delivered, "")
	if err := h.svc.Called(t.Context(), list[0], notify.CallReached, "nurse"); houzhen.CodeOf(err) != houzhen.CodeState {
		t.Errorf("got %v for somebody who is off the list, want %s", err, houzhen.CodeState)
	}
}

func TestWhatWasOpenedOrDeliveredGoesNoFurther(t *testing.T) {
	h := newHouse(t, nil)
	ids, _, _ := suspended(h)
	h.deliver(ids...)
	if err := h.svc.Opened(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(time.Hour)
	if more := h.escalate(); len(more) != 0 {
		t.Errorf("got %v after it was opened", more)
	}
	h.sent(0)

	h = newHouse(t, nil)
	ids, _, voice := suspended(h)
	h.deliver(ids...)
	h.clock.forward(10 * time.Minute)
	sms := h.escalate()
	if _, err := h.svc.Receive(t.Context(), []notify.Receipt{{OutID: notify.OutID(sms[0]), Delivered: true}}); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(time.Hour)
	h.escalate()
	if len(voice.Parcels()) != 0 {
		t.Error("somebody who has the SMS was telephoned")
	}
}

func TestARowThatWasPlannedNextIsHeldWhenTheOneBeforeArrives(t *testing.T) {
	h := newHouse(t, nil)
	ids, _, _ := suspended(h)
	h.deliver(ids...)
	h.clock.forward(10 * time.Minute)
	if _, err := h.svc.Escalate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.svc.Opened(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	due, err := h.svc.Due(t.Context(), houzhen.Critical, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("got %v, %v, want the SMS", due, err)
	}
	h.deliver(due...)
	h.expect(due[0], notify.Suppressed, notify.ReasonReached)
	h.sent(0)
}

func TestAfterACancelNoNextChannelIsTried(t *testing.T) {
	h := newHouse(t, nil)
	ids, _, _ := suspended(h)
	h.deliver(ids...)
	h.world.Stale("a1", "already_chosen")
	h.clock.forward(time.Hour)
	if more := h.escalate(); len(more) != 0 {
		t.Errorf("got %v", more)
	}
	h.sent(0)
}

func TestTheNextChannelKeepsTheQuietHours(t *testing.T) {
	h := newHouse(t, nil)
	push := notifytest.NewSender(notify.Push, nil)
	h.use(h.sms, push)
	h.clock.forward(9*time.Hour + 25*time.Minute) // 21:25
	s := h.visit("a1")
	s.HasPush = true
	h.deliver(h.enter(h.opt.Policy.PlanBooked(s, h.clock.Now()))...)
	h.clock.forward(10 * time.Minute) // 21:35
	h.escalate()
	h.sent(0)
	h.clock.forward(9*time.Hour + 25*time.Minute) // 07:00
	h.escalate()
	h.sent(1)
}

func TestAPauseHoldsAndItsEndLetsGo(t *testing.T) {
	h := newHouse(t, nil)
	ids := h.booked(1)
	v := notifytest.Patient("13800138000")
	v.Paused = []notify.Pause{{Scope: notify.PauseKind, Target: string(notify.KindBooked)}}
	h.world.Set("a0", v)
	h.deliver(ids...)
	h.sent(0)
	h.expect(ids[0], notify.Planned, "")
	v.Paused = []notify.Pause{{Scope: notify.PauseChannel, Target: string(notify.Push)}, {Scope: notify.PauseKind, Target: "other"}}
	h.world.Set("a0", v)
	h.clock.forward(time.Minute)
	h.deliver(ids...)
	h.sent(1)
}

func TestWhatAPersonDoesNotWantIsSuppressedWithItsReason(t *testing.T) {
	for want, set := range map[string]func(*notify.View){
		notify.ReasonNotMe:  func(v *notify.View) { v.Silenced = true },
		notify.ReasonOptOut: func(v *notify.View) { v.Prefs.Off = []notify.Off{{Class: notify.ClassService, Channel: notify.SMS}} },
	} {
		h := newHouse(t, nil)
		ids := h.booked(1)
		v := notifytest.Patient("13800138000")
		set(&v)
		h.world.Set("a0", v)
		h.deliver(ids...)
		h.expect(ids[0], notify.Suppressed, want)
		h.sent(0)
	}
}

func TestAFailedMessageCanBeSentAgainAndALostOneCannot(t *testing.T) {
	h := newHouse(t, notifytest.Answers(
		notify.Sent{Outcome: notify.OutcomeMessage, Code: "isv.SMS_CONTENT_ILLEGAL"}, notify.Sent{Outcome: notify.OutcomeAccepted}))
	id := h.booked(1)[0]
	h.deliver(id)
	h.expect(id, notify.Failed, notify.ReasonMessage)
	if _, err := h.svc.Redrive(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.deliver(id)
	h.expect(id, notify.Accepted, "")
	if _, err := h.svc.Redrive(t.Context(), id); houzhen.CodeOf(err) != houzhen.CodeState {
		t.Errorf("got %v for one that went, want %s", err, houzhen.CodeState)
	}
}
