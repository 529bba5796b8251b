package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/internal/store/storetest"
	"github.com/houzhen/houzhen/notify"
)

// The benchmarks write one booking a transaction, as the whole application
// does, and print transactions per second. BenchmarkSync prints how often this
// machine can make a small write durable, which is the limit beside them.

func BenchmarkSQLite(b *testing.B) { benchmark(b, storetest.SQLite) }

func BenchmarkPostgreSQL(b *testing.B) { benchmark(b, storetest.PostgreSQL) }

func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func perSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func benchmark(b *testing.B, open storetest.Opener) {
	b.Helper()
	b.Run("book", func(b *testing.B) { benchmarkBook(b, open(b)) })
	b.Run("book-by-16", func(b *testing.B) { benchmarkBookParallel(b, open(b)) })
	b.Run("view", func(b *testing.B) { benchmarkView(b, open(b)) })
	b.Run("messages-by-100", func(b *testing.B) { benchmarkMessages(b, open(b)) })
}

// places adds sessions of 50 slots as they are needed.
func places(b *testing.B, db *store.DB, n int) []booking.Session {
	b.Helper()
	var out []booking.Session
	day := houzhen.Date{Year: 2026, Month: time.March, Day: 2}
	for i := range n/50 + 1 {
		s := booking.Session{ID: fmt.Sprintf("session-%08d-0000-0000", i), DoctorID: fmt.Sprintf("doctor-%d", i), Date: day, Part: houzhen.Morning, Status: booking.SessionOpen, Version: 1}
		slots := make([]booking.Slot, 50)
		for k := range slots {
			slots[k] = booking.Slot{No: k + 1, Band: booking.BandBooked, Start: storetest.Start(), End: storetest.Start().Add(time.Hour)}
		}
		if err := db.InTx(b.Context(), func(tx *store.Tx) error { return tx.AddSession(b.Context(), s, slots) }); err != nil {
			b.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func bookOne(b *testing.B, db *store.DB, sessions []booking.Session, i int) {
	b.Helper()
	s := sessions[i/50]
	err := db.InTx(b.Context(), func(tx *store.Tx) error {
		if _, err := tx.Session(b.Context(), s.ID); err != nil {
			return err
		}
		slot, err := tx.Slot(b.Context(), s.ID, i%50+1)
		if err != nil {
			return err
		}
		a := booking.Appointment{
			ID: tx.NewID(), Voucher: fmt.Sprintf("v%010d", i), SessionID: s.ID, SlotNo: slot.No, Start: slot.Start, End: slot.End,
			PatientID: fmt.Sprintf("patient-%08d-0000-0000-0000", i*7919%100000000), DoctorID: s.DoctorID, Day: s.Date, Nth: 1,
			State: booking.Booked, Purpose: booking.PurposeVisit, Channel: "app", BookedAt: tx.Now(), Version: 1,
		}
		if err := tx.AddAppointment(b.Context(), a); err != nil {
			return err
		}
		return tx.Emit(houzhen.Event{Kind: houzhen.AppointmentBooked, Subject: a.ID, Version: 1, Session: s.ID, Data: []byte(`{"slot":1,"patient":"p"}`)})
	})
	if err != nil {
		b.Error(err)
	}
}

func benchmarkBook(b *testing.B, db *store.DB) {
	b.Helper()
	sessions := places(b, db, b.N)
	b.ResetTimer()
	for i := range b.N {
		bookOne(b, db, sessions, i)
	}
	perSecond(b)
}

func benchmarkBookParallel(b *testing.B, db *store.DB) {
	b.Helper()
	sessions := places(b, db, b.N)
	next := make(chan int, b.N)
	for i := range b.N {
		next <- i
	}
	b.SetParallelism(16 / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			bookOne(b, db, sessions, <-next)
		}
	})
	perSecond(b)
}

func benchmarkView(b *testing.B, db *store.DB) {
	b.Helper()
	sessions := places(b, db, 50)
	bookOne(b, db, sessions, 0)
	b.ResetTimer()
	for range b.N {
		err := db.View(b.Context(), func(tx *store.Tx) error {
			_, err := tx.Slots(b.Context(), sessions[0].ID)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

// benchmarkMessages plans, claims and saves a hundred messages in three
// transactions; its rate counts messages.
func benchmarkMessages(b *testing.B, db *store.DB) {
	b.Helper()
	ctx := b.Context()
	for round := range b.N {
		var all []notify.Message
		var ids []string
		for i := range 100 {
			id := fmt.Sprintf("message-%06d-%03d", round, i)
			ids = append(ids, id)
			all = append(all, notify.Message{ID: id, Subject: id, Kind: notify.KindBooked, Channel: notify.SMS, State: notify.Planned, DueAt: storetest.Start(), OutID: id, CreatedAt: storetest.Start()})
		}
		var claimed []notify.Message
		for _, f := range []func(*store.Tx) error{
			func(tx *store.Tx) error { _, err := tx.PlanMessages(ctx, all); return err },
			func(tx *store.Tx) (err error) { claimed, err = tx.ClaimMessages(ctx, ids, tx.Now()); return err },
			func(tx *store.Tx) error {
				for i := range claimed {
					claimed[i].State, claimed[i].Text = notify.Accepted, "the words of the message as they were sent"
				}
				_, err := tx.SaveMessages(ctx, []notify.State{notify.Claimed}, claimed...)
				return err
			},
		} {
			if err := db.InTx(ctx, f); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "messages/s")
}
