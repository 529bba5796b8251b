// Package booking decides who may hold which place: sessions, slots, holds,
// appointments, kept options, released capacity.
//
// Rules are pure functions that take now. A verb loads, decides, saves and
// emits its fact in one transaction. That no place is sold twice is enforced
// by the database's own unique indexes; code here only says it kindly.
package booking

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// RegClass is the registration class of a session (号别).
type RegClass string

// Registration classes.
const (
	General    RegClass = "general"
	Specialist RegClass = "specialist"
	Named      RegClass = "named"
	VIP        RegClass = "vip"
)

// SessionStatus says how far a session is.
type SessionStatus string

// Session states: planned → open → closed; planned or open → suspended.
const (
	SessionPlanned   SessionStatus = "planned"
	SessionOpen      SessionStatus = "open" // its half-day has begun: the queue is live
	SessionSuspended SessionStatus = "suspended"
	SessionClosed    SessionStatus = "closed"
)

// Session is one doctor or pool × date × half-day × room (出诊单元).
type Session struct {
	ID                           string
	DepartmentID, ZoneID, RoomID string
	DoctorID                     string // the resource booked: a doctor or a pool; never changes
	AttendingID                  string // who really sits there; substitution changes it
	Date                         houzhen.Date
	Part                         houzhen.DayPart
	Start, End                   time.Time
	Deadline                     time.Time // who has not checked in by then is a no-show
	SliceMinutes                 int       // 15, 20, 30 or 60
	SliceCapacity                int       // places per slice
	Class                        RegClass
	Prefix                       string // letter of its ticket numbers
	Status                       SessionStatus
	ReleaseAt                    time.Time // bookable from then on
	FallBackAt                   time.Time // quotas are general from then on; zero is never
	Version                      int64
}

// Band says from which run of numbers a slot comes: booked numbers never shift.
type Band string

// Number bands; pool.go says which numbers each has.
const (
	BandBooked Band = "booked"
	BandWalkIn Band = "walkin"
)

// Slot is one patient's place in a slice (号源), named by its number.
type Slot struct {
	SessionID  string
	No         int
	Start, End time.Time // its slice
	Band       Band
	Withheld   bool
	FreedBy    string    // the appointment whose absence freed it, "" otherwise
	Quota      Quota     // for whom it is kept until the session's fall-back
	OpenAt     time.Time // bookable from then on; zero is at once
	Reason     string    // why it was added beyond the roster, or withheld
	RetimedAt  time.Time // when the hospital last changed its time, or took it by changing the session's hours
	Taken      bool      // derived: an active appointment stands on it
}

// State of an appointment. Everything above Cancelled is active and covered by
// the unique indexes.
type State int

// Appointment states; docs/states.md draws them.
const (
	Cancelled State = iota // ended: see By and Reason; also lapsed holds
	Held                   // kept until ExpiresAt
	Booked
	CheckedIn
	Fulfilled
	NoShow
)

// Purpose says why a place is kept.
type Purpose string

// Purposes.
const (
	PurposeVisit  Purpose = "visit"
	PurposeOption Purpose = "option" // kept in a suspended patient's name to choose from
	PurposeOffer  Purpose = "offer"  // kept for the first of a waitlist to accept
)

// Who ended an appointment.
const (
	ByPatient  = "patient"
	ByHospital = "hospital"
	BySystem   = "system"
)

// Appointment is a place held by a patient.
type Appointment struct {
	ID, Voucher  string
	SessionID    string
	SlotNo       int
	Start, End   time.Time // the slice, copied from the slot
	PatientID    string
	AccountID    string // who booked it, "" for the desk
	DoctorID     string
	Day          houzhen.Date
	Nth          int // 1..3, the patient's how many-eth on that day; 0 where the policy sets no limit
	State        State
	Purpose      Purpose
	OriginID     string    // for an option: the appointment it replaces
	ExpiresAt    time.Time // for held ones
	By, Reason   string    // why it ended
	Channel      string    // app | desk | phone | wechat | api
	Key          string    // what the idempotency key was made for (a digest of the request)
	BookedAt     time.Time
	EndedAt      time.Time // cancelled, fulfilled or no-show
	CheckedInAt  time.Time
	ReleasedAt   time.Time // capacity went back while the late owner keeps his right
	TravelMinute int       // minutes from home, 0 unknown
	Version      int64
}

// Active reports whether the appointment still holds its place.
func (a Appointment) Active() bool { return a.State > Cancelled }

// SessionFilter selects sessions; zero fields do not restrict.
type SessionFilter struct {
	IDs          []string
	DepartmentID string
	ZoneID       string
	DoctorID     string
	From, To     houzhen.Date // inclusive
	Status       []SessionStatus
}

// AppointmentFilter selects appointments; zero fields do not restrict.
type AppointmentFilter struct {
	SessionID  string
	SessionIDs []string
	PatientIDs []string
	OriginID   string
	From, To   houzhen.Date // inclusive, by day
	States     []State
	Purpose    Purpose
	AfterID    string // for paging in id order
	Limit      int
}

// Roster is one weekly line: who sits where on which weekday's half-day.
type Roster struct {
	ID                           string
	DepartmentID, ZoneID, RoomID string
	DoctorID                     string
	Weekday                      time.Weekday
	Part                         houzhen.DayPart
	Start, End                   houzhen.TimeOfDay
	SliceMinutes, SliceCapacity  int
	Class                        RegClass
	Prefix                       string
	ValidFrom, ValidTo           houzhen.Date // inclusive; zero is open
	Quotas                       Quotas       // places kept for channels and groups; the rest is the general pool
}

