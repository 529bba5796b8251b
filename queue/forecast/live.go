package forecast

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// What is read of the past.
const (
	doctorSample  = 200 // consultations
	clinicSample  = 500
	doctorHistory = 90 * 24 * time.Hour
	clinicHistory = 30 * 24 * time.Hour
	rehearsed     = 15 * time.Minute // between two forecasts of a past session
	rehearsedFrom = 30 * time.Minute // before its start
	relivedFrom   = time.Hour        // the same where its queue is known
	relived       = 24               // how many of the doctor's last sessions are read whole
)

func visitOf(patient string, lane queue.Lane, first bool) Visit {
	return Visit{Patient: patient, First: first, Results: lane == queue.LaneReturn}
}

// Load makes a model for a queue's doctor from the consultations that were
// held before, his own and the clinic's. His last sessions are lived through
// once more as their queues were, under the policy of today; those of others,
// and of pools, as a line of those who came. zone tells mornings from
// afternoons.
func Load(ctx context.Context, tx queue.Tx, q queue.Queue, p queue.Policy, zone *time.Location) (*Model, error) {
	now := tx.Now()
	own, err := tx.Consultations(ctx, q.DoctorID, now.Add(-doctorHistory), doctorSample)
	if err != nil {
		return nil, fmt.Errorf("load doctor's consultations: %w", err)
	}
	all, err := tx.Consultations(ctx, "", now.Add(-clinicHistory), clinicSample)
	if err != nil {
		return nil, fmt.Errorf("load clinic's consultations: %w", err)
	}
	m := New(0, zone)
	sessions := sessionsOf(whole(own, doctorSample), whole(all, clinicSample), q.SessionID)
	known, err := pasts(ctx, tx, q, sessions)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		if was := known[s.id]; was != nil && s.Doctor == q.DoctorID {
			m.relive(was, p, s.Start.Add(-relivedFrom), rehearsed)
			m.learnSaying(&was.q)
		} else {
			m.Live(Walk{Session: s, From: s.Start.Add(-rehearsedFrom), Every: rehearsed}, func(f *Forecast, _, called time.Time) { m.Score(f, called) })
		}
		m.Settle()
		m.Learn(s)
	}
	return m, nil
}

// pasts reads the doctor's last sessions whole, by session. One that is not
// kept any more is left out, and so are those of pools, in which it is not
// known beforehand who sees whom.
func pasts(ctx context.Context, tx queue.Tx, q queue.Queue, sessions []Session) (map[string]*past, error) {
	of := map[string]*past{}
	for _, s := range slices.Backward(sessions) {
		if s.Doctor != q.DoctorID || len(of) == relived {
			continue
		}
		was, err := tx.Queue(ctx, s.id)
		if houzhen.CodeOf(err) == houzhen.CodeNotFound || err == nil && (was.Pool || len(was.Desks) > 0) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("load a past queue: %w", err)
		}
		calls, err := tx.Calls(ctx, s.id)
		if err != nil {
			return nil, fmt.Errorf("load a past queue's calls: %w", err)
		}
		of[s.id] = pastOf(was, calls)
	}
	return of, nil
}

// whole leaves out the oldest session of consultations that are newest first,
// where the limit may have cut it.
func whole(cs []queue.Consultation, limit int) []queue.Consultation {
	if len(cs) < limit {
		return cs
	}
	oldest := cs[len(cs)-1].SessionID
	return slices.DeleteFunc(slices.Clone(cs), func(c queue.Consultation) bool { return c.SessionID == oldest })
}

// sessionsOf groups consultations of two lists that may overlap by session and
// doctor, in the order of their starts, without the session except.
func sessionsOf(own, all []queue.Consultation, except string) []Session {
	by := func(a, b queue.Consultation) int {
		return cmp.Or(a.SessionStart.Compare(b.SessionStart), strings.Compare(a.SessionID, b.SessionID),
			strings.Compare(a.DoctorID, b.DoctorID), a.Start.Compare(b.Start), strings.Compare(a.PatientID, b.PatientID))
	}
	cs := slices.Concat(own, all)
	slices.SortFunc(cs, by)
	cs = slices.CompactFunc(cs, func(a, b queue.Consultation) bool { return by(a, b) == 0 })
	var sessions []Session
	for i, c := range cs {
		if c.SessionID == except {
			continue
		}
		if i == 0 || cs[i-1].SessionID != c.SessionID || cs[i-1].DoctorID != c.DoctorID {
			sessions = append(sessions, Session{id: c.SessionID, Doctor: c.DoctorID, Start: c.SessionStart, End: c.SessionEnd})
		}
		s := &sessions[len(sessions)-1]
		if c.Lane == queue.LaneEmergency {
			s.Urgent++
		}
		s.Held = append(s.Held, Held{Visit: visitOf(c.PatientID, c.Lane, c.First), Here: c.Here, Start: c.Start, Length: c.Length, Gap: unknown, Sudden: c.Lane == queue.LaneEmergency, WalkIn: c.WalkIn})
	}
	for _, s := range sessions {
		gaps(s.Held)
	}
	return sessions
}

