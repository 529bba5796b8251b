package app

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/continuation"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/internal/outbox"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/queue"
)

// reaction is an outbox.Reaction that sees all domains.
type reaction func(ctx context.Context, tx everything, e houzhen.Event) error

// reactions says which fact causes what. It is the only table of its kind;
// a test holds it complete. Every reaction reads state and may run twice.
func (a *App) reactions() map[houzhen.EventKind][]outbox.Reaction {
	table := map[houzhen.EventKind][]reaction{
		houzhen.AppointmentBooked:    {a.tellBooked, a.admit, a.forecastBooked},
		houzhen.AppointmentMoved:     {a.tellMoved, a.leaveOldQueue, a.admit, a.forecastBooked},
		houzhen.AppointmentCancelled: {a.tellCancelled, a.reviewPayment, a.leaveQueue, a.noteCancelled, a.giveContinuationBack},
		houzhen.ContinuationGiven:    {a.tellContinued},
		houzhen.AppointmentCheckedIn: {},
		houzhen.AppointmentFulfilled: {},
		houzhen.AppointmentNoShow:    {a.leaveQueue, a.noteNoShow},
		houzhen.PlaceReleased:        {a.show},
		houzhen.PlaceOpened:          {a.adoptPlaces},
		houzhen.PlaceDisplaced:       {a.tellDisplaced},
		houzhen.OptionKept:           {},
		houzhen.OptionChosen:         {a.closeChosenQuestion, a.reviewOrigin},
		houzhen.OptionLapsed:         {a.reviewOrigin},
		houzhen.DrawLost:             {a.tellDrawLost},
		houzhen.SessionOpened:        {a.openQueue, a.show},
		houzhen.SessionSuspended:     {a.freezeWaitlist, a.show},
		houzhen.SessionResized:       {a.show},
		houzhen.SessionRetimed:       {a.retimeQueue, a.show},
		houzhen.AppointmentRetimed:   {a.tellRetimed, a.forecastBooked},
		houzhen.SessionClosed:        {a.closeQueue, a.show},
		houzhen.SessionSubstituted:   {a.relocateQueue, a.tellSubstituted, a.show},
		houzhen.SessionPlaceChanged:  {a.relocateQueue, a.tellPlaceChanged, a.show},
		houzhen.SuspensionAsked:      {},
		houzhen.SuspensionDecided:    {},
		houzhen.RefundChosen:         {a.tellRefund, a.closeQuestion, a.reviewPayment},
		houzhen.AppointmentReseated:  {a.freeReseated, a.show},
		houzhen.ReplyReceived:        {a.answerReply},
		houzhen.PatientResultsReady:  {a.noteResults, a.show},
		houzhen.PatientElsewhere:     {}, // read at check-in
		houzhen.PatientAdmitted:      {a.leaveQuietly},
		houzhen.PatientDied:          {a.mourn, a.leaveQuietly},
		houzhen.PatientMerged:        {a.showMerged},
		houzhen.ProxyAsked:           {a.tellProxy},
		houzhen.PaymentAsked:         {a.tellHold},
		houzhen.PaymentKept:          {},
		houzhen.PaymentRefunded:      {a.tellRefunded, a.noteRefund},
		houzhen.PaymentStuck:         {a.tellStuck},
		houzhen.PaymentSettled:       {},
		houzhen.ZoneNotice:           {a.showNotices},
		houzhen.SignInAsked:          {}, // its message is planned with the code, in one transaction
	}
	maps.Copy(table, a.queueReactions())
	maps.Copy(table, a.waitReactions())
	maps.Copy(table, a.creditReactions())
	wired := map[houzhen.EventKind][]outbox.Reaction{}
	for kind, list := range table {
		wired[kind] = nil
		for _, r := range list {
			wired[kind] = append(wired[kind], func(ctx context.Context, tx outbox.Tx, e houzhen.Event) error {
				return r(ctx, tx.(everything), e)
			})
		}
	}
	return wired
}

// queueReactions is the part of the table about tickets and their queues. Each
// of them is shown, and of some that is all.
func (a *App) queueReactions() map[houzhen.EventKind][]reaction {
	table := map[houzhen.EventKind][]reaction{
		houzhen.TicketAdmitted:    {},
		houzhen.TicketCheckedIn:   {a.tellCheckedIn},
		houzhen.TicketCalled:      {a.tellCalled},
		houzhen.TicketRecalled:    {},
		houzhen.TicketMissed:      {a.tellMissed, a.freeElsewhere},
		houzhen.TicketStarted:     {},
		houzhen.TicketFinished:    {a.fulfil, a.freeElsewhere},
		houzhen.TicketDropped:     {},
		houzhen.TicketLeaveNow:    {a.tellLeaveNow},
		houzhen.TicketWaitALittle: {a.tellWaitALittle},
		houzhen.TicketOrdered:     {},
		houzhen.TicketSetAside:    {},
		houzhen.TicketOutForTests: {a.freeElsewhere},
		houzhen.TicketReturned:    {},
		houzhen.TicketUndone:      {},
		houzhen.QueueDesks:        {},
		houzhen.QueuePaused:       {a.tellPaused},
		houzhen.QueueResumed:      {},
	}
	for kind := range table {
		table[kind] = append(table[kind], a.show)
	}
	return table
}

