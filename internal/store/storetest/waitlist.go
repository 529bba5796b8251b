package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store"
)

func runWaitlist(t *testing.T, open Opener) {
	t.Helper()
	t.Run("entries", func(t *testing.T) { waitEntries(t, open(t)) })
	t.Run("places and offers", func(t *testing.T) { waitPlaces(t, open(t)) })
	t.Run("outages", func(t *testing.T) { outages(t, open(t)) })
}

func waitEntry(id, patient, session, doctor string, after time.Duration) waitlist.Entry {
	wish := "any:" + doctor
	if session != "" {
		wish = "session:" + session
	}
	return waitlist.Entry{
		ID: id, PatientID: patient, AccountID: "acc", SessionID: session, DepartmentID: "dep", DoctorID: doctor, From: today(),
		To: today().AddDays(2), Group: booking.QuotaElder, SameDay: true, TravelMinutes: 30, Wish: wish, Slice: Start(),
		Status: waitlist.Waiting, JoinedAt: Start().Add(after), CloseAt: Start().Add(time.Hour), Version: 1,
	}
}

func entryIDs(list []waitlist.Entry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

func waitEntries(t *testing.T, db *store.DB) {
	t.Helper()
	s := addSession(t, db, "s1", "d1", 2)
	named := waitEntry("e1", "p1", "s1", "d1", 2*time.Minute)
	for _, e := range []waitlist.Entry{
		named, waitEntry("e2", "p2", "", "d1", time.Minute), waitEntry("e3", "p3", "", "d2", 0), waitEntry("e4", "p4", "", "", 2*time.Minute),
	} {
		write(t, db, func(tx *store.Tx) error { return tx.AddWaitEntry(t.Context(), e) })
	}
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.WaitEntry(t.Context(), "e1")
		if diff := cmp.Diff(got, named); diff != "" {
			t.Errorf("entry (-got +want):\n%s", diff)
		}
		for limit, want := range map[int][]string{10: {"e2", "e1", "e4"}, 1: {"e2"}} {
			list, err := tx.WaitFor(t.Context(), s, waitlist.Cursor{}, limit)
			if diff := cmp.Diff(entryIDs(list), want); diff != "" || err != nil {
				t.Errorf("who waits, %d at most (-got +want): %v\n%s", limit, err, diff)
			}
		}
		list, err2 := tx.WaitFor(t.Context(), s, waitlist.Cursor{JoinedAt: named.JoinedAt, ID: "e1"}, 10)
		if diff := cmp.Diff(entryIDs(list), []string{"e4"}); diff != "" || err2 != nil {
			t.Errorf("after e1 (-got +want): %v\n%s", err2, diff)
		}
		ahead, err3 := tx.WaitAhead(t.Context(), named)
		if ahead != 1 || err3 != nil {
			t.Errorf("%d ahead of e1, %v, want the one who waits for its doctor", ahead, err3)
		}
		sessions, err4 := tx.WaitedSessions(t.Context(), Start(), "", 10)
		if len(sessions) != 1 || err4 != nil {
			t.Errorf("%d sessions are waited for, %v", len(sessions), err4)
		}
		due, err5 := tx.WaitEntriesToClose(t.Context(), Start().Add(time.Hour), 10)
		if len(due) != 4 || err5 != nil {
			t.Errorf("%d to close, %v", len(due), err5)
		}
		due, err6 := tx.WaitEntriesToClose(t.Context(), Start().Add(time.Hour-time.Microsecond), 10)
		if len(due) != 0 || err6 != nil {
			t.Errorf("%d to close too early, %v", len(due), err6)
		}
		return err
	})
	write(t, db, func(tx *store.Tx) error {
		twice := named
		twice.ID = "e9"
		refused(t, tx.AddWaitEntry(t.Context(), twice), houzhen.CodeConflict)
		named.Status, named.EndedAt = waitlist.Booked, Start()
		if err := tx.UpdateWaitEntry(t.Context(), &named); err != nil {
			return err
		}
		stale := named
		stale.Version--
		refused(t, tx.UpdateWaitEntry(t.Context(), &stale), houzhen.CodeConflict)
		return tx.AddWaitEntry(t.Context(), twice) // the first is over
	})
}

