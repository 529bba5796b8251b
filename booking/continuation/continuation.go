// Package continuation decides who may come back within a few days without a
// new registration (一次挂号管三天, domain rule §3.7): tests were ordered whose
// results come after the doctor's hours, so the patient is given a number that
// is good once, free of charge, in the same department.
//
// It gives and takes back such numbers; the place is booked like any other.
package continuation

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Channel is how places are booked with a continuation; nothing is paid there.
const Channel = "continuation"

// Rule says what one registration is good for after its day; it is of the zone
// in which the visit was.
type Rule struct {
	Days     int  // with the day of the visit; 0: none are given
	Times    int  // per registration
	AnyGrade bool // also for doctors of a higher grade
}

// Continuation is the right to come once more for one registration.
type Continuation struct {
	ID           string
	VisitID      string // the appointment that was registered
	PatientID    string
	DepartmentID string
	DoctorID     string       // of the visit
	MaxGrade     int          // of the doctor who is seen; 0 is any
	From, Until  houzhen.Date // inclusive
	UsedBy       string       // the appointment that was booked with it, "" unused
	GivenBy      string       // a member of staff
	GivenAt      time.Time
	Version      int64
}

// Visit is what must be known of the visit that is to be continued.
type Visit struct {
	AppointmentID, PatientID string
	DepartmentID, DoctorID   string
	Grade                    int // of the doctor who saw him
	Day                      houzhen.Date
	Seen                     bool // he has come: nothing follows from a visit that never began
	Continued                bool // it is a continuation itself
}

// Give makes the continuation of a visit. given is how many it has had already.
// CodeState: the zone gives none, the patient has not been seen, or the visit is
// itself a continuation, of which new tests make no other. CodeLimit: it had as
// many as one registration is good for.
func (r Rule) Give(v Visit, given int, today houzhen.Date) (Continuation, error) {
	switch {
	case r.Days <= 0 || r.Times <= 0:
		return Continuation{}, houzhen.E(houzhen.CodeState, "no continuations are given here")
	case !v.Seen:
		return Continuation{}, houzhen.E(houzhen.CodeState, "the patient has not been seen")
	case v.Continued:
		return Continuation{}, houzhen.E(houzhen.CodeState, "a continuation is not continued")
	case given >= r.Times:
		return Continuation{}, houzhen.E(houzhen.CodeLimit, "the registration has been continued as often as it may be")
	}
	c := Continuation{
		VisitID: v.AppointmentID, PatientID: v.PatientID, DepartmentID: v.DepartmentID, DoctorID: v.DoctorID,
		From: v.Day, Until: v.Day.AddDays(r.Days - 1), Version: 1,
	}
	if c.Until.Before(today) {
		return Continuation{}, houzhen.E(houzhen.CodeState, "the days of the registration are over").With("until", c.Until.String())
	}
	if !r.AnyGrade {
		c.MaxGrade = v.Grade
	}
	return c, nil
}

// Session is one that somebody would book with a continuation.
type Session struct {
	DepartmentID string
	Grade        int // of the doctor
	Day          houzhen.Date
}

// Fits refuses a session for which the continuation is not good: another
// department or a higher grade (CodeInvalid), a day before or after its own
// (CodeNotToday), or none any more because it is used (CodeState).
func (c Continuation) Fits(s Session) error {
	switch {
	case c.UsedBy != "":
		return houzhen.E(houzhen.CodeState, "the continuation is used")
	case s.DepartmentID != c.DepartmentID:
		return houzhen.E(houzhen.CodeInvalid, "a continuation is good in its own department").On("session_id")
	case c.MaxGrade > 0 && s.Grade > c.MaxGrade:
		return houzhen.E(houzhen.CodeInvalid, "a continuation is not good for a doctor of a higher grade").On("session_id")
	case s.Day.Before(c.From) || c.Until.Before(s.Day):
		return houzhen.E(houzhen.CodeNotToday, "the continuation is not good on that day").With("day", c.Until.String())
	}
	return nil
}

// Open reports whether it can still be used.
func (c Continuation) Open(today houzhen.Date) bool { return c.UsedBy == "" && !c.Until.Before(today) }

// Tx is what continuations ask of a transaction. Finders give CodeNotFound.
type Tx interface {
	Continuation(ctx context.Context, id string) (Continuation, error)
	// Continuations lists those of patients, the newest first.
	Continuations(ctx context.Context, patientIDs ...string) ([]Continuation, error)
	// ContinuationsOf lists those of a visit.
	ContinuationsOf(ctx context.Context, visitID string) ([]Continuation, error)
	// ContinuationUsedBy finds the one that an appointment was booked with.
	ContinuationUsedBy(ctx context.Context, appointmentID string) (Continuation, error)
	AddContinuation(ctx context.Context, c Continuation) error // CodeConflict by id
	// SaveContinuation writes what it is used by, by the version read, which it
	// raises: CodeConflict.
	SaveContinuation(ctx context.Context, c Continuation) error
}
