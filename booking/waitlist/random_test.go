package waitlist_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// Whatever people do and however time goes: accepting a kept place in time
// succeeds, kept places are offered in order, nobody is asked beyond his
// travel, no place has two owners, and every place that came back has an owner,
// is public, or has somebody who is due to look after it.
func TestAnyStreamKeepsThePromises(t *testing.T) {
	for name, engine := range map[string]struct {
		open   storetest.Opener
		checks int
	}{"SQLite": {storetest.SQLite, 30}, "PostgreSQL": {storetest.PostgreSQL, 10}} {
		t.Run(name, func(t *testing.T) {
			storetest.Checks(t, engine.checks)
			anyStream(t, newList(t, engine.open))
		})
	}
}

func anyStream(t *testing.T, l *list) {
	t.Helper()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		l.at(round*10, 9, 0)
		s := l.session(fmt.Sprint("doctor", round), round*10+rapid.IntRange(1, 3).Draw(r, "ahead"), 3)
		booked := l.fill(s)
		var entries []waitlist.Entry
		for step := range rapid.IntRange(4, 14).Draw(r, "steps") {
			switch rapid.IntRange(0, 6).Draw(r, "act") {
			case 0, 1:
				e, err := l.wait.Join(l.Context(), waitlist.JoinRequest{
					PatientID: fmt.Sprint("p", round, "-", step), SessionID: s.ID, SameDay: rapid.Bool().Draw(r, "same day"),
					TravelMinutes: rapid.IntRange(0, 200).Draw(r, "travel"),
				})
				if err == nil {
					entries = append(entries, e)
				}
			case 2:
				if len(booked) > 0 {
					_, _ = l.booking.Cancel(l.Context(), booking.CancelRequest{AppointmentID: booked[0].ID, By: booking.ByPatient})
					booked = booked[1:]
				}
			case 3:
				if e, ok := pickEntry(r, entries); ok {
					answer(l, r, e)
				}
			case 4:
				l.pass(time.Duration(rapid.IntRange(1, 40).Draw(r, "minutes")) * time.Minute)
			case 5:
				l.pass(time.Duration(rapid.IntRange(1, 20).Draw(r, "hours")) * time.Hour)
			case 6:
				if e, ok := pickEntry(r, entries); ok {
					_, err := l.wait.Leave(l.Context(), e.ID)
					l.must(err)
				}
			}
			l.pass(time.Second)
			if rapid.Bool().Draw(r, "worker is up") { // else everything is left for later
				l.run()
			}
			promises(l, r, s)
		}
	})
}

func pickEntry(r *rapid.T, entries []waitlist.Entry) (waitlist.Entry, bool) {
	if len(entries) == 0 {
		return waitlist.Entry{}, false
	}
	return entries[rapid.IntRange(0, len(entries)-1).Draw(r, "entry")], true
}

// answer accepts or declines what the entry is offered.
func answer(l *list, r *rapid.T, e waitlist.Entry) {
	o, open := l.open(e)
	if !open {
		return
	}
	if rapid.Bool().Draw(r, "decline") {
		l.must(l.wait.Decline(l.Context(), o.ID))
		return
	}
	a, err := l.wait.Accept(l.Context(), o.ID)
	if o.Kind == waitlist.Offer && l.clock().Before(o.ExpiresAt) && (err != nil || a.State != booking.Booked) {
		r.Errorf("accepting a kept place in time: %v, %v", a.State, err)
	}
	if code := houzhen.CodeOf(err); code == houzhen.CodeInternal || code == houzhen.CodeConflict {
		r.Errorf("accept: %v", err)
	}
}

func promises(l *list, r *rapid.T, s booking.Session) {
	l.view(func(tx waitlist.Tx) error {
		places, err := tx.WaitPlaces(l.Context(), s.ID)
		if err != nil {
			return err
		}
		for _, p := range places {
			slot, err := tx.Slot(l.Context(), s.ID, p.SlotNo)
			if err != nil {
				return err
			}
			kept := !slot.OpenAt.Before(s.End)
			if kept && !slot.Taken && p.DueAt.IsZero() && p.Status != waitlist.Void {
				r.Errorf("place %d is %s, kept from everybody, and nobody looks after it", p.SlotNo, p.Status)
			}
			offers, err := tx.Proposals(l.Context(), s.ID, p.SlotNo)
			if err != nil {
				return err
			}
			holders := 0
			var last waitlist.Entry
			var lastAt time.Time
			for _, o := range offers {
				e, err := tx.WaitEntry(l.Context(), o.EntryID)
				if err != nil {
					return err
				}
				reach := o.OpenedAt.Add(time.Duration(e.TravelMinutes)*time.Minute + l.wait.Policy().TravelMargin)
				if o.Start.After(o.OpenedAt) && reach.After(o.Start) {
					r.Errorf("entry is %d min away and was asked %v before", e.TravelMinutes, o.Start.Sub(o.OpenedAt))
				}
				if o.Status == waitlist.Open && o.Kind == waitlist.Offer {
					holders++
				}
				if o.Kind == waitlist.Offer && !o.OpenedAt.Before(p.OpenedAt) && last.ID != "" && e.Before(last) && !engaged(l, tx, e, lastAt) {
					r.Errorf("an earlier entry was offered the place after a later one")
				}
				if !o.OpenedAt.Before(p.OpenedAt) {
					last, lastAt = e, o.OpenedAt
				}
			}
			if holders > 1 {
				r.Errorf("place %d is kept for %d people", p.SlotNo, holders)
			}
		}
		return nil
	})
}

// engaged reports whether the entry had another place open to him at an instant.
func engaged(l *list, tx waitlist.Tx, e waitlist.Entry, at time.Time) bool {
	offers, err := tx.ProposalsOf(l.Context(), e.ID)
	l.must(err)
	for _, o := range offers {
		if !o.OpenedAt.After(at) && (o.Status == waitlist.Open || !o.AnsweredAt.Before(at)) {
			return true
		}
	}
	return false
}
