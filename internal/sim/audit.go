package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/aliyun"
)

// Sent is one message as the provider's own record has it.
type Sent struct {
	OutID, BizID string // the hospital's id and the provider's
	At           time.Time
}

// Audit recounts from the history of facts and from the provider's record. It
// asks no service and believes no counter of the code that it judges.
type Audit struct {
	Oversold    int // places that two held at one time
	Duplicates  int // words that went out twice, by out-id or by what they say
	AfterCancel int // messages that went out after what they speak of was over

	Facts  map[houzhen.EventKind]int
	Reused int // places taken again after somebody had left them

	Reminded   int // appointments whose reminder the provider took
	Suppressed int // messages that the gate held back

	held  map[spot]string // by whom
	used  map[spot]bool
	where map[string]spot      // of an appointment
	ended map[string]time.Time // when the place an appointment spoke of was left
	moved map[string][]change  // by appointment: until when each version was true
}

type spot struct {
	session string
	no      int
}

// change says that versions below it were over from an instant.
type change struct {
	version int64
	at      time.Time
}

// Recount reads the whole history and the provider's record.
func Recount(ctx context.Context, a *app.App, sent func(yield func(Sent) bool)) (*Audit, error) {
	u := &Audit{
		Facts: map[houzhen.EventKind]int{}, held: map[spot]string{}, used: map[spot]bool{}, where: map[string]spot{},
		ended: map[string]time.Time{}, moved: map[string][]change{},
	}
	err := a.Store.View(ctx, func(tx *store.Tx) error {
		for seq := int64(0); ; {
			facts, last, err := tx.FactsAfter(ctx, seq, 2000)
			if err != nil || len(facts) == 0 {
				return err
			}
			for _, e := range facts {
				if err := u.fact(e); err != nil {
					return err
				}
			}
			seq = last
		}
	})
	if err != nil {
		return nil, fmt.Errorf("recount facts: %w", err)
	}
	return u, u.messages(ctx, a, sent)
}

// fact plays one fact on the spots.
func (u *Audit) fact(e houzhen.Event) error {
	u.Facts[e.Kind]++
	switch e.Kind {
	case houzhen.AppointmentBooked, houzhen.OptionKept:
		var d houzhen.BookedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("read %s: %w", e.Kind, err)
		}
		u.sit(e.Subject, spot{e.Session, d.Slot})
	case houzhen.AppointmentMoved:
		var d houzhen.MovedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("read %s: %w", e.Kind, err)
		}
		u.leave(e.Subject)
		u.sit(e.Subject, spot{e.Session, d.Slot})
		u.moved[e.Subject] = append(u.moved[e.Subject], change{e.Version, e.At})
	case houzhen.PlaceReleased:
		var d houzhen.ReleasedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("read %s: %w", e.Kind, err)
		}
		u.used[spot{e.Session, d.NewSlot}] = true // whoever takes it takes the absent patient's
	case houzhen.AppointmentCancelled, houzhen.OptionLapsed:
		u.leave(e.Subject)
		u.ended[e.Subject] = e.At
	default:
	}
	return nil
}

func (u *Audit) sit(appointment string, s spot) {
	if by, taken := u.held[s]; taken && by != appointment {
		u.Oversold++
	} else if !taken && u.used[s] {
		u.Reused++
	}
	u.held[s], u.used[s], u.where[appointment] = appointment, true, s
}

func (u *Audit) leave(appointment string) {
	if s, ok := u.where[appointment]; ok && u.held[s] == appointment {
		delete(u.held, s)
	}
	delete(u.where, appointment)
}

// messages matches the provider's record with what each message speaks of. The
// ledger lends the subjects of an out-id only, of a text for several visits all
// of them; when it went out and how often is the provider's word.
func (u *Audit) messages(ctx context.Context, a *app.App, sent func(yield func(Sent) bool)) error {
	var heads aliyun.ByOutID[store.MessageHead]
	within := map[string][]store.MessageHead{} // what a message's text told beside it
	err := a.Store.View(ctx, func(tx *store.Tx) error {
		for after := ""; ; {
			page, err := tx.MessageHeads(ctx, after, 2000)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, h := range page {
				heads.Add(h.OutID, h.ProviderID, h)
				if h.SentWith != "" && h.SentWith != h.ID {
					within[h.SentWith] = append(within[h.SentWith], h)
				}
				after = h.ID
				if h.State == string(notify.Suppressed) {
					u.Suppressed++
				}
			}
		}
	})
	if err != nil {
		return fmt.Errorf("recount messages: %w", err)
	}
	said, reminded := map[string]bool{}, map[string]bool{}
	for m := range sent {
		carrier, known := heads.Of(m.OutID, m.BizID)
		if !known {
			u.Duplicates++ // one that the ledger does not know is one too many
			continue
		}
		for _, h := range append([]store.MessageHead{carrier}, within[carrier.ID]...) {
			says := fmt.Sprint(h.Kind, h.Subject, h.Version)
			if said[says] {
				u.Duplicates++
				continue
			}
			said[says] = true
			if h.Kind == string(notify.KindReminder) {
				reminded[h.Subject] = true
			}
			if u.over(h, m.At) {
				u.AfterCancel++
			}
		}
	}
	u.Reminded = len(reminded)
	return nil
}

// over reports whether what a message speaks of was over when it went out. The
// words about a cancellation itself come after it.
func (u *Audit) over(h store.MessageHead, at time.Time) bool {
	switch notify.Kind(h.Kind) {
	case notify.KindCancelled, notify.KindSuspended:
		return false
	default:
	}
	if end, ok := u.ended[h.Subject]; ok && at.After(end) {
		return true
	}
	for _, c := range u.moved[h.Subject] {
		if h.Version < c.version && at.After(c.at) {
			return true
		}
	}
	return false
}
