package clinics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/bookingtest"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/notifytest"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/queue/queuetest"
)

// house is where one session is held: the services of booking, queue and
// notify over stores in memory, on one clock, and the arrows between them that
// the server has. It decides nothing.
type house struct {
	ctx     context.Context
	now     time.Time
	session booking.Session

	booking *booking.Service
	places  booking.Store
	queue   *queue.Service
	lines   *lines
	notify  *notify.Service
	mail    *notifytest.Store
	world   *notifytest.World
	policy  queue.Policy
	plans   notify.Policy

	callAt func(ticketID string) time.Time          // the later end of what he was shown
	told   func(patientID string, kind notify.Kind) // a message has arrived
	phones map[string]string                        // by patient
	chance map[string]float64                       // of patients to stay away, as a model of no-shows would have foretold it
	first  map[string]bool                          // patients whom the doctor has not seen before
	failed error
	calls  int // request ids so far
	sent   int // messages
}

// quiet hides that the store can be heard: bookings that come one by one need
// no groups.
type quiet struct{ booking.Store }

// bookedWithin is a policy for people who book at other clinics too: no limits
// but the database's.
func bookedWithin() booking.Policy {
	p := booking.DefaultPolicy()
	p.HorizonDays, p.PerDepartmentDay, p.PerWeek, p.PerQuarter = 0, 0, 0, 0
	return p
}

// firstPhone is where the numbers of made-up people begin.
const firstPhone = 13900000000

// newHouse makes a house on the eve of a session and opens the session for
// booking.
func newHouse(ctx context.Context, x *session, p queue.Policy) (*house, error) {
	h := &house{
		ctx: ctx, now: x.start.Add(-24 * time.Hour), policy: p, world: notifytest.NewWorld(), plans: notify.DefaultPolicy(time.UTC),
		phones: map[string]string{}, first: map[string]bool{}, chance: map[string]float64{},
	}
	clock := func() time.Time { return h.now }
	store := bookingtest.New(clock)
	store.Watch(func(_ context.Context, facts []houzhen.Event) { h.react(facts) })
	h.places = quiet{store}
	var err error
	if h.booking, err = booking.NewService(h.places, time.UTC, bookedWithin(), booking.WithExpectation(h)); err != nil {
		return nil, fmt.Errorf("booking: %w", err)
	}
	h.lines = &lines{Store: queuetest.NewStore(h.now), react: h.react}
	h.queue = queue.NewService(h.lines, func(string) queue.Policy { return h.policy }, time.UTC)
	h.mail = notifytest.NewStore(clock)
	h.notify = notify.NewService(h.mail, h.world, []notify.Sender{notifytest.NewSender(notify.SMS, h.deliver)}, notify.Options{Policy: h.plans, Now: clock})
	h.session, err = h.booking.AddSession(ctx, booking.Session{
		DepartmentID: "department", ZoneID: "zone", RoomID: "room", DoctorID: x.clinic.doctor(), Date: x.date, Part: houzhen.Morning,
		Start: x.start, End: x.end, SliceMinutes: int(x.clinic.slot), SliceCapacity: 1, Class: booking.Specialist, Prefix: "A", ReleaseAt: h.now,
	})
	return h, err
}

// deliver is the provider: what it is given arrives at once.
func (h *house) deliver(_ context.Context, p notify.Parcel) notify.Sent {
	h.sent++
	if h.told != nil {
		h.told(p.Recipient, p.Kind)
	}
	return notifytest.Accept(p)
}

// goTo moves the clock.
func (h *house) goTo(at time.Time) {
	if at.After(h.now) {
		h.lines.Advance(at.Sub(h.now))
		h.now = at
	}
}

// request makes a request id.
func (h *house) request() string {
	h.calls++
	return fmt.Sprint("request-", h.calls)
}

// react does what the server does about facts.
func (h *house) react(facts []houzhen.Event) {
	for _, e := range facts {
		if err := h.reaction(e); err != nil {
			h.failed = errors.Join(h.failed, fmt.Errorf("react to %s: %w", e.Kind, err))
		}
	}
}

