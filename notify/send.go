package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/templates"
)

// dispatch sends jobs, a few at once, and stores what became of each.
func (s *Service) dispatch(ctx context.Context, jobs []job, total *DeliverResult) error {
	if len(jobs) == 0 {
		return nil
	}
	loads := s.loads(jobs)
	outcomes := make([]Message, len(jobs))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(s.opt.Concurrency, len(loads)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(loads); i = int(next.Add(1)) - 1 {
				s.send(ctx, jobs, loads[i], outcomes)
			}
		})
	}
	wg.Wait()
	var taken, rows []Message
	for i, m := range outcomes {
		if m.State == Accepted && m.Channel == SMS {
			_, m.Parts = templates.Parts(s.opt.Sign, jobs[i].parcel.Text)
			total.Parts += m.Parts
		}
		if m.State == Planned {
			m.SentWith = ""
		}
		list := []Message{m}
		for _, f := range jobs[i].followers {
			list = append(list, f.like(m))
		}
		for _, one := range list {
			total.count(one, jobs[i].message.Attempts)
		}
		if jobs[i].entered && m.State == Accepted {
			taken = append(taken, list...)
		} else {
			rows = append(rows, list...)
		}
	}
	return s.settle(ctx, taken, rows)
}

// massive reports whether a kind may go in one call with others of it: what a
// whole house is told at once. A provider may take longer for such a call, so
// nothing goes that way for which somebody stands waiting.
func massive(k Kind) bool {
	switch k {
	case KindSuspended, KindSubstituted, KindPlaceChanged, KindTimeChanged, KindOutage, KindRecovered, KindReminder, KindReminder3:
		return true
	default:
		return false
	}
}

// loads divides jobs into calls: those that their sender takes together make
// one, every other its own.
func (s *Service) loads(jobs []job) [][]int {
	var loads [][]int
	open := map[Kind]map[Channel]int{}
	for i, j := range jobs {
		m := j.message
		_, can := j.sender.(BatchSender)
		if !can || !massive(m.Kind) {
			loads = append(loads, []int{i})
			continue
		}
		if open[m.Kind] == nil {
			open[m.Kind] = map[Channel]int{}
		}
		at, ok := open[m.Kind][m.Channel]
		if !ok {
			at = len(loads)
			open[m.Kind][m.Channel] = at
			loads = append(loads, nil)
		}
		loads[at] = append(loads[at], i)
	}
	return loads
}

// send hands the parcels of one load to their provider and notes the rows that
// this makes. A message whose time has passed while it queued behind others
// does not go, and neither does one of a channel that was stopped meanwhile or
// after ctx ended.
func (s *Service) send(ctx context.Context, jobs []job, load []int, outcomes []Message) {
	now := s.opt.Now()
	var bound []int
	for _, i := range load {
		m := jobs[i].message
		m.NextAt = time.Time{}
		until := s.breaker.stopped(m.Channel, now)
		if ctx.Err() != nil {
			until = now
		}
		switch {
		case !now.Before(m.ExpiresAt):
			m.State, m.Reason, m.Text = Expired, ReasonLate, ""
			outcomes[i] = m.discreet()
		case !until.IsZero():
			m.Text = ""
			outcomes[i] = m.held(until)
		default:
			bound = append(bound, i)
		}
	}
	if len(bound) == 0 {
		return
	}
	for k, sent := range s.call(ctx, jobs, bound) {
		outcomes[bound[k]] = s.concluded(ctx, jobs[bound[k]], sent)
	}
}

