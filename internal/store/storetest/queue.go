package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/queue"
)

func head(id string, start time.Time) queue.Queue {
	return queue.Queue{
		SessionID: id, ZoneID: "z1", RoomID: "room", DoctorID: "d1", Prefix: "A", Start: start, End: start.Add(4 * time.Hour),
		Deadline: start.Add(3 * time.Hour), Desk: queue.DeskIdle, Version: 1,
	}
}

func ticket(session string, no int) queue.Ticket {
	return queue.Ticket{
		ID: fmt.Sprintf("%s-t%d", session, no), SessionID: session, ZoneID: "z1", AppointmentID: fmt.Sprintf("%s-a%d", session, no),
		PatientID: "p1", No: no, Label: fmt.Sprintf("A%03d", no), SliceStart: Start(), SliceEnd: Start().Add(time.Hour),
		State: queue.NotCheckedIn, Lane: queue.LaneNormal, Version: 1,
	}
}

func addQueue(tb testing.TB, db *store.DB, q queue.Queue, tickets ...queue.Ticket) {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) error {
		_, err := tx.AddQueue(tb.Context(), q)
		for _, ticket := range tickets {
			err = errors.Join(err, tx.AddTicket(tb.Context(), ticket))
		}
		return err
	})
}

func runQueue(t *testing.T, open Opener) {
	t.Helper()
	t.Run("a queue comes back with its tickets by number", func(t *testing.T) { queueComesBack(t, open(t)) })
	t.Run("a queue that exists stays as it is", func(t *testing.T) {
		db := open(t)
		addQueue(t, db, head("s1", Start()))
		other := head("s1", Start())
		other.RoomID = "another"
		addQueue(t, db, other)
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Queue(t.Context(), "s1")
			if diff := cmp.Diff(got, head("s1", Start())); diff != "" {
				t.Errorf("queue (-got +want):\n%s", diff)
			}
			return err
		})
	})
	t.Run("one appointment has one ticket", func(t *testing.T) {
		db := open(t)
		addQueue(t, db, head("s1", Start()), ticket("s1", 1))
		write(t, db, func(tx *store.Tx) error {
			again := ticket("s1", 1)
			again.ID = "another"
			refused(t, tx.AddTicket(t.Context(), again), houzhen.CodeConflict)
			_, err := tx.TicketByAppointment(t.Context(), again.AppointmentID) // still usable
			return err
		})
	})
	t.Run("every field of a ticket is saved", func(t *testing.T) { ticketSaved(t, open(t)) })
	t.Run("the head is saved under its version", func(t *testing.T) { headSaved(t, open(t)) })
	t.Run("queues of a zone by start", func(t *testing.T) { queuesOfZone(t, open(t)) })
	t.Run("a queue is as it is stored, whatever was done to it", func(t *testing.T) { queueRemembered(t, open(t)) })
	t.Run("a queue that is remembered is asked one statement", func(t *testing.T) { queueKnown(t, open(t)) })
	t.Run("what is written together is written or not at all", func(t *testing.T) { oldVersionTogether(t, open(t)) })
	t.Run("a request makes one call", func(t *testing.T) { callsByRequest(t, open(t)) })
	t.Run("consultations are newest first", func(t *testing.T) { consultations(t, open(t)) })
	runQueueLog(t, open)
	t.Run("the versions of a queue rise by one however many write", func(t *testing.T) {
		db := open(t)
		addQueue(t, db, head("s1", Start()))
		got := race(t, func(int) error {
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				q, err := tx.LockHead(t.Context(), "s1")
				if err != nil {
					return err
				}
				return tx.SaveQueue(t.Context(), &q)
			})
		})
		look(t, db, func(tx *store.Tx) error {
			q, err := tx.Queue(t.Context(), "s1")
			if q.Version != 1+racers || got[""] != racers {
				t.Errorf("version %d after %v, want %d", q.Version, got, 1+racers)
			}
			return err
		})
	})
}

func queueComesBack(t *testing.T, db *store.DB) {
	t.Helper()
	want := head("s1", Start())
	want.NormalsSinceInsert = map[queue.Lane]int{queue.LaneLate: 2, queue.LaneMissed: 1}
	want.PausedUntil, want.PauseReason, want.StartedAt = Start().Add(time.Minute), "round", Start()
	want.Series, want.Recent, want.Pool = map[queue.Lane]int{queue.LaneReturn: 1}, "nni", true
	want.Desks = []queue.Desk{{DoctorID: "d7", RoomID: "r7", Seat: "2", Status: queue.DeskPaused, PausedUntil: Start(), PauseReason: "short"}}
	addQueue(t, db, want, ticket("s1", 12), ticket("s1", 3))
	addQueue(t, db, head("s2", Start()), ticket("s2", 1))
	full := want
	full.Tickets = []queue.Ticket{ticket("s1", 3), ticket("s1", 12)}
	write(t, db, func(tx *store.Tx) error {
		got, err1 := tx.Queue(t.Context(), "s1")
		locked, err2 := tx.LockQueue(t.Context(), "s1")
		bare, err3 := tx.LockHead(t.Context(), "s1")
		for name, pair := range map[string][2]queue.Queue{"Queue": {got, full}, "LockQueue": {locked, full}, "LockHead": {bare, want}} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
		}
		_, err4 := tx.Queue(t.Context(), "s9")
		refused(t, err4, houzhen.CodeNotFound)
		_, err5 := tx.Ticket(t.Context(), "t9")
		refused(t, err5, houzhen.CodeNotFound)
		return errors.Join(err1, err2, err3)
	})
}

