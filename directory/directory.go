// Package directory knows who and where: hospital, campus, department, zone,
// room, doctor, staff, patients with their family and consent.
//
// It decides whether a document number or phone is valid, and who may act for
// whom. It never decides about places, queues or messages.
package directory

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Hospital is one institution. TimeZone is explicit data (an IANA name).
type Hospital struct {
	ID       string
	Name     houzhen.Label
	TimeZone string
	Phone    string // the published desk number, a landline or 400 number
	Sign     string // SMS signature without its brackets

	Emergency      houzhen.Label // where the emergency department is
	EmergencyPhone string        // its own number; the country's is 120
}

// Campus is one site of a hospital.
type Campus struct {
	ID, HospitalID string
	Name           houzhen.Label
}

// Department treats one speciality. A sensitive one (domain rule §3.15) shows
// Alias on screens and in messages, numbers only, and never its name.
type Department struct {
	ID, CampusID, Code string
	Name               houzhen.Label
	Sensitive          bool
	Alias              houzhen.Label
	MinAge, MaxAge     int // whom it sees, in whole years, inclusive; 0 is no limit
	Sex                Sex // SexUnknown sees both
}

// Mask says how much of a name the screens of a zone show.
type Mask string

// The mask modes of a zone.
const (
	MaskNumberOnly Mask = "number_only"
	MaskSurname    Mask = "surname"
	MaskMiddle     Mask = "middle"
)

// Zone is a waiting area with its desk, screens and loudspeaker (诊区).
type Zone struct {
	ID, CampusID, Code string
	Name               houzhen.Label // where to check in, as messages say it
	Mask               Mask
}

// Room is a consulting room (诊室).
type Room struct {
	ID, ZoneID, Code string
	Name             houzhen.Label
}

// Doctor is whoever a session is booked with: one doctor, or a pool that any
// doctor of the department serves. Their names are public.
type Doctor struct {
	ID, DepartmentID, Code string
	Name                   houzhen.Label
	Title                  houzhen.Label
	Grade                  int // 1 resident … 4 chief; a substitute's may not be lower
	Pool                   bool
}

// DocType is the kind of an identity document (code CV02.01.101).
type DocType string

// Document types.
const (
	DocID        DocType = "01" // resident identity card, also HK/Macao/Taiwan residence permits
	DocHousehold DocType = "02"
	DocPassport  DocType = "03"
	DocOfficer   DocType = "04"
	DocHKMacao   DocType = "06"
	DocTaiwan    DocType = "07"
	DocForeigner DocType = "14" // foreigner's permanent residence card
	DocOther     DocType = "99"
)

// Sex of a patient as documents state it.
type Sex string

// Sexes.
const (
	Male       Sex = "M"
	Female     Sex = "F"
	SexUnknown Sex = ""
)

// Standing says what the hospital knows of a person.
type Standing string

// Standings.
const (
	StandingComplete   Standing = ""
	StandingIncomplete Standing = "incomplete" // booked by name and phone; a document is shown at the visit
	StandingNewborn    Standing = "newborn"    // has none yet: a parent's document is shown
	StandingMerged     Standing = "merged"     // another record of the same person is kept
	StandingDead       Standing = "dead"       // nothing is sent any more
)

// Patient is one real person (就诊人).
type Patient struct {
	ID            string
	Name          houzhen.Name
	DocType       DocType
	Doc           houzhen.IDNumber
	Sex           Sex
	Birth         houzhen.Date
	Phone         houzhen.Phone // where messages about this patient go
	Lang          houzhen.Lang
	PushAccount   string // account at the push provider, "" without the app
	TravelMinutes int    // door to door, as the patient states it; 0 unknown
	LivesNear     bool   // would rather come late once than wait every time
	Standing      Standing
	Linked        string // of a newborn the parent, of a given-up record the one that is kept
	Version       int64
}

// Account is a phone that signs in; it may act for several patients.
type Account struct {
	ID    string
	Phone houzhen.Phone
	Lang  houzhen.Lang
}

// Kinship lets an account act for a patient. Consent is zero until given; an
// account's own patient (Relation "self") needs none.
type Kinship struct {
	AccountID, PatientID string
	Relation             string // self | child | parent | spouse | other
	ConsentAt            time.Time
}

// Role says what a member of staff does.
type Role string

// Staff roles.
const (
	RoleNurse   Role = "nurse"
	RoleDoctor  Role = "doctor"
	RoleManager Role = "manager"
)

// Staff is a person who signs in with a password.
type Staff struct {
	ID, Login, Display string
	Role               Role
	PasswordHash       string // argon2id, PHC form
	DoctorID           string // for doctors
	Disabled           bool
}

// Screen is a paired wall display. Kind "zone" shows a zone, "door" a room.
type Screen struct {
	ID, Kind, Target string
	TokenHash        string // SHA-256 of the token, hex
	PairedAt         time.Time
}

// House is the whole public side of a hospital, small enough to keep in memory.
type House struct {
	Hospital    Hospital
	Campuses    []Campus
	Departments []Department
	Zones       []Zone
	Rooms       []Room
	Doctors     []Doctor
}

// Tx is what the directory asks of a transaction.
type Tx interface {
	Now() time.Time
	NewID() string
	Emit(houzhen.Event) error

	House(ctx context.Context) (House, error)
	SaveHouse(ctx context.Context, h House) error // inserts or updates by id

	Patient(ctx context.Context, id string) (Patient, error) // CodeNotFound
	PatientByDoc(ctx context.Context, t DocType, n houzhen.IDNumber) (Patient, error)
	PatientsByPhone(ctx context.Context, p houzhen.Phone) ([]Patient, error)
	// PatientsByDocTail finds patients whose document ends in the 4 signs
	// (a blind index) among the given ids.
	PatientsByDocTail(ctx context.Context, tail string, among []string) ([]Patient, error)
	AddPatient(ctx context.Context, p Patient) error    // CodePatientExists by document
	UpdatePatient(ctx context.Context, p Patient) error // CodeConflict by version

	Account(ctx context.Context, id string) (Account, error)
	AccountByPhone(ctx context.Context, p houzhen.Phone) (Account, error)
	AddAccount(ctx context.Context, a Account) error
	Kin(ctx context.Context, accountID string) ([]Kinship, error)
	Relatives(ctx context.Context, accountID string) ([]Relative, error) // the same with their records, by patient
	SaveKin(ctx context.Context, k Kinship) error
	KinOf(ctx context.Context, patientID string) ([]Kinship, error) // by account
	// AddMerge keeps what became of two records: CodeConflict when the lost one
	// was given up already.
	AddMerge(ctx context.Context, m Merge) error

	Staff(ctx context.Context, id string) (Staff, error)
	StaffByLogin(ctx context.Context, login string) (Staff, error)
	StaffList(ctx context.Context) ([]Staff, error)
	SaveStaff(ctx context.Context, s Staff) error
	ScreenByToken(ctx context.Context, tokenHash string) (Screen, error)
	Screens(ctx context.Context) ([]Screen, error)
	SaveScreen(ctx context.Context, s Screen) error
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error // read and write; commits if f gives nil
	View(ctx context.Context, f func(Tx) error) error // read only
	// Glance is View for one statement, which need not be a transaction.
	Glance(ctx context.Context, f func(Tx) error) error
}
