package queue_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
	"github.com/houzhen/houzhen/queue"
)

// live is the verbs on a real database, pressed by many at once.
type live struct {
	t       *testing.T
	db      *store.DB
	svc     *queue.Service
	minutes atomic.Int64
}

func onEveryEngine(t *testing.T, test func(l *live)) {
	t.Helper()
	engines := map[string]func(testing.TB, ...storetest.Option) *store.DB{"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL}
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			l := &live{t: t}
			l.db = open(t, storetest.Now(func() time.Time { return clock(8, 0).Add(time.Duration(l.minutes.Load()) * time.Minute) }))
			l.svc = queue.NewService(l.db.Queue(), func(string) queue.Policy { return queue.DefaultPolicy() }, shanghai)
			l.tx(func(tx queue.Tx) error {
				return l.svc.Open(t.Context(), tx, queue.OpenQueue{
					SessionID: session, ZoneID: "z1", RoomID: "r1", DoctorID: "d1", Prefix: "A", Start: clock(8, 0), End: clock(12, 0),
				})
			})
			test(l)
		})
	}
}

func (l *live) tx(f func(queue.Tx) error) {
	l.t.Helper()
	if err := l.db.Queue().InTx(l.t.Context(), f); err != nil {
		l.t.Error(err)
	}
}

func (l *live) checkIn(no int) {
	l.t.Helper()
	l.tx(func(tx queue.Tx) error {
		_, err := l.svc.CheckIn(l.t.Context(), tx, booked(no))
		return err
	})
}

// queue loads the session's queue.
func (l *live) queue() queue.Queue {
	l.t.Helper()
	var q queue.Queue
	l.tx(func(tx queue.Tx) error {
		var err error
		q, err = tx.Queue(l.t.Context(), session)
		return err
	})
	return q
}

// together runs n presses at the same time.
func together(n int, press func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { press(i) })
	}
	all.Wait()
}

func TestRaceOfOneRequestIsOneCall(t *testing.T) {
	onEveryEngine(t, func(l *live) {
		for no := 1; no <= 4; no++ {
			l.checkIn(no)
		}
		var fresh atomic.Int64
		together(8, func(int) {
			o, err := l.svc.CallNext(l.t.Context(), queue.CallRequest{SessionID: session, RequestID: "double click", DoctorID: "d1"})
			if err != nil || o.Call.TicketID == "" || o.Ticket.No != 1 {
				l.t.Errorf("called %d: %v", o.Ticket.No, err)
			}
			if !o.Replayed {
				fresh.Add(1)
			}
		})
		if got := fresh.Load(); got != 1 {
			l.t.Errorf("%d presses acted, want one", got)
		}
	})
}

func TestRaceOfComputersOfOneDeskCallsOnePatient(t *testing.T) {
	onEveryEngine(t, func(l *live) {
		for no := 1; no <= 8; no++ {
			l.checkIn(no)
		}
		var won atomic.Int64
		together(8, func(i int) {
			_, err := l.svc.CallNext(l.t.Context(), queue.CallRequest{SessionID: session, RequestID: fmt.Sprint("pc", i), DoctorID: "d1"})
			switch houzhen.CodeOf(err) {
			case "":
				won.Add(1)
			case houzhen.CodeTooSoon:
			default:
				l.t.Error(err)
			}
		})
		if got := won.Load(); got != 1 {
			l.t.Errorf("%d computers called, want one", got)
		}
	})
}

func TestRaceOfDoctorsAndArrivalsSharesNobodyAndSkipsNobody(t *testing.T) {
	const patients, doctors = 24, 4
	onEveryEngine(t, func(l *live) {
		together(2*patients, func(i int) { l.checkIn(i%patients + 1) }) // everybody scans twice
		var calls sync.Map
		for round := range patients / doctors {
			l.minutes.Add(1)
			together(doctors, func(i int) {
				doctor := fmt.Sprint("d", i)
				o, err := l.svc.CallNext(l.t.Context(), queue.CallRequest{
					SessionID: session, RequestID: fmt.Sprint(doctor, " round ", round), DoctorID: doctor,
				})
				if err != nil {
					l.t.Error(err)
				}
				if other, shared := calls.LoadOrStore(o.Ticket.No, doctor); shared {
					l.t.Errorf("number %d is called by %s and %s", o.Ticket.No, other, doctor)
				}
			})
		}
		q := l.queue()
		if got := len(q.Tickets); got != patients {
			l.t.Errorf("%d tickets, want %d", got, patients)
		}
		for _, ticket := range q.Tickets {
			if _, called := calls.Load(ticket.No); !called {
				l.t.Errorf("number %d was skipped and is %s", ticket.No, ticket.State)
			}
		}
		if got, want := q.Version, int64(1+patients+patients); got != want {
			l.t.Errorf("version: got %d, want %d: one for each change", got, want)
		}
	})
}
