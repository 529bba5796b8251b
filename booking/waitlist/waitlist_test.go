package waitlist_test

import (
	"sync"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/internal/store"
)

func TestOnlyWhatIsFullHasAList(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 2)
		ask := waitlist.JoinRequest{PatientID: "li", SessionID: s.ID}
		_, err := l.wait.Join(t.Context(), ask)
		wantCode(t, err, houzhen.CodeNotFull)
		wish := waitlist.JoinRequest{PatientID: "li", DepartmentID: "cardio", DoctorID: "chen", From: s.Date, To: s.Date.AddDays(2)}
		_, err = l.wait.Join(t.Context(), wish)
		wantCode(t, err, houzhen.CodeNotFull)
		first := l.fill(s)[0]
		e := l.join(s, "li")
		again, err := l.wait.Join(t.Context(), ask)
		if err != nil || again.ID != e.ID {
			t.Errorf("joining again: %v, %v, want the same entry", again.ID, err)
		}
		if _, err = l.wait.Join(t.Context(), wish); err != nil {
			t.Errorf("a wish beside it: %v", err)
		}
		one := ask
		one.PatientID, one.Slice = "sun", first.Start
		if _, err := l.wait.Join(t.Context(), one); err != nil {
			t.Errorf("for one slice: %v", err)
		}
		for code, r := range map[houzhen.Code]waitlist.JoinRequest{
			houzhen.CodeMissing:  {SessionID: s.ID},
			houzhen.CodeInvalid:  {PatientID: "li", DepartmentID: "cardio", From: s.Date, To: s.Date.AddDays(-1)},
			houzhen.CodeNotFound: {PatientID: "li", DepartmentID: "skin", From: s.Date, To: s.Date},
		} {
			_, err := l.wait.Join(t.Context(), r)
			wantCode(t, err, code)
		}
		l.at(4, 23, 0)
		_, err = l.wait.Join(t.Context(), waitlist.JoinRequest{PatientID: "zhao", SessionID: s.ID})
		wantCode(t, err, houzhen.CodeSessionClosed)
	})
}

func TestFarAheadOnePersonAtATimeHasAKeptPlace(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 2)
		a := l.fill(s)[0]
		li, wang, sun := l.join(s, "li"), l.join(s, "wang"), l.join(s, "sun")
		l.cancel(a)
		_, err := l.tryBook(s, "scalper")
		wantCode(t, err, houzhen.CodeSessionFull)
		l.run()
		o := l.offered([]waitlist.Entry{li}, li, wang, sun)[0]
		if o.Kind != waitlist.Offer || o.ExpiresAt.Sub(l.now) != 30*time.Minute {
			t.Errorf("got %+v", o)
		}
		l.pass(30*time.Minute - time.Microsecond) // the last moment
		l.run()
		got, err := l.wait.Accept(t.Context(), o.ID)
		if err != nil || got.SlotNo != a.SlotNo || got.State != booking.Booked || got.PatientID != "li" {
			t.Fatalf("accepting in time: %+v, %v", got, err)
		}
		if again, err := l.wait.Accept(t.Context(), o.ID); err != nil || again.ID != got.ID {
			t.Errorf("accepting again: %v, %v", again.ID, err)
		}
		if now := l.entry(li); now.Status != waitlist.Booked {
			t.Errorf("entry is %s", now.Status)
		}
		if rank, err := l.wait.Rank(t.Context(), l.entry(sun)); err != nil || rank != 2 {
			t.Errorf("rank %d, %v, want 2", rank, err)
		}
		l.run()
		l.offered(nil, li, wang, sun)
		if n := l.kinds(); n[houzhen.WaitlistOffered] != 1 || n[houzhen.WaitlistAccepted] != 1 || n[houzhen.WaitlistLapsed] != 0 {
			t.Errorf("facts %v", n)
		}
	})
}

func TestALapsedOfferGoesToTheNextAndThenToThePool(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 1)
		a := l.fill(s)[0]
		li, wang := l.join(s, "li"), l.join(s, "wang")
		l.cancel(a)
		l.run()
		first := l.offered([]waitlist.Entry{li}, li, wang)[0]
		l.pass(30 * time.Minute)
		l.run()
		second := l.offered([]waitlist.Entry{wang}, li, wang)[0]
		if _, err := l.wait.Accept(t.Context(), first.ID); houzhen.CodeOf(err) != houzhen.CodeSlotTaken {
			t.Errorf("too late while the next has it: %v", err)
		}
		l.must(l.wait.Decline(t.Context(), second.ID))
		l.must(l.wait.Decline(t.Context(), second.ID))
		l.run()
		l.offered(nil, li, wang)
		if p := l.place(s, a.SlotNo); p.Status != waitlist.Public {
			t.Errorf("the place is %s", p.Status)
		}
		_, err := l.tryBook(s, "anybody")
		wantCode(t, err, houzhen.CodeSessionFull)
		if got, err := l.wait.Accept(t.Context(), first.ID); err != nil || got.PatientID != "li" { // late, and still open
			t.Errorf("late: %+v, %v", got, err)
		}
		if now := l.entry(wang); now.Status != waitlist.Waiting {
			t.Errorf("who declined is %s, want waiting at his rank", now.Status)
		}
	})
}

