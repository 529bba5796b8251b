package booking

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Why an appointment ended or a place lapsed.
const (
	ReasonSuspended   = "suspended"    // the session was suspended
	ReasonMoved       = "moved"        // the place was left for another
	ReasonExpired     = "expired"      // nobody confirmed in time
	ReasonDeclined    = "declined"     // the patient wants none of the kept places
	ReasonOtherChosen = "other_chosen" // the patient took another kept place
	ReasonSystemDown  = "system_down"  // nobody could check in; no no-show
	ReasonWithdrawn   = "withdrawn"    // given up without a word of why
	ReasonSwapped     = "swapped"      // the place went to another of the family
	ReasonDuplicate   = "duplicate"    // two records of one person had it twice
	ReasonAdmitted    = "admitted"     // the patient lies in a ward
	ReasonDied        = "died"
)

// bookable says whether somebody can book places of s at now.
func (s Session) bookable(now time.Time, who Who) error {
	switch {
	case s.Status == SessionSuspended:
		return houzhen.E(houzhen.CodeSessionSuspended, "session is suspended").On("session_id")
	case s.Status == SessionClosed || !now.Before(s.End):
		return houzhen.E(houzhen.CodeSessionClosed, "session is over").On("session_id")
	case now.Before(s.ReleaseAt) && !who.Drawn:
		return notReleased("session is not released yet", "session_id", s.ReleaseAt)
	}
	return nil
}

func notReleased(msg, field string, at time.Time) error {
	return houzhen.E(houzhen.CodeNotReleased, msg).On(field).With("at", at.UTC().Format(time.RFC3339))
}

func stateError(msg string) *houzhen.Error { return houzhen.E(houzhen.CodeState, msg) }

// end gives a ended by whom and why. It does not ask whether that may be.
func (a Appointment) end(now time.Time, by, reason string) Appointment {
	a.State, a.By, a.Reason, a.EndedAt, a.ExpiresAt = Cancelled, by, reason, now, time.Time{}
	return a
}

// cancel gives the cancelled appointment. A patient cancels until the
// deadline and not once checked in; the hospital until the visit is over.
func (a Appointment) cancel(now, deadline time.Time, by, reason string) (Appointment, error) {
	switch {
	case a.State == Fulfilled || a.State == NoShow:
		return a, stateError("appointment is over")
	case a.Purpose != PurposeVisit:
		return a, stateError("a kept place is declined, not cancelled")
	case by == ByPatient && a.State == CheckedIn:
		return a, stateError("patient has checked in")
	case by == ByPatient && !now.Before(deadline):
		return a, stateError("deadline has passed")
	}
	return a.end(now, by, reason), nil
}

// movable says whether the appointment may change its place.
func (a Appointment) movable(now time.Time) error {
	switch {
	case a.State != Booked:
		return stateError("only a booked appointment moves")
	case !now.Before(a.End):
		return houzhen.E(houzhen.CodeSlotPast, "the slice is over")
	}
	return nil
}

// checkIn gives the checked-in appointment. One that was released because the
// patient was late may still check in.
func (a Appointment) checkIn(now time.Time, s Session, today houzhen.Date) (Appointment, error) {
	switch {
	case s.Status == SessionSuspended:
		return a, houzhen.E(houzhen.CodeSessionSuspended, "session is suspended")
	case a.State != Booked:
		return a, stateError("only a booked appointment checks in")
	case a.Day != today:
		return a, houzhen.E(houzhen.CodeNotToday, "appointment is of another day").With("date", a.Day.String())
	case s.Status == SessionClosed:
		return a, houzhen.E(houzhen.CodeSessionClosed, "session is over")
	}
	a.State, a.CheckedInAt = CheckedIn, now
	return a, nil
}

// noShow gives the no-show, or false while it is too early to say so: nobody
// is one before his own slice is over, whatever the deadline.
func (a Appointment) noShow(now time.Time, s Session) (Appointment, bool) {
	if a.State != Booked || s.Status == SessionSuspended || now.Before(s.Deadline) || now.Before(a.End) {
		return a, false
	}
	a.State, a.By, a.EndedAt = NoShow, BySystem, now
	return a, true
}

// lapse gives the ended hold, or false if it still stands. What is kept for a
// waitlist is ended by the waitlist, which knows who is next.
func (a Appointment) lapse(now time.Time) (Appointment, bool) {
	if a.State != Held || a.Purpose == PurposeOffer || now.Before(a.ExpiresAt) {
		return a, false
	}
	return a.end(now, BySystem, ReasonExpired), true
}

// choose gives the kept place as a booked visit.
func (a Appointment) choose(now time.Time) (Appointment, error) {
	switch {
	case a.State == Cancelled && a.Reason == ReasonExpired, a.State == Held && !now.Before(a.ExpiresAt):
		return a, houzhen.E(houzhen.CodeHoldExpired, "the place is no longer kept")
	case a.State != Held:
		return a, stateError("the place is not kept")
	}
	a.State, a.Purpose, a.ExpiresAt, a.BookedAt = Booked, PurposeVisit, time.Time{}, now
	return a, nil
}

// spent reports whether a's number may not be given to another, because it
// was given up after its business date had begun.
func (a Appointment) spent(loc *time.Location) bool {
	return a.State == Cancelled && !a.BookedAt.IsZero() && !a.EndedAt.Before(DayBegins(a.Day, loc))
}

// Trace reports whether the row only remembers that a number was left on the
// day itself, so that nobody else gets it. Lists for people leave it out.
func (a Appointment) Trace() bool { return a.State == Cancelled && a.Reason == ReasonMoved }
