package booking

import (
	"testing"
	"time"
)

// After other hours a slice can hold more withheld places than it was laid out
// for. Places are opened where there is room first, and beyond it only for
// whoever asks for more than the whole session was laid out for.
func TestPlacesAreRaisedWhereThereIsRoom(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	session := Session{ID: "s", Start: at, End: at.Add(40 * time.Minute), SliceMinutes: 20, SliceCapacity: 2}
	second := at.Add(20 * time.Minute)
	slot := func(no int, start time.Time, withheld, taken bool) Slot {
		return Slot{No: no, Start: start, End: start.Add(20 * time.Minute), Band: BandBooked, Withheld: withheld, Taken: taken}
	}
	slots := []Slot{
		slot(1, at, false, false), slot(2, at, false, true), slot(3, at, true, true), slot(4, at, true, false),
		slot(5, second, true, false),
	}
	for _, want := range []struct {
		n         int
		open, add []int
	}{
		{1, []int{5}, nil},
		{2, []int{5}, []int{6}},
		{3, []int{5, 3}, []int{6}},
		{5, []int{5, 3, 4}, []int{6, 7}},
	} {
		z := raise(session, slots, time.Time{}, want.n)
		if !same(z.open, want.open) || !same(z.add, want.add) {
			t.Errorf("%d more: opened %v, added %v, want %v and %v", want.n, z.open, z.add, want.open, want.add)
		}
	}
	if z := raise(session, slots, at, 1); !same(z.open, []int{3}) {
		t.Errorf("one more in the full slice: opened %v, want 3", z.open)
	}
}

func same(slots []Slot, numbers []int) bool {
	if len(slots) != len(numbers) {
		return false
	}
	for i, s := range slots {
		if s.No != numbers[i] {
			return false
		}
	}
	return true
}
