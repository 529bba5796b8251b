// Package stats counts what happened in sessions: how many places were
// offered, taken, left, missed and seen, how long people waited, how often
// doctors did not come.
//
// One row a session is kept, without identities, so that the figures outlive
// the names. It decides what is counted and by which definition; it changes
// nothing that it counts.
package stats

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/waitlist"
	"github.com/houzhen/houzhen/queue"
)

// Row is what is kept of one session.
type Row struct {
	SessionID    string
	Day          houzhen.Date
	Part         houzhen.DayPart
	DepartmentID string
	DoctorID     string
	Class        booking.RegClass
	Figures      Figures
}

// Figures are sums, so that those of many sessions add up. Minutes are whole
// sums, to be divided by the count beside them.
type Figures struct {
	Sessions  int `json:"sessions"`
	Suspended int `json:"suspended"`  // sessions
	Affected  int `json:"affected"`   // patients of suspended sessions
	Notice    int `json:"notice"`     // minutes from being told to the session's start, over affected
	Attended  int `json:"attended"`   // sessions in which somebody was called
	OnTime    int `json:"on_time"`    // of these, first call at most five minutes after the start
	LateStart int `json:"late_start"` // minutes that first calls came after the start, over attended
	Due       int `json:"due"`        // sessions for which the booked doctor was due: suspended, or somebody came
	Himself   int `json:"himself"`    // of Due, in which he himself called somebody
	Places    int `json:"places"`     // booked band, offered, of sessions that took place
	Taken     int `json:"taken"`      // of these, held by a visit to the end
	WalkIns   int `json:"walk_ins"`   // visits beyond the booked band
	CheckedIn int `json:"checked_in"` // of Taken
	Seen      int `json:"seen"`       // visits that began, walk-ins too
	NoShows   int `json:"no_shows"`   // of Taken
	Late      int `json:"late"`       // of CheckedIn: after their own slice
	Cancelled int `json:"cancelled"`  // by the patient
	Lead      int `json:"lead"`       // minutes from being cancelled to the slice, over Cancelled
	Waited    int `json:"waited"`     // minutes from check-in to entering the room, over Waits
	Waits     int `json:"waits"`      // booked visits with both instants
	InSlice   int `json:"in_slice"`   // of Waits: entered in their slice, half an hour either way
	Joined    int `json:"joined"`     // waitlist entries
	Filled    int `json:"filled"`     // of these, that got a place

	Channels map[string]int   `json:"channels,omitempty"` // visits by where they were booked
	Quotas   map[string]Quota `json:"quotas,omitempty"`   // by the group that places were set aside for
}

// Quota says how many places were set aside and how many of them were taken.
type Quota struct {
	Places int `json:"places"`
	Taken  int `json:"taken"`
}

// Input is everything about one session that counts. Queue is nil if its
// queue was never opened.
type Input struct {
	Session      booking.Session
	Slots        []booking.Slot
	Appointments []booking.Appointment
	Queue        *queue.Queue
	Waited       []waitlist.Entry
}

const (
	onTime  = 5 * time.Minute
	inSlice = 30 * time.Minute
)

// Summarise counts one session. Kept options, lapsed holds and traces of moved
// visits are nobody's visit and do not count.
func Summarise(in Input) Row {
	s := in.Session
	f := Figures{Sessions: 1, Channels: map[string]int{}, Quotas: map[string]Quota{}}
	if s.Status == booking.SessionSuspended {
		f.Suspended = 1
	} else {
		f.places(in.Slots)
	}
	band := map[int]booking.Slot{}
	for _, o := range in.Slots {
		band[o.No] = o
	}
	for _, a := range in.Appointments {
		if a.Purpose == booking.PurposeVisit && !a.Trace() {
			f.visit(s, band[a.SlotNo], a)
		}
	}
	if in.Queue != nil {
		f.queue(s, *in.Queue)
	}
	f.attendance(s)
	f.quotas(in, band)
	for _, e := range in.Waited {
		f.Joined++
		if e.Status == waitlist.Booked {
			f.Filled++
		}
	}
	return Row{s.ID, s.Date, s.Part, s.DepartmentID, s.DoctorID, s.Class, f}
}

