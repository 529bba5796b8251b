package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// DeliverResult counts what became of the ids of one delivery.
type DeliverResult struct {
	Claimed    int // ours to decide; the others were not due, or somebody else's
	Accepted   int
	Retried    int // planned again after a refusal
	Deferred   int // held: quiet hours, flow control, a stopped channel
	Suppressed int
	Expired    int
	Failed     int
	Unknown    int
	Parts      int // SMS parts that were accepted
}

// batchSize is how many messages share the two transactions of a delivery.
const batchSize = 100

// job is one text on its way to its provider, for one message or several.
type job struct {
	message   Message
	followers []Message // told of by the same text
	more      bool      // there is another channel after this one
	entered   bool      // the ledger has it with its text, and with when the next channel is tried
	sender    Sender
	parcel    Parcel
}

// Deliver sends those of ids that are due: it claims them, asks the gate and
// renders in one transaction, sends after its commit, and stores all answers
// in a second one. Each id has its own outcome. An id that somebody else has
// claimed, or that is not due, is left alone. The error tells of ids that
// could not be decided or stored; those are found again by the sweeper or by
// Reconcile.
func (s *Service) Deliver(ctx context.Context, ids []string) (DeliverResult, error) {
	var total DeliverResult
	var errs []error
	for chunk := range slices.Chunk(ids, batchSize) {
		errs = append(errs, s.deliver(ctx, chunk, &total))
	}
	return total, errors.Join(errs...)
}

func (s *Service) deliver(ctx context.Context, ids []string, total *DeliverResult) error {
	defer s.land(ids)
	jobs, settled, err := s.prepare(ctx, ids)
	if err != nil {
		return s.alone(ctx, ids, total, err)
	}
	return s.finish(ctx, jobs, settled, total)
}

func (s *Service) finish(ctx context.Context, jobs []job, settled []Message, total *DeliverResult) error {
	defer s.landed(jobs)
	for _, m := range settled {
		total.count(m, m.Attempts+1)
	}
	return s.dispatch(ctx, jobs, total)
}

// alone delivers ids one by one after their batch failed, so that one that
// cannot be read does not hold up the others.
func (s *Service) alone(ctx context.Context, ids []string, total *DeliverResult, cause error) error {
	if len(ids) == 1 || ctx.Err() != nil {
		return fmt.Errorf("prepare messages: %w", cause)
	}
	var errs []error
	for _, id := range ids {
		jobs, settled, err := s.prepare(ctx, []string{id})
		if err != nil {
			errs = append(errs, fmt.Errorf("prepare message %s: %w", id, err))
			continue
		}
		errs = append(errs, s.finish(ctx, jobs, settled, total))
	}
	return errors.Join(errs...)
}

// prepare claims, looks, decides and renders in one transaction. What the gate
// does not let go is stored in it; the jobs are for after its commit.
func (s *Service) prepare(ctx context.Context, ids []string) (jobs []job, settled []Message, err error) {
	book := s.words(ctx)
	err = s.store.InTx(ctx, func(tx Tx) error {
		s.landed(jobs) // the store may run this again
		jobs, settled = nil, nil
		now := tx.Now()
		claimed, err := tx.ClaimMessages(ctx, ids, now)
		if err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		if len(claimed) == 0 {
			return nil
		}
		s.flyAll(claimed)
		jobs, settled, err = s.judge(ctx, tx, book, claimed, now)
		s.fly(jobs) // those too that were claimed beside them
		return err
	})
	if err != nil {
		s.landed(jobs)
		return nil, nil, err
	}
	return jobs, settled, nil
}

// judge asks the gate about claimed messages and renders those that go. What is
// decided without sending is stored.
func (s *Service) judge(ctx context.Context, tx Tx, book *templates.Book, claimed []Message, now time.Time) (jobs []job, settled []Message, err error) {
	if jobs, settled, err = s.decide(ctx, tx, book, claimed, now); err != nil {
		return nil, nil, err
	}
	return jobs, settled, note(ctx, tx, slices.Concat(settled, bound(jobs)))
}

