package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/queue"
)

// Wizard lists who has come to a session whose doctor is gone, those at the
// door first, and where they could go on.
func (a *App) Wizard(ctx context.Context, sessionID string) (w api.Wizard, err error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return w, err
	}
	err = a.view(ctx, func(tx everything) error {
		w = api.Wizard{}
		if w.Session, err = tx.Session(ctx, sessionID); err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		q, err := tx.Queue(ctx, sessionID)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		w.PausedFor, w.Desk = pausedFor(q), q.Desk
		for _, t := range queue.Present(q) {
			p, err := tx.Patient(ctx, t.PatientID)
			if err != nil {
				return fmt.Errorf("load patient: %w", err)
			}
			c, err := tx.Case(ctx, sessionID, t.AppointmentID)
			if err != nil && houzhen.CodeOf(err) != houzhen.CodeNotFound {
				return err
			}
			w.Here = append(w.Here, api.WizardLine{
				AppointmentID: t.AppointmentID, Label: t.Label, Name: p.Name, State: t.State, Since: t.CheckedInAt, Waits: c.Step == suspension.StepWaits,
			})
		}
		w.Running, err = running(ctx, tx, index, w.Session)
		return err
	})
	return w, err
}

func pausedFor(q queue.Queue) string {
	if q.Desk == queue.DeskPaused {
		return q.PauseReason
	}
	return ""
}

// running lists the sessions of the doctor's peers that run now, the one with
// the fewest waiting first.
func running(ctx context.Context, tx everything, index *directory.Index, x booking.Session) ([]api.WizardTarget, error) {
	list, err := tx.Sessions(ctx, booking.SessionFilter{
		DepartmentID: x.DepartmentID, From: x.Date, To: x.Date, Status: []booking.SessionStatus{booking.SessionOpen},
	})
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	peers := index.Peers(x.DoctorID)
	var targets []api.WizardTarget
	for _, o := range list {
		if o.ID == x.ID || !tx.Now().Before(o.End) || o.Start.After(x.End) || !slices.Contains(peers, o.AttendingID) {
			continue
		}
		waiting, sees, err := lineOf(ctx, tx, o.ID)
		if err != nil {
			return nil, err
		}
		if sees {
			targets = append(targets, api.WizardTarget{Session: o, Waiting: waiting})
		}
	}
	slices.SortStableFunc(targets, func(a, b api.WizardTarget) int { return a.Waiting - b.Waiting })
	return targets, nil
}

// lineOf counts who is in the line of a session's doctor, and reports whether he
// still sees patients; of a queue that is not open yet that is nobody.
func lineOf(ctx context.Context, tx everything, sessionID string) (n int, sees bool, err error) {
	q, err := tx.Queue(ctx, sessionID)
	if houzhen.CodeOf(err) == houzhen.CodeNotFound {
		return 0, true, nil
	}
	return len(queue.Present(q)), q.Desk != queue.DeskEnded, err
}

// Dispose does what the desk decided for those who have come, all in one
// transaction: places, queues, cases and the audit. Those who are disposed of
// already are left as they are.
func (a *App) Dispose(ctx context.Context, r api.Disposal) (done []api.Disposed, err error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(api.DisposalActions(), r.Action) {
		return nil, houzhen.E(houzhen.CodeInvalid, "no such way to dispose of patients").On("action")
	}
	err = a.inTx(ctx, func(tx everything) error {
		done = nil
		x, err := tx.LockSession(ctx, r.SessionID)
		if err != nil {
			return fmt.Errorf("lock session: %w", err)
		}
		here, err := a.here(ctx, tx, x, r.AppointmentIDs)
		if err != nil {
			return err
		}
		targets, err := running(ctx, tx, index, x)
		if err != nil {
			return err
		}
		for i, t := range here {
			d, err := a.disposeOne(ctx, tx, disposal{r: r, session: x, targets: targets, nth: i, peers: index.Peers(x.DoctorID)}, t)
			if err != nil {
				return err
			}
			done = append(done, d)
		}
		return tx.Append(ctx, r.By, "session.dispose", x.ID, fmt.Sprintf("%s %d", r.Action, len(done)))
	})
	return done, err
}

