package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
)

// candidate is a session in which places may be kept.
type candidate struct {
	Session
	kind   int // 0 the same doctor, 1 the same grade, 2 others of the department
	places int // all it has
	free   []Slot
	held   bool // cannot be suspended any more before this transaction ends
}

// rankCandidates orders sessions as replacements for lost: its doctor's next
// one, then the nearest of his peers, then the nearest of the others.
func rankCandidates(lost Session, sessions []Session, peers []string) []*candidate {
	ranked := make([]*candidate, 0, len(sessions))
	for _, o := range sessions {
		c := &candidate{Session: o, kind: 2}
		switch {
		case o.DoctorID == lost.DoctorID:
			c.kind = 0
		case slices.Contains(peers, o.DoctorID), len(peers) == 0 && o.Class == lost.Class:
			c.kind = 1
		}
		ranked = append(ranked, c)
	}
	slices.SortStableFunc(ranked, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(away(lost.Start, a.Start), away(lost.Start, b.Start)))
	})
	return ranked
}

// nearest takes the free place that lies in this session as late as the lost
// one lay in its own.
func (c *candidate) nearest(into time.Duration, fits func(Slot) bool) (Slot, bool) {
	best := -1
	target := c.Start.Add(into)
	for i, p := range c.free {
		if fits(p) && (best < 0 || away(target, p.Start) < away(target, c.free[best].Start)) {
			best = i
		}
	}
	if best < 0 {
		return Slot{}, false
	}
	p := c.free[best]
	c.free = slices.Delete(c.free, best, best+1)
	return p, true
}

// optionExpiry says until when a place is kept: a day at most, and given up
// early enough for somebody else, but with time left to answer. False means
// that the place starts too soon.
func (p Policy) optionExpiry(now, start time.Time) (time.Time, bool) {
	least := now.Add(p.OptionMin)
	if start.Before(least) {
		return time.Time{}, false
	}
	until := start.Add(-p.OptionLead)
	if latest := now.Add(p.OptionHold); until.After(latest) {
		until = latest
	}
	if until.Before(least) {
		until = least
	}
	return until, true
}

// fits says whether the patient could really take the place: he has no visit
// with that doctor or at that time, and may have one more on that day.
func fits(visits []Appointment, c *candidate, p Slot, perDay int) bool {
	sameDay := 0
	for _, v := range visits {
		if v.Day != c.Date {
			continue
		}
		sameDay++
		if v.DoctorID == c.DoctorID || v.Start.Before(p.End) && p.Start.Before(v.End) {
			return false
		}
	}
	return perDay == 0 || sameDay < perDay
}

// keeper keeps places for the patients of one suspended session.
type keeper struct {
	s          *Service
	tx         Tx
	lost       Session
	candidates []*candidate
	visits     map[string][]Appointment // by patient
	kept       map[string][]*candidate  // by origin
	still      map[string]int           // by origin, how many were kept before
}

// keepOptions keeps a place for each patient before anybody gets a second
// one, and tells for how many any is kept. Places that are kept for somebody from
// before, because he lost his place and had it back meanwhile, count.
func (s *Service) keepOptions(ctx context.Context, tx Tx, lost Session, ended []Appointment, r SuspendRequest) (int, error) {
	if len(ended) == 0 {
		return 0, nil
	}
	k := &keeper{s: s, tx: tx, lost: lost, kept: map[string][]*candidate{}}
	if err := k.load(ctx, ended, r); err != nil {
		return 0, err
	}
	for round := range s.policy.Options {
		for _, a := range ended {
			switch of := a.Origin(); {
			case len(k.kept[of]) < round: // there was nothing for him in the round before
				continue
			case k.still[of]+round >= s.policy.Options: // some are kept for him already
				continue
			}
			if err := k.keep(ctx, a); err != nil {
				return 0, err
			}
		}
	}
	n := 0
	for _, a := range ended {
		if of := a.Origin(); len(k.kept[of])+k.still[of] > 0 {
			n++
		}
	}
	return n, nil
}

