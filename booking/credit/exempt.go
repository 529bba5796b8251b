package credit

import (
	"time"

	"github.com/houzhen/houzhen/booking"
)

// Shield is a time in which what happens is nobody's fault: the system was
// down, or one patient was in hospital, died, or came as an emergency.
type Shield struct {
	ID        string
	Kind      string // WhyFault, WhyInpatient, WhyDeath or WhyEmergency
	PatientID string // "" for everybody
	From, To  time.Time
	Note      string // why, for whoever reads the record
	By        string
}

// covers reports whether a shield excuses a patient at any instant of a span.
func (s Shield) covers(patientID string, from, to time.Time) bool {
	return (s.PatientID == "" || s.PatientID == patientID) && s.From.Before(to) && s.To.After(from)
}

// checkInLead is how long before the slice somebody may come to check in: a
// fault in that time kept people from it.
const checkInLead = 30 * time.Minute

// Exemption says why a mark of an appointment does not count, "" if it does.
// Whatever the hospital changed, and any time in which the patient could not
// act, excuses: also another time for the place than the one that he booked.
func Exemption(a booking.Appointment, s booking.Session, place booking.Slot, shields []Shield, at time.Time) string {
	switch {
	case s.Status == booking.SessionSuspended:
		return WhySuspended
	case s.AttendingID != "" && s.AttendingID != s.DoctorID:
		return WhySubstituted
	case a.By == booking.ByHospital, !a.BookedAt.IsZero() && a.BookedAt.Before(place.RetimedAt):
		return WhyChanged
	}
	from, to := span(a, s, at)
	for _, shield := range shields {
		if shield.covers(a.PatientID, from, to) {
			return shield.Kind
		}
	}
	return ""
}

// span is the time in which the patient should have acted: from the opening of
// check-in, or the act itself where it came before, to the deadline.
func span(a booking.Appointment, s booking.Session, at time.Time) (from, to time.Time) {
	from, to = a.Start.Add(-checkInLead), s.Deadline
	if at.Before(from) {
		from = at.Add(-checkInLead)
	}
	if to.Before(at) {
		to = at
	}
	if !to.After(from) {
		to = from.Add(time.Microsecond)
	}
	return from, to
}

// LateCancelled says whether an appointment that its patient gave up was given
// up too late: after the free hour of the day before.
func LateCancelled(a booking.Appointment, lead time.Duration, loc *time.Location) bool {
	free := a.Day.At(0, 0, loc).Add(-lead)
	return a.State == booking.Cancelled && a.By == booking.ByPatient && a.Purpose == booking.PurposeVisit && !a.Trace() &&
		a.EndedAt.After(free) && !a.BookedAt.After(free) // whoever booked later had no free hour
}

// Attempt is one time that somebody came and could not be checked in.
type Attempt struct {
	AppointmentID string
	At            time.Time
	Code          string // of the error he was given
}
