package api

import (
	"context"
	"net/url"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// Directory is what API and pages ask of the directory.
type Directory interface {
	House(ctx context.Context) (directory.House, error)
	// Patients lists the people an account may act for.
	Patients(ctx context.Context, accountID string) ([]directory.Patient, error)
	// Known is Patients from memory, perhaps some minutes old.
	Known(ctx context.Context, accountID string) ([]directory.Patient, error)
	// Patient finds one person; CodeNotFound.
	Patient(ctx context.Context, id string) (directory.Patient, error)
	// Register adds a person to an account, or links an existing one by document.
	Register(ctx context.Context, r Registration) (directory.Patient, error)
	// Family lists whom an account has registered, agreed or not.
	Family(ctx context.Context, accountID string) ([]directory.Relative, error)
	// Agreements lists which other accounts book for people of an account's phone.
	Agreements(ctx context.Context, accountID string) ([]directory.Agreement, error)
	GiveConsent(ctx context.Context, byAccountID, accountID, patientID string) error
	WithdrawConsent(ctx context.Context, byAccountID, accountID, patientID string) error
}

// Registration is one person that an account wants to act for.
type Registration struct {
	AccountID string
	Patient   directory.Patient // without an id
	Relation  string
	Consent   bool
}

// Booking is what API and pages ask of booking; booking.Service has these.
type Booking interface {
	Find(ctx context.Context, q booking.FindQuery) ([]booking.Offer, error)
	Session(ctx context.Context, id string) (booking.Session, error)
	Sessions(ctx context.Context, f booking.SessionFilter) ([]booking.Session, error)
	Appointment(ctx context.Context, id string) (booking.Appointment, error)
	Appointments(ctx context.Context, f booking.AppointmentFilter) ([]booking.Appointment, error)
	Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error)
	// BookOnce also tells whether the request had been answered before.
	BookOnce(ctx context.Context, r booking.BookRequest) (a booking.Appointment, again bool, err error)
	// Glance is Session from memory, perhaps a second old.
	Glance(ctx context.Context, id string) (booking.Session, error)
	Cancel(ctx context.Context, r booking.CancelRequest) (booking.Appointment, error)
	Move(ctx context.Context, r booking.MoveRequest) (booking.Appointment, error)
}