func (h *house) reaction(e houzhen.Event) error {
	switch e.Kind {
	case houzhen.SessionOpened:
		return h.open()
	case houzhen.AppointmentBooked:
		return h.booked(e)
	case houzhen.AppointmentNoShow:
		return h.lines.InTx(h.ctx, func(tx queue.Tx) error {
			_, err := h.queue.Drop(h.ctx, tx, e.Subject, queue.DropNotArrived)
			return err
		})
	case houzhen.TicketFinished:
		return h.fulfil(e)
	case houzhen.TicketLeaveNow:
		return h.tell(e, h.plans.PlanLeaveNow)
	case houzhen.TicketWaitALittle:
		return h.tell(e, h.plans.PlanWaitALittle)
	case houzhen.TicketCalled:
		return h.tell(e, h.plans.PlanCalled)
	case houzhen.TicketMissed:
		return h.tell(e, h.plans.PlanMissed)
	default:
		return nil
	}
}

// KeptAway implements booking.Expectation as the server does.
func (h *house) KeptAway(ctx context.Context, _ booking.Tx, a booking.Appointment) (kept bool, err error) {
	err = h.lines.View(ctx, func(tx queue.Tx) error {
		t, err := tx.TicketByAppointment(ctx, a.ID)
		if err != nil {
			return err
		}
		q, err := tx.Queue(ctx, t.SessionID)
		kept = queue.KeptAway(q, t, h.policy, h.now)
		return err
	})
	return kept, err
}

// open makes the queue and lets everybody in who is booked.
func (h *house) open() error {
	list, err := h.booking.Appointments(h.ctx, booking.AppointmentFilter{SessionID: h.session.ID, States: []booking.State{booking.Booked}})
	if err != nil {
		return err
	}
	return h.lines.InTx(h.ctx, func(tx queue.Tx) error {
		s := h.session
		err := h.queue.Open(h.ctx, tx, queue.OpenQueue{
			SessionID: s.ID, ZoneID: s.ZoneID, RoomID: s.RoomID, DoctorID: s.DoctorID, Prefix: s.Prefix,
			Start: s.Start, End: s.End, Deadline: s.Deadline,
		})
		for _, a := range list {
			if err == nil {
				_, err = h.queue.Admit(h.ctx, tx, h.admission(a))
			}
		}
		return err
	})
}

// admission is a booked patient as the queue sees him.
func (h *house) admission(a booking.Appointment) queue.Admission {
	return queue.Admission{
		AppointmentID: a.ID, PatientID: a.PatientID, SessionID: a.SessionID, No: a.SlotNo, SliceStart: a.Start, SliceEnd: a.End,
		WalkIn: booking.BandOf(a.SlotNo) == booking.BandWalkIn, TravelMinutes: a.TravelMinute, FirstVisit: h.first[a.PatientID],
		NoShow: h.chance[a.PatientID],
	}
}

func (h *house) booked(e houzhen.Event) error {
	a, err := h.booking.Appointment(h.ctx, e.Subject)
	if err != nil {
		return err
	}
	return h.enter(h.plans.PlanBooked(notify.Subject{
		ID: a.ID, Version: a.Version, Recipient: a.PatientID, HasPhone: true, Start: a.Start, End: a.End, BookedAt: a.BookedAt,
	}, h.now))
}

func (h *house) fulfil(e houzhen.Event) error {
	t, err := h.ticket(e.Subject)
	if err != nil {
		return err
	}
	return h.places.InTx(h.ctx, func(tx booking.Tx) error {
		_, err := h.booking.Fulfil(h.ctx, tx, t.AppointmentID)
		return err
	})
}

// tell tells the patient of a ticket what a fact about it means.
func (h *house) tell(e houzhen.Event, plan func(notify.Subject, time.Time) []notify.Message) error {
	t, err := h.ticket(e.Subject)
	if err != nil {
		return err
	}
	return h.enter(plan(notify.Subject{
		ID: t.ID, Version: e.Version, Recipient: t.PatientID, HasPhone: true, Start: t.SliceStart, End: t.SliceEnd, SessionEnd: h.session.End,
		CallAt: h.callAt(t.ID),
	}, h.now))
}

