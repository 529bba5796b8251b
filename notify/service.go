package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// Options of a Service. Now and Policy are needed; the rest has defaults.
type Options struct {
	Policy      Policy
	Now         func() time.Time // the clock of the house
	Sign        string           // SMS signature without brackets, for counting parts
	Concurrency int              // calls to providers at once, 8
	SendTimeout time.Duration    // of one call to a provider, 15 s
	Lease       time.Duration    // a claim unanswered for so long is lost, 2 min
	AskAfter    time.Duration    // a lost message is asked about after so long, 2 min
	GiveUp      time.Duration    // what a provider does not know after so long was not taken, 10 min
	Forget      time.Duration    // after so long nobody will ever know, 72 h
	Stop        time.Duration    // first pause of a channel that is refused, 1 min
	StopMost    time.Duration    // longest such pause, 10 min
	// ShowSecrets keeps sign-in codes in the stored text, for a hospital that
	// tries the program without a provider. Otherwise they are starred.
	ShowSecrets bool
	// Words gives the wordings that hold; nil has those of the program. It is
	// asked before each batch, outside of any transaction.
	Words func(context.Context) (*templates.Book, error)
	Log   *slog.Logger
}

// Service delivers what is planned, reconciles what was lost and takes
// receipts. It may run on any number of nodes at once.
type Service struct {
	store   Store
	world   World
	senders map[Channel]Sender
	opt     Options
	breaker *breaker

	mu     sync.Mutex
	flying map[string]bool // ids between claim and outcome on this node
}

// NewService wires a Service with one sender for each channel.
func NewService(store Store, world World, senders []Sender, opt Options) *Service {
	opt = opt.withDefaults()
	by := map[Channel]Sender{}
	for _, s := range senders {
		by[s.Channel()] = s
	}
	breaker := newBreaker(opt.Stop, opt.StopMost, by)
	by[Desk] = deskList{} // which no provider can stop
	return &Service{
		store: store, world: world, senders: by, opt: opt,
		breaker: breaker, flying: map[string]bool{},
	}
}

func (o Options) withDefaults() Options {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.SendTimeout, 15 * time.Second},
		{&o.Lease, 2 * time.Minute},
		{&o.AskAfter, 2 * time.Minute},
		{&o.GiveUp, 10 * time.Minute},
		{&o.Forget, 72 * time.Hour},
		{&o.Stop, time.Minute},
		{&o.StopMost, 10 * time.Minute},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Policy gives the policy that the service plans and decides by.
func (s *Service) Policy() Policy { return s.opt.Policy }

// Health tells how each channel fares.
func (s *Service) Health() []ChannelHealth { return s.breaker.health() }

// Due gives ids of one urgency that may be delivered now, oldest first.
func (s *Service) Due(ctx context.Context, u houzhen.Urgency, limit int) ([]string, error) {
	var ids []string
	err := s.store.View(ctx, func(tx Tx) (err error) {
		ids, err = tx.DueMessages(ctx, u, tx.Now(), limit)
		return err
	})
	return ids, err
}

// fly notes the messages of jobs as being sent by this node.
func (s *Service) fly(jobs []job) {
	for _, j := range jobs {
		s.flyAll([]Message{j.message})
		s.flyAll(j.followers)
	}
}

// flyAll notes messages as being sent by this node; land takes them off again.
// Until then they are not lost, however far the clock of the house is moved.
func (s *Service) flyAll(messages []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.flying[m.ID] = true
	}
}

func (s *Service) land(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.flying, id)
	}
}

// landed takes off again what flew beside the ids that were asked for.
func (s *Service) landed(jobs []job) {
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.message.ID)
		for _, f := range j.followers {
			ids = append(ids, f.ID)
		}
	}
	s.land(ids)
}

func (s *Service) isFlying(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying[id]
}