func (k *keeper) load(ctx context.Context, ended []Appointment, r SuspendRequest) error {
	now := k.tx.Now()
	sessions, err := k.tx.Sessions(ctx, SessionFilter{
		DepartmentID: k.lost.DepartmentID, From: k.s.today(now), To: k.lost.Date.AddDays(k.s.policy.OptionDays),
		Status: []SessionStatus{SessionPlanned, SessionOpen},
	})
	if err != nil {
		return fmt.Errorf("load sessions: %w", err)
	}
	sessions = slices.DeleteFunc(sessions, func(o Session) bool {
		return o.bookable(now, Who{Drawn: true}) != nil || slices.Contains(r.Avoid, o.ID)
	})
	k.candidates = rankCandidates(k.lost, sessions, r.Peers)
	if err := k.loadPlaces(ctx, k.candidates...); err != nil {
		return err
	}
	patients := make([]string, 0, len(ended))
	for _, a := range ended {
		patients = append(patients, a.PatientID)
	}
	visits, err := k.tx.Appointments(ctx, AppointmentFilter{
		PatientIDs: patients, From: k.s.today(now), To: k.lost.Date.AddDays(k.s.policy.OptionDays),
		States: []State{Held, Booked, CheckedIn, Fulfilled, NoShow}, Purpose: PurposeVisit,
	})
	if err != nil {
		return fmt.Errorf("load visits: %w", err)
	}
	held, err := k.tx.Appointments(ctx, AppointmentFilter{
		PatientIDs: patients, From: k.s.today(now), To: k.lost.Date.AddDays(k.s.policy.OptionDays),
		States: []State{Held}, Purpose: PurposeOption,
	})
	if err != nil {
		return fmt.Errorf("load options: %w", err)
	}
	k.still = map[string]int{}
	for _, o := range held {
		k.still[o.OriginID]++
	}
	k.visits = map[string][]Appointment{}
	for _, v := range visits {
		if slices.ContainsFunc(ended, func(a Appointment) bool { return a.ID == v.ID }) {
			continue // still stands, but is to be left
		}
		k.visits[v.PatientID] = append(k.visits[v.PatientID], v)
	}
	return nil
}

func (k *keeper) loadPlaces(ctx context.Context, candidates ...*candidate) error {
	if len(candidates) == 0 {
		return nil
	}
	sessions := make([]Session, 0, len(candidates))
	for _, c := range candidates {
		sessions = append(sessions, c.Session)
	}
	free, err := k.s.freeOf(ctx, k.tx, sessions, Who{})
	if err != nil {
		return err
	}
	for _, c := range candidates {
		c.free = free[c.ID]
		c.places = len(LaySlots(c.Session))
	}
	return nil
}

// keep keeps one more place for a patient, of a kind he has none of if there
// is one. A second or third one never takes a session's last half.
func (k *keeper) keep(ctx context.Context, a Appointment) error {
	had := k.kept[a.Origin()]
	order := slices.Clone(k.candidates)
	slices.SortStableFunc(order, func(x, y *candidate) int { return cmp.Compare(kindsOf(had, x), kindsOf(had, y)) })
	for _, c := range order {
		if slices.Contains(had, c) || len(had) > 0 && 2*len(c.free) <= c.places {
			continue
		}
		ok, err := k.keepIn(ctx, a, c)
		if err != nil {
			return err
		}
		if ok {
			k.kept[a.Origin()] = append(had, c)
			return nil
		}
	}
	return nil
}

func kindsOf(had []*candidate, c *candidate) int {
	n := 0
	for _, h := range had {
		if h.kind == c.kind {
			n++
		}
	}
	return n
}

// hold shuts suspension out of c and looks at it again: it may have been
// suspended, or lost places, since it was read. Who has it locked just now is
// waited for.
func (k *keeper) hold(ctx context.Context, c *candidate) error {
	if c.held {
		return nil
	}
	shared, err := k.tx.ShareSessions(ctx, c.ID)
	if err == nil && len(shared) == 0 {
		_, err = k.tx.QueueForSession(ctx, c.ID)
	}
	if err != nil {
		return fmt.Errorf("hold session: %w", err)
	}
	now, err := k.tx.Session(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("load session again: %w", err)
	}
	changed := now.Version != c.Version
	c.held, c.Session = true, now
	switch {
	case now.bookable(k.tx.Now(), Who{Drawn: true}) != nil:
		c.free = nil
	case changed:
		return k.loadPlaces(ctx, c)
	}
	return nil
}

// keepIn keeps the nearest place of c; if somebody was faster, the next.
func (k *keeper) keepIn(ctx context.Context, a Appointment, c *candidate) (bool, error) {
	if len(c.free) == 0 {
		return false, nil
	}
	if err := k.hold(ctx, c); err != nil {
		return false, err
	}
	now, policy := k.tx.Now(), k.s.policy
	for {
		p, found := c.nearest(a.Start.Sub(k.lost.Start), func(p Slot) bool {
			_, late := policy.optionExpiry(now, p.Start)
			return late && fits(k.visits[a.PatientID], c, p, policy.PerDay)
		})
		if !found {
			return false, nil
		}
		o := option(a, AppointmentID("option", k.tx.NewID()))
		o.ExpiresAt, _ = policy.optionExpiry(now, p.Start)
		o.sit(c.Session, p)
		err := k.s.insert(ctx, k.tx, &o)
		switch {
		case houzhen.CodeOf(err) == houzhen.CodeSlotTaken:
			continue
		case err != nil:
			return false, fmt.Errorf("keep place: %w", err)
		}
		return true, emit(k.tx, houzhen.OptionKept, o, bookedData(o))
	}
}

// option makes the row of a kept place in the stead of a.
func option(a Appointment, id string) Appointment {
	return Appointment{
		ID: id, Voucher: voucherOf(id), PatientID: a.PatientID, AccountID: a.AccountID, Nth: 1,
		State: Held, Purpose: PurposeOption, OriginID: a.Origin(), Channel: a.Channel, TravelMinute: a.TravelMinute, Version: 1,
	}
}