// decide is judge without storing anything.
func (s *Service) decide(ctx context.Context, tx Tx, book *templates.Book, claimed []Message, now time.Time) (jobs []job, settled []Message, err error) {
	batch, err := s.look(ctx, tx, claimed, now)
	if err != nil {
		return nil, nil, err
	}
	jobs, settled = s.sort(ctx, book, batch, s.opt.Policy.Gate(batch, now), now)
	return jobs, settled, nil
}

// note stores what was decided about claimed rows.
func note(ctx context.Context, tx Tx, rows []Message) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.SaveMessages(ctx, []State{Claimed}, rows...); err != nil {
		return fmt.Errorf("store verdicts: %w", err)
	}
	return nil
}

// bound lists the rows that share a text: that they do is known before it goes.
func bound(jobs []job) []Message {
	var rows []Message
	for _, j := range jobs {
		if len(j.followers) > 0 {
			rows = append(append(rows, j.message), j.followers...)
		}
	}
	return rows
}

func (s *Service) look(ctx context.Context, tx Tx, claimed []Message, now time.Time) ([]Candidate, error) {
	batch, err := s.candidates(ctx, tx, claimed, now)
	if err != nil {
		return nil, err
	}
	if batch, err = s.siblings(ctx, tx, batch, now); err != nil {
		return nil, err
	}
	return batch, s.tally(ctx, tx, batch, now)
}

func (s *Service) candidates(ctx context.Context, tx Tx, claimed []Message, now time.Time) ([]Candidate, error) {
	views, err := s.world.Look(ctx, tx, claimed)
	if err != nil {
		return nil, fmt.Errorf("look at the world: %w", err)
	}
	if len(views) != len(claimed) {
		return nil, houzhen.E(houzhen.CodeInternal, "the world did not answer for every message")
	}
	before, err := priors(ctx, tx, claimed)
	if err != nil {
		return nil, fmt.Errorf("find the channel before: %w", err)
	}
	batch := make([]Candidate, len(claimed))
	for i, m := range claimed {
		_, present := s.senders[m.Channel]
		batch[i] = Candidate{Message: m, View: views[i], Stopped: s.breaker.stopped(m.Channel, now), Absent: !present, Planned: m.CreatedAt}
		if prior, ok := before[m.Prior]; ok {
			batch[i].Planned = prior.CreatedAt
			batch[i].Reached = prior.State == Delivered // a push is delivered once it was opened
		}
	}
	return batch, nil
}

// priors gives the rows of the channels that were tried before, by id.
func priors(ctx context.Context, tx Tx, claimed []Message) (map[string]Message, error) {
	var ids []string
	for _, m := range claimed {
		if m.Prior != "" {
			ids = append(ids, m.Prior)
		}
	}
	before := map[string]Message{}
	if len(ids) == 0 {
		return before, nil
	}
	rows, err := tx.Messages(ctx, MessageFilter{IDs: ids})
	for _, m := range rows {
		before[m.ID] = m
	}
	return before, err
}

// sort divides a batch by the gate's verdicts into what goes and what is
// settled without going.
func (s *Service) sort(ctx context.Context, book *templates.Book, batch []Candidate, verdicts []Verdict, now time.Time) (jobs []job, settled []Message) {
	for i := range batch {
		batch[i].Message.ExpiresAt = expiry(batch[i])
	}
	for _, group := range Combine(batch, verdicts) {
		j, err := s.write(book, batch, group)
		if err == nil {
			jobs = append(jobs, j)
			continue
		}
		for _, i := range group {
			m := batch[i].Message
			s.opt.Log.ErrorContext(ctx, "message has no text", "message", m.ID, "kind", m.Kind, "error", err)
			m.State, m.Reason = Failed, ReasonRender
			settled = append(settled, m.discreet())
		}
	}
	for i, c := range batch {
		m, v := c.Message, verdicts[i]
		switch v.Act {
		case ActSend:
			continue
		case ActSuppress:
			m.State, m.Reason = Suppressed, v.Reason
		case ActExpire:
			m.State, m.Reason = Expired, v.Reason
		case ActDefer:
			m = m.held(v.At)
		}
		m.NextAt = unheard(m, s.more(m, c.View), now)
		settled = append(settled, m.discreet())
	}
	return jobs, settled
}