func ticketSaved(t *testing.T, db *store.DB) {
	t.Helper()
	want := ticket("s1", 1)
	addQueue(t, db, head("s1", Start()), want)
	addQueue(t, db, head("s2", Start()))
	at := func(n int) time.Time { return Start().Add(time.Duration(n) * time.Minute) }
	want.SessionID, want.ZoneID, want.PatientID, want.No, want.Label, want.State, want.Lane = "s2", "z2", "p2", 9, "A009", queue.Called, queue.LaneLate
	want.SliceStart, want.SliceEnd, want.CheckedInAt, want.LaneSince, want.ReadyAt, want.CalledAt = at(1), at(2), at(3), at(4), at(5), at(6)
	want.LastCallAt, want.StartedAt, want.EndedAt, want.LeaveAdvisedAt = at(7), at(8), at(9), at(10)
	want.Calls, want.Misses, want.SkipNormals, want.TravelMinutes, want.AtEnd, want.WalkIn = 1, 2, 3, 4, true, true
	want.DoctorID, want.RoomID, want.EndReason = "d2", "r2", "done"
	want.Group, want.AssignedDoctorID, want.NotBefore, want.ResultsAt, want.Returns = "elder", "d3", at(11), at(12), 5
	want.Overtaken, want.OvertakenFor, want.Care = 6, 7*time.Minute, "wheelchair"
	want.LivesNear, want.WaitAdvisedAt, want.FirstVisit, want.SetOutAt, want.NoShow = true, at(13), true, at(14), 0.123457
	want.Note = "hears badly on the left"
	stale := want
	write(t, db, func(tx *store.Tx) error { return tx.SaveTicket(t.Context(), &want) })
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveTicket(t.Context(), &stale) }), houzhen.CodeConflict)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Ticket(t.Context(), want.ID)
		if diff := cmp.Diff(got, want); diff != "" || want.Version != 2 {
			t.Errorf("version %d, want 2; ticket (-got +want):\n%s", want.Version, diff)
		}
		return err
	})
}

func headSaved(t *testing.T, db *store.DB) {
	t.Helper()
	q := head("s1", Start())
	addQueue(t, db, q)
	stale := q
	q.ZoneID, q.RoomID, q.DoctorID, q.Prefix, q.Desk, q.PauseReason = "z2", "r2", "d2", "B", queue.DeskPaused, "round"
	q.Start, q.End, q.Deadline = q.Start.Add(1e9), q.End.Add(1e9), q.Deadline.Add(1e9)
	q.StartedAt, q.PausedUntil, q.NormalsSinceInsert = Start(), Start().Add(time.Hour), map[queue.Lane]int{queue.LaneLate: 1}
	q.Series, q.Recent, q.Desks = map[queue.Lane]int{queue.LaneLate: 1}, "i", []queue.Desk{{DoctorID: "d8", Status: queue.DeskSeeing}}
	write(t, db, func(tx *store.Tx) error { return tx.SaveQueue(t.Context(), &q) })
	refused(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveQueue(t.Context(), &stale) }), houzhen.CodeConflict)
	look(t, db, func(tx *store.Tx) error {
		got, err := tx.Queue(t.Context(), "s1")
		if diff := cmp.Diff(got, q); diff != "" || q.Version != 2 {
			t.Errorf("version %d, want 2; queue (-got +want):\n%s", q.Version, diff)
		}
		return err
	})
}

func queuesOfZone(t *testing.T, db *store.DB) {
	t.Helper()
	other := head("s3", Start())
	other.ZoneID = "z2"
	addQueue(t, db, head("s2", Start().Add(time.Hour)), ticket("s2", 1))
	addQueue(t, db, head("s1", Start()), ticket("s1", 2), ticket("s1", 1))
	addQueue(t, db, other)
	for _, c := range []struct {
		zone     string
		from, to time.Duration
		want     []string
	}{
		{"z1", 0, 2 * time.Hour, []string{"s1:2", "s2:1"}},
		{"z1", 0, time.Hour, []string{"s1:2"}},
		{"z1", time.Microsecond, 2 * time.Hour, []string{"s2:1"}},
		{"", 0, 2 * time.Hour, []string{"s1:2", "s3:0", "s2:1"}},
		{"z9", 0, 2 * time.Hour, nil},
	} {
		look(t, db, func(tx *store.Tx) error {
			queues, err := tx.Queues(t.Context(), c.zone, Start().Add(c.from), Start().Add(c.to))
			var got []string
			for _, q := range queues {
				got = append(got, fmt.Sprintf("%s:%d", q.SessionID, len(q.Tickets)))
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("zone %q from %v to %v (-got +want):\n%s", c.zone, c.from, c.to, diff)
			}
			return err
		})
	}
}

