package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// Validate says which quota is unknown or negative.
func (q Quotas) Validate() error {
	for name, n := range q {
		if n < 0 || !slices.Contains(AllQuotas, name) {
			return houzhen.E(houzhen.CodeInvalid, "quota is unknown or negative").On("quotas." + string(name))
		}
	}
	return nil
}

// Total counts the places that are kept for somebody.
func (q Quotas) Total() int {
	total := 0
	for _, n := range q {
		total += n
	}
	return total
}

// LayQuotas labels free booked places with quotas, spread evenly over the
// slices: no slice has two more of a quota than another, as long as there is
// room. Labels of taken places stay and count. It refuses quotas that are less
// than what was given of them, or more than there are places for.
func LayQuotas(slots []Slot, q Quotas) ([]Slot, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	laid := slices.Clone(slots)
	room := map[time.Time][]int{} // free places by slice, as indexes into laid
	var starts []time.Time
	kept := map[Quota]map[time.Time]int{}
	for i, s := range laid {
		if s.Band != BandBooked || s.Withheld {
			continue
		}
		if _, seen := room[s.Start]; !seen {
			room[s.Start], starts = nil, append(starts, s.Start)
		}
		if s.Taken {
			note(kept, s.Quota, s.Start)
			continue
		}
		laid[i].Quota = ""
		room[s.Start] = append(room[s.Start], i)
	}
	slices.SortFunc(starts, time.Time.Compare)
	for _, name := range AllQuotas {
		if err := layOne(laid, starts, room, kept, name, q[name]); err != nil {
			return nil, err
		}
	}
	return laid, nil
}

func note(kept map[Quota]map[time.Time]int, q Quota, start time.Time) {
	if kept[q] == nil {
		kept[q] = map[time.Time]int{}
	}
	kept[q][start]++
}

// layOne labels places for one quota until it has n.
func layOne(laid []Slot, starts []time.Time, room map[time.Time][]int, kept map[Quota]map[time.Time]int, name Quota, n int) error {
	given := 0
	for _, c := range kept[name] {
		given += c
	}
	if given > n {
		return houzhen.E(houzhen.CodeInvalid, "more places of the quota were given").On("quotas."+string(name)).
			With("least", strconv.Itoa(given))
	}
	for i := given; i < n; i++ {
		ideal := (2*i + 1) * len(starts) / (2 * n)
		start, ok := bestSlice(starts, ideal, room, kept, name)
		if !ok {
			return houzhen.E(houzhen.CodeInvalid, "there are fewer free places").On("quotas."+string(name)).With("most", strconv.Itoa(i))
		}
		last := len(room[start]) - 1
		laid[room[start][last]].Quota = name
		room[start] = room[start][:last]
		note(kept, name, start)
	}
	return nil
}

// bestSlice picks the slice with the fewest places of the quota, then with the
// fewest kept at all, then nearest to where an even spread would put it.
func bestSlice(starts []time.Time, ideal int, room map[time.Time][]int, kept map[Quota]map[time.Time]int, name Quota) (time.Time, bool) {
	all := func(t time.Time) (n int) {
		for q, of := range kept {
			if q != "" {
				n += of[t]
			}
		}
		return n
	}
	best := -1
	for i, t := range starts {
		if len(room[t]) == 0 {
			continue
		}
		if best < 0 || cmp.Or(cmp.Compare(kept[name][t], kept[name][starts[best]]), cmp.Compare(all(t), all(starts[best])),
			cmp.Compare(max(i-ideal, ideal-i), max(best-ideal, ideal-best))) < 0 {
			best = i
		}
	}
	if best < 0 {
		return time.Time{}, false
	}
	return starts[best], true
}

// fitting gives quotas that a session has room for: a roster line whose kept
// places are more than its places keeps the narrowest rights first.
func (q Quotas) fitting(places int) Quotas {
	if q.Total() <= places {
		return q
	}
	fit := Quotas{}
	for _, name := range AllQuotas {
		fit[name] = max(0, min(q[name], places))
		places -= fit[name]
	}
	return fit
}

// LayOut lays a session out in slots with the quotas of its roster line.
func LayOut(s Session, q Quotas) []Slot {
	slots := LaySlots(s)
	laid, err := LayQuotas(slots, q.fitting(len(slots)))
	if err != nil {
		return slots // an unknown quota keeps nothing
	}
	return laid
}

// QuotaUse is how much of a quota was given; "" is the general pool.
type QuotaUse struct {
	Quota  Quota `json:"quota"`
	Places int   `json:"places"`
	Sold   int   `json:"sold"`
}

// UseOf counts the booked places of a session by quota, the general pool first.
func UseOf(slots []Slot) []QuotaUse {
	by := map[Quota]*QuotaUse{}
	for _, s := range slots {
		if s.Band != BandBooked || s.Withheld {
			continue
		}
		if by[s.Quota] == nil {
			by[s.Quota] = &QuotaUse{Quota: s.Quota}
		}
		by[s.Quota].Places++
		if s.Taken {
			by[s.Quota].Sold++
		}
	}
	use := []QuotaUse{}
	for _, q := range append([]Quota{""}, AllQuotas...) {
		if by[q] != nil {
			use = append(use, *by[q])
		}
	}
	return use
}

// Slots gives the places of a session with who they are kept for.
func (s *Service) Slots(ctx context.Context, sessionID string) (slots []Slot, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		slots, err = tx.Slots(ctx, sessionID)
		return err
	})
	return slots, err
}

// SetQuotas lays the kept places of a session anew. Places that are taken stay
// with the quota they were given from.
func (s *Service) SetQuotas(ctx context.Context, sessionID string, q Quotas) (use []QuotaUse, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		session, slots, err := lockSlots(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		laid, err := LayQuotas(slots, q)
		if err != nil {
			return err
		}
		for i, slot := range laid {
			if slot.Quota == slots[i].Quota {
				continue
			}
			if err := tx.UpdateSlot(ctx, slot); err != nil {
				return fmt.Errorf("label slot: %w", err)
			}
		}
		use = UseOf(laid)
		return s.resized(ctx, tx, session, houzhen.ResizedData{Places: places(laid)})
	})
	return use, err
}

// lockSlots locks a session that is not over and loads its slots.
func lockSlots(ctx context.Context, tx Tx, sessionID string) (Session, []Slot, error) {
	session, err := tx.LockSession(ctx, sessionID)
	if err != nil {
		return session, nil, fmt.Errorf("lock session: %w", err)
	}
	if err := session.bookable(tx.Now(), Who{Drawn: true}); err != nil {
		return session, nil, err
	}
	slots, err := tx.Slots(ctx, sessionID)
	if err != nil {
		return session, nil, fmt.Errorf("load slots: %w", err)
	}
	return session, slots, nil
}

// resized raises the session's version, so that whoever looked before looks
// again, and writes the fact.
func (s *Service) resized(ctx context.Context, tx Tx, session Session, data houzhen.ResizedData) error {
	if err := tx.UpdateSession(ctx, session); err != nil {
		return fmt.Errorf("update session: %w", err)
	}
	session.Version++
	return emitSession(tx, houzhen.SessionResized, session, data)
}

// places counts the booked places that are not withheld.
func places(slots []Slot) (n int) {
	for _, s := range slots {
		if s.Band == BandBooked && !s.Withheld {
			n++
		}
	}
	return n
}