// gaps notes how long it took from one patient's leaving to the next one's
// entering, where that one was waiting.
func gaps(held []Held) {
	for i := range held[:len(held)-1] {
		h, next := &held[i], &held[i+1]
		if over := h.Start.Add(h.Length); h.Length > 0 && !next.Here.After(over) {
			h.Gap = max(next.Start.Sub(over), 0)
		}
	}
}

// Of forecasts every patient who waits or is expected, by ticket id.
func Of(q queue.Queue, p queue.Policy, m *Model, now time.Time) map[string]Forecast {
	if q.Desk == queue.DeskEnded {
		return nil
	}
	forecasts := InOrder(q, p, queue.Expected(q, p, now), m, now)
	of := make(map[string]Forecast, len(forecasts))
	for _, f := range forecasts {
		of[f.ID] = f
	}
	return of
}

// InOrder forecasts those who wait or are expected, as queue.Expected gives
// them and in that order; nothing when the session is over.
func InOrder(q queue.Queue, p queue.Policy, order []queue.Pick, m *Model, now time.Time) []Forecast {
	if q.Desk == queue.DeskEnded {
		return nil
	}
	tickets := make(map[string]*queue.Ticket, len(q.Tickets))
	for i := range q.Tickets {
		tickets[q.Tickets[i].ID] = &q.Tickets[i]
	}
	line := make([]Person, len(order))
	for i, pick := range order {
		line[i] = m.person(tickets[pick.TicketID], now)
	}
	desk := DeskOf(q, p)
	return m.Calls(make([]Forecast, 0, len(line)), line, &desk, now)
}

// newcomer is the ticket of one who has none yet.
const newcomer = "if I came now"

// IfCame forecasts one who is not booked and would come in now, last of those
// in the normal lane; false when the session is over.
func IfCame(q queue.Queue, p queue.Policy, m *Model, now time.Time) (Forecast, bool) {
	t := queue.Ticket{
		ID: newcomer, SessionID: q.SessionID, ZoneID: q.ZoneID, State: queue.Waiting, Lane: queue.LaneNormal, WalkIn: true,
		SliceStart: now, SliceEnd: now, CheckedInAt: now, LaneSince: now,
	}
	for i := range q.Tickets {
		t.No = max(t.No, q.Tickets[i].No+1)
		if s := &q.Tickets[i]; s.State == queue.Waiting && s.SliceEnd.After(t.SliceEnd) {
			t.SliceStart, t.SliceEnd = s.SliceStart, s.SliceEnd
		}
	}
	q.Tickets = append(slices.Clone(q.Tickets), t)
	f, ok := Of(q, p, m, now)[newcomer]
	return f, ok
}

func (m *Model) person(t *queue.Ticket, now time.Time) Person {
	p := Person{ID: t.ID, Visit: visitOf(t.PatientID, t.Lane, t.FirstVisit), Show: 1}
	if t.State == queue.NotCheckedIn {
		p.Show, p.NotBefore, p.Told = m.shows(t, now), t.SliceStart.Add(-queue.EarliestEntry), t.Advised()
		if !p.Told {
			p.comes = arrivalOf(t, now)
		}
	}
	return p
}

// DeskOf says what is known of a queue's doctor today.
func DeskOf(q queue.Queue, p queue.Policy) Desk {
	d := Desk{
		Session: Session{Doctor: q.DoctorID, Start: q.Start, End: q.End},
		Doctors: doctors(q), Paused: q.Desk == queue.DeskPaused, PausedUntil: q.PausedUntil,
		Door: p.ReadySize, Between: p.ReturnInterval,
	}
	for i := range q.Tickets {
		t := &q.Tickets[i]
		h := Held{Visit: visitOf(t.PatientID, t.Lane, t.FirstVisit), Start: t.StartedAt}
		switch t.State {
		case queue.InConsult:
		case queue.Called:
			h.Start = t.LastCallAt
		case queue.Done, queue.OutForTests:
			if t.State == queue.OutForTests {
				d.Tests++
			}
			if t.StartedAt.IsZero() {
				continue
			}
			h.Length = max(t.EndedAt.Sub(t.StartedAt), time.Second)
		default:
			continue
		}
		d.Held = append(d.Held, h)
	}
	slices.SortStableFunc(d.Held, func(a, b Held) int { return a.Start.Compare(b.Start) })
	return d
}

// doctors counts those who have a patient, at least one.
func doctors(q queue.Queue) int {
	seen := map[string]bool{}
	for i := range q.Tickets {
		if t := &q.Tickets[i]; t.State == queue.InConsult || t.State == queue.Called {
			seen[t.DoctorID] = true
		}
	}
	return max(len(seen), 1)
}