func waitPlaces(t *testing.T, db *store.DB) {
	t.Helper()
	addSession(t, db, "s1", "d1", 2)
	e := waitEntry("e1", "p1", "s1", "d1", 0)
	place := waitlist.Place{SessionID: "s1", SlotNo: 1, Status: waitlist.Seeking, OpenedAt: Start(), DueAt: Start()}
	o := waitlist.Proposal{
		ID: "o1", EntryID: "e1", PatientID: "p1", SessionID: "s1", SlotNo: 1, Start: Start(), End: Start().Add(time.Hour), Round: 1,
		Kind: waitlist.Offer, Status: waitlist.Open, AppointmentID: "a1", OpenedAt: Start(), ExpiresAt: Start().Add(time.Minute), Version: 1,
	}
	write(t, db, func(tx *store.Tx) error {
		if err := tx.AddWaitEntry(t.Context(), e); err != nil {
			return err
		}
		again := place
		if err := tx.SaveWaitPlace(t.Context(), &place); err != nil {
			return err
		}
		refused(t, tx.SaveWaitPlace(t.Context(), &again), houzhen.CodeConflict)
		if err := tx.AddProposal(t.Context(), o); err != nil {
			return err
		}
		second := o
		second.ID, second.SlotNo = "o2", 2
		refused(t, tx.AddProposal(t.Context(), second), houzhen.CodeConflict)
		return nil
	})
	look(t, db, func(tx *store.Tx) error {
		due, err := tx.WaitPlacesDue(t.Context(), Start(), 10)
		if diff := cmp.Diff(due, []waitlist.Place{place}); diff != "" || err != nil {
			t.Errorf("due (-got +want): %v\n%s", err, diff)
		}
		got, err := tx.Proposals(t.Context(), "s1", 1)
		if diff := cmp.Diff(got, []waitlist.Proposal{o}); diff != "" {
			t.Errorf("offers (-got +want):\n%s", diff)
		}
		return err
	})
	write(t, db, func(tx *store.Tx) error {
		o.Status, o.AnsweredAt = waitlist.Accepted, Start()
		if err := tx.UpdateProposal(t.Context(), &o); err != nil {
			return err
		}
		place.Status, place.DueAt = waitlist.Taken, time.Time{}
		return tx.SaveWaitPlace(t.Context(), &place)
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.WaitTally(t.Context(), "dep", today(), today())
		if diff := cmp.Diff(got, waitlist.Tally{Opened: 1, Taken: 1, Offers: 1, Accepted: 1}); diff != "" || err != nil {
			t.Errorf("tally (-got +want): %v\n%s", err, diff)
		}
		due, err := tx.WaitPlacesDue(t.Context(), Start(), 10)
		if len(due) != 0 {
			t.Errorf("a taken place is due: %v", due)
		}
		return err
	})
}

func outages(t *testing.T, db *store.DB) {
	t.Helper()
	o := booking.Outage{From: Start(), To: Start().Add(time.Hour)}
	write(t, db, func(tx *store.Tx) error {
		if last, err := tx.Heartbeat(t.Context(), "clock"); err != nil || !last.IsZero() {
			t.Errorf("the first beat: %v, %v", last, err)
		}
		return tx.AddOutage(t.Context(), o)
	})
	write(t, db, func(tx *store.Tx) error {
		last, err := tx.Heartbeat(t.Context(), "clock")
		if last.IsZero() {
			t.Error("the beat before is forgotten")
		}
		return err
	})
	for after, want := range map[time.Duration]int{-time.Hour: 0, 0: 1, 59 * time.Minute: 1, time.Hour: 0} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Outages(t.Context(), Start().Add(after), Start().Add(after+time.Hour))
			if len(got) != want {
				t.Errorf("from %v for an hour: %d outages, want %d", after, len(got), want)
			}
			return err
		})
	}
}
