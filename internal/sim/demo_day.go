package sim

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/queue"
)

// lookAround is what people notice each minute: that they are told to leave
// home, and that a doctor does not come.
func (d *Demo) lookAround(ctx context.Context) error {
	queues, err := d.queuesOf(ctx, d.Day)
	if err != nil {
		return err
	}
	for _, q := range queues {
		for _, t := range q.Tickets {
			if v, made := d.people[t.PatientID]; made && t.State == queue.NotCheckedIn && !t.LeaveAdvisedAt.IsZero() {
				d.setOut(ctx, v)
			}
		}
	}
	cancelled, err := d.App.Booking.Sessions(ctx, booking.SessionFilter{
		From: d.Day, To: d.Day.AddDays(1), Status: []booking.SessionStatus{booking.SessionSuspended},
	})
	if err != nil {
		return err
	}
	for _, s := range cancelled {
		if !d.suspended[s.ID] {
			d.suspended[s.ID] = true
			if err := d.told(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// queuesOf loads the queues of a day.
func (d *Demo) queuesOf(ctx context.Context, day houzhen.Date) (list []queue.Queue, err error) {
	from := day.At(0, 0, d.App.Location())
	err = d.App.Store.Queue().View(ctx, func(tx queue.Tx) error {
		list, err = tx.Queues(ctx, "", from, from.Add(24*time.Hour))
		return err
	})
	return list, err
}

// cancelDoctor lets one doctor cancel his afternoon: the fullest session of a
// person, no pool. Suspending is the manager's button.
func (d *Demo) cancelDoctor(ctx context.Context, sessions []booking.Session) {
	at := later(d.Day.At(9, 30, d.App.Location()), d.now().Add(15*time.Minute))
	d.at(at, func() error {
		index, err := d.App.Directory.Index(ctx)
		if err != nil {
			return err
		}
		booked, err := d.App.Booking.Appointments(ctx, booking.AppointmentFilter{
			From: d.Day, To: d.Day, States: []booking.State{booking.Booked}, Purpose: booking.PurposeVisit,
		})
		if err != nil {
			return err
		}
		count := map[string]int{}
		for _, a := range booked {
			count[a.SessionID]++
		}
		var chosen booking.Session
		for _, s := range sessions {
			if s.Part != houzhen.Morning && s.Start.After(at) && !index.DoctorOf(s.DoctorID).Pool && count[s.ID] > count[chosen.ID] {
				chosen = s
			}
		}
		if chosen.ID == "" {
			return nil
		}
		_, err = d.App.SuspendSession(ctx, chosen.ID, "demo", "ill")
		return err
	})
}

// told lets the patients of a suspended session read the notice: most choose
// one of the places kept for them, some decline, some never answer.
func (d *Demo) told(ctx context.Context, s booking.Session) error {
	ended, err := d.App.Booking.Appointments(ctx, booking.AppointmentFilter{SessionID: s.ID, States: []booking.State{booking.Cancelled}})
	if err != nil {
		return err
	}
	for _, a := range ended {
		v, made := d.visitor(a.PatientID)
		if !made || a.Reason != booking.ReasonSuspended || v.appointment != a.ID {
			continue
		}
		v.trip++ // he stays at home for now
		luck := v.chance.Float64()
		if luck > 0.85 {
			continue
		}
		d.in(minutes(v.chance, 3, 55), func() error {
			if luck > 0.75 {
				return d.App.Booking.Decline(ctx, a.ID)
			}
			return d.choose(ctx, v, a.ID)
		})
	}
	return nil
}

func (d *Demo) visitor(patientID string) (*visitor, bool) {
	if v, ok := d.people[patientID]; ok {
		return v, true
	}
	for _, v := range d.next {
		if v.patient == patientID {
			return v, true
		}
	}
	return nil, false
}

func (d *Demo) choose(ctx context.Context, v *visitor, origin string) error {
	options, err := d.App.Booking.Options(ctx, origin)
	if err != nil || len(options) == 0 {
		return err
	}
	a, err := d.App.Booking.Choose(ctx, options[v.chance.IntN(len(options))].ID)
	if err != nil {
		return err
	}
	v.has(a)
	switch a.Day {
	case d.Day:
		d.expect(ctx, v)
	case d.Day.AddDays(1):
		if !slices.Contains(d.next, v) {
			d.next = append(d.next, v)
		}
	}
	return nil
}

// walkIns lets people come to the desk without an appointment, now and then.
func (d *Demo) walkIns(ctx context.Context) {
	r := Rand(d.Seed, "walk-ins "+d.Day.String())
	var next func() error
	next = func() error {
		d.in(minutes(r, 3, 9), next)
		return d.walkIn(ctx, r.Float64() < 0.15)
	}
	d.at(later(d.Day.At(8, 20, d.App.Location()), d.now().Add(5*time.Minute)), next)
}

// walkIn takes a place that an absent patient left, or, if any will do, one
// that nobody booked; without one he goes away again.
func (d *Demo) walkIn(ctx context.Context, anyPlace bool) error {
	offers, err := d.App.Booking.Find(ctx, booking.FindQuery{From: d.Day, To: d.Day, Who: booking.Who{Channel: booking.DeskChannel, Desk: true}})
	if err != nil {
		return err
	}
	now := d.now()
	i := slices.IndexFunc(offers, func(o booking.Offer) bool {
		running := now.After(o.Session.Start) && now.Before(o.Session.Deadline.Add(-10*time.Minute))
		return running && o.Session.Status == booking.SessionOpen && (anyPlace && o.Free > 0 || leftBySomebody(o))
	})
	if i < 0 {
		return nil
	}
	v, err := d.register(ctx)
	if err != nil {
		return err
	}
	a, err := d.App.Booking.WalkIn(ctx, booking.WalkInRequest{
		Caller: "demo", Key: uuid.NewString(), SessionID: offers[i].Session.ID, PatientID: v.patient,
	})
	if err != nil {
		return err
	}
	v.has(a)
	v.wanders = false
	d.people[v.patient] = v
	return d.arrive(ctx, v)
}

// leftBySomebody reports whether a place of the offer was somebody else's.
func leftBySomebody(o booking.Offer) bool {
	return slices.ContainsFunc(o.Slices, func(s booking.SliceOffer) bool { return s.FirstNo >= booking.FirstWalkIn })
}
