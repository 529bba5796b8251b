package sim

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

var monday = houzhen.Date{Year: 2026, Month: time.May, Day: 18}

// asking gives n rows of one place and day, each of another patient.
func asking(n int) []Row {
	var rows []Row
	for i := range n {
		rows = append(rows, Row{
			ID: fmt.Sprint(1000 + i), Patient: fmt.Sprint(i), Place: "CENTRO", Day: monday, Scheduled: monday.At(6, 0, time.UTC),
		})
	}
	return rows
}

func TestHalvesGoByTheHashOfTheAppointment(t *testing.T) {
	count := map[houzhen.DayPart]int{}
	for i := range 10_000 {
		id := fmt.Sprint(5_000_000 + i)
		count[halfOf(id)]++
	}
	if am, pm := count[houzhen.Morning], count[houzhen.Afternoon]; am+pm != 10_000 || am < 4_500 || pm < 4_500 {
		t.Errorf("got %v, want about half each and nothing else", count)
	}
}

func TestPlacesOfASessionAreItsShareOfDemand(t *testing.T) {
	rows := asking(400)
	demand := map[string]int{}
	for _, r := range rows {
		demand[keyOf(r).id()]++
	}
	for _, share := range []float64{0.5, 0.95, 1, 2} {
		p := newPlan(rows, Chances{Capacity: share}, time.UTC)
		if got, want := len(p.sessions), len(demand); got != want {
			t.Fatalf("%d sessions, want %d", got, want)
		}
		for _, s := range p.sessions {
			want := int(math.Floor(share * float64(demand[s.ID])))
			if got := len(slotsOf(s, p.places[s.ID])); got != want || p.places[s.ID] != want {
				t.Errorf("%v of %d: got %d slots of %d places, want %d", share, demand[s.ID], got, p.places[s.ID], want)
			}
		}
	}
}

func TestASessionHasAtLeastOnePlace(t *testing.T) {
	p := newPlan(asking(1), Chances{Capacity: 0.1}, time.UTC)
	if len(p.sessions) != 1 || p.places[p.sessions[0].ID] != 1 {
		t.Errorf("got %v, want one session with one place", p.places)
	}
}

func TestSlotsAreLaidEvenly(t *testing.T) {
	for _, places := range []int{1, 3, 8, 9, 23, 100} {
		t.Run(fmt.Sprint(places), func(t *testing.T) {
			s := newPlan(asking(1), Chances{Capacity: 1}, time.UTC).sessions[0]
			s.SliceCapacity = (places + 7) / 8
			numbers, perSlice := map[int]bool{}, map[time.Time]int{}
			slots := slotsOf(s, places)
			for _, slot := range slots {
				if slot.Start.Before(s.Start) || slot.End.After(s.End) || numbers[slot.No] {
					t.Errorf("slot %d from %s to %s: outside, or a number twice", slot.No, slot.Start, slot.End)
				}
				numbers[slot.No] = true
				perSlice[slot.Start]++
			}
			if len(slots) != places {
				t.Fatalf("got %d slots, want %d", len(slots), places)
			}
			if !slices.IsSortedFunc(slots, func(a, b booking.Slot) int { return a.Start.Compare(b.Start) }) {
				t.Error("slots are out of order")
			}
			for start, n := range perSlice {
				if n > s.SliceCapacity || places >= 8 && n < places/8 {
					t.Errorf("slice %s has %d of %d places", start.Format("15:04"), n, places)
				}
			}
			if places >= 8 && len(perSlice) != 8 {
				t.Errorf("%d slices are used, want 8", len(perSlice))
			}
		})
	}
}

func TestEachHalfDayIsAClinicOfItsOwn(t *testing.T) {
	rows := asking(50)
	p := newPlan(rows, DefaultChances(), time.UTC)
	byDoctor := map[string]houzhen.DayPart{}
	for _, s := range p.sessions {
		if part, known := byDoctor[s.DoctorID]; known && part != s.Part {
			t.Errorf("%s has a morning and an afternoon", s.DoctorID)
		}
		byDoctor[s.DoctorID] = s.Part
		if hours := s.End.Sub(s.Start); hours != 4*time.Hour || !s.Start.After(s.Date.At(0, 0, time.UTC)) || s.Deadline.Before(s.End) {
			t.Errorf("session from %s to %s with deadline %s", s.Start, s.End, s.Deadline)
		}
	}
	if len(byDoctor) != 2 {
		t.Errorf("got clinics %v, want one a half-day", byDoctor)
	}
	if faults := p.house.Faults(); len(faults) > 0 {
		t.Errorf("the house is refused: %v", faults)
	}
	if len(p.people) != 50 {
		t.Errorf("%d people, want 50", len(p.people))
	}
}

func TestOnePersonHoweverManyRows(t *testing.T) {
	rows := asking(10)
	for i := range rows {
		rows[i].Patient = "same"
	}
	if p := newPlan(rows, DefaultChances(), time.UTC); len(p.people) != 1 {
		t.Errorf("got %d people, want 1", len(p.people))
	}
}

func TestThePlanOfAFileIsAlwaysTheSame(t *testing.T) {
	a, b := newPlan(asking(60), DefaultChances(), time.UTC), newPlan(asking(60), DefaultChances(), time.UTC)
	for i := range a.sessions {
		if a.sessions[i] != b.sessions[i] {
			t.Errorf("session %d: got %+v, want %+v", i, b.sessions[i], a.sessions[i])
		}
	}
}

func TestChancesMustBeShares(t *testing.T) {
	for _, c := range []struct {
		name, field string
		change      func(*Chances)
	}{
		{"the defaults", "", func(*Chances) {}},
		{"no changes", "", func(c *Chances) { c.Cancel, c.Move, c.Suspend = 0, 0, 0 }},
		{"under nothing", "cancel", func(c *Chances) { c.Cancel = -0.1 }},
		{"over all", "move", func(c *Chances) { c.Move = 1.1 }},
		{"no number", "suspend", func(c *Chances) { c.Suspend = math.NaN() }},
		{"no places", "capacity", func(c *Chances) { c.Capacity = 0 }},
		{"places that are no number", "capacity", func(c *Chances) { c.Capacity = math.NaN() }},
		{"places without end", "capacity", func(c *Chances) { c.Capacity = 11 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			chances := DefaultChances()
			c.change(&chances)
			err := chances.Validate()
			if c.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			coded, ok := err.(*houzhen.Error) //nolint:errorlint // Validate gives it bare
			if !ok || coded.Field != c.field {
				t.Errorf("got %v, want %s refused", err, c.field)
			}
		})
	}
}