// enter writes messages into the ledger and wakes their delivery after the
// commit, together with those of other facts that are worked on at once. What
// the wake-up loses the sweeper finds.
func (a *App) enter(ctx context.Context, tx everything, rows []notify.Message) error {
	if c := crowdOf(ctx, tx); c.collects {
		c.rows = append(c.rows, rows...)
		return nil
	}
	return a.enterNow(ctx, tx, rows)
}

func (a *App) enterNow(ctx context.Context, tx everything, rows []notify.Message) error {
	ids, err := notify.Enter(ctx, tx, rows)
	if err != nil || len(ids) == 0 {
		return err
	}
	fresh := map[string]bool{}
	for _, id := range ids {
		fresh[id] = true
	}
	due := map[houzhen.Urgency][]string{}
	for _, m := range rows {
		if fresh[m.ID] && !m.DueAt.After(tx.Now()) {
			due[m.Urgency] = append(due[m.Urgency], m.ID)
		}
	}
	for u, ids := range due {
		outbox.AfterCommit(ctx, func(context.Context) { a.mail.Add(u, ids...) })
	}
	return nil
}

// subject is an appointment as planners see it.
func (a *App) subject(ctx context.Context, tx everything, at booking.Appointment) (notify.Subject, error) {
	p, err := patientOf(ctx, tx, at.PatientID)
	if err != nil {
		return notify.Subject{}, err
	}
	return a.reached(ctx, tx, notify.Subject{
		ID: at.ID, Version: at.Version, Start: at.Start, End: at.End, BookedAt: at.BookedAt,
		Drawn: at.Channel == draw.Channel, Continued: at.Channel == continuation.Channel,
	}, p)
}

func (a *App) tellBooked(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.confirm(ctx, tx, e, func(s notify.Subject, now time.Time) []notify.Message {
		switch {
		case s.Drawn:
			return a.policy.PlanDrawWon(s, now)
		case s.Continued:
			return a.policy.PlanContinued(s, now)
		}
		return a.policy.PlanBooked(s, now)
	})
}

func (a *App) tellMoved(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.confirm(ctx, tx, e, a.policy.PlanMoved)
}

// confirm tells the patient of the place that a fact gave him, unless he has
// another one by now.
func (a *App) confirm(ctx context.Context, tx everything, e houzhen.Event, plan func(notify.Subject, time.Time) []notify.Message) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil || !at.Active() || at.Version != e.Version {
		return err
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	return a.enter(ctx, tx, plan(s, tx.Now()))
}

// tellCancelled tells the patient that the place is given back, or that the
// doctor will not come and places are kept to choose from. A hold that lapsed
// is told by nobody.
func (a *App) tellCancelled(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil || at.Active() || at.Purpose != booking.PurposeVisit || at.Trace() || quietly(at.Reason) {
		return err
	}
	s, err := a.subject(ctx, tx, at)
	if err != nil {
		return err
	}
	if at.By != booking.ByHospital || at.Reason == booking.ReasonDuplicate || at.Reason == booking.ReasonRetimed {
		return a.enter(ctx, tx, a.policy.PlanCancelled(s, tx.Now()))
	}
	session, err := sessionOf(ctx, tx, at.SessionID)
	if err != nil {
		return err
	}
	s.SessionEnd = session.End
	if err := a.askByReply(ctx, tx, at, session.End); err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanSuspended(s, tx.Now()))
}

// ticketSubject is a ticket as planners see it; its messages go to its patient.
func (a *App) ticketSubject(ctx context.Context, tx everything, e houzhen.Event) (queue.Ticket, notify.Subject, error) {
	t, err := ticketOf(ctx, tx, e.Subject)
	if err != nil {
		return t, notify.Subject{}, err
	}
	p, err := patientOf(ctx, tx, t.PatientID)
	if err != nil {
		return t, notify.Subject{}, err
	}
	session, err := sessionOf(ctx, tx, t.SessionID)
	if err != nil {
		return t, notify.Subject{}, err
	}
	s, err := a.reached(ctx, tx, notify.Subject{
		ID: t.ID, Version: e.Version, Start: t.SliceStart, End: t.SliceEnd, SessionEnd: session.End,
	}, p)
	return t, s, err
}

func (a *App) tellCalled(ctx context.Context, tx everything, e houzhen.Event) error {
	t, s, err := a.ticketSubject(ctx, tx, e)
	if err != nil || t.State != queue.Called {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanCalled(s, tx.Now()))
}

