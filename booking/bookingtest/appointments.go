package bookingtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Appointment finds an appointment.
func (tx *Tx) Appointment(_ context.Context, id string) (booking.Appointment, error) {
	return find(tx.store.appointments, id)
}

// LockAppointment is Appointment: transactions are alone here.
func (tx *Tx) LockAppointment(ctx context.Context, id string) (booking.Appointment, error) {
	return tx.Appointment(ctx, id)
}

// AppointmentsByVoucher lists the appointments of a voucher.
func (tx *Tx) AppointmentsByVoucher(_ context.Context, voucher string) ([]booking.Appointment, error) {
	return tx.appointmentsWhere(slices.Sorted(maps.Keys(tx.store.appointments)), func(a booking.Appointment) bool {
		return voucher != "" && a.Voucher == voucher
	}), nil
}

// Appointments lists appointments by id.
func (tx *Tx) Appointments(_ context.Context, f booking.AppointmentFilter) ([]booking.Appointment, error) {
	list := tx.appointmentsWhere(tx.around(f), func(a booking.Appointment) bool {
		return (f.SessionID == "" || f.SessionID == a.SessionID) &&
			(len(f.SessionIDs) == 0 || slices.Contains(f.SessionIDs, a.SessionID)) &&
			(len(f.PatientIDs) == 0 || slices.Contains(f.PatientIDs, a.PatientID)) &&
			(f.OriginID == "" || f.OriginID == a.OriginID) &&
			(f.From.IsZero() || !a.Day.Before(f.From)) && (f.To.IsZero() || !f.To.Before(a.Day)) &&
			(len(f.States) == 0 || slices.Contains(f.States, a.State)) &&
			(f.Purpose == "" || f.Purpose == a.Purpose) && a.ID > f.AfterID
	})
	if f.Limit > 0 {
		list = first(f.Limit, list)
	}
	return list, nil
}

// around gives the ids that a filter can meet.
func (tx *Tx) around(f booking.AppointmentFilter) []string {
	ids := map[string]bool{}
	switch {
	case f.SessionID != "" && f.PatientIDs == nil:
		ids = tx.store.bySession[f.SessionID]
	case f.PatientIDs != nil: // empty but not nil selects nothing
		for _, p := range f.PatientIDs {
			maps.Copy(ids, tx.store.byPatient[p])
		}
	default:
		return slices.Sorted(maps.Keys(tx.store.appointments))
	}
	return slices.Sorted(maps.Keys(ids))
}

func (tx *Tx) appointmentsWhere(ids []string, is func(booking.Appointment) bool) []booking.Appointment {
	var list []booking.Appointment
	for _, id := range ids {
		if a, ok := tx.store.appointments[id]; ok && is(a) {
			list = append(list, a)
		}
	}
	return list
}

// AddAppointment inserts, or says which guard refused.
func (tx *Tx) AddAppointment(ctx context.Context, a booking.Appointment) error {
	if err := tx.may("add_appointment", a.ID); err != nil {
		return err
	}
	if _, exists := tx.store.appointments[a.ID]; exists {
		return houzhen.E(houzhen.CodeKeyReused, "appointment exists")
	}
	if err := tx.guard(ctx, a); err != nil {
		return err
	}
	tx.put(a)
	return nil
}

// AddAppointments inserts those that no guard refuses.
func (tx *Tx) AddAppointments(ctx context.Context, list []booking.Appointment) (map[string]bool, error) {
	ids := map[string]bool{}
	for _, a := range list {
		switch err := tx.AddAppointment(ctx, a); houzhen.CodeOf(err) {
		case "":
			ids[a.ID] = true
		case houzhen.CodeSlotTaken, houzhen.CodeAlreadyBooked, houzhen.CodeLimit, houzhen.CodeKeyReused:
		default:
			return nil, err
		}
	}
	return ids, nil
}

// AddAllAppointments inserts all, or gives CodeConflict.
func (tx *Tx) AddAllAppointments(ctx context.Context, list []booking.Appointment) error {
	return booking.AddEachOf(ctx, tx, list)
}

// Visits lists what counts against the limits of patients.
func (tx *Tx) Visits(ctx context.Context, patientIDs []string, from, to houzhen.Date) ([]booking.Visit, error) {
	if len(patientIDs) == 0 {
		return []booking.Visit{}, nil
	}
	list, err := tx.Appointments(ctx, booking.AppointmentFilter{
		PatientIDs: patientIDs, From: from, To: to, Purpose: booking.PurposeVisit,
		States: []booking.State{booking.Booked, booking.CheckedIn, booking.Fulfilled, booking.NoShow},
	})
	visits := make([]booking.Visit, len(list))
	for i, a := range list {
		visits[i] = booking.Visit{
			PatientID: a.PatientID, Day: a.Day, DoctorID: a.DoctorID, DepartmentID: tx.store.sessions[a.SessionID].DepartmentID, Start: a.Start, End: a.End,
		}
	}
	return visits, err
}

// Seats lists every appointment of sessions, ended ones too, by session.
func (tx *Tx) Seats(_ context.Context, sessionIDs ...string) ([]booking.Seat, error) {
	var seats []booking.Seat
	for _, sid := range slices.Sorted(slices.Values(sessionIDs)) {
		for _, a := range tx.appointmentsWhere(slices.Sorted(maps.Keys(tx.store.bySession[sid])), func(a booking.Appointment) bool {
			return a.SessionID == sid
		}) {
			seats = append(seats, booking.Seat{
				SessionID: sid, ID: a.ID, SlotNo: a.SlotNo, State: a.State, BookedAt: a.BookedAt, EndedAt: a.EndedAt,
			})
		}
	}
	return seats, nil
}

