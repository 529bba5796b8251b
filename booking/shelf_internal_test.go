package booking

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
)

// A booking that is confirmed while its session is being read is missing from
// what was read. Its request, repeated, must find it all the same, and not hear
// that the session is full.
func TestAShelfKnowsWhoWasConfirmedWhileItWasRead(t *testing.T) {
	now := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
	session := Session{ID: "s", Date: houzhen.Date{Year: 2026, Month: 12, Day: 1}}
	f := newShelf()
	f.fill(session, []Slot{{SessionID: "s", No: 1}}, nil, now, time.UTC)
	f.picks[1] = true
	f.loading++
	f.settle(1, "a", f.gen, booked)
	f.fill(session, []Slot{{SessionID: "s", No: 1}}, nil, now, time.UTC) // as it was before the commit
	if !f.ids["a"] || !f.places[0].Taken {
		t.Errorf("got ids %v, taken %v; want the one who was confirmed, and his place taken", f.ids, f.places[0].Taken)
	}
}
