// Package notifytest has doubles for tests of messages: a store in memory that
// keeps its promises, a world to be set by hand, and senders that follow a
// script. They decide nothing.
package notifytest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
)

// Store keeps a ledger in memory. Transactions run one after the other and a
// failed one leaves nothing behind.
type Store struct {
	// Now is the clock of transactions.
	Now func() time.Time
	// Fail, if set, is asked before each operation of a transaction; an error
	// fails the operation. It is called inside of the transaction.
	Fail func(op string, m []notify.Message) error
	// Tallies makes transactions offer notify.Tallier.
	Tallies bool

	mu     sync.Mutex
	rows   map[string]notify.Message
	ids    int
	commit int
}

// NewStore gives an empty ledger.
func NewStore(now func() time.Time) *Store {
	return &Store{Now: now, rows: map[string]notify.Message{}}
}

// InTx runs f and keeps what it did, if it gave no error.
func (s *Store) InTx(ctx context.Context, f func(notify.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &Tx{store: s, rows: maps.Clone(s.rows), now: s.Now().UTC().Truncate(time.Microsecond), write: true}
	if err := f(s.offer(tx)); err != nil {
		return err
	}
	s.rows = tx.rows
	s.commit++
	return nil
}

// View runs f on what is there; writes fail.
func (s *Store) View(ctx context.Context, f func(notify.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.offer(&Tx{store: s, rows: s.rows, now: s.Now().UTC().Truncate(time.Microsecond)}))
}

func (s *Store) offer(tx *Tx) notify.Tx {
	if s.Tallies {
		return tallyTx{tx}
	}
	return tx
}

// Commits counts the transactions that were kept.
func (s *Store) Commits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit
}

// All gives every row, by id.
func (s *Store) All() []notify.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.rows), func(a, b notify.Message) int { return strings.Compare(a.ID, b.ID) })
}

// Tx is one transaction.
type Tx struct {
	store *Store
	rows  map[string]notify.Message
	now   time.Time
	write bool
}

// Now gives the instant at which the transaction began.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID gives ids that sort by age.
func (tx *Tx) NewID() string {
	tx.store.ids++
	return fmt.Sprintf("m%06d", tx.store.ids)
}

// Emit takes no facts here: messages make none.
func (tx *Tx) Emit(e houzhen.Event) error {
	return houzhen.E(houzhen.CodeInternal, "unexpected fact "+string(e.Kind))
}

func (tx *Tx) may(op string, m ...notify.Message) error {
	if tx.store.Fail != nil {
		return tx.store.Fail(op, m)
	}
	return nil
}

func (tx *Tx) mayWrite(op string, m ...notify.Message) error {
	if !tx.write {
		return houzhen.E(houzhen.CodeInternal, op+" in a view")
	}
	return tx.may(op, m...)
}

// PlanMessages implements notify.Tx.
func (tx *Tx) PlanMessages(_ context.Context, m []notify.Message) ([]string, error) {
	if err := tx.mayWrite("plan", m...); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, have := range tx.rows {
		taken[key(have)] = true
	}
	var ids []string
	for _, row := range m {
		if !taken[key(row)] {
			taken[key(row)] = true
			tx.rows[row.ID] = row
			ids = append(ids, row.ID)
		}
	}
	return ids, nil
}

func key(m notify.Message) string {
	return fmt.Sprint(m.Subject, "|", m.Version, "|", m.Kind, "|", m.Recipient, "|", m.Channel)
}

// Message implements notify.Tx.
func (tx *Tx) Message(_ context.Context, id string) (notify.Message, error) {
	if m, ok := tx.rows[id]; ok {
		return m, tx.may("message", m)
	}
	return notify.Message{}, houzhen.E(houzhen.CodeNotFound, "no such message")
}

// MessageByOutID implements notify.Tx.
func (tx *Tx) MessageByOutID(_ context.Context, outID string) (notify.Message, error) {
	for _, m := range tx.rows {
		if m.OutID == outID && outID != "" {
			return m, tx.may("message", m)
		}
	}
	return notify.Message{}, houzhen.E(houzhen.CodeNotFound, "no such message")
}

// MessagesByOutID implements notify.Tx.
func (tx *Tx) MessagesByOutID(_ context.Context, outIDs []string) ([]notify.Message, error) {
	out := tx.pick(func(m notify.Message) bool { return m.OutID != "" && slices.Contains(outIDs, m.OutID) },
		func(a, b notify.Message) int { return strings.Compare(a.ID, b.ID) }, 0)
	return out, tx.may("message", out...)
}

