package sim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/sim"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

var noon = wednesday.At(12, 0, time.UTC)

// told is one line of a made-up history: a fact and when it was.
func told(t *testing.T, kind houzhen.EventKind, subject string, version int64, session string, minute int, data any) houzhen.Event {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return houzhen.Event{
		Kind: kind, Subject: subject, Version: version, Session: session, At: noon.Add(time.Duration(minute) * time.Minute), Data: raw,
	}
}

// planned is a ledger row whose out-id is out-<id>.
func planned(id, subject string, version int64, kind notify.Kind) notify.Message {
	return notify.Message{
		ID: id, Subject: subject, Version: version, Kind: kind, Recipient: "p" + id, Channel: notify.SMS, Class: notify.ClassCritical,
		Urgency: houzhen.Soon, State: notify.Accepted, DueAt: noon, ExpiresAt: noon.Add(time.Hour), OutID: "out-" + id, CreatedAt: noon,
	}
}

func went(id string, minute int) sim.Sent {
	return sim.Sent{OutID: "out-" + id, At: noon.Add(time.Duration(minute) * time.Minute)}
}

// recount writes a history and a ledger into a store and audits them beside
// the provider's record.
func recount(t *testing.T, facts []houzhen.Event, ledger []notify.Message, sent []sim.Sent) *sim.Audit {
	t.Helper()
	a := openPast(t, nil).app
	err := a.Store.InTx(t.Context(), func(tx *store.Tx) error {
		for _, e := range facts {
			if err := tx.Emit(e); err != nil {
				return err
			}
		}
		_, err := tx.PlanMessages(t.Context(), ledger)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	audit, err := sim.Recount(t.Context(), a, slices.Values(sent))
	if err != nil {
		t.Fatal(err)
	}
	return audit
}

// verdict is what an audit counts.
type verdict struct{ Oversold, Duplicates, AfterCancel, Reused, Reminded, Suppressed int }

// TestTheAuditCountsPlaces feeds histories that the rules would never write:
// an audit that cannot fail proves nothing.
func TestTheAuditCountsPlaces(t *testing.T) {
	booked := func(id string, slot, minute int) houzhen.Event {
		return told(t, houzhen.AppointmentBooked, id, 1, "s1", minute, houzhen.BookedData{Slot: slot})
	}
	cancelled := func(id string, minute int) houzhen.Event {
		return told(t, houzhen.AppointmentCancelled, id, 2, "s1", minute, houzhen.CancelledData{})
	}
	kept := func(id, session string, slot int) houzhen.Event {
		return told(t, houzhen.OptionKept, id, 1, session, 0, houzhen.BookedData{Slot: slot})
	}
	moved := func(id, session string, slot, minute int) houzhen.Event {
		return told(t, houzhen.AppointmentMoved, id, 2, session, minute, houzhen.MovedData{Slot: slot})
	}
	lapsed := told(t, houzhen.OptionLapsed, "k", 2, "s1", 3, houzhen.CancelledData{})
	released := told(t, houzhen.PlaceReleased, "a", 2, "s1", 5, houzhen.ReleasedData{Slot: 1, NewSlot: 201})
	for _, c := range []struct {
		name  string
		facts []houzhen.Event
		want  verdict
	}{
		{"nothing happened", nil, verdict{}},
		{"two places", []houzhen.Event{booked("a", 1, 0), booked("b", 2, 0)}, verdict{}},
		{"two hold one place", []houzhen.Event{booked("a", 1, 0), booked("b", 1, 0)}, verdict{Oversold: 1}},
		{"three hold one place", []houzhen.Event{booked("a", 1, 0), booked("b", 1, 0), booked("c", 1, 0)}, verdict{Oversold: 2}},
		{"a kept place is held too", []houzhen.Event{kept("k", "s1", 1), booked("b", 1, 0)}, verdict{Oversold: 1}},
		{"a place that was left", []houzhen.Event{booked("a", 1, 0), cancelled("a", 1), booked("b", 1, 2)}, verdict{Reused: 1}},
		{"a kept place that lapsed", []houzhen.Event{kept("k", "s1", 1), lapsed, booked("b", 1, 4)}, verdict{Reused: 1}},
		{"the same number of another session", []houzhen.Event{booked("a", 1, 0), kept("k", "s2", 1)}, verdict{}},
		{"a move leaves a place", []houzhen.Event{booked("a", 1, 0), moved("a", "s2", 1, 1), booked("b", 1, 2)}, verdict{Reused: 1}},
		{"a move onto somebody", []houzhen.Event{booked("a", 1, 0), booked("b", 2, 0), moved("b", "s1", 1, 1)}, verdict{Oversold: 1}},
		{
			"the loser of a place that was sold twice does not free it",
			[]houzhen.Event{booked("a", 1, 0), booked("b", 1, 0), cancelled("a", 1), booked("c", 1, 2)},
			verdict{Oversold: 2},
		},
		{"the absent patient's place as a new one", []houzhen.Event{booked("a", 1, 0), released, booked("b", 201, 6)}, verdict{Reused: 1}},
		{"the absent patient's own number", []houzhen.Event{booked("a", 1, 0), released, booked("b", 1, 6)}, verdict{Oversold: 1}},
	} {
		t.Run(c.name, func(t *testing.T) { judge(t, recount(t, c.facts, nil, nil), c.want) })
	}
}

// TestTheAuditCountsMessages does the same with messages that the gate would
// never let go.
func TestTheAuditCountsMessages(t *testing.T) {
	facts := []houzhen.Event{
		told(t, houzhen.AppointmentBooked, "a", 1, "s1", 0, houzhen.BookedData{Slot: 1}),
		told(t, houzhen.AppointmentCancelled, "a", 2, "s1", 10, houzhen.CancelledData{}),
		told(t, houzhen.AppointmentBooked, "b", 1, "s1", 0, houzhen.BookedData{Slot: 2}),
		told(t, houzhen.AppointmentMoved, "b", 2, "s2", 10, houzhen.MovedData{Slot: 1}),
	}
	held := planned("7", "b", 2, notify.KindReminder)
	held.State = notify.Suppressed
	shared := func(subjects ...string) (rows []notify.Message) {
		for i, subject := range subjects {
			m := planned(fmt.Sprint(i+1), subject, 2, notify.KindReminder)
			m.SentWith = "1"
			rows = append(rows, m)
		}
		return rows
	}
	for _, c := range []struct {
		name   string
		ledger []notify.Message
		sent   []sim.Sent
		want   verdict
	}{
		{"in time", []notify.Message{planned("1", "a", 1, notify.KindBooked)}, []sim.Sent{went("1", 9)}, verdict{}},
		{"planned and never sent", []notify.Message{planned("1", "a", 1, notify.KindReminder)}, nil, verdict{}},
		{"held back", []notify.Message{held}, nil, verdict{Suppressed: 1}},
		{"a reminder", []notify.Message{planned("1", "b", 2, notify.KindReminder)}, []sim.Sent{went("1", 20)}, verdict{Reminded: 1}},
		{"a text for three visits", shared("b", "c", "d"), []sim.Sent{went("1", 20)}, verdict{Reminded: 3}},
		{"a text for three, twice", shared("b", "c", "d"), []sim.Sent{went("1", 20), went("1", 21)}, verdict{Duplicates: 3, Reminded: 3}},
		{"one of a text once more", shared("b", "c"), []sim.Sent{went("1", 20), went("2", 21)}, verdict{Duplicates: 1, Reminded: 2}},
		{"a text that tells of a cancelled visit too", shared("b", "a"), []sim.Sent{went("1", 20)}, verdict{AfterCancel: 1, Reminded: 2}},
		{"one message twice", []notify.Message{planned("1", "a", 1, notify.KindBooked)}, []sim.Sent{went("1", 1), went("1", 2)}, verdict{Duplicates: 1}},
		{
			"the same words as two messages",
			[]notify.Message{planned("1", "b", 2, notify.KindReminder), planned("2", "b", 2, notify.KindReminder)},
			[]sim.Sent{went("1", 20), went("2", 21)},
			verdict{Duplicates: 1, Reminded: 1},
		},
		{"one that the ledger does not know", nil, []sim.Sent{went("9", 1)}, verdict{Duplicates: 1}},
		{
			"a reminder after the cancellation",
			[]notify.Message{planned("1", "a", 1, notify.KindReminder)},
			[]sim.Sent{went("1", 11)},
			verdict{AfterCancel: 1, Reminded: 1},
		},
		{"the words about the cancellation", []notify.Message{planned("1", "a", 2, notify.KindCancelled)}, []sim.Sent{went("1", 11)}, verdict{}},
		{"the words about the suspension", []notify.Message{planned("1", "a", 2, notify.KindSuspended)}, []sim.Sent{went("1", 11)}, verdict{}},
		{
			"the old place after the move",
			[]notify.Message{planned("1", "b", 1, notify.KindReminder)},
			[]sim.Sent{went("1", 11)},
			verdict{AfterCancel: 1, Reminded: 1},
		},
		{"the old place before the move", []notify.Message{planned("1", "b", 1, notify.KindBooked)}, []sim.Sent{went("1", 9)}, verdict{}},
		{"the new place after the move", []notify.Message{planned("1", "b", 2, notify.KindMoved)}, []sim.Sent{went("1", 11)}, verdict{}},
	} {
		t.Run(c.name, func(t *testing.T) { judge(t, recount(t, facts, c.ledger, c.sent), c.want) })
	}
}

func judge(t *testing.T, u *sim.Audit, want verdict) {
	t.Helper()
	got := verdict{u.Oversold, u.Duplicates, u.AfterCancel, u.Reused, u.Reminded, u.Suppressed}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTheAuditReadsPastAFullPage(t *testing.T) {
	var facts []houzhen.Event
	for range 2100 {
		facts = append(facts, told(t, houzhen.SessionClosed, "s1", 1, "s1", 0, nil))
	}
	facts = append(facts,
		told(t, houzhen.AppointmentBooked, "a", 1, "s1", 0, houzhen.BookedData{Slot: 1}),
		told(t, houzhen.AppointmentBooked, "b", 1, "s1", 0, houzhen.BookedData{Slot: 1}))
	got := recount(t, facts, nil, nil)
	if got.Facts[houzhen.SessionClosed] != 2100 || got.Oversold != 1 {
		t.Errorf("got %d facts and %d oversold, want 2100 and 1", got.Facts[houzhen.SessionClosed], got.Oversold)
	}
}

func TestTheAuditRefusesAFactThatItCannotRead(t *testing.T) {
	for _, kind := range []houzhen.EventKind{houzhen.AppointmentBooked, houzhen.AppointmentMoved, houzhen.PlaceReleased} {
		p := openPast(t, nil)
		err := p.app.Store.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Emit(houzhen.Event{Kind: kind, Subject: "a", Version: 1, At: noon, Data: []byte("garbage")})
		})
		if err != nil {
			t.Fatal(err)
		}
		if audit, err := sim.Recount(t.Context(), p.app, p.sent); err == nil {
			t.Errorf("%s: got %+v, want an error", kind, audit)
		}
	}
}
