package credit_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
)

// visit is a booked visit at nine that nobody came to; the deadline is half
// past eleven.
func visit(t *testing.T) (booking.Appointment, booking.Session) {
	t.Helper()
	start := day(t, "2026-03-10").Add(-3 * time.Hour)
	a := booking.Appointment{
		ID: "a1", PatientID: "p1", SessionID: "s1", State: booking.NoShow, Purpose: booking.PurposeVisit, Start: start, End: start.Add(30 * time.Minute),
		Day: houzhen.DateOf(start, shanghai), BookedAt: start.AddDate(0, 0, -5), EndedAt: start.Add(150 * time.Minute),
	}
	return a, booking.Session{ID: "s1", DoctorID: "d1", AttendingID: "d1", Status: booking.SessionClosed, Deadline: start.Add(150 * time.Minute)}
}

func TestExemption(t *testing.T) {
	at, s := visit(t)
	shield := func(kind, patient string, from, to time.Duration) credit.Shield {
		return credit.Shield{Kind: kind, PatientID: patient, From: at.Start.Add(from), To: at.Start.Add(to)}
	}
	for name, c := range map[string]struct {
		change  func(*booking.Appointment, *booking.Session)
		shields []credit.Shield
		retimed time.Duration // after the booking, 0 never
		want    string
	}{
		"nothing happened":                {want: ""},
		"suspended":                       {change: func(_ *booking.Appointment, s *booking.Session) { s.Status = booking.SessionSuspended }, want: credit.WhySuspended},
		"another doctor":                  {change: func(_ *booking.Appointment, s *booking.Session) { s.AttendingID = "d2" }, want: credit.WhySubstituted},
		"the hospital ended it":           {change: func(a *booking.Appointment, _ *booking.Session) { a.By = booking.ByHospital }, want: credit.WhyChanged},
		"another time than he booked":     {retimed: time.Hour, want: credit.WhyChanged},
		"booked at the new time":          {retimed: -time.Hour, want: ""},
		"down while check-in was open":    {shields: []credit.Shield{shield(credit.WhyFault, "", -20*time.Minute, -10*time.Minute)}, want: credit.WhyFault},
		"down before check-in opened":     {shields: []credit.Shield{shield(credit.WhyFault, "", -2*time.Hour, -30*time.Minute)}, want: ""},
		"down after the deadline":         {shields: []credit.Shield{shield(credit.WhyFault, "", 150*time.Minute, 4*time.Hour)}, want: ""},
		"in hospital":                     {shields: []credit.Shield{shield(credit.WhyInpatient, "p1", -72*time.Hour, 72*time.Hour)}, want: credit.WhyInpatient},
		"somebody else in hospital":       {shields: []credit.Shield{shield(credit.WhyInpatient, "p2", -72*time.Hour, 72*time.Hour)}, want: ""},
		"an emergency during the session": {shields: []credit.Shield{shield(credit.WhyEmergency, "p1", time.Hour, 2*time.Hour)}, want: credit.WhyEmergency},
		"death":                           {shields: []credit.Shield{shield(credit.WhyDeath, "p1", -time.Hour, 1000*time.Hour)}, want: credit.WhyDeath},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := at, s
			if c.change != nil {
				c.change(&a, &s)
			}
			var place booking.Slot
			if c.retimed != 0 {
				place.RetimedAt = a.BookedAt.Add(c.retimed)
			}
			if got := credit.Exemption(a, s, place, c.shields, a.EndedAt); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLateCancelled(t *testing.T) {
	at, _ := visit(t)
	free := at.Day.At(0, 0, shanghai).Add(-3 * time.Hour) // 21:00 of the day before
	for name, c := range map[string]struct {
		change func(*booking.Appointment)
		want   bool
	}{
		"after the free hour":        {func(a *booking.Appointment) { a.EndedAt = free.Add(time.Minute) }, true},
		"at the free hour":           {func(a *booking.Appointment) { a.EndedAt = free }, false},
		"booked after the free hour": {func(a *booking.Appointment) { a.BookedAt, a.EndedAt = free.Add(time.Hour), free.Add(2*time.Hour) }, false},
		"by the hospital":            {func(a *booking.Appointment) { a.EndedAt, a.By = free.Add(time.Hour), booking.ByHospital }, false},
		"a kept place":               {func(a *booking.Appointment) { a.EndedAt, a.Purpose = free.Add(time.Hour), booking.PurposeOption }, false},
		"moved":                      {func(a *booking.Appointment) { a.EndedAt, a.Reason = free.Add(time.Hour), booking.ReasonMoved }, false},
		"not cancelled":              {func(a *booking.Appointment) { a.EndedAt, a.State = free.Add(time.Hour), booking.NoShow }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := at
			a.State, a.By = booking.Cancelled, booking.ByPatient
			c.change(&a)
			if got := credit.LateCancelled(a, 3*time.Hour, shanghai); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestOnlyOnlineChannelsAreEverClosed(t *testing.T) {
	for channel, want := range map[string]bool{
		"app": true, "web": true, "wechat": true, "api": true, "platform": true,
		"desk": false, "phone": false, "telephone": false, "kiosk": false, "emergency": false, "his": false, "": false, "anything new": false,
	} {
		if got := credit.Online(channel); got != want {
			t.Errorf("%q: got %v, want %v", channel, got, want)
		}
	}
}

func TestAppealable(t *testing.T) {
	set := credit.DefaultRules()
	m := credit.Mark{ID: "m1", At: day(t, "2026-03-10"), State: credit.Counted}
	for name, c := range map[string]struct {
		state    credit.MarkState
		appealed bool
		after    time.Duration
		want     houzhen.Code
	}{
		"at once":             {credit.Counted, false, 0, ""},
		"on the last day":     {credit.Counted, false, 7*24*time.Hour - time.Second, ""},
		"too late":            {credit.Counted, false, 7 * 24 * time.Hour, houzhen.CodeAppealLate},
		"twice":               {credit.Counted, true, 0, houzhen.CodeAppealed},
		"what does not count": {credit.Exempt, false, 0, houzhen.CodeState},
		"what was lifted":     {credit.Lifted, false, 0, houzhen.CodeState},
	} {
		t.Run(name, func(t *testing.T) {
			m.State = c.state
			if got := houzhen.CodeOf(m.Appealable(set, c.appealed, m.At.Add(c.after))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
