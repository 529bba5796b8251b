package suspension

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

func TestWhoeverAsksNeverApproves(t *testing.T) {
	p := DefaultPolicy()
	nurse, other, manager, doctor := Person{"n", "nurse"}, Person{"o", "nurse"}, Person{"m", "manager"}, Person{"d", "doctor"}
	single := Suspension{Kind: KindSession, State: Asked, AskedBy: "n"}
	closure := Suspension{Kind: KindClosure, State: Asked, AskedBy: "n"}
	for name, c := range map[string]struct {
		of     Suspension
		by     Person
		urgent bool
		want   houzhen.Code
		alone  bool
	}{
		"the asker":                       {single, nurse, false, houzhen.CodeSecondPerson, false},
		"the asker when it is urgent":     {single, nurse, true, "", true},
		"a colleague":                     {single, other, false, "", false},
		"a manager":                       {single, manager, true, "", false},
		"a doctor":                        {single, doctor, true, houzhen.CodeForbidden, false},
		"nobody":                          {single, Person{}, true, houzhen.CodeForbidden, false},
		"a nurse for a closure":           {closure, other, false, houzhen.CodeForbidden, false},
		"a manager for a closure":         {closure, manager, false, "", false},
		"a manager for his own closure":   {Suspension{Kind: KindClosure, State: Asked, AskedBy: "m"}, manager, true, houzhen.CodeSecondPerson, false},
		"a second time":                   {Suspension{Kind: KindSession, State: Done, AskedBy: "n"}, other, false, houzhen.CodeState, false},
		"a doctor who asked, when urgent": {Suspension{Kind: KindSession, State: Asked, AskedBy: "d"}, doctor, true, houzhen.CodeForbidden, false},
	} {
		got, err := p.approve(c.of, c.by, c.urgent, noon)
		if houzhen.CodeOf(err) != c.want || got.Alone != c.alone {
			t.Errorf("%s: %v, alone %v, want %q, alone %v", name, err, got.Alone, c.want, c.alone)
		}
	}
}

func TestUrgentIsNearTheSession(t *testing.T) {
	p := DefaultPolicy()
	x := booking.Session{Start: noon, End: noon.Add(4 * time.Hour)}
	for after, want := range map[time.Duration]bool{
		-121 * time.Minute: false, -2 * time.Hour: true, 0: true, 239 * time.Minute: true, 4 * time.Hour: false,
	} {
		if got := p.Urgent(x, noon.Add(after)); got != want {
			t.Errorf("%v from the start: urgent %v, want %v", after, got, want)
		}
	}
}

func TestCallsComeSoonerWhenTheVisitIsNear(t *testing.T) {
	p := DefaultPolicy()
	for name, c := range map[string]struct {
		start time.Duration
		kept  bool
		want  time.Duration
	}{
		"next week":        {7 * 24 * time.Hour, true, 2 * time.Hour},
		"in an hour":       {time.Hour, true, 30 * time.Minute},
		"begun":            {-time.Hour, true, 0},
		"nothing was free": {7 * 24 * time.Hour, false, 0},
	} {
		if got := p.callAt(noon.Add(c.start), noon, c.kept).Sub(noon); got != c.want {
			t.Errorf("%s: called after %v, want %v", name, got, c.want)
		}
	}
}

func TestOutcome(t *testing.T) {
	held := booking.Appointment{Purpose: booking.PurposeOption, State: booking.Held, ExpiresAt: noon.Add(time.Hour)}
	visit := booking.Appointment{Purpose: booking.PurposeVisit, State: booking.Cancelled}
	trace := booking.Appointment{Purpose: booking.PurposeVisit, State: booking.Cancelled, Reason: booking.ReasonMoved}
	lost := booking.Appointment{State: booking.Cancelled}
	later := noon.Add(time.Minute)
	for name, c := range map[string]struct {
		chain Chain
		want  Outcome
	}{
		"told, may choose":                   {Chain{Lost: lost, After: []booking.Appointment{held}, Case: Case{CallAt: later}}, Informed},
		"his time to answer is over":         {Chain{Lost: lost, After: []booking.Appointment{held}, Case: Case{CallAt: noon}}, Unreached},
		"no notice arrived":                  {Chain{Lost: lost, After: []booking.Appointment{held}, Failed: true, Case: Case{CallAt: later}}, Unreached},
		"nothing is kept":                    {Chain{Lost: lost, Case: Case{CallAt: later}}, Unreached},
		"chose, and gave that up too":        {Chain{Lost: lost, After: []booking.Appointment{visit}}, Rebooked},
		"a number that was left is no visit": {Chain{Lost: lost, After: []booking.Appointment{trace, held}, Case: Case{CallAt: later}}, Informed},
		"refunded":                           {Chain{Lost: lost, Case: Case{Step: StepRefunded}}, Refunded},
		"is here":                            {Chain{Lost: booking.Appointment{State: booking.CheckedIn}}, WaitsHere},
		"went on to another doctor":          {Chain{Lost: booking.Appointment{State: booking.CheckedIn, SessionID: "other"}}, Rebooked},
		"did not answer the telephone":       {Chain{Lost: lost, After: []booking.Appointment{held}, Case: Case{CallAt: later, LastCall: CallNoAnswer}}, Unreached},
	} {
		if got := c.chain.Outcome(noon); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestCheckFindsWhoIsLeftOverOrInTwo(t *testing.T) {
	lost := booking.Appointment{ID: "a", Purpose: booking.PurposeVisit, State: booking.Cancelled, Reason: booking.ReasonSuspended}
	visit := booking.Appointment{Purpose: booking.PurposeVisit, State: booking.Booked}
	held := booking.Appointment{Purpose: booking.PurposeOption, State: booking.Held}
	of := Case{AppointmentID: "a"}
	refunded := Case{AppointmentID: "a", Step: StepRefunded}
	for name, c := range map[string]struct {
		all    []booking.Appointment
		chains []Chain
		faults int
	}{
		"nothing wrong":         {[]booking.Appointment{lost}, []Chain{{Case: of, Lost: lost, After: []booking.Appointment{held}}}, 0},
		"left over":             {[]booking.Appointment{lost}, nil, 1},
		"still stands":          {[]booking.Appointment{visit}, nil, 1},
		"two cases":             {[]booking.Appointment{lost}, []Chain{{Case: of, Lost: lost}, {Case: of, Lost: lost}}, 1},
		"two places":            {[]booking.Appointment{lost}, []Chain{{Case: of, Lost: lost, After: []booking.Appointment{visit, visit}}}, 1},
		"rebooked and refunded": {[]booking.Appointment{lost}, []Chain{{Case: refunded, Lost: lost, After: []booking.Appointment{visit}}}, 1},
		"refunded, still kept":  {[]booking.Appointment{lost}, []Chain{{Case: refunded, Lost: lost, After: []booking.Appointment{held}}}, 1},
		"a no-show":             {nil, []Chain{{Case: of, Lost: booking.Appointment{State: booking.NoShow}}}, 1},
	} {
		if got := Check(c.all, c.chains); len(got) != c.faults {
			t.Errorf("%s: faults %q, want %d", name, got, c.faults)
		}
	}
}