// words gives the wordings that hold. Without an answer the shipped ones do:
// a message that is due does not wait for a table of words.
func (s *Service) words(ctx context.Context) *templates.Book {
	if s.opt.Words == nil {
		return nil
	}
	book, err := s.opt.Words(ctx)
	if err != nil {
		s.opt.Log.ErrorContext(ctx, "wordings not read", "error", err)
	}
	return book
}

// more reports whether a channel follows a message's own.
func (s *Service) more(m Message, v View) bool {
	return after(s.opt.Policy.Ladder(m.Kind, m.Class, v.Prefs, s.present(v)), m.Channel, func(c Channel) bool { return c == m.Channel }) != ""
}

// write makes the job of one group of candidates.
func (s *Service) write(book *templates.Book, batch []Candidate, group []int) (job, error) {
	views := make([]View, len(group))
	for i, at := range group {
		views[i] = batch[at].View
	}
	leader := batch[group[0]]
	j, err := s.render(book, leader.Message, joined(views, leader.Message.Kind))
	if err != nil {
		return j, err
	}
	j.more = s.more(leader.Message, leader.View)
	for _, at := range group[1:] {
		m := batch[at].Message
		m.SentWith, m.Text, m.Phone = leader.Message.ID, j.message.Text, leader.View.Phone
		j.message.SentWith = leader.Message.ID
		j.followers = append(j.followers, m)
	}
	return j, nil
}

// render makes the parcel of a message, and the text that the ledger keeps.
func (s *Service) render(book *templates.Book, m Message, v View) (job, error) {
	vars := v.Vars
	if m.Secret != "" {
		vars = map[string]string{"code": m.Secret}
	}
	key, lang := templates.Key(string(m.Kind), v.Sensitive), houzhen.ParseLang(string(v.Lang))
	if v.Wording != "" {
		key = v.Wording
	}
	by := m.Channel
	if by == Desk {
		by = SMS // a person reads out what the text would have said
	}
	r, err := book.Render(key, lang, string(by), vars)
	if err != nil {
		return job{}, err
	}
	m.Text, m.OutID, m.Phone = r.Text, OutID(m.ID), v.Phone
	if m.Secret != "" && !s.opt.ShowSecrets {
		starred, err := book.Render(key, lang, string(m.Channel), map[string]string{"code": "******"})
		if err != nil {
			return job{}, err
		}
		m.Text = starred.Text
	}
	if r.Title == "" {
		r.Title = templates.Title(key, lang)
	}
	return job{message: m, sender: s.senders[m.Channel], parcel: Parcel{
		OutID: m.OutID, Kind: m.Kind, Template: key, Code: r.Code, Vars: r.Vars, Fields: r.Fields, Title: r.Title, Text: r.Text, Lang: lang,
		Phone: v.Phone, Push: v.Push, WeChat: v.WeChat, Email: v.Email, Link: v.Link, Expires: m.ExpiresAt,
		Recipient: m.Recipient, Subject: m.Subject,
	}}, nil
}

// count adds one row; attempts is what it had when it was claimed, and one
// that was put back without burning one was held.
func (r *DeliverResult) count(m Message, attempts int) {
	r.Claimed++
	switch m.State {
	case Accepted:
		r.Accepted++
	case Planned:
		if m.Attempts < attempts {
			r.Deferred++
		} else {
			r.Retried++
		}
	case Suppressed:
		r.Suppressed++
	case Expired:
		r.Expired++
	case Failed:
		r.Failed++
	case Unknown:
		r.Unknown++
	case Claimed, Delivered, Undelivered:
	}
}

// LogValue makes the counts one group of a log line.
func (r DeliverResult) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("claimed", r.Claimed), slog.Int("accepted", r.Accepted), slog.Int("retried", r.Retried), slog.Int("deferred", r.Deferred),
		slog.Int("suppressed", r.Suppressed), slog.Int("expired", r.Expired), slog.Int("failed", r.Failed), slog.Int("unknown", r.Unknown))
}