func TestPoolOpensAfterTheDelay(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 1)
		a := l.fill(s)[0]
		far := l.join(s, "li")
		_, err := l.wait.Leave(t.Context(), far.ID)
		l.must(err)
		l.cancel(a)
		_, err = l.tryBook(s, "wang")
		wantCode(t, err, houzhen.CodeSessionFull)
		l.pass(time.Minute)
		if _, err := l.tryBook(s, "wang"); err != nil {
			t.Errorf("after the delay: %v", err)
		}
	})
}

func TestBetweenTwelveAndTwoHoursTheFirstOfTwoTakesIt(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 1, 4, func(s *booking.Session) {
			s.Part, s.Start = houzhen.Afternoon, today.AddDays(1).At(14, 0, shanghai)
			s.End = s.Start.Add(2 * time.Hour)
		})
		all := l.fill(s)
		eve := l.join(s, "eve") // does not go on, on the day
		li, wang, sun := l.join(s, "li", sameDay), l.join(s, "wang", sameDay), l.join(s, "sun", sameDay)
		l.at(1, 8, 0)
		l.run()
		if now := l.entry(eve); now.Status != waitlist.Closed || now.Reason != waitlist.ReasonTime {
			t.Errorf("the list of the day before: %s %s", now.Status, now.Reason)
		}
		l.cancel(all[3])
		l.run()
		open := l.offered([]waitlist.Entry{li, wang}, li, wang, sun)
		if open[0].Kind != waitlist.Invitation || open[0].ExpiresAt.Sub(l.now) != 10*time.Minute {
			t.Errorf("got %+v", open[0])
		}
		got, err := l.wait.Accept(t.Context(), open[1].ID)
		if err != nil || got.PatientID != "wang" || got.State != booking.Booked {
			t.Fatalf("the first: %+v, %v", got, err)
		}
		if _, err := l.wait.Accept(t.Context(), open[0].ID); houzhen.CodeOf(err) != houzhen.CodeSlotTaken {
			t.Errorf("the second: %v", err)
		}
		if n := l.kinds(); n[houzhen.WaitlistLost] != 1 {
			t.Errorf("%d were told that they lost, want 1", n[houzhen.WaitlistLost])
		}
		if rank, err := l.wait.Rank(t.Context(), l.entry(li)); err != nil || rank != 1 {
			t.Errorf("who lost has rank %d, %v", rank, err)
		}
	})
}

func TestWhoIsInvitedToAPlaceThatIsKeptForOthersByNowWaitsOn(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 1, 1, func(s *booking.Session) { s.FallBackAt = s.Start })
		all := l.fill(s)
		a := l.join(s, "a", sameDay)
		l.at(1, 1, 0) // seven hours before
		l.cancel(all[0])
		l.at(1, 7, 0)
		l.run()
		o, invited := l.open(a)
		if !invited {
			t.Fatal("nobody was invited")
		}
		_, err := l.booking.SetQuotas(t.Context(), s.ID, booking.Quotas{booking.QuotaElder: 1})
		l.must(err)
		if _, err := l.wait.Accept(t.Context(), o.ID); houzhen.CodeOf(err) != houzhen.CodeQuota {
			t.Errorf("got %v, want that it is kept for elders", err)
		}
		if got := l.entry(a); got.Status != waitlist.Waiting {
			t.Errorf("he is %v, want that he waits on", got.Status)
		}
	})
}

func TestBelowTwoHoursOnlyWhoCanMakeItIsInvited(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 1, 6)
		all := l.fill(s)
		travel := func(minutes int) func(*waitlist.JoinRequest) {
			return func(r *waitlist.JoinRequest) { r.SameDay, r.TravelMinutes = true, minutes }
		}
		far, near := l.join(s, "far", travel(120)), []waitlist.Entry{}
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			near = append(near, l.join(s, name, travel(20)))
		}
		l.at(1, 7, 30)
		l.cancel(all[3]) // 09:30: usable for 110 minutes
		l.run()
		l.offered(near[:3], append(near, far)...)
	})
}

func TestNobodyIsOfferedAnythingAtNight(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 1)
		a := l.fill(s)[0]
		li := l.join(s, "li")
		l.at(1, 22, 0)
		l.cancel(a)
		l.run()
		l.offered(nil, li)
		l.at(2, 6, 59)
		l.run()
		l.offered(nil, li)
		_, err := l.tryBook(s, "night owl")
		wantCode(t, err, houzhen.CodeSessionFull)
		l.at(2, 7, 0)
		l.run()
		if o := l.offered([]waitlist.Entry{li}, li)[0]; !o.ExpiresAt.Equal(today.AddDays(2).At(7, 30, shanghai)) {
			t.Errorf("his clock ends at %v", o.ExpiresAt)
		}
	})
}

