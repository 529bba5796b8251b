package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// EscalateResult counts what became of messages that nobody saw in time.
type EscalateResult struct {
	Next   int // planned on the next channel
	Desk   int // of these, on the desk's telephone list
	Ended  int // nothing is left to try, or nothing left to tell
	Missed int // another node was faster
}

const escalateLimit = 500

// Escalate plans the next channel of every message that was not seen or not
// delivered in time. It only plans: the gate decides when the row is due, as
// for every other.
func (s *Service) Escalate(ctx context.Context) (EscalateResult, error) {
	var r EscalateResult
	err := s.store.InTx(ctx, func(tx Tx) error {
		r = EscalateResult{}
		now := tx.Now()
		rows, err := tx.UnheardMessages(ctx, now, escalateLimit)
		if err != nil || len(rows) == 0 {
			return err
		}
		views, err := s.world.Look(ctx, tx, rows)
		if err != nil {
			return fmt.Errorf("look at the world: %w", err)
		}
		if len(views) != len(rows) {
			return houzhen.E(houzhen.CodeInternal, "the world did not answer for every message")
		}
		var next []Message
		for i, m := range rows {
			row, more, err := s.next(ctx, tx, m, views[i], now)
			if err != nil {
				return err
			}
			from := m.State
			m.NextAt = time.Time{}
			saved, err := tx.SaveMessages(ctx, []State{from}, m)
			switch {
			case err != nil:
				return fmt.Errorf("end waiting: %w", err)
			case saved == 0:
				r.Missed++
			case !more:
				r.Ended++
			default:
				next = append(next, row)
			}
		}
		ids, err := Enter(ctx, tx, next)
		r.count(next, ids)
		return err
	})
	return r, err
}

func (r *EscalateResult) count(rows []Message, ids []string) {
	fresh := map[string]bool{}
	for _, id := range ids {
		fresh[id] = true
	}
	for _, m := range rows {
		switch {
		case !fresh[m.ID]:
			r.Ended++
		case m.Channel == Desk:
			r.Desk++
			r.Next++
		default:
			r.Next++
		}
	}
}

// next gives the row of the channel that follows m's; more is false when there
// is none, or nothing left to tell.
func (s *Service) next(ctx context.Context, tx Tx, m Message, v View, now time.Time) (row Message, more bool, err error) {
	if v.Stale != "" || !now.Before(expiry(Candidate{Message: m, View: v})) {
		return row, false, nil
	}
	others, err := tx.Messages(ctx, MessageFilter{Subject: m.Subject, Kind: m.Kind, Recipients: []string{m.Recipient}, Limit: 20})
	if err != nil {
		return row, false, fmt.Errorf("find earlier channels: %w", err)
	}
	tried := func(c Channel) bool {
		for _, o := range others {
			if o.Version == m.Version && o.Channel == c {
				return true
			}
		}
		return false
	}
	by := after(s.opt.Policy.Ladder(m.Kind, m.Class, v.Prefs, s.present(v)), m.Channel, tried)
	if by == "" {
		return row, false, nil
	}
	return m.by(by, now), true, nil
}

// present is what a view can be reached by, on the channels that this house has.
func (s *Service) present(v View) func(Channel) bool {
	return func(c Channel) bool {
		_, have := s.senders[c]
		return have && v.reach(c)
	}
}

// by gives a row that tells the same by another channel.
func (m Message) by(c Channel, now time.Time) Message {
	return Message{
		Subject: m.Subject, Version: m.Version, Kind: m.Kind, Recipient: m.Recipient, Channel: c, Class: m.Class, Urgency: m.Urgency,
		State: Planned, DueAt: now, ExpiresAt: m.ExpiresAt, CreatedAt: now, Prior: m.ID, Secret: m.Secret,
	}
}

// Opened notes that the patient has seen a message: nothing more is tried for
// it. A message that was not sent yet cannot be seen.
func (s *Service) Opened(ctx context.Context, id string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		m, err := tx.Message(ctx, id)
		if err != nil {
			return err
		}
		switch m.State {
		case Accepted, Unknown, Undelivered, Delivered:
		default:
			return nil
		}
		if !m.OpenedAt.IsZero() {
			return nil
		}
		from := m.State
		m.State, m.OpenedAt, m.NextAt = Delivered, tx.Now(), time.Time{}
		if m.DoneAt.IsZero() {
			m.DoneAt = tx.Now()
		}
		if _, err := tx.SaveMessages(ctx, []State{from}, m); err != nil {
			return fmt.Errorf("note opening: %w", err)
		}
		return nil
	})
}

// deskList is the sender of the desk's telephone list: a row that it took is on
// the list until somebody telephoned.
type deskList struct{}

func (deskList) Channel() Channel { return Desk }

func (deskList) Send(context.Context, Parcel) Sent { return Sent{Outcome: OutcomeAccepted} }

// CallOutcome is what came of a call by the desk.
type CallOutcome string

// Outcomes of a call.
const (
	CallReached CallOutcome = "reached"
	CallNoReply CallOutcome = "no_reply" // he stays on the list
	CallWrong   CallOutcome = "wrong"    // somebody else answered: the number is silenced for him
	CallGivenUp CallOutcome = "given_up"
)

// Called notes what came of telephoning somebody on the desk's list. CodeState
// when he is not on it any more.
func (s *Service) Called(ctx context.Context, id string, o CallOutcome, by string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		m, err := tx.Message(ctx, id)
		if err != nil {
			return err
		}
		if m.Channel != Desk || m.State != Accepted {
			return houzhen.E(houzhen.CodeState, "message is not on the telephone list")
		}
		m.ProviderID, m.ErrorCode = "staff:"+by, string(o)
		switch o {
		case CallReached:
			m.State, m.DoneAt, m.OpenedAt = Delivered, tx.Now(), tx.Now()
		case CallNoReply:
		case CallWrong, CallGivenUp:
			m.State, m.DoneAt = Undelivered, tx.Now()
		default:
			return houzhen.E(houzhen.CodeInvalid, "no such outcome of a call").On("outcome")
		}
		saved, err := tx.SaveMessages(ctx, []State{Accepted}, m)
		if err != nil {
			return fmt.Errorf("note call: %w", err)
		}
		if saved == 0 {
			return houzhen.E(houzhen.CodeConflict, "somebody else noted a call")
		}
		return nil
	})
}
