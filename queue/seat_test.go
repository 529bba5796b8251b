package queue

import (
	"testing"
	"time"
)

// away is a booked one of the normal order who stays at home until he is told.
func away(no int) Ticket {
	t := normal(no)
	t.State, t.TravelMinutes = NotCheckedIn, 30
	return t
}

func TestASeatAtTheDoorIsKeptForWhoIsAwayAtOurWord(t *testing.T) {
	p := DefaultPolicy()
	unknown, behind := away(1), away(4)
	unknown.TravelMinutes = 0
	for name, c := range map[string]struct {
		q    Queue
		now  time.Time
		want string
	}{
		"the second place is his":        {running(away(1), normal(2), normal(3)), at(14, 0), "2"},
		"nobody keeps one for him":       {running(unknown, normal(2), normal(3)), at(14, 0), "2 3"},
		"those before him take theirs":   {running(normal(2), normal(3), behind), at(14, 0), "2 3"},
		"he need not be here yet":        {running(away(1), normal(2), normal(3)), at(13, 49), "2 3"},
		"with nobody away both are used": {running(normal(1), normal(2), normal(3)), at(14, 0), "1 2"},
	} {
		_, picks := Fill(c.q, p, c.now)
		if got := ids(picks); got != c.want {
			t.Errorf("%s: %q are asked to the door, want %q", name, got, c.want)
		}
	}
}

func TestWhoStaysAtHomeUntilToldIsNotLate(t *testing.T) {
	p := DefaultPolicy()
	home := away(1)
	home.SliceStart, home.SliceEnd = at(12, 0), at(12, 30)
	stranger := home
	stranger.TravelMinutes = 0
	if got, want := ids(Expected(running(home, normal(2), normal(3)), p, at(14, 0))), "1 2 3"; got != want {
		t.Errorf("kept at home: got %s, want %s", got, want)
	}
	if got := ids(Expected(running(stranger, normal(2), normal(3)), p, at(14, 0))); got == "1 2 3" {
		t.Error("one of whom nobody knows when he comes keeps his place after his slice")
	}
}