func TestWhoBookedMeanwhileIsPassedOver(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s, other := l.session("chen", 5, 1), l.session("liu", 5, 3)
		a := l.fill(s)[0]
		li, wang := l.join(s, "li"), l.join(s, "wang")
		_, err := l.tryBook(other, "li")
		l.must(err)
		l.cancel(a)
		l.run()
		l.offered([]waitlist.Entry{wang}, li, wang)
		if now := l.entry(li); now.Status != waitlist.Waiting {
			t.Errorf("he is %s", now.Status)
		}
	})
}

func TestTwoDevicesAcceptAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 1)
		a := l.fill(s)[0]
		li := l.join(s, "li")
		l.cancel(a)
		l.run()
		o, _ := l.open(li)
		var wg sync.WaitGroup
		var ids [4]string
		for i := range ids {
			wg.Go(func() {
				got, err := l.wait.Accept(t.Context(), o.ID)
				if err != nil {
					t.Errorf("device %d: %v", i, err)
				}
				ids[i] = got.ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] || id == "" {
				t.Errorf("the devices got %q", ids)
			}
		}
	})
}

func TestSuspensionFreezesTheList(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 2)
		a := l.fill(s)[0]
		li, wang := l.join(s, "li"), l.join(s, "wang")
		l.cancel(a)
		l.run()
		o, _ := l.open(li)
		_, err := l.booking.Suspend(t.Context(), booking.SuspendRequest{SessionID: s.ID})
		l.must(err)
		l.must(l.db.Waitlist().InTx(t.Context(), func(tx waitlist.Tx) error { return l.wait.Suspend(t.Context(), tx, s.ID) }))
		if now := l.entry(wang); now.Status != waitlist.Frozen {
			t.Errorf("entry is %s", now.Status)
		}
		if _, err := l.wait.Accept(t.Context(), o.ID); houzhen.CodeOf(err) != houzhen.CodeSessionSuspended {
			t.Errorf("accepting: %v", err)
		}
		l.run()
		for _, e := range []waitlist.Entry{li, wang} {
			if now := l.entry(e); now.Status != waitlist.Closed || now.Reason != waitlist.ReasonSuspended {
				t.Errorf("entry is %s %s", now.Status, now.Reason)
			}
		}
	})
}

func TestAddedCapacityIsKeptBeforeItIsPublic(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 5, 1)
		l.fill(s)
		li, wish := l.join(s, "li"), waitlist.JoinRequest{PatientID: "wang", DepartmentID: "cardio", From: s.Date, To: s.Date.AddDays(3)}
		w, err := l.wait.Join(t.Context(), wish)
		l.must(err)
		extra := l.session("liu", 6, 1, func(s *booking.Session) { s.ReleaseAt = today.AddDays(1).At(7, 0, shanghai) })
		l.must(l.db.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.AddSlot(t.Context(), booking.Slot{
				SessionID: s.ID, No: 9, Start: s.Start, End: s.End, Band: booking.BandBooked, OpenAt: l.now.Add(30 * time.Minute),
			})
		}))
		n, err := l.wait.AdoptAll(t.Context())
		if n != 2 || err != nil {
			t.Errorf("kept %d, %v, want the new place and the new session's", n, err)
		}
		l.run()
		open := l.offered([]waitlist.Entry{li, w}, li, w)
		if open[0].SlotNo != 9 || open[1].SessionID != extra.ID {
			t.Errorf("got %+v", open)
		}
		if _, err := l.wait.Accept(t.Context(), open[1].ID); err != nil {
			t.Errorf("before the release: %v", err)
		}
	})
}

func TestReleasedCapacityGoesToWhoWaits(t *testing.T) {
	onEngines(t, func(t *testing.T, l *list) {
		t.Helper()
		s := l.session("chen", 1, 6)
		absent := l.fill(s)[0]
		li := l.join(s, "li", sameDay)
		l.at(1, 7, 30)
		_, err := l.booking.OpenSessions(t.Context())
		l.must(err)
		l.at(1, 8, 45)
		n, err := l.booking.ReleasePlaces(t.Context())
		if n != 1 || err != nil {
			t.Fatalf("released %d, %v", n, err)
		}
		_, err = l.booking.WalkIn(t.Context(), booking.WalkInRequest{Caller: "desk", Key: "1", SessionID: s.ID, PatientID: "walk-in"})
		wantCode(t, err, houzhen.CodeSessionFull)
		l.run()
		o := l.offered([]waitlist.Entry{li}, li)[0]
		got, err := l.wait.Accept(t.Context(), o.ID)
		if err != nil || got.SlotNo != booking.FirstWalkIn || got.Start.After(l.now) || !got.End.After(l.now) {
			t.Errorf("got %+v, %v", got, err)
		}
		if late, err := l.booking.Appointment(t.Context(), absent.ID); err != nil || late.State != booking.Booked {
			t.Errorf("the late owner is %v, %v", late.State, err)
		}
	})
}
