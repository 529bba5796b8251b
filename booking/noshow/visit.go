package noshow

import (
	"time"

	"github.com/houzhen/houzhen"
)

// Sex as far as it is known.
type Sex int

// Sexes.
const (
	SexUnknown Sex = iota
	Female
	Male
)

// Tri is a fact that may be unknown.
type Tri int

// Values of a Tri.
const (
	Unknown Tri = iota
	No
	Yes
)

// Visit is what is known of one appointment on the evening before it, or at
// its booking when it is for the same day. Nothing of it identifies a person
// but the opaque Patient.
type Visit struct {
	ID       string
	Patient  string    // whose history counts; an opaque id
	BookedAt time.Time // on the clinic's wall clock
	Day      houzhen.Date
	Age      int // years; negative: unknown
	Sex      Sex
	Place    string // neighbourhood, department …: what shares a habit; "" unknown
	Reminded Tri    // a reminder was or will be sent
	SameDay  int    // visits of this patient on that day that are known by then, this one included; 0 reads as 1
	Earlier  int    // visits of this patient for earlier days that were booked no later than this one
	// Traits are further facts of a person that a register may have.
	Welfare, Hypertension, Diabetes, Alcoholism, Disability Tri
}

// Lead gives the days from booking to visit, at least 0.
func (v Visit) Lead() int {
	return max(0, houzhen.DateOf(v.BookedAt, v.BookedAt.Location()).DaysUntil(v.Day))
}

// Outcome is a visit and what became of it.
type Outcome struct {
	Visit
	NoShow bool
}

// History is what earlier days tell of one patient.
type History struct {
	Visits  int          `json:"n"`
	Missed  int          `json:"m"`
	Ahead   int          `json:"a"` // visits that were booked on an earlier day
	Away    int          `json:"w"` // of those, missed
	Last    bool         `json:"l"` // the latest one was missed
	LastDay houzhen.Date `json:"d"`
}

// After gives the history with one more outcome.
func (h History) After(o Outcome) History {
	h.Visits++
	if o.NoShow {
		h.Missed++
	}
	if o.Lead() > 0 {
		h.Ahead++
		if o.NoShow {
			h.Away++
		}
	}
	if !o.Day.Before(h.LastDay) {
		h.Last, h.LastDay = o.NoShow, o.Day
	}
	return h
}