// Exception changes the roster on one date.
type Exception struct {
	ID       string
	Date     houzhen.Date
	Kind     string // off | extra | acts_as
	DoctorID string // "" for the whole hospital (acts_as, off)
	Part     houzhen.DayPart
	ActsAs   time.Weekday // for acts_as (调休)
	Extra    Roster       // for extra: the line that is added
}

// Tx is what booking asks of a transaction. Finders give CodeNotFound.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error
	EmitAll([]houzhen.Event) error
	// Ahead lets the store send together what ask reads, before it is asked in
	// earnest. ask finds nothing, and an error of it ends the guess and no more.
	Ahead(ctx context.Context, ask func(Tx) error) error

	Session(ctx context.Context, id string) (Session, error)
	LockSession(ctx context.Context, id string) (Session, error) // serialises writers of one session
	// QueueForSession serialises those who call it. Bookings go on meanwhile,
	// so it is no protection against them.
	QueueForSession(ctx context.Context, id string) (Session, error)
	// ShareSessions gives the versions of those sessions that nobody has locked,
	// by id, and keeps lockers of them waiting. Others may share them too.
	ShareSessions(ctx context.Context, ids ...string) (map[string]int64, error)
	Sessions(ctx context.Context, f SessionFilter) ([]Session, error)
	AddSession(ctx context.Context, s Session, slots []Slot) error // CodeConflict: doctor, day, part exist
	UpdateSession(ctx context.Context, s Session) error            // CodeConflict by version
	DropSession(ctx context.Context, id string) error              // with its slots; CodeState when anybody ever stood on one

	Slot(ctx context.Context, sessionID string, no int) (Slot, error) // CodeSlotUnknown
	Slots(ctx context.Context, sessionIDs ...string) ([]Slot, error)  // by session and number, Taken filled
	Layout(ctx context.Context, sessionIDs ...string) ([]Slot, error) // the same without Taken, FreedBy and Reason
	Seats(ctx context.Context, sessionIDs ...string) ([]Seat, error)  // every appointment of sessions, ended ones too, by session
	AddSlot(ctx context.Context, s Slot) error
	UpdateSlot(ctx context.Context, s Slot) error // quota, opening, withheld, reason; CodeSlotUnknown
	// OpenSlot sets the opening alone, for whoever has not locked the session.
	OpenSlot(ctx context.Context, sessionID string, no int, at time.Time) error
	// RetimeSlot is UpdateSlot that also saves the slice and when it was changed.
	RetimeSlot(ctx context.Context, s Slot) error
	// PassFreed puts the place that one appointment's absence freed, if any, in
	// the name of another appointment.
	PassFreed(ctx context.Context, from, to string) error

	Appointment(ctx context.Context, id string) (Appointment, error)
	LockAppointment(ctx context.Context, id string) (Appointment, error)
	AppointmentsByVoucher(ctx context.Context, voucher string) ([]Appointment, error) // hardly ever more than one
	Appointments(ctx context.Context, f AppointmentFilter) ([]Appointment, error)     // by id
	// Visits lists what counts against the limits of patients on a run of days,
	// in no order.
	Visits(ctx context.Context, patientIDs []string, from, to houzhen.Date) ([]Visit, error)
	// AddAppointment inserts, or says which guard refused: CodeSlotTaken,
	// CodeAlreadyBooked (doctor and day), CodeLimit (nth on that day),
	// CodeKeyReused (the id exists). A refusal leaves the transaction usable.
	AddAppointment(ctx context.Context, a Appointment) error
	// AddAppointments inserts those of new appointments that no guard refuses,
	// and gives their ids. It is for many at once: it does not say which guard
	// refused the others.
	AddAppointments(ctx context.Context, list []Appointment) (map[string]bool, error)
	// AddAllAppointments inserts all of new appointments: CodeConflict, at the
	// latest when the transaction ends, if a guard refuses one, and none is.
	AddAllAppointments(ctx context.Context, list []Appointment) error
	// UpdateAppointment saves by id and Version (the version read; it is
	// raised by one): CodeConflict, or as AddAppointment when a guard refuses.
	UpdateAppointment(ctx context.Context, a *Appointment) error

	// Displaced lists active visits on withheld slots of a run of days, by id.
	Displaced(ctx context.Context, from, to houzhen.Date) ([]Appointment, error)

	// Due lists for the clockwork, oldest first, at most limit.
	SessionsReleased(ctx context.Context, after, until time.Time, limit int) ([]Session, error) // planned, after < ReleaseAt <= until
	SessionsToOpen(ctx context.Context, now time.Time, limit int) ([]Session, error)            // planned, Start - lead <= now
	SessionsToClose(ctx context.Context, now time.Time, limit int) ([]Session, error)           // open or planned, End long past
	HoldsLapsed(ctx context.Context, now time.Time, limit int) ([]Appointment, error)           // held, ExpiresAt <= now
	PlacesToRelease(ctx context.Context, startedBy time.Time, limit int) ([]Appointment, error) // booked, slice begun, not checked in, not yet released, session open
	NoShowsDue(ctx context.Context, now time.Time, limit int) ([]Appointment, error)            // booked, Deadline <= now, session not suspended

	// Heartbeat notes that the system is up at Now and gives the note before.
	Heartbeat(ctx context.Context, id string) (time.Time, error)
	AddOutage(ctx context.Context, o Outage) error
	Outages(ctx context.Context, from, to time.Time) ([]Outage, error) // that touch the span

	Rosters(ctx context.Context) ([]Roster, error)
	Exceptions(ctx context.Context, from, to houzhen.Date) ([]Exception, error)
	SaveRoster(ctx context.Context, r Roster) error
	SaveException(ctx context.Context, e Exception) error

	ReleaseRules(ctx context.Context) ([]ReleaseRule, error) // every version, by department and version
	AddReleaseRule(ctx context.Context, r ReleaseRule) error // CodeConflict: that version exists
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
