package sim

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// habit says how somebody comes to his visit.
type habit int

const (
	comesEarly    habit = iota // on his own, before his slice
	followsAdvice              // sets out when he is told to
	comesLate                  // around the end of his slice, or after it
	cancelsToday               // gives his place up in time
	staysAway                  // and tells nobody
)

// visitor is a made-up patient. What he knows of the hospital he learns from
// it; he only knows where he is himself.
type visitor struct {
	patient, account, appointment string
	start, end                    time.Time // of his slice

	habit   habit
	stated  int // minutes of his way as he told, 0 if he did not
	travel  time.Duration
	wanders bool // is not at the door at his first call
	leaves  bool // and does not come back
	trip    int  // a later plan to come replaces an earlier one
	onRoad  bool
	here    bool
	chance  *rand.Rand
}

func newVisitor(r *rand.Rand) *visitor {
	v := &visitor{chance: r, stated: 8 + r.IntN(38)}
	v.travel = time.Duration(v.stated) * time.Minute * time.Duration(85+r.IntN(40)) / 100
	switch luck := r.Float64(); {
	case luck < 0.07:
		v.habit = staysAway
	case luck < 0.10:
		v.habit = cancelsToday
	case luck < 0.17:
		v.habit = comesLate
	case luck < 0.65:
		v.habit = followsAdvice
	}
	if v.habit != followsAdvice && r.Float64() < 0.3 {
		v.stated = 0
	}
	v.wanders = r.Float64() < 0.07
	v.leaves = v.wanders && r.Float64() < 0.25
	return v
}

// has notes the place that the visitor holds now.
func (v *visitor) has(a booking.Appointment) {
	v.appointment, v.start, v.end = a.ID, a.Start, a.End
	v.here, v.onRoad = false, false
}

// expect plans how the visitor comes to his place of today.
func (d *Demo) expect(ctx context.Context, v *visitor) {
	switch v.habit {
	case staysAway:
	case cancelsToday:
		at := v.start.Add(-minutes(v.chance, 45, 150))
		if at.Before(d.now()) {
			at = d.now().Add(minutes(v.chance, 1, 20))
		}
		d.at(at, func() error { return d.giveUp(ctx, v) })
	case comesLate:
		d.come(ctx, v, v.end.Add(minutes(v.chance, -10, 35)))
	case followsAdvice: // and without any he comes when his slice begins
		d.come(ctx, v, v.start.Add(minutes(v.chance, 0, 10)))
	case comesEarly:
		d.come(ctx, v, v.start.Add(-minutes(v.chance, 5, 35)))
	}
}

// come plans the arrival in place of an earlier plan.
func (d *Demo) come(ctx context.Context, v *visitor, at time.Time) {
	if soonest := d.now().Add(minutes(v.chance, 0, 4)); at.Before(soonest) {
		at = soonest
	}
	v.trip++
	trip := v.trip
	d.at(at, func() error {
		if v.trip != trip || v.here {
			return nil
		}
		return d.arrive(ctx, v)
	})
}

// arrive is the voucher held under the scanner. Whoever is refused goes home.
func (d *Demo) arrive(ctx context.Context, v *visitor) error {
	_, err := d.App.CheckInAppointment(ctx, v.appointment)
	if houzhen.CodeOf(err) == houzhen.CodeConflict { // somebody was at it in the same moment
		d.come(ctx, v, d.now().Add(10*time.Second))
		return nil
	}
	v.here = err == nil
	return err
}

func (d *Demo) giveUp(ctx context.Context, v *visitor) error {
	_, err := d.App.Booking.Cancel(ctx, booking.CancelRequest{
		AppointmentID: v.appointment, By: booking.ByPatient, Reason: booking.ReasonWithdrawn,
	})
	return err
}

// setOut lets a visitor who was told to leave home do so.
func (d *Demo) setOut(ctx context.Context, v *visitor) {
	if v.habit != followsAdvice || v.onRoad || v.here {
		return
	}
	v.onRoad = true
	d.come(ctx, v, d.now().Add(v.travel+minutes(v.chance, 1, 4)))
}

// atDoor reports whether whoever is called is there to hear it. People whom
// somebody else made are where they have checked in.
func (d *Demo) atDoor(patientID string) bool {
	v, made := d.people[patientID]
	return !made || v.here && !v.wanders
}

// missed lets a visitor who was not there find out, and come back.
func (d *Demo) missed(ctx context.Context, patientID string) {
	v, made := d.people[patientID]
	if !made || v.leaves {
		return
	}
	v.wanders = false
	d.in(minutes(v.chance, 5, 14), func() error {
		_, err := d.App.CheckInAppointment(ctx, v.appointment)
		return err
	})
}