// Fates implements notify.Tx.
func (tx *Tx) Fates(ctx context.Context, outIDs []string) ([]notify.Message, error) {
	out, err := tx.MessagesByOutID(ctx, outIDs)
	for i, m := range out {
		out[i] = notify.Message{
			ID: m.ID, Channel: m.Channel, Urgency: m.Urgency, State: m.State, DueAt: m.DueAt, Attempts: m.Attempts, ClaimedAt: m.ClaimedAt, OutID: m.OutID,
			ProviderID: m.ProviderID, ErrorCode: m.ErrorCode, Reason: m.Reason, SentAt: m.SentAt, DoneAt: m.DoneAt, NextAt: m.NextAt, OpenedAt: m.OpenedAt,
			SentWith: m.SentWith, Parts: m.Parts,
		}
	}
	return out, err
}

// MessageByProvider implements notify.Tx.
func (tx *Tx) MessageByProvider(_ context.Context, providerID string, phone houzhen.Phone) (notify.Message, error) {
	for _, m := range tx.rows {
		if m.ProviderID == providerID && providerID != "" && m.Phone == phone && (m.SentWith == "" || m.SentWith == m.ID) {
			return m, tx.may("message", m)
		}
	}
	return notify.Message{}, houzhen.E(houzhen.CodeNotFound, "no such message")
}

// Messages implements notify.Tx.
func (tx *Tx) Messages(_ context.Context, f notify.MessageFilter) ([]notify.Message, error) {
	fits := func(m notify.Message) bool {
		return (len(f.IDs) == 0 || slices.Contains(f.IDs, m.ID)) && (f.Subject == "" || m.Subject == f.Subject) && (f.Recipient == "" || m.Recipient == f.Recipient) &&
			(len(f.Recipients) == 0 || slices.Contains(f.Recipients, m.Recipient)) && (f.Reason == "" || m.Reason == f.Reason) &&
			(f.Phone.IsZero() || m.Phone == f.Phone) && (f.SentWith == "" || m.SentWith == f.SentWith) && !m.CreatedAt.Before(f.From) && (f.To.IsZero() || m.CreatedAt.Before(f.To)) &&
			(f.Kind == "" || m.Kind == f.Kind) && (f.Channel == "" || m.Channel == f.Channel) &&
			(len(f.States) == 0 || slices.Contains(f.States, m.State)) && (f.BeforeID == "" || m.ID < f.BeforeID)
	}
	out := tx.pick(fits, func(a, b notify.Message) int { return strings.Compare(b.ID, a.ID) }, f.Limit)
	return out, tx.may("messages", out...)
}

func (tx *Tx) pick(fits func(notify.Message) bool, order func(a, b notify.Message) int, limit int) []notify.Message {
	out := []notify.Message{}
	for _, m := range tx.rows {
		if fits(m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, order)
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out
}

// ClaimMessages implements notify.Tx.
func (tx *Tx) ClaimMessages(_ context.Context, ids []string, now time.Time) ([]notify.Message, error) {
	var out []notify.Message
	if err := tx.mayWrite("claim"); err != nil {
		return nil, err
	}
	for _, id := range ids {
		m, ok := tx.rows[id]
		if !ok || m.State != notify.Planned || m.DueAt.After(now) {
			continue
		}
		m.State, m.ClaimedAt = notify.Claimed, now
		m.Attempts++
		out = append(out, m)
		tx.rows[id] = m
	}
	return out, tx.may("claimed", out...)
}

// SaveMessages implements notify.Tx.
func (tx *Tx) SaveMessages(_ context.Context, from []notify.State, m ...notify.Message) (int, error) {
	if err := tx.mayWrite("save", m...); err != nil {
		return 0, err
	}
	saved := 0
	for _, row := range m {
		if have, ok := tx.rows[row.ID]; ok && slices.Contains(from, have.State) {
			tx.rows[row.ID] = row
			saved++
		}
	}
	return saved, nil
}

// SaveFates implements notify.Tx.
func (tx *Tx) SaveFates(ctx context.Context, from []notify.State, m ...notify.Message) (int, error) {
	rows := slices.Clone(m)
	for i, row := range rows {
		have := tx.rows[row.ID]
		have.State, have.ProviderID, have.ErrorCode, have.Reason, have.Secret = row.State, row.ProviderID, row.ErrorCode, row.Reason, ""
		have.SentAt, have.DoneAt, have.NextAt, have.Parts, have.ID = row.SentAt, row.DoneAt, row.NextAt, row.Parts, row.ID
		rows[i] = have
	}
	return tx.SaveMessages(ctx, from, rows...)
}

// SaveTaken implements notify.Tx.
func (tx *Tx) SaveTaken(ctx context.Context, m ...notify.Message) (saved []string, err error) {
	for _, one := range m {
		n, err := tx.SaveFates(ctx, []notify.State{notify.Claimed}, one)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			saved = append(saved, one.ID)
		}
	}
	return saved, nil
}

