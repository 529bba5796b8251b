package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/store"
)

// today is the date of Start in Shanghai.
func today() houzhen.Date { return houzhen.Date{Year: 2026, Month: time.March, Day: 2} }

// session gives an open morning session of a doctor on a date, with its slots
// of 30 minutes from Start on, two in a slice.
func session(id, doctor string, date houzhen.Date, slots int) (booking.Session, []booking.Slot) {
	at := Start().AddDate(0, 0, today().DaysUntil(date))
	s := booking.Session{
		ID: id, DepartmentID: "dep", ZoneID: "zone", RoomID: "room", DoctorID: doctor, AttendingID: doctor, Date: date,
		Part: houzhen.Morning, Start: at, End: at.Add(4 * time.Hour), Deadline: at.Add(4 * time.Hour), SliceMinutes: 30,
		SliceCapacity: 2, Class: booking.Specialist, Prefix: "A", Status: booking.SessionOpen, ReleaseAt: at.AddDate(0, 0, -7),
		Version: 1,
	}
	out := make([]booking.Slot, slots)
	for i := range out {
		start := at.Add(time.Duration(i/2) * 30 * time.Minute)
		out[i] = booking.Slot{SessionID: id, No: i + 1, Start: start, End: start.Add(30 * time.Minute), Band: booking.BandBooked}
	}
	return s, out
}

// addSession stores a session of the doctor today.
func addSession(tb testing.TB, db *store.DB, id, doctor string, slots int) booking.Session {
	tb.Helper()
	s, all := session(id, doctor, today(), slots)
	write(tb, db, func(tx *store.Tx) error { return tx.AddSession(tb.Context(), s, all) })
	return s
}

// appointment gives a booked appointment on a slot of s, named after both.
func appointment(s booking.Session, no int, patient string) booking.Appointment {
	start := s.Start.Add(time.Duration((no-1)/2) * 30 * time.Minute)
	id := fmt.Sprintf("a-%s-%d-%s", s.ID, no, patient)
	return booking.Appointment{
		ID: id, Voucher: "v" + id, SessionID: s.ID, SlotNo: no, Start: start, End: start.Add(30 * time.Minute),
		PatientID: patient, AccountID: "account", DoctorID: s.DoctorID, Day: s.Date, Nth: 1, State: booking.Booked,
		Purpose: booking.PurposeVisit, Channel: "app", Key: "digest", BookedAt: Start(), TravelMinute: 40, Version: 1,
	}
}

// with gives a copy of an appointment with changes.
func with(a booking.Appointment, change func(*booking.Appointment)) booking.Appointment {
	change(&a)
	return a
}

// book stores an appointment, which must succeed.
func book(tb testing.TB, db *store.DB, a booking.Appointment) booking.Appointment {
	tb.Helper()
	write(tb, db, func(tx *store.Tx) error { return tx.AddAppointment(tb.Context(), a) })
	return a
}

// stored reads an appointment back.
func stored(tb testing.TB, db *store.DB, id string) booking.Appointment {
	tb.Helper()
	var a booking.Appointment
	look(tb, db, func(tx *store.Tx) (err error) {
		a, err = tx.Appointment(tb.Context(), id)
		return err
	})
	return a
}

func appointmentIDs(in []booking.Appointment) []string {
	out := make([]string, len(in))
	for i, a := range in {
		out[i] = a.ID
	}
	return out
}
