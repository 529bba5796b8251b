package booking

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// Traits say how a store is best written to.
type Traits struct {
	// Lanes is how many groups of bookings are written at the same time.
	Lanes int
	// Fresh is how long what was read may be believed while others, who are
	// not heard, write to the same database.
	Fresh time.Duration
	// Hopes says that a group is cheaper written as if nobody stood in its way,
	// and once more with care if somebody did.
	Hopes bool
}

// Hearing is a store whose commits can be heard. On such a store bookings go
// in groups, and memory picks their places (see lane).
type Hearing interface {
	Store

	Traits() Traits
	// Time is the one that a transaction would be given.
	Time() time.Time
	// Watch has f told of the facts of every later transaction after its
	// commit, with the context of that transaction.
	Watch(f func(ctx context.Context, facts []houzhen.Event))
}

// crowdFor is how long a crowd counts as there after it was last seen.
const crowdFor = time.Second

// Crowded reports whether many book at once here, or did within the last second:
// whoever does work for which nobody waits may leave them the machine.
func (s *Service) Crowded() bool {
	if s.lane == nil {
		return false
	}
	now := s.lane.store.Time()
	s.lane.mu.Lock()
	defer s.lane.mu.Unlock()
	return !s.lane.crowdAt.IsZero() && now.Sub(s.lane.crowdAt) < crowdFor
}

// harmless are the facts after which every place is with whom it was before.
var harmless = []houzhen.EventKind{
	houzhen.ContinuationGiven, houzhen.AppointmentCheckedIn, houzhen.AppointmentFulfilled, houzhen.AppointmentNoShow,
	houzhen.TicketAdmitted, houzhen.TicketCheckedIn, houzhen.TicketCalled, houzhen.TicketRecalled, houzhen.TicketMissed,
	houzhen.TicketStarted, houzhen.TicketFinished, houzhen.TicketDropped, houzhen.TicketLeaveNow, houzhen.TicketWaitALittle,
	houzhen.TicketOrdered, houzhen.TicketSetAside, houzhen.TicketOutForTests, houzhen.TicketReturned, houzhen.TicketUndone,
	houzhen.QueuePaused, houzhen.QueueResumed, houzhen.QueueDesks,
}

// grouped marks the context of a group's own transaction.
type grouped struct{}

// Grouped reports whether a transaction is a group's own: many people wait for
// it, so a store whose writers stand in line may let it go ahead.
func Grouped(ctx context.Context) bool { return ctx.Value(grouped{}) != nil }

// hear forgets what memory holds of sessions in which something happened. The
// group settles its own bookings itself.
func (l *lane) hear(ctx context.Context, facts []houzhen.Event) {
	own := Grouped(ctx)
	var changed []string
	for _, e := range facts {
		if own && e.Kind == houzhen.AppointmentBooked || slices.Contains(harmless, e.Kind) {
			continue
		}
		if e.Kind == houzhen.AppointmentMoved {
			var d houzhen.MovedData
			if json.Unmarshal(e.Data, &d) == nil {
				changed = append(changed, d.FromSession)
			}
		}
		if e.Session != "" {
			changed = append(changed, e.Session)
		}
	}
	l.forget(changed...)
}

// Forget makes the service read sessions anew before the next booking. It is
// for changes that no fact tells of; a commit with a fact about the session
// does the same. Whoever changes which of a session's places may be taken also
// raises the session's version, which is what other nodes go by.
func (s *Service) Forget(sessionIDs ...string) {
	if s.lane != nil {
		s.lane.forget(sessionIDs...)
	}
}

// Glance gives a session as memory has it, which is what it was within the
// last second, or else as it is.
func (s *Service) Glance(ctx context.Context, id string) (Session, error) {
	if s.lane != nil {
		if o, ok := s.lane.glance(id); ok {
			return o, nil
		}
	}
	return s.Session(ctx, id)
}

func (l *lane) glance(id string) (Session, bool) {
	now := l.store.Time()
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.shelves[id]; f != nil && f.known(now, l.Fresh) {
		return f.session, true
	}
	return Session{}, false
}