// UpdateAppointment saves by version, or says which guard refused.
func (tx *Tx) UpdateAppointment(ctx context.Context, a *booking.Appointment) error {
	if err := tx.may("update_appointment", a.ID); err != nil {
		return err
	}
	old, err := tx.Appointment(ctx, a.ID)
	if err != nil {
		return err
	}
	if old.Version != a.Version {
		return houzhen.E(houzhen.CodeConflict, "appointment changed meanwhile")
	}
	if err := tx.guard(ctx, *a); err != nil {
		return err
	}
	a.Version++
	tx.put(*a)
	return nil
}

// guard holds what the unique indexes and foreign keys of a database hold.
func (tx *Tx) guard(ctx context.Context, a booking.Appointment) error {
	if _, err := tx.Slot(ctx, a.SessionID, a.SlotNo); err != nil {
		return err
	}
	if s := tx.store.sessions[a.SessionID]; s.DoctorID != a.DoctorID || s.Date != a.Day {
		return houzhen.E(houzhen.CodeInternal, "doctor or day differ from the session's")
	}
	if a.Nth < 0 || a.Nth > booking.Ceiling {
		return houzhen.E(houzhen.CodeInternal, "nth out of range")
	}
	near := map[string]bool{}
	maps.Copy(near, tx.store.bySession[a.SessionID])
	maps.Copy(near, tx.store.byPatient[a.PatientID])
	for id := range near {
		if o := tx.store.appointments[id]; id != a.ID {
			if err := clash(a, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func clash(a, o booking.Appointment) error {
	visits := a.Purpose != booking.PurposeOption && o.Purpose != booking.PurposeOption
	switch {
	case !a.Active() || !o.Active():
		return nil
	case o.SessionID == a.SessionID && o.SlotNo == a.SlotNo:
		return houzhen.E(houzhen.CodeSlotTaken, "slot is taken")
	case visits && o.PatientID == a.PatientID && o.Day == a.Day && o.DoctorID == a.DoctorID:
		return houzhen.E(houzhen.CodeAlreadyBooked, "patient has a visit with that doctor on that day")
	case visits && o.PatientID == a.PatientID && o.Day == a.Day && o.Nth == a.Nth && a.Nth > 0:
		return houzhen.E(houzhen.CodeLimit, "patient has that many visits on that day")
	}
	return nil
}

func (tx *Tx) put(a booking.Appointment) {
	set(tx, tx.store.appointments, a.ID, a)
	index(tx, tx.store.bySession, a.SessionID, a.ID)
	index(tx, tx.store.byPatient, a.PatientID, a.ID)
}

// index remembers that id was seen under key; readers check the row itself.
func index(tx *Tx, m map[string]map[string]bool, key, id string) {
	if m[key][id] {
		return
	}
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][id] = true
	tx.undo = append(tx.undo, func() { delete(m[key], id) })
}

// HoldsLapsed lists holds whose time is over, oldest first.
func (tx *Tx) HoldsLapsed(_ context.Context, now time.Time, limit int) ([]booking.Appointment, error) {
	return tx.due(limit, func(a booking.Appointment) (time.Time, bool) {
		return a.ExpiresAt, a.State == booking.Held && !now.Before(a.ExpiresAt)
	}), nil
}

// PlacesToRelease lists absent patients of open sessions, oldest first.
func (tx *Tx) PlacesToRelease(_ context.Context, startedBy time.Time, limit int) ([]booking.Appointment, error) {
	return tx.due(limit, func(a booking.Appointment) (time.Time, bool) {
		return a.Start, a.State == booking.Booked && a.ReleasedAt.IsZero() && !startedBy.Before(a.Start) &&
			tx.store.sessions[a.SessionID].Status == booking.SessionOpen
	}), nil
}

// NoShowsDue lists absent patients whose deadline is over, oldest first.
func (tx *Tx) NoShowsDue(_ context.Context, now time.Time, limit int) ([]booking.Appointment, error) {
	return tx.due(limit, func(a booking.Appointment) (time.Time, bool) {
		s := tx.store.sessions[a.SessionID]
		return s.Deadline, a.State == booking.Booked && !now.Before(s.Deadline) && s.Status != booking.SessionSuspended
	}), nil
}

func (tx *Tx) due(limit int, is func(booking.Appointment) (time.Time, bool)) []booking.Appointment {
	list := tx.appointmentsWhere(slices.Sorted(maps.Keys(tx.store.appointments)), func(a booking.Appointment) bool {
		_, yes := is(a)
		return yes
	})
	slices.SortStableFunc(list, func(a, b booking.Appointment) int {
		x, _ := is(a)
		y, _ := is(b)
		if c := x.Compare(y); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return first(limit, list)
}

// Displaced lists active visits on withheld slots.
func (tx *Tx) Displaced(_ context.Context, from, to houzhen.Date) ([]booking.Appointment, error) {
	return tx.appointmentsWhere(slices.Sorted(maps.Keys(tx.store.appointments)), func(a booking.Appointment) bool {
		return (a.State == booking.Booked || a.State == booking.CheckedIn || a.State == booking.Held) &&
			a.Purpose != booking.PurposeOption && !a.Day.Before(from) && !to.Before(a.Day) &&
			slices.ContainsFunc(tx.store.slots[a.SessionID], func(s booking.Slot) bool { return s.No == a.SlotNo && s.Withheld })
	}), nil
}
