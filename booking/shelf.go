package booking

import (
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Seat is an appointment as the memory of a session needs it.
type Seat struct {
	SessionID, ID     string
	SlotNo            int
	State             State
	BookedAt, EndedAt time.Time
}

// spent is Appointment.spent for a seat of that day.
func (s Seat) spent(day houzhen.Date, loc *time.Location) bool {
	return Appointment{State: s.State, Day: day, BookedAt: s.BookedAt, EndedAt: s.EndedAt}.spent(loc)
}

// place is a slot as memory sees it. Taken means that the owner's booking has
// been committed.
type place struct {
	Slot

	spent  bool // its number was left on the day itself
	picked bool // given to somebody whose group has not committed yet
}

// shelf is what memory holds of one session: a hint for whoever picks a place,
// and never a promise. The lane's mutex guards it.
type shelf struct {
	loaded   bool
	loadedAt time.Time
	seenAt   time.Time // when a group last found the session's version to be this one
	gen      int       // raised whenever what was read may be wrong
	session  Session
	places   []place         // in order of time
	ids      map[string]bool // appointments that are or were here
	picks    map[int]bool    // numbers given, also while the rest is read anew
	waiting  []*pending      // who may yet get a place if a group fails

	loading int            // readers under way
	recent  map[int]string // who was confirmed since the first of them began, by number

	near map[int64]*suggestion // alternatives by the start of the place that was lost
}

func newShelf() *shelf {
	return &shelf{picks: map[int]bool{}, recent: map[int]string{}, near: map[int64]*suggestion{}}
}

// idle reports whether nobody would miss the shelf.
func (f *shelf) idle() bool { return len(f.picks) == 0 && len(f.waiting) == 0 && f.loading == 0 }

// drop makes the shelf worth nothing until it is read again.
func (f *shelf) drop() {
	f.loaded, f.gen = false, f.gen+1
	clear(f.near)
}

// fresh reports whether what was read may still be believed at now.
func (f *shelf) fresh(now time.Time, most time.Duration) bool {
	return f.loaded && !now.Before(f.loadedAt) && now.Sub(f.loadedAt) < most
}

// pickFor is how many times longer than it is believed memory may pick places:
// a pick is judged by the indexes and by the session's version, a refusal by
// nobody.
const pickFor = 10

// usable reports whether places may be picked from what was read.
func (f *shelf) usable(now time.Time, most time.Duration) bool { return f.fresh(now, pickFor*most) }

// known reports whether the session itself is as memory has it, or was within
// the span.
func (f *shelf) known(now time.Time, most time.Duration) bool {
	return f.fresh(now, most) || f.loaded && !now.Before(f.seenAt) && now.Sub(f.seenAt) < most
}

// offers reports whether memory has a place for a request.
func (f *shelf) offers(r BookRequest, now time.Time) bool {
	if f.session.bookable(now, r.who()) != nil {
		return false
	}
	_, says := f.pick(r, now)
	return says == given
}

// fill takes what was read, slots of which only the seats say whether they are
// taken, and adds what happened while it was.
func (f *shelf) fill(o Session, slots []Slot, seats []Seat, now time.Time, loc *time.Location) {
	f.loaded, f.loadedAt, f.session = true, now, o
	f.ids = make(map[string]bool, len(seats))
	spent, taken := map[int]bool{}, map[int]bool{}
	for no, id := range f.recent {
		f.ids[id], taken[no] = true, true
	}
	for _, s := range seats {
		f.ids[s.ID] = true
		taken[s.SlotNo] = taken[s.SlotNo] || s.State != Cancelled
		if s.spent(o.Date, loc) {
			spent[s.SlotNo] = true
		}
	}
	f.places = make([]place, len(slots))
	for i, p := range slots {
		p.Taken = taken[p.No]
		f.places[i] = place{Slot: p, spent: spent[p.No], picked: f.picks[p.No]}
	}
	slices.SortFunc(f.places, func(a, b place) int { return inOrder(a.Slot, b.Slot) })
}

// stand is what memory says to a request.
type stand int

const (
	ask   stand = iota // memory does not know; the database does
	given              // here is a place
	wait               // all are given, not all confirmed
	full               // every place that the request may have is confirmed taken
)

// wants reports whether the request is content with that place.
func (r BookRequest) wants(p Slot) bool {
	return (r.SlotNo == 0 || r.SlotNo == p.No) && (r.Start.IsZero() || r.Start.Equal(p.Start))
}

// pick finds the first place for a request. Only the places decide; whether
// the session can be booked at all is looked at before.
func (f *shelf) pick(r BookRequest, now time.Time) (*place, stand) {
	seen, flight, open := false, false, false
	for i := range f.places {
		p := &f.places[i]
		if !r.wants(p.Slot) {
			continue
		}
		seen = true
		switch {
		case p.Taken:
		case p.spent || p.bookable(now, r.who(), f.session.FallBackAt) != nil:
			open = true // free, but not for him
		case p.picked:
			flight = true
		default:
			return p, given
		}
	}
	anyPlace := r.SlotNo == 0 && r.Start.IsZero()
	switch {
	case !seen, open && !anyPlace:
		return nil, ask // why he cannot have that very place is for the database to say
	case flight:
		return nil, wait
	default:
		return nil, full
	}
}

// fate is what became of a pick.
type fate int

const (
	unknown  fate = iota // somebody else has the place, or nobody knows
	returned             // he did not get it; it is as free as before
	booked               // committed
)

// settle ends a pick that was made when the shelf was in generation gen.
func (f *shelf) settle(no int, id string, gen int, how fate) {
	delete(f.picks, no)
	if f.loading > 0 && how == booked {
		f.recent[no] = id
	}
	if how == unknown || gen != f.gen || !f.loaded {
		f.drop()
		return
	}
	if how == booked {
		f.ids[id] = true
	}
	for i := range f.places {
		if p := &f.places[i]; p.No == no {
			p.picked, p.Taken = false, p.Taken || how == booked
		}
	}
}
