package bookingtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/bookingtest"
)

// change runs f in a transaction that must succeed.
func change(t *testing.T, s *bookingtest.Store, f func(booking.Tx) error) {
	t.Helper()
	if err := s.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestAppointmentsAreFiltered(t *testing.T) {
	s := store(t)
	change(t, s, func(tx booking.Tx) error {
		b := appointment("b", "chen", "wang", 2, 1)
		b.State = booking.CheckedIn
		c := appointment("c", "liu", "li", 1, 2)
		c.Purpose, c.OriginID, c.State = booking.PurposeOption, "a", booking.Held
		for _, x := range []booking.Appointment{c, appointment("a", "chen", "li", 1, 1), b} {
			if err := tx.AddAppointment(t.Context(), x); err != nil {
				return err
			}
		}
		return nil
	})
	for name, c := range map[string]struct {
		f    booking.AppointmentFilter
		want []string
	}{
		"all, by id":            {booking.AppointmentFilter{}, []string{"a", "b", "c"}},
		"of a session":          {booking.AppointmentFilter{SessionID: "chen"}, []string{"a", "b"}},
		"of a patient":          {booking.AppointmentFilter{PatientIDs: []string{"li"}}, []string{"a", "c"}},
		"of both":               {booking.AppointmentFilter{SessionID: "chen", PatientIDs: []string{"li", "sun"}}, []string{"a"}},
		"of no patients":        {booking.AppointmentFilter{PatientIDs: []string{}}, nil},
		"of an origin":          {booking.AppointmentFilter{OriginID: "a"}, []string{"c"}},
		"of a state":            {booking.AppointmentFilter{States: []booking.State{booking.CheckedIn, booking.Held}}, []string{"b", "c"}},
		"of a purpose":          {booking.AppointmentFilter{Purpose: booking.PurposeVisit}, []string{"a", "b"}},
		"from tomorrow":         {booking.AppointmentFilter{From: day.AddDays(1)}, nil},
		"until yesterday":       {booking.AppointmentFilter{To: day.AddDays(-1)}, nil},
		"today":                 {booking.AppointmentFilter{From: day, To: day}, []string{"a", "b", "c"}},
		"the page after":        {booking.AppointmentFilter{AfterID: "a", Limit: 1}, []string{"b"}},
		"a page beyond the end": {booking.AppointmentFilter{AfterID: "c", Limit: 10}, nil},
	} {
		var got []string
		_ = s.View(t.Context(), func(tx booking.Tx) error {
			list, err := tx.Appointments(t.Context(), c.f)
			for _, a := range list {
				got = append(got, a.ID)
			}
			return err
		})
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSessionsAreFiltered(t *testing.T) {
	s := store(t)
	change(t, s, func(tx booking.Tx) error {
		return tx.AddSession(t.Context(), booking.Session{
			ID: "early", DoctorID: "chen", DepartmentID: "eyes", ZoneID: "b", Date: day.AddDays(-1), Part: houzhen.Morning,
			Start: day.AddDays(-1).At(8, 0, time.UTC), Status: booking.SessionClosed, Version: 1,
		}, nil)
	})
	for name, c := range map[string]struct {
		f    booking.SessionFilter
		want []string
	}{
		"all, by start": {booking.SessionFilter{}, []string{"early", "chen", "liu"}},
		"by id":         {booking.SessionFilter{IDs: []string{"liu", "nobody"}}, []string{"liu"}},
		"of no ids":     {booking.SessionFilter{IDs: []string{}}, nil},
		"department":    {booking.SessionFilter{DepartmentID: "eyes"}, []string{"early"}},
		"zone":          {booking.SessionFilter{ZoneID: "b"}, []string{"early"}},
		"doctor":        {booking.SessionFilter{DoctorID: "chen"}, []string{"early", "chen"}},
		"from":          {booking.SessionFilter{From: day}, []string{"chen", "liu"}},
		"to":            {booking.SessionFilter{To: day.AddDays(-1)}, []string{"early"}},
		"status":        {booking.SessionFilter{Status: []booking.SessionStatus{booking.SessionPlanned}}, []string{"chen", "liu"}},
	} {
		var got []string
		_ = s.View(t.Context(), func(tx booking.Tx) error {
			list, err := tx.Sessions(t.Context(), c.f)
			for _, a := range list {
				got = append(got, a.ID)
			}
			return err
		})
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSlotsSayWhoIsThere(t *testing.T) {
	s := store(t)
	change(t, s, func(tx booking.Tx) error {
		gone := appointment("b", "chen", "wang", 2, 1)
		gone.State = booking.Cancelled
		for _, a := range []booking.Appointment{appointment("a", "chen", "li", 1, 1), gone} {
			if err := tx.AddAppointment(t.Context(), a); err != nil {
				return err
			}
		}
		return tx.AddSlot(t.Context(), booking.Slot{SessionID: "chen", No: 201, Band: booking.BandWalkIn, FreedBy: "b", Taken: true})
	})
	var got []string
	change(t, s, func(tx booking.Tx) error {
		slots, err := tx.Slots(t.Context(), "liu", "chen")
		for _, x := range slots {
			got = append(got, fmt.Sprint(x.SessionID, x.No, x.Taken))
		}
		if err := tx.AddSlot(t.Context(), booking.Slot{SessionID: "chen", No: 201}); houzhen.CodeOf(err) != houzhen.CodeConflict {
			t.Errorf("the number again: got %v", err)
		}
		if err := tx.AddSlot(t.Context(), booking.Slot{SessionID: "nowhere", No: 1}); houzhen.CodeOf(err) != houzhen.CodeNotFound {
			t.Errorf("no session: got %v", err)
		}
		return err
	})
	want := []string{"chen1 true", "chen2 false", "chen3 false", "chen4 false", "chen201 false", "liu1 false", "liu2 false", "liu3 false", "liu4 false"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDueListsAreOldestFirstAndBounded(t *testing.T) {
	s := store(t)
	at := func(hour int) time.Time { return day.At(hour, 0, time.UTC) }
	change(t, s, func(tx booking.Tx) error {
		o, err := tx.Session(t.Context(), "chen")
		if err != nil {
			return err
		}
		o.Status, o.Deadline = booking.SessionOpen, at(10)
		if err := tx.UpdateSession(t.Context(), o); err != nil {
			return err
		}
		for i, no := range []int{3, 1, 2, 4} {
			a := appointment(fmt.Sprint("a", i), "chen", fmt.Sprint("p", i), no, 1)
			a.Start, a.End = at(8+(no-1)/2), at(9+(no-1)/2)
			if i == 3 {
				a.State, a.ExpiresAt = booking.Held, at(8)
			}
			if err := tx.AddAppointment(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
	ids := func(list []booking.Appointment, err error) (out []string) {
		if err != nil {
			t.Error(err)
		}
		for _, a := range list {
			out = append(out, a.ID)
		}
		return out
	}
	sessions := func(list []booking.Session, err error) (out []string) {
		if err != nil {
			t.Error(err)
		}
		for _, a := range list {
			out = append(out, a.ID)
		}
		return out
	}
	_ = s.View(t.Context(), func(tx booking.Tx) error {
		ctx := t.Context()
		for name, c := range map[string]struct{ got, want []string }{
			"places of the first hour":   {ids(tx.PlacesToRelease(ctx, at(8), 9)), []string{"a1", "a2"}},
			"places, oldest first":       {ids(tx.PlacesToRelease(ctx, at(9), 9)), []string{"a1", "a2", "a0"}},
			"places, one":                {ids(tx.PlacesToRelease(ctx, at(9), 1)), []string{"a1"}},
			"no-shows too early":         {ids(tx.NoShowsDue(ctx, at(10).Add(-1), 9)), nil},
			"no-shows":                   {ids(tx.NoShowsDue(ctx, at(10), 9)), []string{"a0", "a1", "a2"}},
			"holds too early":            {ids(tx.HoldsLapsed(ctx, at(8).Add(-1), 9)), nil},
			"holds":                      {ids(tx.HoldsLapsed(ctx, at(8), 9)), []string{"a3"}},
			"sessions to open":           {sessions(tx.SessionsToOpen(ctx, at(8), 9)), []string{"liu"}},
			"sessions to open, too soon": {sessions(tx.SessionsToOpen(ctx, at(8).Add(-1), 9)), nil},
			"sessions to close":          {sessions(tx.SessionsToClose(ctx, at(10), 9)), []string{"chen", "liu"}},
			"sessions to close, one":     {sessions(tx.SessionsToClose(ctx, at(10), 1)), []string{"chen"}},
		} {
			if d := cmp.Diff(c.want, c.got); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		return nil
	})
}