// attendance judges the booked doctor: a session that nobody came to needs
// nobody, and one that another doctor held is not his.
func (f *Figures) attendance(s booking.Session) {
	if f.Suspended == 0 && f.CheckedIn == 0 && f.Seen == 0 {
		return
	}
	f.Due = 1
	if f.Suspended == 0 && f.Attended > 0 && !s.Substituted() {
		f.Himself = 1
	}
}

func (f *Figures) places(slots []booking.Slot) {
	for _, o := range slots {
		if o.Band == booking.BandBooked && !o.Withheld {
			f.Places++
		}
	}
}

// quotas counts the places that were set aside, and those of them that were
// taken while they were: after the fall-back they are everybody's.
func (f *Figures) quotas(in Input, band map[int]booking.Slot) {
	if in.Session.Status == booking.SessionSuspended {
		return
	}
	for _, o := range in.Slots {
		if o.Quota != "" && !o.Withheld {
			q := f.Quotas[string(o.Quota)]
			q.Places++
			f.Quotas[string(o.Quota)] = q
		}
	}
	for _, a := range in.Appointments {
		o := band[a.SlotNo]
		kept := in.Session.FallBackAt.IsZero() || a.BookedAt.Before(in.Session.FallBackAt)
		if a.State >= booking.Booked && a.Purpose == booking.PurposeVisit && o.Quota != "" && !o.Withheld && kept {
			q := f.Quotas[string(o.Quota)]
			q.Taken++
			f.Quotas[string(o.Quota)] = q
		}
	}
}

func (f *Figures) visit(s booking.Session, o booking.Slot, a booking.Appointment) {
	switch {
	case a.State == booking.Cancelled && a.Reason == booking.ReasonSuspended:
		f.Affected++
		f.Notice += minutes(s.Start.Sub(a.EndedAt))
		return
	case a.State == booking.Cancelled && a.By == booking.ByPatient && !a.BookedAt.IsZero():
		f.Cancelled++
		f.Lead += minutes(a.Start.Sub(a.EndedAt))
		return
	case a.State < booking.Booked:
		return
	}
	f.Channels[a.Channel]++
	if o.Band != booking.BandBooked {
		f.WalkIns++
		return
	}
	f.Taken++
	switch {
	case a.State == booking.NoShow:
		f.NoShows++
	case !a.CheckedInAt.IsZero():
		f.CheckedIn++
		if a.CheckedInAt.After(a.End) {
			f.Late++
		}
	}
}

func (f *Figures) queue(s booking.Session, q queue.Queue) {
	if !q.StartedAt.IsZero() {
		late := max(0, q.StartedAt.Sub(s.Start))
		f.Attended++
		f.LateStart += minutes(late)
		if late <= onTime {
			f.OnTime++
		}
	}
	for _, t := range q.Tickets {
		if t.StartedAt.IsZero() {
			continue
		}
		f.Seen++
		if t.WalkIn || t.CheckedInAt.IsZero() || t.StartedAt.Before(t.CheckedInAt) {
			continue
		}
		f.Waits++
		f.Waited += minutes(t.StartedAt.Sub(t.CheckedInAt))
		if !t.StartedAt.Before(t.SliceStart.Add(-inSlice)) && !t.StartedAt.After(t.SliceEnd.Add(inSlice)) {
			f.InSlice++
		}
	}
}

func minutes(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }

// Tx is what counting asks of a transaction.
type Tx interface {
	Now() time.Time
	Sessions(ctx context.Context, f booking.SessionFilter) ([]booking.Session, error)
	Slots(ctx context.Context, sessionIDs ...string) ([]booking.Slot, error)
	Appointments(ctx context.Context, f booking.AppointmentFilter) ([]booking.Appointment, error)
	WaitEntries(ctx context.Context, f waitlist.Filter) ([]waitlist.Entry, error)
	Queues(ctx context.Context, zoneID string, from, to time.Time) ([]queue.Queue, error)

	// SaveFigures writes the row of each session in the place of an older one.
	SaveFigures(ctx context.Context, rows []Row) error
	// Figures lists rows by day and session, from and to inclusive.
	Figures(ctx context.Context, from, to houzhen.Date) ([]Row, error)
	// LastFigures gives the latest day with a row; the zero date if there is none.
	LastFigures(ctx context.Context) (houzhen.Date, error)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}
