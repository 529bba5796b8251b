// Package board declares what screens and phones are shown: the frames that
// travel over the socket, which are also the values of the first page a server
// renders.
//
// It decides nothing. Names in a frame are masked before they get here, times
// are Unix milliseconds, and 0 means that there is none.
package board

import "github.com/houzhen/houzhen"

// Reason explains a pick, a state or a change: a code with arguments, without
// identities. templates/page has its words under "reason.<code>".
type Reason struct {
	Code string            `json:"code,omitempty"`
	Args map[string]string `json:"args,omitempty"`
}

// Advice says whether to leave home.
type Advice string

// Advices.
const (
	AdviseNone Advice = "none" // no travel time is known, or it is over
	AdviseWait Advice = "wait" // leave at At, which may slip
	AdviseNow  Advice = "now"
)

// Leave is the leave-now card of a phone.
type Leave struct {
	Advise Advice `json:"advise"`
	At     int64  `json:"at"`     // when to set out
	Travel int    `json:"travel"` // minutes on the road, 0 unknown
	Near   bool   `json:"near,omitempty"`
	Out    int64  `json:"out,omitempty"` // when he said that he has set out
}

// Position is one patient's place in the queue, shown to him alone.
type Position struct {
	Appointment string        `json:"appointment"`
	Label       string        `json:"label"`
	State       string        `json:"state"` // a queue.State
	Ahead       int           `json:"ahead"`
	Lo          int64         `json:"lo"` // the range in which the call is expected
	Hi          int64         `json:"hi"`
	NowCalled   string        `json:"now_called"` // the number that is in the room
	Room        string        `json:"room"`
	Zone        houzhen.Label `json:"zone"`
	Doctor      houzhen.Label `json:"doctor"`
	Title       houzhen.Label `json:"title"`
	Department  houzhen.Label `json:"department"`
	Number      int           `json:"number"`
	SliceStart  int64         `json:"slice_start"`
	SliceEnd    int64         `json:"slice_end"`
	Reason      Reason        `json:"reason"`
	Moved       Reason        `json:"moved"`             // why the range is no more the one shown before
	Near        string        `json:"near"`              // next, few or "": whether words say more than a range
	Changes     []Reason      `json:"changes,omitempty"` // why the position is another than before; their n add up to the change
	Leave       Leave         `json:"leave"`
	Desk        string        `json:"desk"` // a queue.DeskStatus
	Until       int64         `json:"until"`
	CheckedInAt int64         `json:"checked_in_at"`
	At          int64         `json:"at"` // when it was built, by the hospital's clock
	Version     int64         `json:"version"`
}

// IfCame is when somebody who is not booked and came in now would be called.
type IfCame struct {
	Session string `json:"session"`
	Open    bool   `json:"open"` // the queue is open; otherwise there is nothing to say
	Ahead   int    `json:"ahead"`
	Lo      int64  `json:"lo"`
	Hi      int64  `json:"hi"`
	At      int64  `json:"at"`
}

// Quality is how good the waiting times were that a zone's patients were shown
// in the last thirty days. Ratings are of who had checked in and was called.
type Quality struct {
	ID         string        `json:"id"`
	Zone       houzhen.Label `json:"zone"`
	People     int           `json:"people"`
	FirstRight float64       `json:"first_right"` // share whose first range held the call
	LastRight  float64       `json:"last_right"`
	Off        float64       `json:"off_minutes"`   // of the first range's middle from the call, mean
	Width      float64       `json:"width_minutes"` // of the first range, mean
	Changes    float64       `json:"changes"`       // of the range, a patient
	At         int64         `json:"at"`
}

// Person is one patient as a public screen may show him.
type Person struct {
	Label string `json:"label"`
	Name  string `json:"name,omitempty"`  // masked as the zone wants, "" in number-only zones
	Alike bool   `json:"alike,omitempty"` // somebody in the zone is masked alike: go by the number
}

// Row is one room on a zone screen, and the head of a door screen.
type Row struct {
	Session string        `json:"session"`
	Room    string        `json:"room"`
	Doctor  houzhen.Label `json:"doctor"`
	Title   houzhen.Label `json:"title"`
	Class   string        `json:"class"` // a booking.RegClass
	Now     *Person       `json:"now,omitempty"`
	NowIn   bool          `json:"now_in"` // entered the room, rather than only called
	Ready   []Person      `json:"ready"`
	Waiting int           `json:"waiting"`
	Desk    string        `json:"desk"`  // a queue.DeskStatus, or "suspended"
	Until   int64         `json:"until"` // end of a pause
	Reason  Reason        `json:"reason"`
}

