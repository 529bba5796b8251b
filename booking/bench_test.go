package booking_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
)

// The benchmarks book places of many sessions, side by side the way of the
// service and the plain way: lock the session, check, insert, tell, one
// transaction a booking. Ratios of one run travel; figures do not.

func BenchmarkBookSQLite(b *testing.B)     { benchmarkBook(b, storetest.SQLite) }
func BenchmarkBookPostgreSQL(b *testing.B) { benchmarkBook(b, storetest.PostgreSQL) }

type opener = func(testing.TB, ...storetest.Option) *store.DB

func benchmarkBook(b *testing.B, open opener) {
	b.Helper()
	for _, callers := range []int{1, 128} {
		b.Run(fmt.Sprint("plain-by-", callers), func(b *testing.B) {
			g := newGround(b, open)
			g.run(b, callers, g.plain)
		})
		b.Run(fmt.Sprint("groups-by-", callers), func(b *testing.B) {
			g := newGround(b, open)
			g.run(b, callers, g.groups)
		})
	}
}

const (
	groundSessions = 500
	groundPlaces   = 100
)

type ground struct {
	*booking.Service
	db       booking.Store
	sessions []booking.Session
	one      sync.Mutex
	embedded bool
}

func newGround(b *testing.B, open opener) *ground {
	b.Helper()
	db := open(b, storetest.Now(func() time.Time { return monday.AddDays(-1).At(9, 0, shanghai) }))
	g := &ground{db: db.Booking(), embedded: db.Engine() == "sqlite"}
	var err error
	if g.Service, err = booking.NewService(g.db, shanghai, booking.DefaultPolicy()); err != nil {
		b.Fatal(err)
	}
	for i := range groundSessions {
		s := booking.Session{
			ID: fmt.Sprintf("session-%04d-xxxxxxxxxxxx", i), DepartmentID: fmt.Sprint("department-", i%20), ZoneID: "zone", RoomID: "room",
			DoctorID: fmt.Sprintf("doctor-%04d-xxxxxxxxxxxxx", i), Date: monday, Part: houzhen.Morning,
			Start: monday.At(8, 0, shanghai), End: monday.At(12, 0, shanghai), SliceMinutes: 30, SliceCapacity: groundPlaces / 8,
			Class: booking.Specialist, Status: booking.SessionPlanned, Version: 1,
		}
		if err := g.db.InTx(b.Context(), func(tx booking.Tx) error { return tx.AddSession(b.Context(), s, booking.LaySlots(s)) }); err != nil {
			b.Fatal(err)
		}
		g.sessions = append(g.sessions, s)
	}
	return g
}

func (g *ground) run(b *testing.B, callers int, book func(ctx context.Context, i int) error) {
	b.Helper()
	var next atomic.Int64
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				began := time.Now()
				if err := book(b.Context(), i); err != nil {
					b.Error(err)
				}
				took[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
}

func (g *ground) request(i int) booking.BookRequest {
	return booking.BookRequest{
		Caller: "bench", Key: fmt.Sprint("key-", i), SessionID: g.sessions[i*7919%groundSessions].ID,
		PatientID: fmt.Sprintf("patient-%08d-xxxxxxxxx", i), AccountID: "account", Channel: "app",
	}
}

func (g *ground) groups(ctx context.Context, i int) error {
	_, err := g.Book(ctx, g.request(i))
	return err
}

// plain is one locked transaction a booking; on the embedded engine one writer
// at a time, so that each booking has a durable commit of its own.
func (g *ground) plain(ctx context.Context, i int) error {
	if g.embedded {
		g.one.Lock()
		defer g.one.Unlock()
	}
	r := g.request(i)
	return g.db.InTx(ctx, func(tx booking.Tx) error {
		s, err := tx.LockSession(ctx, r.SessionID)
		if err != nil {
			return err
		}
		slots, err := tx.Slots(ctx, s.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(slots, func(p booking.Slot) bool { return !p.Taken })
		if at < 0 {
			return houzhen.E(houzhen.CodeSessionFull, "full")
		}
		if _, err := tx.Appointments(ctx, booking.AppointmentFilter{
			PatientIDs: []string{r.PatientID}, From: s.Date.AddDays(-89), To: s.Date.AddDays(89), Purpose: booking.PurposeVisit,
		}); err != nil {
			return err
		}
		p := slots[at]
		a := booking.Appointment{
			ID: tx.NewID(), Voucher: fmt.Sprintf("V%08d", i), SessionID: s.ID, SlotNo: p.No, Start: p.Start, End: p.End,
			PatientID: r.PatientID, AccountID: r.AccountID, DoctorID: s.DoctorID, Day: s.Date, Nth: 1, State: booking.Booked,
			Purpose: booking.PurposeVisit, Channel: r.Channel, BookedAt: tx.Now(), Version: 1,
		}
		if err := tx.AddAppointment(ctx, a); err != nil {
			return err
		}
		return tx.Emit(houzhen.Event{
			Kind: houzhen.AppointmentBooked, Subject: a.ID, Version: 1, Session: s.ID,
			Data: []byte(`{"slot":1,"patient":"` + a.PatientID + `","day":"2026-03-02"}`),
		})
	})
}