func (a *App) tellMissed(ctx context.Context, tx everything, e houzhen.Event) error {
	t, s, err := a.ticketSubject(ctx, tx, e)
	if err != nil || t.State != queue.Missed {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanMissed(s, tx.Now()))
}

func (a *App) tellLeaveNow(ctx context.Context, tx everything, e houzhen.Event) error {
	t, s, err := a.ticketSubject(ctx, tx, e)
	if err != nil || t.State != queue.NotCheckedIn {
		return err
	}
	q, err := tx.Queue(ctx, t.SessionID)
	if err != nil {
		return fmt.Errorf("load queue: %w", err)
	}
	order, err := a.boards.standings(ctx, tx, q, tx.Now())
	if err != nil {
		return err
	}
	s.CallAt = order[t.ID].hi
	if err := a.askTheWay(ctx, tx, t, s.SessionEnd); err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanLeaveNow(s, tx.Now()))
}

// openQueue makes the session's queue and admits everybody booked into it.
func (a *App) openQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	session, err := tx.Session(ctx, e.Subject)
	if err != nil || session.Status != booking.SessionOpen {
		return err
	}
	if err := a.openFor(ctx, tx, session); err != nil {
		return err
	}
	booked, err := tx.Appointments(ctx, booking.AppointmentFilter{
		SessionID: session.ID, States: []booking.State{booking.Booked, booking.CheckedIn}, Purpose: booking.PurposeVisit,
	})
	if err != nil {
		return fmt.Errorf("load appointments: %w", err)
	}
	for _, at := range booked {
		admission, err := a.foreknown(ctx, tx, at)
		if err != nil {
			return err
		}
		if _, err := a.Queue.Admit(ctx, tx, admission); err != nil {
			return fmt.Errorf("admit: %w", err)
		}
	}
	return nil
}

// admit lets whoever booked after the session opened into its queue.
func (a *App) admit(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := tx.Appointment(ctx, e.Subject)
	if err != nil || at.State != booking.Booked {
		return err
	}
	session, err := tx.Session(ctx, at.SessionID)
	if err != nil || session.Status != booking.SessionOpen {
		return err
	}
	if err := a.openFor(ctx, tx, session); err != nil {
		return err
	}
	admission, err := a.foreknown(ctx, tx, at)
	if err != nil {
		return err
	}
	_, err = a.Queue.Readmit(ctx, tx, admission)
	return err
}

// leaveOldQueue takes a moved appointment out of the queue it was in; admit
// lets it into the new one.
func (a *App) leaveOldQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	return a.drop(ctx, tx, e.Subject, queue.DropMoved)
}

func (a *App) leaveQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	at, err := appointmentOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	why := queue.DropCancelled
	switch {
	case at.State == booking.NoShow:
		why = queue.DropNotArrived
	case at.Active():
		return nil // chosen again meanwhile
	case at.By == booking.ByHospital:
		why = queue.DropSuspended
	}
	return a.drop(ctx, tx, e.Subject, why)
}

func (a *App) drop(ctx context.Context, tx everything, appointmentID, why string) error {
	_, err := a.Queue.Drop(ctx, tx, appointmentID, why)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return nil // it was in no queue
	}
	return err
}

// closeQueue lets nobody wait in a session that is over: whoever still stood
// there is carried over, which is never a no-show.
func (a *App) closeQueue(ctx context.Context, tx everything, e houzhen.Event) error {
	_, err := a.Queue.EndSessionTx(ctx, tx, queue.EndRequest{
		SessionID: e.Subject, RequestID: "close-" + e.Subject, Dispose: queue.DropCarriedOver,
	})
	if code := houzhen.CodeOf(err); code == houzhen.CodeNotFound || code == houzhen.CodeSessionClosed {
		return nil // it never had a queue, or the doctor ended it
	}
	return err
}

// fulfil notes in the booking that the patient was seen.
func (a *App) fulfil(ctx context.Context, tx everything, e houzhen.Event) error {
	t, err := ticketOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	if c := crowdOf(ctx, tx); c.collects {
		c.visits = append(c.visits, t.AppointmentID)
		return nil
	}
	_, err = a.Booking.Fulfil(ctx, tx, t.AppointmentID)
	return err
}

// fulfilAll is fulfil for all whom facts that are worked on together are about.
func (a *App) fulfilAll(ctx context.Context, tx everything, appointments []string) error {
	if len(appointments) == 0 {
		return nil
	}
	return tx.Together(func() error { return a.Booking.FulfilAll(ctx, tx, appointments) })
}

// show asks for the boards of the session to be drawn again, unless this node
// did so when the fact was committed.
func (a *App) show(ctx context.Context, _ everything, e houzhen.Event) error {
	if e.Session != "" && !a.opt.Blind {
		outbox.AfterCommit(ctx, func(context.Context) {
			if !a.live.knows(e.ID) {
				a.live.touch(e.Session)
			}
		})
	}
	return nil
}