// Call is the newest call of a zone; Seq rises with each, so that a screen
// shows every call once.
type Call struct {
	Seq   int64  `json:"seq"`
	Label string `json:"label"`
	Name  string `json:"name,omitempty"`
	Room  string `json:"room"`
	At    int64  `json:"at"`
}

// Zone is a waiting area's screen.
type Zone struct {
	ID     string        `json:"id"`
	Zone   houzhen.Label `json:"zone"`
	Rows   []Row         `json:"rows"`
	Missed []string      `json:"missed"`
	Call   *Call         `json:"call,omitempty"`
	Here   string        `json:"here,omitempty"` // code with which a phone checks in; changes every half minute
	At     int64         `json:"at"`
}

// Notice is what the desk tells a zone; it goes at Until.
type Notice struct {
	ID    string        `json:"id"`
	Text  houzhen.Label `json:"text"`
	Until int64         `json:"until"`
}

// Notices is what stands in a zone, for its screen, its desk and the phones of
// those who wait there.
type Notices struct {
	ID   string   `json:"id"` // of the zone
	List []Notice `json:"list"`
	At   int64    `json:"at"`
}

// Door is the screen beside a room's door.
type Door struct {
	Row
	RoomID     string        `json:"room_id"`
	Department houzhen.Label `json:"department"`
	Missed     []string      `json:"missed"`
	Call       *Call         `json:"call,omitempty"`
	At         int64         `json:"at"`
}

// Seat is one patient as a doctor's strip shows him.
type Seat struct {
	Ticket      string `json:"ticket"`
	Appointment string `json:"appointment"`
	Label       string `json:"label"`
	Name        string `json:"name"`
	State       string `json:"state"`
	Since       int64  `json:"since"`          // called or started
	SameName    bool   `json:"same_name"`      // somebody in the zone has the same name: ask for more
	Alike       bool   `json:"alike"`          // somebody in the zone is masked alike: go by the number
	Reason      Reason `json:"reason"`         // why next
	Note        string `json:"note,omitempty"` // from the desk
}

// Counts are a session's numbers.
type Counts struct {
	Booked  int `json:"booked"`
	Arrived int `json:"arrived"`
	Absent  int `json:"absent"` // not checked in
	Missed  int `json:"missed"`
}

// Strip is the narrow page beside the medical record.
type Strip struct {
	Session    string        `json:"session"`
	Doctor     houzhen.Label `json:"doctor"`
	Department houzhen.Label `json:"department"`
	Room       string        `json:"room"`
	Desk       string        `json:"desk"`
	Start      int64         `json:"start"`
	End        int64         `json:"end"`
	Now        *Seat         `json:"now,omitempty"`
	Next       *Seat         `json:"next,omitempty"`
	Ready      []Seat        `json:"ready"`
	Waiting    int           `json:"waiting"`
	Seen       int           `json:"seen"`
	Missed     []Seat        `json:"missed"`
	Counts     Counts        `json:"counts"`
	Until      int64         `json:"until"`
	At         int64         `json:"at"`
}

// Line is one ticket on the nurse's desk.
type Line struct {
	Ticket      string `json:"ticket"`
	Appointment string `json:"appointment"`
	Session     string `json:"session"`
	Label       string `json:"label"`
	Name        string `json:"name"`
	State       string `json:"state"`
	Lane        string `json:"lane"`
	SliceStart  int64  `json:"slice_start"`
	SliceEnd    int64  `json:"slice_end"`
	Since       int64  `json:"since"`         // when it entered its state
	Out         int64  `json:"out,omitempty"` // not checked in: when he said that he has set out
	SameName    bool   `json:"same_name"`
	Alike       bool   `json:"alike"`
	Reason      Reason `json:"reason"`
	Note        string `json:"note,omitempty"` // to the doctor
}

// DeskQueue is one session on the nurse's desk, its tickets in the order in
// which they will be called.
type DeskQueue struct {
	Session string        `json:"session"`
	Doctor  houzhen.Label `json:"doctor"`
	Room    string        `json:"room"`
	Desk    string        `json:"desk"`
	Until   int64         `json:"until"`
	Wizard  bool          `json:"wizard,omitempty"` // the doctor is away for long: what becomes of those who wait?
	Start   int64         `json:"start"`
	End     int64         `json:"end"`
	Tickets []Line        `json:"tickets"`
}

// Desk is the nurse's page of one zone.
type Desk struct {
	ID     string        `json:"id"`
	Zone   houzhen.Label `json:"zone"`
	Queues []DeskQueue   `json:"queues"`
	Absent []Line        `json:"absent"` // not checked in, earliest slice first
	At     int64         `json:"at"`
}
