package notify

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
)

// Taker judges whether one more call may be made now: 0 for yes, else how long
// to wait. It counts for all nodes. On an error the call is let through, as
// the provider has limits of its own.
type Taker func(ctx context.Context, now time.Time) (time.Duration, error)

// maxPause is how long a call waits for its turn inside the process; who would
// wait longer is put back into the ledger, where it burns no attempt.
const maxPause = 2 * time.Second

// codePaced marks what our own rate held back.
const codePaced = "local.paced"

// Paced is a Sender that keeps to a rate of calls over all nodes.
type Paced struct {
	Sender

	take Taker
	now  func() time.Time
}

// NewPaced holds a sender to the rate that take judges by. What the sender can
// do besides, batches and questions, the result can do too.
func NewPaced(s Sender, take Taker, now func() time.Time) Sender {
	p := &Paced{s, take, now}
	batch, isBatch := s.(BatchSender)
	finder, isFinder := s.(Finder)
	switch {
	case isBatch && isFinder:
		return pacedBoth{pacedBatch{p, batch}, finder}
	case isBatch:
		return pacedBatch{p, batch}
	case isFinder:
		return pacedFinder{p, finder}
	}
	return p
}

// Abilities are the sender's own.
func (p *Paced) Abilities() Abilities { return AbilitiesOf(p.Sender) }

// Send waits for its turn, or says when it comes.
func (p *Paced) Send(ctx context.Context, one Parcel) Sent {
	if held := p.wait(ctx); held > 0 {
		return Sent{Outcome: OutcomeDefer, Code: codePaced, RetryIn: held}
	}
	return p.Sender.Send(ctx, one)
}

// wait waits for a turn for at most maxPause and gives 0, or what is left.
func (p *Paced) wait(ctx context.Context) time.Duration {
	var waited time.Duration
	for {
		more, err := p.take(ctx, p.now())
		if err != nil || more <= 0 {
			return 0
		}
		if waited += more; waited > maxPause {
			return more
		}
		t := time.NewTimer(more)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return more
		}
	}
}

// pacedBatch counts a batch as one call, which is what providers count.
type pacedBatch struct {
	*Paced

	batch BatchSender
}

// SendBatch waits for a turn for all parcels together.
func (p pacedBatch) SendBatch(ctx context.Context, parcels []Parcel) []Sent {
	if held := p.wait(ctx); held > 0 {
		out := make([]Sent, len(parcels))
		for i := range out {
			out[i] = Sent{Outcome: OutcomeDefer, Code: codePaced, RetryIn: held}
		}
		return out
	}
	return p.batch.SendBatch(ctx, parcels)
}

type pacedFinder struct {
	*Paced

	finder Finder
}

// Find asks; questions are not held.
func (p pacedFinder) Find(ctx context.Context, outID string, phone houzhen.Phone, sentAt time.Time) (Receipt, bool, error) {
	return p.finder.Find(ctx, outID, phone, sentAt)
}

type pacedBoth struct {
	pacedBatch

	finder Finder
}

// Find asks; questions are not held.
func (p pacedBoth) Find(ctx context.Context, outID string, phone houzhen.Phone, sentAt time.Time) (Receipt, bool, error) {
	return p.finder.Find(ctx, outID, phone, sentAt)
}