// DueMessages implements notify.Tx.
func (tx *Tx) DueMessages(_ context.Context, u houzhen.Urgency, now time.Time, limit int) ([]string, error) {
	due := tx.pick(func(m notify.Message) bool {
		return m.State == notify.Planned && m.Urgency == u && !m.DueAt.After(now)
	}, func(a, b notify.Message) int { return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID)) }, limit)
	ids := make([]string, len(due))
	for i, m := range due {
		ids[i] = m.ID
	}
	return ids, tx.may("due", due...)
}

// LostMessages implements notify.Tx.
func (tx *Tx) LostMessages(_ context.Context, claimedBefore time.Time, limit int) ([]notify.Message, error) {
	out := tx.pick(func(m notify.Message) bool {
		return m.State == notify.Unknown || m.State == notify.Claimed && m.ClaimedAt.Before(claimedBefore)
	}, func(a, b notify.Message) int { return a.ClaimedAt.Compare(b.ClaimedAt) }, limit)
	return out, tx.may("lost", out...)
}

// UnheardMessages implements notify.Tx.
func (tx *Tx) UnheardMessages(_ context.Context, now time.Time, limit int) ([]notify.Message, error) {
	out := tx.pick(func(m notify.Message) bool {
		return m.State != notify.Claimed && !m.NextAt.IsZero() && !m.NextAt.After(now)
	},
		func(a, b notify.Message) int { return cmp.Or(a.NextAt.Compare(b.NextAt), strings.Compare(a.ID, b.ID)) }, limit)
	return out, tx.may("unheard", out...)
}

// NextDue implements notify.Tx.
func (tx *Tx) NextDue(_ context.Context, now time.Time) (time.Time, error) {
	var next time.Time
	for _, m := range tx.rows {
		if m.State == notify.Planned && m.DueAt.After(now) && (next.IsZero() || m.DueAt.Before(next)) {
			next = m.DueAt
		}
	}
	return next, tx.may("next")
}

// went lists the states of what left the house.
func went() []notify.State {
	return []notify.State{notify.Accepted, notify.Delivered, notify.Undelivered, notify.Unknown}
}

// tallyTx is a Tx that counts for a whole batch.
type tallyTx struct{ *Tx }

// SentSince implements notify.Tallier.
func (tx tallyTx) SentSince(_ context.Context, since time.Time, subjects, recipients []string) (bySubject, byRecipient map[string]int, err error) {
	bySubject, byRecipient = map[string]int{}, map[string]int{}
	for _, m := range tx.rows {
		if m.Class != notify.ClassService || m.Channel != notify.SMS || !slices.Contains(went(), m.State) || m.SentAt.Before(since) {
			continue
		}
		if slices.Contains(subjects, m.Subject) {
			bySubject[m.Subject]++
		}
		if slices.Contains(recipients, m.Recipient) && (m.SentWith == "" || m.SentWith == m.ID) {
			byRecipient[m.Recipient]++
		}
	}
	return bySubject, byRecipient, tx.may("tally")
}

// SentKinds implements notify.Tallier.
func (tx tallyTx) SentKinds(_ context.Context, since time.Time, recipients []string) (map[string]map[notify.Kind]int, error) {
	sent := map[string]map[notify.Kind]int{}
	for _, m := range tx.rows {
		if m.Channel == notify.SMS && slices.Contains(went(), m.State) && !m.SentAt.Before(since) && slices.Contains(recipients, m.Recipient) &&
			(m.SentWith == "" || m.SentWith == m.ID) {
			if sent[m.Recipient] == nil {
				sent[m.Recipient] = map[notify.Kind]int{}
			}
			sent[m.Recipient][m.Kind]++
		}
	}
	return sent, tx.may("tally")
}

// Told implements notify.Tallier.
func (tx tallyTx) Told(_ context.Context, subjects []string, kinds []notify.Kind) (map[string]map[notify.Kind]time.Time, error) {
	told := map[string]map[notify.Kind]time.Time{}
	for _, m := range tx.rows {
		if !slices.Contains(subjects, m.Subject) || !slices.Contains(kinds, m.Kind) || !slices.Contains(went(), m.State) {
			continue
		}
		if told[m.Subject] == nil {
			told[m.Subject] = map[notify.Kind]time.Time{}
		}
		if at, known := told[m.Subject][m.Kind]; !known || at.Before(m.SentAt) {
			told[m.Subject][m.Kind] = m.SentAt
		}
	}
	return told, tx.may("tally")
}