// concluded gives the row that a provider's answer makes of a job's message.
func (s *Service) concluded(ctx context.Context, j job, sent Sent) Message {
	m, now := j.message, s.opt.Now()
	var stopped time.Time
	switch sent.Outcome {
	case OutcomeAccepted:
		if m.Channel != Desk {
			s.breaker.accepted(m.Channel, now)
		}
	case OutcomeConfig:
		var first bool
		if stopped, first = s.breaker.stop(m.Channel, sent.Code, now); first {
			s.opt.Log.ErrorContext(ctx, "channel stopped: the provider refuses our configuration",
				"channel", m.Channel, "code", sent.Code, "until", stopped)
		}
	case OutcomeMessage, OutcomeRecipient, OutcomeAmbiguous:
		s.opt.Log.WarnContext(ctx, "message not sent", "message", m.ID, "kind", m.Kind, "outcome", sent.Outcome, "code", sent.Code)
	case OutcomeRetry, OutcomeDefer:
	}
	m = s.opt.Policy.conclude(m, sent, now, stopped)
	if !j.entered || m.State != Accepted {
		m.NextAt = unheard(m, j.more, now)
	}
	return m
}

// call bounds the provider's time and gives an answer for each job. A panic
// counts as an answer that was lost, and so does one that is missing.
func (s *Service) call(ctx context.Context, jobs []job, load []int) (sent []Sent) {
	lost := make([]Sent, len(load))
	for i := range lost {
		lost[i] = Sent{Outcome: OutcomeAmbiguous, Code: "panic"}
	}
	defer func() {
		if recover() != nil || len(sent) != len(load) {
			sent = lost
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.opt.SendTimeout)
	defer cancel()
	if len(load) == 1 {
		j := jobs[load[0]]
		return []Sent{j.sender.Send(ctx, j.parcel)}
	}
	parcels := make([]Parcel, len(load))
	for i, at := range load {
		parcels[i] = jobs[at].parcel
	}
	return jobs[load[0]].sender.(BatchSender).SendBatch(ctx, parcels)
}

// settleTime bounds the storing of answers after the caller has gone away.
const settleTime = 20 * time.Second

// settle stores the outcomes in one transaction: of those that were taken as the
// ledger foresees it, and of all others. They are facts, so they are stored even
// when ctx has ended, and one by one when the batch cannot be.
func (s *Service) settle(ctx context.Context, taken, others []Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	err := s.settleAll(ctx, taken, others)
	if err == nil || len(taken)+len(others) == 1 {
		return err
	}
	var errs []error
	for _, m := range slices.Concat(taken, others) {
		if err := s.settleAll(ctx, nil, []Message{m}); err != nil {
			errs = append(errs, fmt.Errorf("store outcome of %s: %w", m.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) settleAll(ctx context.Context, taken, others []Message) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		saved, err := tx.SaveTaken(ctx, taken...)
		if err != nil {
			return err
		}
		rest := slices.Clone(others)
		if len(saved) < len(taken) { // a receipt or Reconcile was faster
			for _, m := range taken {
				if !slices.Contains(saved, m.ID) {
					rest = append(rest, m)
				}
			}
		}
		n, err := tx.SaveMessages(ctx, []State{Claimed, Unknown}, rest...)
		if err != nil || n == len(rest) {
			return err
		}
		return complete(ctx, tx, rest)
	})
}

// complete adds to rows whose receipt was faster than the answer what only the
// answer knew; their state stays the receipt's. Rows that retention took are
// left out.
func complete(ctx context.Context, tx Tx, outcomes []Message) error {
	of, ids := map[string]Message{}, make([]string, len(outcomes))
	for i, m := range outcomes {
		of[m.OutID], ids[i] = m, m.OutID
	}
	have, err := tx.MessagesByOutID(ctx, ids)
	if err != nil {
		return err
	}
	for _, state := range []State{Delivered, Undelivered} {
		var rows []Message
		for _, h := range have {
			m := of[h.OutID]
			if h.State != state || m.State == state {
				continue
			}
			h.Text, h.SentAt, h.Secret, h.Parts = m.Text, m.SentAt, "", m.Parts
			if h.ProviderID == "" {
				h.ProviderID = m.ProviderID
			}
			rows = append(rows, h)
		}
		if len(rows) == 0 {
			continue
		}
		if _, err := tx.SaveMessages(ctx, []State{state}, rows...); err != nil {
			return err
		}
	}
	return nil
}
