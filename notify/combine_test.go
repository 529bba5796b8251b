package notify_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
)

// family plans the reminders of a mother's children, all on her phone.
func family(h *house, times ...string) []string {
	var ids, household []string
	for i := range times {
		household = append(household, fmt.Sprint("p-c", i))
	}
	for i, at := range times {
		id := fmt.Sprint("c", i)
		s := h.visit(id)
		v := notifytest.Patient("13800138000")
		v.Vars = maps.Clone(v.Vars)
		v.Vars["name"], v.Vars["time"], v.Vars["tail"] = fmt.Sprint("C", i), at, "4821"
		v.Household = append(append([]string{}, household[:i]...), household[i+1:]...)
		h.world.Set(id, v)
		ids = append(ids, h.enter(h.opt.Policy.PlanReminder(s, h.clock.Now()))...)
	}
	return ids
}

func TestAMotherOfTwoGetsOneMessage(t *testing.T) {
	for name, c := range map[string]struct {
		times []string
		want  []string
	}{
		"at the same time the names are joined":     {[]string{"09:00-09:30", "09:00-09:30"}, []string{"C0, C1"}},
		"at different times the wording is another": {[]string{"10:00-10:30", "09:00-09:30"}, []string{"C1, C0", "2 visits", "09:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil)
			ids := family(h, c.times...)
			h.deliver(ids...)
			h.sent(1)
			for _, part := range c.want {
				if text := h.sms.Parcels()[0].Text; !strings.Contains(text, part) {
					t.Errorf("got %q, want %q in it", text, part)
				}
			}
			carrier := ""
			for _, id := range ids {
				m := h.row(id)
				if m.State != notify.Accepted || m.SentWith == "" || carrier != "" && m.SentWith != carrier {
					t.Errorf("%s: got %s with %q, want it accepted with the other", id, m.State, m.SentWith)
				}
				carrier = m.SentWith
			}
			receipt := notify.Receipt{OutID: notify.OutID(carrier), Delivered: true}
			if _, err := h.svc.Receive(t.Context(), []notify.Receipt{receipt, receipt}); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				h.expect(id, notify.Delivered, "")
			}
		})
	}
}

func TestSiblingsInAnotherBatchAreFound(t *testing.T) {
	h := newHouse(t, nil)
	ids := family(h, "09:00-09:30", "09:00-09:30", "10:00-10:30")
	h.deliver(ids[0])
	h.deliver(ids[1])
	h.deliver(ids[2])
	h.sent(1)
	for _, id := range ids {
		if m := h.row(id); m.State != notify.Accepted {
			t.Errorf("%s is %s", id, m.State)
		}
	}
}

// A child's message that was claimed beside its sister's in a transaction that
// failed is nobody's: when another node claims it and dies, it is found lost.
func TestWhatAFailedTransactionClaimedBesideIsNotHeldToBeOnItsWay(t *testing.T) {
	h := newHouse(t, nil)
	ids := family(h, "09:00-09:30", "09:00-09:30")
	h.store.Fail = func(op string, m []notify.Message) error {
		if op == "save" {
			return errors.New("no")
		}
		return nil
	}
	if _, err := h.svc.Deliver(t.Context(), ids[:1]); err == nil {
		t.Fatal("delivered though nothing could be saved")
	}
	h.store.Fail = nil
	if err := h.store.InTx(t.Context(), func(tx notify.Tx) error {
		_, err := tx.ClaimMessages(t.Context(), ids[1:], tx.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(3 * time.Minute)
	if r := h.reconcile(); r.Lost != 1 {
		t.Errorf("found %d lost, want the sister's", r.Lost)
	}
}

func TestALostTextIsLostForAllThatItToldOf(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeAmbiguous}))
	knows := false
	h.use(notifytest.Asked{Sender: h.sms, Answer: func(outID string) (notify.Receipt, bool, error) {
		return notify.Receipt{OutID: outID, ProviderID: "b"}, knows, nil
	}})
	ids := family(h, "09:00-09:30", "09:00-09:30")
	h.deliver(ids...)
	for _, id := range ids {
		h.expect(id, notify.Unknown, "")
	}
	knows = true
	h.clock.forward(3 * time.Minute)
	h.reconcile()
	for _, id := range ids {
		h.expect(id, notify.Accepted, "")
	}
	h.sent(1)
}

func TestARefusedTextIsTriedAgainForEach(t *testing.T) {
	h := newHouse(t, notifytest.Answers(notify.Sent{Outcome: notify.OutcomeRetry}, notify.Sent{Outcome: notify.OutcomeAccepted}))
	ids := family(h, "09:00-09:30", "09:00-09:30")
	h.deliver(ids...)
	for _, id := range ids {
		if m := h.row(id); m.State != notify.Planned || m.SentWith != "" {
			t.Errorf("%s: got %s with %q, want it planned alone", id, m.State, m.SentWith)
		}
	}
	h.clock.forward(time.Minute)
	h.deliver(ids...)
	h.sent(2) // one refused, one for both
	for _, id := range ids {
		h.expect(id, notify.Accepted, "")
	}
}