func callsByRequest(t *testing.T, db *store.DB) {
	t.Helper()
	addQueue(t, db, head("s1", Start()), ticket("s1", 1))
	first := queue.Call{
		RequestID: "r1", SessionID: "s1", TicketID: "s1-t1", DoctorID: "d1", RoomID: "room", Verb: "next",
		Reason: queue.Reason{Code: "first", Args: map[string]string{"slice": "08:00"}}, At: Start(), Operator: "n1", Cause: "wheelchair",
	}
	second := queue.Call{RequestID: "r0", SessionID: "s1", Verb: "pause", At: Start()}
	write(t, db, func(tx *store.Tx) error {
		err := errors.Join(tx.AddCall(t.Context(), first), tx.AddCall(t.Context(), second))
		refused(t, tx.AddCall(t.Context(), first), houzhen.CodeConflict)
		got, err2 := tx.CallByRequest(t.Context(), "s1", "r1")
		if diff := cmp.Diff(got, first); diff != "" {
			t.Errorf("call (-got +want):\n%s", diff)
		}
		_, err3 := tx.CallByRequest(t.Context(), "s2", "r1")
		refused(t, err3, houzhen.CodeNotFound)
		all, err4 := tx.Calls(t.Context(), "s1")
		if diff := cmp.Diff(all, []queue.Call{first, second}); diff != "" {
			t.Errorf("calls of one instant in the order they were made (-got +want):\n%s", diff)
		}
		return errors.Join(err, err2, err4)
	})
}

func consultations(t *testing.T, db *store.DB) {
	t.Helper()
	addQueue(t, db, head("s1", Start()))
	done := func(no int, doctor string, state queue.State, started, ended time.Duration) {
		c := ticket("s1", no)
		c.FirstVisit, c.WalkIn = doctor == "d2", doctor == "d2"
		c.DoctorID, c.State, c.EndedAt, c.CheckedInAt = doctor, state, Start().Add(ended), Start().Add(-time.Minute)
		if started >= 0 {
			c.StartedAt = Start().Add(started)
		}
		write(t, db, func(tx *store.Tx) error { return tx.AddTicket(t.Context(), c) })
	}
	done(1, "d1", queue.Done, 0, 10*time.Minute)
	done(2, "d1", queue.Done, 10*time.Minute, 17*time.Minute)
	done(3, "d2", queue.Done, 5*time.Minute, 12*time.Minute)
	done(4, "d1", queue.Dropped, -1, 13*time.Minute)
	done(5, "d1", queue.Done, -1, 14*time.Minute) // never entered the room
	calls := []queue.Call{
		{Verb: queue.VerbStart, At: Start().Add(18 * time.Minute)},
		{Verb: queue.VerbTests, At: Start().Add(21 * time.Minute)},
		{Verb: queue.VerbStart, At: Start().Add(22 * time.Minute)},
		{Verb: queue.VerbTransfer, At: Start().Add(26 * time.Minute)},
		{Verb: queue.VerbStart, At: Start().Add(50 * time.Minute)}, // the one after them, which goes on
	}
	for i, c := range calls {
		c.SessionID, c.RequestID, c.TicketID, c.DoctorID = "s1", fmt.Sprint("tests-", i), ticket("s1", 1).ID, "d1"
		write(t, db, func(tx *store.Tx) error { return tx.AddCall(t.Context(), c) })
	}
	held := func(doctor string, started, length time.Duration) queue.Consultation {
		q := head("s1", Start())
		return queue.Consultation{
			SessionID: "s1", DoctorID: doctor, PatientID: "p1", Lane: queue.LaneNormal, First: doctor == "d2", WalkIn: doctor == "d2", SessionStart: q.Start, SessionEnd: q.End,
			Here: Start().Add(-time.Minute), Start: Start().Add(started), Length: length,
		}
	}
	tested := held("d1", 18*time.Minute, 3*time.Minute) // he was sent to tests then
	tested.Here = tested.Start
	onward := held("d1", 22*time.Minute, queue.NoLength) // on to another doctor
	onward.Here = onward.Start
	d1 := []queue.Consultation{onward, tested, held("d1", 10*time.Minute, 7*time.Minute), held("d1", 0, 10*time.Minute)}
	d2 := held("d2", 5*time.Minute, 7*time.Minute)
	for name, c := range map[string]struct {
		doctor string
		since  time.Duration
		limit  int
		want   []queue.Consultation
	}{
		"of one doctor": {"d1", 0, 10, d1},
		"of all":        {"", 0, 10, []queue.Consultation{onward, tested, d1[2], d2, d1[3]}},
		"at most two":   {"", 0, 2, []queue.Consultation{onward, tested}},
		"since":         {"d1", 10*time.Minute + 1000, 10, d1[:3]},
	} {
		look(t, db, func(tx *store.Tx) error {
			got, err := tx.Consultations(t.Context(), c.doctor, Start().Add(c.since), c.limit)
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", name, diff)
			}
			return err
		})
	}
}