// Queue is what API and pages ask of the queue; queue.Service has these. A
// request id makes each verb idempotent.
type Queue interface {
	CallNext(ctx context.Context, r queue.CallRequest) (queue.Outcome, error)
	Resume(ctx context.Context, r queue.CallRequest) (queue.Outcome, error)
	Recall(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	Miss(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	TakeBack(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	Start(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	Finish(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	ReCheckIn(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	Pause(ctx context.Context, r queue.PauseRequest) (queue.Outcome, error)
	EndSession(ctx context.Context, r queue.EndRequest) (queue.Outcome, error)
	// Act changes one place in the order, or a doctor's desk.
	Act(ctx context.Context, a queue.Action) (queue.Outcome, error)
	// CallAny calls from a doctor's own list and from pools, as the policy says.
	CallAny(ctx context.Context, r queue.CallRequest, sessions []string) (queue.Outcome, error)
}

// Desk is what needs several domains at once; internal/app provides it.
type Desk interface {
	// CheckIn takes what was scanned or typed when somebody came.
	CheckIn(ctx context.Context, a Arrival) (CheckedIn, error)
	// SetTravel keeps how a patient comes.
	SetTravel(ctx context.Context, appointmentID string, way queue.Way) error
	// SetOut notes that a patient who was told to leave says that he has;
	// CodeState for one who was not told to.
	SetOut(ctx context.Context, appointmentID string) error
	// Later puts a patient off, or notes when one who is not here will come.
	Later(ctx context.Context, appointmentID string, minutes int, requestID string) (queue.Outcome, error)
	// UndoCheckIn takes a check-in back; CodeState once he is called.
	UndoCheckIn(ctx context.Context, r queue.TicketRequest) (queue.Outcome, error)
	// Transfer lets somebody who has come go on to another doctor.
	Transfer(ctx context.Context, r Transfer) (queue.Ticket, error)
	// Here checks in by the code that a zone's screen shows.
	Here(ctx context.Context, appointmentID, code string) (CheckedIn, error)
	// Queue loads a session's queue; Ticket one ticket of it.
	Queue(ctx context.Context, sessionID string) (queue.Queue, error)
	Ticket(ctx context.Context, id string) (queue.Ticket, error)
	// AppointmentByVoucher finds the appointment of a voucher, of any day.
	AppointmentByVoucher(ctx context.Context, voucher string) (booking.Appointment, error)
}

// Arrival is what was scanned or typed when somebody came. One of Voucher,
// IDTail and Number is given; the last two within a session or zone.
type Arrival struct {
	Voucher   string
	IDTail    string // last four signs of the document
	Number    string // a ticket's label
	SessionID string
	ZoneID    string
	RequestID string
	StaffID   string
}

// CheckedIn is what the desk tells the person.
type CheckedIn struct {
	AppointmentID string
	Ticket        queue.Ticket
	Name          houzhen.Name
	Room          string
	Ahead         int
}

// Messages lists what was sent.
type Messages interface {
	Messages(ctx context.Context, f notify.MessageFilter) ([]notify.Message, error)
	// SearchMessages is Messages to phones that end in tail. It reads a bounded
	// part of what the filter leaves; more is where to go on, "" at the end.
	SearchMessages(ctx context.Context, f notify.MessageFilter, tail string) (list []notify.Message, more string, err error)
}

// Receipts takes delivery reports from a provider, as its body was sent. It
// must be quick: it stores and answers.
type Receipts interface {
	SMSReport(ctx context.Context, token string, body []byte) error
	// SMSUp takes what people answered by SMS.
	SMSUp(ctx context.Context, token string, body []byte) error
	// VoiceReport takes what became of calls.
	VoiceReport(ctx context.Context, token string, body []byte) error
	// WeChatHello answers the question of WeChat's setting up, if it is genuine.
	WeChatHello(q url.Values) (string, error)
	// WeChatEvent takes a post of WeChat, if it is genuine, and gives what
	// acknowledges it.
	WeChatEvent(ctx context.Context, q url.Values, body []byte) (string, error)
}

// Inbox is the messages on people's own pages, and how channels name people.
type Inbox interface {
	Of(ctx context.Context, patientIDs ...string) ([]notify.InboxItem, error)
	// Seen notes that one of these people was shown a message; CodeNotFound for
	// anybody else's.
	Seen(ctx context.Context, outID string, patientIDs ...string) error
	SetContact(ctx context.Context, patientID string, channel notify.Channel, address, by string) error
}

// Boards builds what a screen or phone shows.
type Boards interface {
	Zone(ctx context.Context, zoneID string) (board.Zone, error)
	Door(ctx context.Context, roomID string) (board.Door, error)
	Strip(ctx context.Context, sessionID string) (board.Strip, error)
	Position(ctx context.Context, appointmentID string) (board.Position, error)
	Desk(ctx context.Context, zoneID string) (board.Desk, error)
	// Notices is what the desk tells a zone just now.
	Notices(ctx context.Context, zoneID string) (board.Notices, error)
	// IfCame tells when somebody who came in now would be called; Qualities how
	// good each zone's waiting times were.
	IfCame(ctx context.Context, sessionID string) (board.IfCame, error)
	Qualities(ctx context.Context) ([]board.Quality, error)
}

// Continuations lets patients come once more for one registration.
type Continuations interface {
	// Give continues the registration of a visit.
	Give(ctx context.Context, appointmentID, by string) (continuation.Continuation, error)
	Of(ctx context.Context, patientIDs ...string) ([]continuation.Continuation, error)
	Continuation(ctx context.Context, id string) (continuation.Continuation, error)
	// Book takes a place with one, which is used up by it.
	Book(ctx context.Context, r ContinuationBooking) (booking.Appointment, error)
}

// ContinuationBooking asks for a place with a continuation. AccountID is ""
// at the desk.
type ContinuationBooking struct {
	ID, SessionID, AccountID string
	SlotNo                   int
	Start                    time.Time
}

// SignIn opens and closes sessions; internal/app joins internal/auth with the
// directory. Cookies are its own business.
type SignIn interface {
	// AskCode sends a code to a phone and gives the id of the sign-in. It tells
	// nobody whether the phone is known.
	AskCode(ctx context.Context, phone string, lang houzhen.Lang, address string) (string, error)
	// ByCode signs a patient in, making his account when it is new.
	ByCode(ctx context.Context, id, code string) (auth.Principal, error)
	ByPassword(ctx context.Context, login, password, address string) (auth.Principal, error)
	// Screen finds a paired screen by its token; CodeNotFound.
	Screen(ctx context.Context, token string) (directory.Screen, error)
	Out(ctx context.Context) error
}

// Roster takes a roster in; faults name each bad line.
type Roster interface {
	Import(ctx context.Context, name string, body []byte, skipBad bool) (RosterResult, error)
}

// RosterResult is what became of a roster.
type RosterResult struct {
	Taken  int           `json:"taken"`
	Faults []RosterFault `json:"faults"`
}

// RosterFault is one line that could not be taken. templates has words for
// Code and Args.
type RosterFault struct {
	Line  int               `json:"line"`
	Field string            `json:"field,omitempty"`
	Code  string            `json:"code"`
	Args  map[string]string `json:"args,omitempty"`
}

// Stats reports what was counted of past sessions; stats.Service has these.
type Stats interface {
	Rows(ctx context.Context, from, to houzhen.Date) ([]stats.Row, error)
}

// Guide holds the table of guidance before booking; guide.Service has these.
type Guide interface {
	// Current gives the version in force; CodeNotFound before there is one.
	Current(ctx context.Context) (guide.Version, error)
	Versions(ctx context.Context) ([]guide.Version, error)
	Import(ctx context.Context, by, name string, data []byte) (guide.Version, error)
	Approve(ctx context.Context, id, by string) (guide.Version, error)
}

// Wording holds what messages say; wording.Service has these.
type Wording interface {
	// Versions lists those of a key, or all for "".
	Versions(ctx context.Context, key string) ([]wording.Version, error)
	// Save keeps words as a draft; CodeInvalid where they could never be sent.
	Save(ctx context.Context, by string, d templates.Draft) (wording.Version, error)
	Decide(ctx context.Context, id string, d wording.Decision) (wording.Version, error)
	House() templates.House // what of the hospital words are judged by
}

// Abuse shows who may be grabbing places for others, and takes decisions.
type Abuse interface {
	Flags(ctx context.Context) ([]abuse.Flag, error)
	// Decide confirms a flag for some days, or dismisses it with none.
	Decide(ctx context.Context, id, by, reason string, days int) (abuse.Flag, error)
}

// Replays keeps the answers of writes by idempotency key, so that a repeated
// request gets the same answer again.
type Replays interface {
	Replay(ctx context.Context, caller, key string) (digest string, status int, body []byte, found bool, err error)
	SaveReplay(ctx context.Context, caller, key, digest string, status int, body []byte) error
}

// Audit records that somebody read or changed what belongs to a person.
type Audit interface {
	Record(ctx context.Context, actor, action, subject string) error
}

// Health says whether the parts that we need are there.
type Health interface {
	Ready(ctx context.Context) error
}

// Services is everything behind the API and the pages.
type Services struct {
	Directory  Directory
	Booking    Booking
	Payments   Payments
	Pool       Pool
	Suspension Suspension
	Waitlist   Waitlist
	Queue      Queue
	Desk       Desk
	Messages   Messages
	Inbox      Inbox
	Mail       Mail
	Boards     Boards

	Continuations Continuations

	SignIn    SignIn
	Roster    Roster
	Stats     Stats
	Abuse     Abuse
	Guidance  Guide
	Wording   Wording
	Policies  Policies
	Notices   Notices
	People    People
	Credit    Credit
	Forecasts Forecasts
	Audit     Audit
	Channel   Channel
	Webhooks  Webhooks
	Machines  Machines
}
