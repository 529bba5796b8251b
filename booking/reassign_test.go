package booking

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

// What one person cannot have twice: what is firm stays, then what is earlier.
func TestRivalsOfOnePerson(t *testing.T) {
	visit := func(id, patient, doctor string, hour int, state State) Appointment {
		return Appointment{
			ID: id, PatientID: patient, DoctorID: doctor, Day: day, Nth: 1, State: state, Purpose: PurposeVisit, Start: clock(hour, 0), End: clock(hour, 30),
		}
	}
	other := visit("b", "lost", "chen", 9, Booked)
	other.Day = day.AddDays(1)
	option := visit("b", "lost", "chen", 9, Held)
	option.Purpose = PurposeOption
	for name, c := range map[string]struct {
		all  []Appointment
		want []string
	}{
		"different doctors":            {[]Appointment{visit("a", "kept", "chen", 8, Booked), visit("b", "lost", "wu", 9, Booked)}, nil},
		"the earlier stays":            {[]Appointment{visit("a", "kept", "chen", 9, Booked), visit("b", "lost", "chen", 8, Booked)}, []string{"a"}},
		"who has checked in stays":     {[]Appointment{visit("a", "kept", "chen", 8, Booked), visit("b", "lost", "chen", 9, CheckedIn)}, []string{"a"}},
		"both are over":                {[]Appointment{visit("a", "kept", "chen", 8, NoShow), visit("b", "lost", "chen", 9, Fulfilled)}, nil},
		"cancelled ones are nobody's":  {[]Appointment{visit("a", "kept", "chen", 8, Cancelled), visit("b", "lost", "chen", 9, Booked)}, nil},
		"another day":                  {[]Appointment{visit("a", "kept", "chen", 8, Booked), other}, nil},
		"an option is kept beside":     {[]Appointment{visit("a", "kept", "chen", 8, Booked), option}, nil},
		"more than a day has room for": {[]Appointment{visit("a", "kept", "chen", 8, Booked), visit("b", "kept", "wu", 9, Booked), visit("c", "lost", "li", 10, Booked), visit("d", "lost", "xu", 11, Booked)}, []string{"d"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(rivals(c.all, "lost"), c.want); diff != "" {
				t.Errorf("doomed (-got +want):\n%s", diff)
			}
		})
	}
}

func TestNumbersOfTheDayAreFilledUp(t *testing.T) {
	kept := Appointment{PatientID: "kept", Day: day, Nth: 1, State: Booked, Purpose: PurposeVisit}
	used := nths([]Appointment{kept}, "kept")
	got := []int{used.next(Appointment{Day: day, Nth: 1}), used.next(Appointment{Day: day, Nth: 2}), used.next(Appointment{Day: day.AddDays(1), Nth: 2})}
	if diff := cmp.Diff(got, []int{2, 3, 1}); diff != "" {
		t.Errorf("numbers (-got +want):\n%s", diff)
	}
}

func TestSwapIsBoundToTimeAndAccount(t *testing.T) {
	s := &Service{policy: DefaultPolicy()}
	booked := Appointment{PatientID: "father", AccountID: "zheng", State: Booked, Purpose: PurposeVisit, BookedAt: clock(7, 0), Start: clock(9, 0), End: clock(9, 30)}
	for name, c := range map[string]struct {
		change func(*Appointment, *SwapRequest)
		minute int
		want   houzhen.Code
	}{
		"within ten minutes": {minute: 10},
		"a minute later":     {minute: 11, want: houzhen.CodeSwap},
		"another account":    {change: func(_ *Appointment, r *SwapRequest) { r.AccountID = "other" }, want: houzhen.CodeSwap},
		"booked at the desk": {change: func(a *Appointment, r *SwapRequest) { a.AccountID, r.AccountID = "", "" }, want: houzhen.CodeSwap},
		"the same person":    {change: func(_ *Appointment, r *SwapRequest) { r.PatientID = "father" }, want: houzhen.CodeInvalid},
		"nobody":             {change: func(_ *Appointment, r *SwapRequest) { r.PatientID = "" }, want: houzhen.CodeMissing},
		"checked in already": {change: func(a *Appointment, _ *SwapRequest) { a.State = CheckedIn }, want: houzhen.CodeState},
		"a kept option":      {change: func(a *Appointment, _ *SwapRequest) { a.Purpose = PurposeOption }, want: houzhen.CodeState},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := booked, SwapRequest{PatientID: "son", AccountID: "zheng"}
			if c.change != nil {
				c.change(&a, &r)
			}
			if got := houzhen.CodeOf(s.swappable(a, r, clock(7, c.minute))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