// enter writes messages into the ledger and delivers those that are due.
func (h *house) enter(rows []notify.Message) error {
	var ids []string
	for _, m := range rows {
		if h.phones[m.Recipient] == "" {
			h.phones[m.Recipient] = fmt.Sprint(firstPhone + len(h.phones))
		}
		h.world.Set(m.Subject, notifytest.Patient(h.phones[m.Recipient]))
	}
	err := h.mail.InTx(h.ctx, func(tx notify.Tx) (err error) {
		ids, err = notify.Enter(h.ctx, tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	_, err = h.notify.Deliver(h.ctx, ids)
	return err
}

func (h *house) ticket(id string) (t queue.Ticket, err error) {
	err = h.lines.View(h.ctx, func(tx queue.Tx) error {
		t, err = tx.Ticket(h.ctx, id)
		return err
	})
	return t, err
}

// line is the queue as it is now.
func (h *house) line() (q queue.Queue, err error) {
	err = h.lines.View(h.ctx, func(tx queue.Tx) error {
		q, err = tx.Queue(h.ctx, h.session.ID)
		return err
	})
	return q, err
}

// checkIn notes that somebody has come, as at the kiosk.
func (h *house) checkIn(appointmentID string) (t queue.Ticket, err error) {
	var a booking.Appointment
	err = h.places.InTx(h.ctx, func(tx booking.Tx) error {
		a, err = h.booking.CheckIn(h.ctx, tx, appointmentID)
		return err
	})
	if err != nil {
		return t, err
	}
	err = h.lines.InTx(h.ctx, func(tx queue.Tx) error {
		t, err = h.queue.CheckIn(h.ctx, tx, h.admission(a))
		return err
	})
	return t, err
}

// lines is a store of queues whose facts are heard after the commit, and whose
// past is that of the whole clinic.
type lines struct {
	*queuetest.Store

	react func([]houzhen.Event)
	past  past
}

// past is what a clinic held before: its consultations, newest first, and the
// queues in which they were, with their calls, by session.
type past struct {
	held   []queue.Consultation
	queues map[string]heldQueue
}

type heldQueue struct {
	queue.Queue
	calls []queue.Call
}

// InTx implements queue.Store.
func (l *lines) InTx(ctx context.Context, f func(queue.Tx) error) error {
	heard := &hearing{past: l.past}
	err := l.Store.InTx(ctx, func(tx queue.Tx) error {
		heard.Tx = tx
		return f(heard)
	})
	if err == nil {
		l.react(heard.facts)
	}
	return err
}

// View implements queue.Store.
func (l *lines) View(ctx context.Context, f func(queue.Tx) error) error {
	return l.Store.View(ctx, func(tx queue.Tx) error { return f(&hearing{Tx: tx, past: l.past}) })
}

type hearing struct {
	queue.Tx

	past  past
	facts []houzhen.Event
}

// Emit implements queue.Tx.
func (t *hearing) Emit(e houzhen.Event) error {
	t.facts = append(t.facts, e)
	return t.Tx.Emit(e)
}

// Consultations implements queue.Tx with what was held in earlier sessions.
func (t *hearing) Consultations(_ context.Context, _ string, since time.Time, limit int) ([]queue.Consultation, error) {
	n, held := 0, t.past.held
	for n < min(len(held), limit) && !held[n].Start.Before(since) {
		n++
	}
	return held[:n], nil
}

// Queue implements queue.Tx with the queues of earlier sessions.
func (t *hearing) Queue(ctx context.Context, sessionID string) (queue.Queue, error) {
	if q, ok := t.past.queues[sessionID]; ok {
		return q.Queue, nil
	}
	return t.Tx.Queue(ctx, sessionID)
}

// Calls implements queue.Tx with the calls of earlier sessions.
func (t *hearing) Calls(ctx context.Context, sessionID string) ([]queue.Call, error) {
	if q, ok := t.past.queues[sessionID]; ok {
		return q.calls, nil
	}
	return t.Tx.Calls(ctx, sessionID)
}
