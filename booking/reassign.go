package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// Reassigned says what became of the appointments of a record that was given
// up, by id.
type Reassigned struct {
	Moved     []string `json:"moved,omitempty"`     // are the kept record's now
	Cancelled []string `json:"cancelled,omitempty"` // one person had them twice
	Left      []string `json:"left,omitempty"`      // over, and twice: history stays as it was
}

// Reassign gives the appointments of one record to another of the same person,
// in a transaction that the caller owns. Where both have a visit with the same
// doctor on the same day, or the day would have more than the Ceiling, the one
// that is over or checked in stays, else the earlier; the other is cancelled by
// the hospital, without any mark (domain rule §7.18).
func (s *Service) Reassign(ctx context.Context, tx Tx, lost, kept string) (Reassigned, error) {
	var done Reassigned
	all, err := tx.Appointments(ctx, AppointmentFilter{PatientIDs: []string{lost, kept}})
	if err != nil {
		return done, fmt.Errorf("load appointments: %w", err)
	}
	for _, doomed := range rivals(all, lost) {
		if _, err := s.CancelTx(ctx, tx, CancelRequest{AppointmentID: doomed, By: ByHospital, Reason: ReasonDuplicate}); err != nil {
			return done, err
		}
		done.Cancelled = append(done.Cancelled, doomed)
	}
	if all, err = tx.Appointments(ctx, AppointmentFilter{PatientIDs: []string{lost, kept}}); err != nil {
		return done, fmt.Errorf("load appointments again: %w", err)
	}
	used := nths(all, kept)
	for _, a := range all {
		if a.PatientID != lost {
			continue
		}
		if a.Nth > 0 && a.counted() {
			a.Nth = used.next(a)
		}
		a.PatientID = kept
		switch err := tx.UpdateAppointment(ctx, &a); houzhen.CodeOf(err) {
		case "":
			done.Moved = append(done.Moved, a.ID)
		case houzhen.CodeAlreadyBooked, houzhen.CodeLimit:
			done.Left = append(done.Left, a.ID)
		default:
			return done, fmt.Errorf("reassign appointment: %w", err)
		}
	}
	return done, nil
}

// counted reports whether the unique indexes on a patient's day look at a.
func (a Appointment) counted() bool { return a.Active() && a.Purpose != PurposeOption }

// rivals lists the appointments to be cancelled so that the rest fit one
// person, in the order of their ids.
func rivals(all []Appointment, lost string) []string {
	type place struct {
		day    houzhen.Date
		doctor string
	}
	list := slices.Clone(all)
	slices.SortStableFunc(list, func(a, b Appointment) int {
		return cmp.Or(cmp.Compare(firmness(b), firmness(a)), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	taken, perDay, crowded := map[place]bool{}, map[houzhen.Date]int{}, map[houzhen.Date]bool{}
	for _, a := range all {
		crowded[a.Day] = crowded[a.Day] || a.PatientID == lost && a.counted()
	}
	var doomed []string
	for _, a := range list {
		at := place{a.Day, a.DoctorID}
		switch {
		case !a.counted() || !crowded[a.Day]:
		case (taken[at] || a.Nth > 0 && perDay[a.Day] >= Ceiling) && a.Purpose == PurposeVisit && (a.State == Booked || a.State == Held):
			doomed = append(doomed, a.ID)
		default:
			taken[at] = true
			perDay[a.Day]++
		}
	}
	slices.Sort(doomed)
	return doomed
}

// firmness orders what may not be cancelled before what may.
func firmness(a Appointment) int {
	if a.State > Booked {
		return 1
	}
	return 0
}

// dayNumbers are the how many-eth visits of one patient that are used, by day.
type dayNumbers map[houzhen.Date]map[int]bool

func nths(all []Appointment, patient string) dayNumbers {
	used := dayNumbers{}
	for _, a := range all {
		if a.PatientID == patient && a.counted() {
			used.use(a.Day, a.Nth)
		}
	}
	return used
}

func (d dayNumbers) use(day houzhen.Date, nth int) {
	if d[day] == nil {
		d[day] = map[int]bool{}
	}
	d[day][nth] = true
}

// next gives the first number that is free on a's day, or its own.
func (d dayNumbers) next(a Appointment) int {
	for nth := 1; nth <= Ceiling; nth++ {
		if !d[a.Day][nth] {
			d.use(a.Day, nth)
			return nth
		}
	}
	return a.Nth
}