// here gives the tickets of those who are meant and have come; nil ids mean
// everybody.
func (a *App) here(ctx context.Context, tx everything, x booking.Session, ids []string) ([]queue.Ticket, error) {
	q, err := tx.Queue(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	present := queue.Present(q)
	if len(ids) == 0 {
		return present, nil
	}
	present = slices.DeleteFunc(present, func(t queue.Ticket) bool { return !slices.Contains(ids, t.AppointmentID) })
	if len(present) == 0 {
		return nil, houzhen.E(houzhen.CodeState, "nobody of these is waiting in this session")
	}
	return present, nil
}

// disposal is one request at work.
type disposal struct {
	r       api.Disposal
	session booking.Session
	targets []api.WizardTarget
	nth     int
	peers   []string
}

func (a *App) disposeOne(ctx context.Context, tx everything, d disposal, t queue.Ticket) (api.Disposed, error) {
	did := api.Disposed{AppointmentID: t.AppointmentID, Label: t.Label}
	if err := a.openCase(ctx, tx, d, t); err != nil {
		return did, err
	}
	switch d.r.Action {
	case api.DisposeWait:
		at, err := tx.Appointment(ctx, t.AppointmentID)
		if err != nil {
			return did, err
		}
		return did, a.Suspension.Waits(ctx, tx, at)
	case api.DisposeSpread:
		return a.spread(ctx, tx, d, t)
	case api.DisposeMove:
		return a.moveOn(ctx, tx, d, t)
	default:
		if _, err := a.Booking.Release(ctx, tx, t.AppointmentID); err != nil {
			return did, err
		}
		if _, err := a.Queue.Drop(ctx, tx, t.AppointmentID, queue.DropRefunded); err != nil {
			return did, err
		}
		return did, a.Suspension.RefundTx(ctx, tx, t.AppointmentID, suspension.ViaDesk)
	}
}

// openCase notes who is disposed of in a session that is merely paused too.
func (a *App) openCase(ctx context.Context, tx everything, d disposal, t queue.Ticket) error {
	c := suspension.Case{
		AppointmentID: t.AppointmentID, SessionID: d.session.ID, PatientID: t.PatientID, Start: t.SliceStart, Here: true, Version: 1,
	}
	if of, err := tx.SuspensionOfSession(ctx, d.session.ID); err == nil {
		c.SuspensionID = of.ID
	} else if houzhen.CodeOf(err) != houzhen.CodeNotFound {
		return err
	}
	_, err := tx.AddCase(ctx, c)
	return err
}

// spread lets one go on to a peer who is sitting; everybody is dealt out in
// turn, so that nobody gets all of them.
func (a *App) spread(ctx context.Context, tx everything, d disposal, t queue.Ticket) (api.Disposed, error) {
	did := api.Disposed{AppointmentID: t.AppointmentID}
	if len(d.targets) == 0 {
		return did, houzhen.E(houzhen.CodeState, "no doctor of the same grade is sitting now")
	}
	to := d.targets[d.nth%len(d.targets)].Session
	_, admission, err := a.reseat(ctx, tx, t.AppointmentID, to)
	if err != nil {
		return did, err
	}
	ticket, err := a.Queue.Transfer(ctx, tx, admission)
	did.Label, did.SessionID = ticket.Label, to.ID
	return did, err
}

// moveOn gives one the best place there is on another half-day. With nothing
// free he stays on the list to be telephoned.
func (a *App) moveOn(ctx context.Context, tx everything, d disposal, t queue.Ticket) (api.Disposed, error) {
	did := api.Disposed{AppointmentID: t.AppointmentID, Label: t.Label}
	lost, kept, err := a.Booking.Rehouse(ctx, tx, t.AppointmentID, d.peers)
	if err != nil {
		return did, err
	}
	if _, err := a.Queue.Drop(ctx, tx, t.AppointmentID, queue.DropMoved); err != nil {
		return did, err
	}
	if len(kept) == 0 {
		return did, nil
	}
	best := slices.MinFunc(kept, func(x, y booking.Appointment) int { return rankKept(d.session, x, y) })
	chosen, err := a.Suspension.ChooseTx(ctx, tx, lost.ID, best.ID, suspension.ViaDesk)
	did.SessionID, did.Start = chosen.SessionID, chosen.Start
	return did, err
}

// rankKept puts the earlier place first, and of two at one time the doctor's own.
func rankKept(lost booking.Session, x, y booking.Appointment) int {
	if c := x.Start.Compare(y.Start); c != 0 {
		return c
	}
	switch lost.DoctorID {
	case x.DoctorID:
		return -1
	case y.DoctorID:
		return 1
	}
	return 0
}
