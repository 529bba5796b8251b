package app

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/suspension"
	"github.com/houzhen/houzhen/notify"
)

// Board shows what became of everybody whom a suspension concerns.
func (a *App) Board(ctx context.Context, id string) (b api.SuspensionBoard, err error) {
	err = a.view(ctx, func(tx everything) error {
		b = api.SuspensionBoard{}
		if b.Suspension, err = tx.Suspension(ctx, id); err != nil {
			return err
		}
		if b.Items, err = tx.Items(ctx, id); err != nil {
			return err
		}
		chains, err := a.chains(ctx, tx, suspension.CaseFilter{SuspensionID: id})
		if err != nil {
			return err
		}
		b.Counts = suspension.CountOf(chains, tx.Now())
		for _, c := range chains {
			line, err := boardLine(ctx, tx, c)
			if err != nil {
				return err
			}
			b.Lines = append(b.Lines, line)
		}
		return nil
	})
	return b, err
}

func boardLine(ctx context.Context, tx everything, c suspension.Chain) (api.SuspensionLine, error) {
	p, err := tx.Patient(ctx, c.Case.PatientID)
	if err != nil {
		return api.SuspensionLine{}, fmt.Errorf("load patient: %w", err)
	}
	line := api.SuspensionLine{
		Case: c.Case, Outcome: c.Outcome(tx.Now()), CallDue: c.CallDue(tx.Now()), Name: p.Name, PhoneTail: tail(p.Phone.Reveal(), 4),
	}
	for _, o := range c.After {
		switch {
		case o.Purpose == booking.PurposeOption && o.State == booking.Held && tx.Now().Before(o.ExpiresAt):
			line.Options = append(line.Options, o)
		case o.Purpose == booking.PurposeVisit && !o.Trace():
			line.Chosen = &o
		}
	}
	return line, nil
}

// chains loads cases with what is known of the notices about them.
func (a *App) chains(ctx context.Context, tx everything, f suspension.CaseFilter) ([]suspension.Chain, error) {
	chains, err := suspension.Chains(ctx, tx, f)
	if err != nil {
		return nil, err
	}
	for i, c := range chains {
		sent, err := tx.Messages(ctx, notify.MessageFilter{Subject: c.Case.AppointmentID, Kind: notify.KindSuspended, Limit: 10})
		if err != nil {
			return nil, fmt.Errorf("load notices: %w", err)
		}
		p, err := tx.Patient(ctx, c.Case.PatientID)
		if err != nil {
			return nil, fmt.Errorf("load patient: %w", err)
		}
		chains[i].Failed = p.Phone.IsZero() && p.PushAccount == "" || allFailed(sent)
	}
	return chains, nil
}

// allFailed reports whether notices were planned and none can arrive any more.
// One that was suppressed because he had chosen is no failure.
func allFailed(sent []notify.Message) bool {
	for _, m := range sent {
		switch m.State {
		case notify.Undelivered, notify.Failed, notify.Expired:
		case notify.Suppressed:
			if m.Reason != notify.ReasonNoPhone && m.Reason != notify.ReasonNoPush && m.Reason != notify.ReasonNoChannel {
				return false
			}
		case notify.Planned, notify.Claimed, notify.Accepted, notify.Delivered, notify.Unknown:
			return false
		}
	}
	return len(sent) > 0
}

// Reveal gives the number of a patient whom staff is about to call; that it
// was read is in the audit before it is shown.
func (s suspensions) Reveal(ctx context.Context, appointmentID, by string) (phone houzhen.Phone, err error) {
	err = s.app.inTx(ctx, func(tx everything) error {
		at, err := tx.Appointment(ctx, appointmentID)
		if err != nil {
			return fmt.Errorf("load appointment: %w", err)
		}
		if _, err := tx.Case(ctx, at.SessionID, at.ID); err != nil {
			return err
		}
		p, err := tx.Patient(ctx, at.PatientID)
		if err != nil {
			return fmt.Errorf("load patient: %w", err)
		}
		phone = p.Phone
		return tx.Append(ctx, by, "suspension.reveal_phone", at.ID, "")
	})
	return phone, err
}

// Replies lists the SMS that the desk has to look at.
func (s suspensions) Replies(ctx context.Context) (list []api.DeskReply, err error) {
	err = s.app.view(ctx, func(tx everything) error {
		list = nil
		replies, err := tx.DeskReplies(ctx, repliesShown)
		if err != nil {
			return err
		}
		for _, r := range replies {
			p, err := tx.Patient(ctx, r.Recipient)
			if err != nil {
				return fmt.Errorf("load patient: %w", err)
			}
			list = append(list, api.DeskReply{ID: r.ID, Name: p.Name, PhoneTail: tail(r.Phone.Reveal(), 4), Text: r.Text, At: r.ReceivedAt})
		}
		return nil
	})
	return list, err
}

// repliesShown is how many replies the desk sees at once.
const repliesShown = 100

// ReplyDone notes that the desk has looked at a reply.
func (s suspensions) ReplyDone(ctx context.Context, id, by string) error {
	return s.app.inTx(ctx, func(tx everything) error {
		r, err := tx.Reply(ctx, id)
		if err != nil || r.State == notify.ReplyDone {
			return err
		}
		if r.State != notify.ReplyDesk {
			return houzhen.E(houzhen.CodeState, "the reply is not for the desk").With("state", string(r.State))
		}
		r.State, r.HandledBy, r.HandledAt = notify.ReplyDone, by, tx.Now()
		if err := tx.UpdateReply(ctx, &r); err != nil {
			return err
		}
		return tx.Append(ctx, by, "reply.done", id, "")
	})
}

// Suspension finds one.
func (s suspensions) Suspension(ctx context.Context, id string) (a suspension.Suspension, err error) {
	err = s.app.view(ctx, func(tx everything) error {
		a, err = tx.Suspension(ctx, id)
		return err
	})
	return a, err
}
