package apitest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/abuse"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/booking/pay"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/internal/stats"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/queue"
)

// Clinic is the sample clinic. Its fields may be changed before use.
type Clinic struct {
	At           time.Time
	Public       directory.House
	People       []directory.Patient // all of Account
	Account      string
	Sittings     []booking.Session
	Offers       []booking.Offer
	Visits       []booking.Appointment
	Kept         []booking.Appointment // options
	Theirs       []booking.Appointment // that another system made
	Sent         []notify.Message
	Inbox        []notify.InboxItem // newest first
	Money        []pay.Payment
	Boards       Boards
	Continued    []continuation.Continuation
	RosterAnswer api.RosterResult
	Figures      []stats.Row
	Flagged      []abuse.Flag
	Advice       []guide.Version
	Wordings     []wording.Version
	DrawState    draw.State
	Lots         []draw.Request
	Credit       Record
	Waits        []waitlist.Standing
	Principal    auth.Principal // whom a sign-in gives
	Display      directory.Screen
	Quiet        bool             // no suspensions, nobody has come, no replies
	Err          error            // every verb answers so, if set
	Fail         map[string]error // one verb does
	Told         []board.Notice   // what the desk tells the zone

	mu     sync.Mutex
	asked  []string
	booked map[string]string // patient by caller and key
}

// Boards are the frames that the clinic shows.
type Boards struct {
	Zone     board.Zone
	Door     board.Door
	Strip    board.Strip
	Position board.Position
	Desk     board.Desk
	IfCame   board.IfCame
	Quality  []board.Quality
}

// Asked lists the verbs that were asked for, with their argument.
func (c *Clinic) Asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

func (c *Clinic) ask(verb, about string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, verb+" "+about)
	if err := c.Fail[verb]; err != nil {
		return err
	}
	return c.Err
}

// Services hands the clinic over as everything the API asks.
func (c *Clinic) Services() api.Services {
	return api.Services{
		Directory: c, Booking: bookings{c}, Pool: pool{c}, Payments: c, Waitlist: waits{c}, Suspension: suspensions{c}, Queue: queues{c}, Desk: c, Messages: c, Mail: mails{c}, Inbox: mailbox{c},
		Boards: boards{c}, Continuations: continuations{c}, SignIn: signIn{c}, Roster: c, Stats: figures{c}, Abuse: flags{c}, Audit: c,
		Credit: credits{c}, Forecasts: credits{c}, Channel: channels{c}, Webhooks: webhooks{c}, Guidance: guidance{c}, Wording: words{c},
		Machines: machines{c}, People: persons{c}, Policies: policies{c}, Notices: notices{c},
	}
}

func missing() error { return houzhen.E(houzhen.CodeNotFound, "no such thing") }

// House implements api.Directory.
func (c *Clinic) House(context.Context) (directory.House, error) {
	return c.Public, c.ask("house", "")
}

// Patients implements api.Directory.
func (c *Clinic) Patients(_ context.Context, accountID string) ([]directory.Patient, error) {
	if accountID != c.Account {
		return nil, c.ask("patients", accountID)
	}
	return slices.Clone(c.People), c.ask("patients", accountID)
}

// Known implements api.Directory.
func (c *Clinic) Known(ctx context.Context, accountID string) ([]directory.Patient, error) {
	return c.Patients(ctx, accountID)
}

// Patient implements api.Directory.
func (c *Clinic) Patient(_ context.Context, id string) (directory.Patient, error) {
	for _, p := range c.People {
		if p.ID == id {
			return p, c.ask("patient", id)
		}
	}
	return directory.Patient{}, missing()
}

// Register implements api.Directory.
func (c *Clinic) Register(_ context.Context, r api.Registration) (directory.Patient, error) {
	p := r.Patient
	p.ID = "new"
	return p, c.ask("register", r.Relation)
}

// CheckIn implements api.Desk.
func (c *Clinic) CheckIn(_ context.Context, a api.Arrival) (api.CheckedIn, error) {
	return api.CheckedIn{
		AppointmentID: "a1", Ticket: queue.Ticket{ID: "t1", Label: "A032", State: queue.Waiting, Lane: queue.LaneNormal},
		Name: c.People[0].Name, Room: "3", Ahead: 5,
	}, c.ask("check-in", a.Voucher+a.IDTail+a.Number)
}

// SetTravel implements api.Desk.
func (c *Clinic) SetTravel(_ context.Context, id string, _ queue.Way) error {
	return c.ask("travel", id)
}

// SetOut implements api.Desk.
func (c *Clinic) SetOut(_ context.Context, id string) error {
	return c.ask("set-out", id)
}

// Transfer implements api.Desk.
func (c *Clinic) Transfer(_ context.Context, r api.Transfer) (queue.Ticket, error) {
	return queue.Ticket{ID: "t1", Label: "B201", State: queue.Waiting, SessionID: "s2"}, c.ask("transfer", r.AppointmentID+" "+r.DoctorID+r.RoomID+r.DepartmentID+" "+r.Cause+" "+r.By)
}

// Queue implements api.Desk.
func (c *Clinic) Queue(_ context.Context, sessionID string) (queue.Queue, error) {
	return queue.Queue{SessionID: sessionID, Tickets: []queue.Ticket{{ID: "t9", Label: "A020", SessionID: sessionID, State: queue.Called}}}, c.ask("queue", sessionID)
}

// Ticket implements api.Desk.
func (c *Clinic) Ticket(_ context.Context, id string) (queue.Ticket, error) {
	return queue.Ticket{ID: id, AppointmentID: "a1", SessionID: "s1"}, c.ask("ticket", id)
}

// AppointmentByVoucher implements api.Desk.
func (c *Clinic) AppointmentByVoucher(_ context.Context, voucher string) (booking.Appointment, error) {
	for _, a := range c.Visits {
		if a.Voucher == voucher {
			return a, c.ask("voucher", voucher)
		}
	}
	return booking.Appointment{}, missing()
}

// Messages implements api.Messages.
func (c *Clinic) Messages(_ context.Context, f notify.MessageFilter) ([]notify.Message, error) {
	return c.Sent, c.ask("messages", string(f.Kind))
}

// SearchMessages implements api.Messages.
func (c *Clinic) SearchMessages(_ context.Context, _ notify.MessageFilter, tail string) ([]notify.Message, string, error) {
	return c.Sent[:1], "", c.ask("search-messages", tail)
}

// Import implements api.Roster.
func (c *Clinic) Import(_ context.Context, name string, _ []byte, _ bool) (api.RosterResult, error) {
	return c.RosterAnswer, c.ask("import", name)
}

// Record implements api.Audit.
func (c *Clinic) Record(_ context.Context, actor, action, _ string) error {
	return c.ask("record", actor+" "+action)
}

func (c *Clinic) visit(id string) (booking.Appointment, error) {
	for _, a := range slices.Concat(c.Visits, c.Kept, c.Theirs) {
		if a.ID == id {
			return a, nil
		}
	}
	return booking.Appointment{}, missing()
}
