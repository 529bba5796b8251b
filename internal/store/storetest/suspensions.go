package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/internal/store"
)

func runSuspensions(t *testing.T, open Opener) {
	t.Helper()
	t.Run("read as written", func(t *testing.T) { suspensionRoundTrip(t, open(t)) })
	t.Run("one session is asked about once at a time", func(t *testing.T) { askedOnce(t, open(t)) })
	t.Run("items are due by time and rank until done", func(t *testing.T) { itemsDue(t, open(t)) })
	t.Run("cases", func(t *testing.T) { cases(t, open(t)) })
}

func asked(id, sessionID string) suspension.Suspension {
	return suspension.Suspension{
		ID: id, Kind: suspension.KindSession, State: suspension.Asked, SessionID: sessionID, Reason: "ill", AskedBy: "nurse",
		AskedAt: Start(), Version: 1,
	}
}

func suspensionRoundTrip(t *testing.T, db *store.DB) {
	t.Helper()
	closure := suspension.Suspension{
		ID: "c1", Kind: suspension.KindClosure, State: suspension.Asked, From: today(), To: today().AddDays(2),
		Parts: []houzhen.DayPart{houzhen.Morning, houzhen.Evening}, Departments: []string{"cardio", "derma"}, Reason: "weather",
		AskedBy: "nurse", AskedAt: Start().Add(time.Minute), Version: 1,
	}
	single := asked("s1", "x")
	write(t, db, func(tx *store.Tx) error {
		if err := tx.AddSuspension(t.Context(), closure); err != nil {
			return err
		}
		return tx.AddSuspension(t.Context(), single)
	})
	decided := closure
	decided.State, decided.DecidedBy, decided.Alone = suspension.Approved, "manager", true
	decided.DecidedAt, decided.EndedAt = Start().Add(time.Hour), Start().Add(2*time.Hour)
	write(t, db, func(tx *store.Tx) error {
		stale := decided
		stale.Version = 7
		refused(t, tx.UpdateSuspension(t.Context(), &stale), houzhen.CodeConflict)
		return tx.UpdateSuspension(t.Context(), &decided)
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Suspension(t.Context(), "c1")
		if diff := cmp.Diff(got, decided); diff != "" || got.Version != 2 {
			t.Errorf("version %d (-got +want):\n%s", got.Version, diff)
		}
		_, absent := tx.Suspension(t.Context(), "nobody")
		refused(t, absent, houzhen.CodeNotFound)
		list, err2 := tx.Suspensions(t.Context(), suspension.Filter{})
		if len(list) != 2 || list[0].ID != "c1" {
			t.Errorf("listed %v, want the newest first", list)
		}
		some, err3 := tx.Suspensions(t.Context(), suspension.Filter{
			States: []suspension.State{suspension.Asked}, Since: Start(), Limit: 5,
		})
		if len(some) != 1 || some[0].ID != "s1" {
			t.Errorf("listed %v, want the one that is asked", some)
		}
		for _, err := range []error{err, err2, err3} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func askedOnce(t *testing.T, db *store.DB) {
	t.Helper()
	first := asked("s1", "x")
	write(t, db, func(tx *store.Tx) error {
		if err := tx.AddSuspension(t.Context(), first); err != nil {
			return err
		}
		refused(t, tx.AddSuspension(t.Context(), asked("s2", "x")), houzhen.CodeConflict)
		if err := tx.AddSuspension(t.Context(), asked("s3", "y")); err != nil {
			return err
		}
		first.State = suspension.Refused
		if err := tx.UpdateSuspension(t.Context(), &first); err != nil {
			return err
		}
		return tx.AddSuspension(t.Context(), asked("s4", "x"))
	})
}

func itemsDue(t *testing.T, db *store.DB) {
	t.Helper()
	for _, id := range []string{"x1", "x2", "x3", "x4"} {
		addSession(t, db, id, "d"+id, 2)
	}
	write(t, db, func(tx *store.Tx) error {
		c := asked("c1", "")
		c.Kind, c.State = suspension.KindClosure, suspension.Approved
		if err := tx.AddSuspension(t.Context(), c); err != nil {
			return err
		}
		for i, due := range []time.Duration{2 * time.Minute, time.Minute, 0, 9 * time.Minute} {
			item := suspension.Item{SuspensionID: "c1", SessionID: []string{"x1", "x2", "x3", "x4"}[i], Rank: i + 1}
			if due > 0 {
				item.DueAt = Start().Add(due)
			}
			if err := tx.AddItem(t.Context(), item); err != nil {
				return err
			}
		}
		return nil
	})
	due := func(after time.Duration, limit int) (ids []string) {
		look(t, db, func(tx *store.Tx) error {
			list, err := tx.ItemsDue(t.Context(), Start().Add(after), limit)
			for _, i := range list {
				ids = append(ids, i.SessionID)
			}
			return err
		})
		return ids
	}
	for _, c := range []struct {
		after time.Duration
		limit int
		want  []string
	}{{0, 9, nil}, {time.Minute, 9, []string{"x2"}}, {time.Hour, 9, []string{"x2", "x1", "x4"}}, {time.Hour, 2, []string{"x2", "x1"}}} {
		if diff := cmp.Diff(due(c.after, c.limit), c.want); diff != "" {
			t.Errorf("due after %v (-got +want):\n%s", c.after, diff)
		}
	}
	write(t, db, func(tx *store.Tx) error {
		return tx.UpdateItem(t.Context(), suspension.Item{
			SuspensionID: "c1", SessionID: "x2", Rank: 2, DueAt: Start(), DoneAt: Start(), Outcome: suspension.ItemDone, Affected: 5, Kept: 4,
		})
	})
	if diff := cmp.Diff(due(time.Hour, 9), []string{"x1", "x4"}); diff != "" {
		t.Errorf("due after one was done (-got +want):\n%s", diff)
	}
	look(t, db, func(tx *store.Tx) error {
		of, err := tx.SuspensionOfSession(t.Context(), "x2")
		if of.ID != "c1" {
			t.Errorf("the session was suspended by %q, want c1", of.ID)
		}
		items, err2 := tx.Items(t.Context(), "c1")
		if len(items) != 4 || items[1].Affected != 5 || items[1].Kept != 4 || !items[1].DoneAt.Equal(Start()) {
			t.Errorf("items %+v, want four by rank with what was done", items)
		}
		if err == nil {
			err = err2
		}
		return err
	})
}

func cases(t *testing.T, db *store.DB) {
	t.Helper()
	c := suspension.Case{
		SessionID: "x", AppointmentID: "a", SuspensionID: "s", PatientID: "p", Start: Start(), Here: true, CallAt: Start().Add(time.Hour), Version: 1,
	}
	earlier := c
	earlier.AppointmentID, earlier.Start = "z", Start().Add(-time.Hour)
	elsewhere := c
	elsewhere.SessionID, elsewhere.SuspensionID = "y", "s2"
	write(t, db, func(tx *store.Tx) error {
		for _, one := range []suspension.Case{c, earlier, elsewhere} {
			if added, err := tx.AddCase(t.Context(), one); err != nil || !added {
				t.Errorf("added %v: %v, want a new case", added, err)
			}
		}
		again := c
		again.PatientID = "somebody else"
		added, err := tx.AddCase(t.Context(), again)
		if added {
			t.Error("the same place was lost twice")
		}
		return err
	})
	c.Step, c.Via, c.SettledAt, c.CallAt = suspension.StepRefunded, suspension.ViaSMS, Start(), time.Time{}
	c.Calls, c.LastCall, c.LastCallAt, c.LastCallBy = 2, suspension.CallNoAnswer, Start(), "nurse"
	write(t, db, func(tx *store.Tx) error {
		stale := c
		stale.Version = 9
		refused(t, tx.UpdateCase(t.Context(), &stale), houzhen.CodeConflict)
		return tx.UpdateCase(t.Context(), &c)
	})
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Case(t.Context(), "x", "a")
		if diff := cmp.Diff(got, c); diff != "" || got.Version != 2 {
			t.Errorf("version %d (-got +want):\n%s", got.Version, diff)
		}
		_, absent := tx.Case(t.Context(), "x", "nobody")
		refused(t, absent, houzhen.CodeNotFound)
		list, err2 := tx.Cases(t.Context(), suspension.CaseFilter{SuspensionID: "s"})
		if len(list) != 2 || list[0].AppointmentID != "z" {
			t.Errorf("cases %+v, want two by the time that was lost", list)
		}
		one, err3 := tx.Cases(t.Context(), suspension.CaseFilter{SessionID: "y"})
		if len(one) != 1 || one[0].SuspensionID != "s2" {
			t.Errorf("cases of the other session: %+v", one)
		}
		if _, err := tx.Cases(t.Context(), suspension.CaseFilter{}); err == nil {
			t.Error("the cases of everybody were listed")
		}
		for _, err := range []error{err2, err3} {
			if err != nil {
				return err
			}
		}
		return err
	})
}
