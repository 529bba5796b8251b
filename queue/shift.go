package queue

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Shift says why somebody's position changed, and by how many: negative is
// forward. It names nobody.
type Shift struct {
	Code string
	By   int
}

// Reason gives the shift in the form that has words.
func (s Shift) Reason() Reason {
	return because(s.Code, "n", strconv.Itoa(max(s.By, -s.By)))
}

// Shifts explains how the positions of all who waited before and after a
// change differ, both as of now. For each ticket the numbers add up to exactly
// the change of his position: everybody who was before him and no longer is
// counts -1, everybody who is now and was not +1, each with his reason.
func Shifts(before, after Queue, p Policy, now time.Time) map[string][]Shift {
	was, is := ranks(before, p, now), ranks(after, p, now)
	old, fresh := byID(before), byID(after)
	all := map[string][]Shift{}
	for id, r := range is {
		r0, known := was[id]
		if !known {
			continue
		}
		own := movedHimself(old[id], fresh[id])
		sum := map[string]int{}
		for y, ry := range was {
			if y == id || ry > r0 {
				continue
			}
			if now, still := is[y]; !still || now > r {
				sum[pick(own, ShiftOwn, wentCode(fresh[y], still))]--
			}
		}
		for y, ry := range is {
			if y == id || ry > r {
				continue
			}
			if then, there := was[y]; !there || then > r0 {
				sum[pick(own, ShiftOwn, cameCode(old[y], fresh[y], there))]++
			}
		}
		for code, by := range sum {
			if by != 0 {
				all[id] = append(all[id], Shift{code, by})
			}
		}
		slices.SortFunc(all[id], func(a, b Shift) int { return cmp.Compare(a.Code, b.Code) })
	}
	return all
}

func pick(own bool, yes, no string) string {
	if own {
		return yes
	}
	return no
}

// ranks gives each waiting ticket its number in the order.
func ranks(q Queue, p Policy, now time.Time) map[string]int {
	r := map[string]int{}
	for i, at := range Order(q, p, now) {
		r[at.TicketID] = i
	}
	return r
}

func byID(q Queue) map[string]Ticket {
	m := make(map[string]Ticket, len(q.Tickets))
	for _, t := range q.Tickets {
		m[t.ID] = t
	}
	return m
}

// movedHimself reports whether it was his own place that changed, and not only
// what is around him.
func movedHimself(a, b Ticket) bool {
	return a.Lane != b.Lane || a.AtEnd != b.AtEnd || a.No != b.No || !a.SliceStart.Equal(b.SliceStart) || !a.LaneSince.Equal(b.LaneSince)
}

// wentCode says why somebody is no longer before another.
func wentCode(t Ticket, still bool) string {
	if still {
		return ShiftBehind
	}
	switch t.State {
	case Called, InConsult, Done, OutForTests:
		return ShiftCalled
	case Deferred, Suspended:
		return ShiftAside
	default:
		return ShiftLeft
	}
}

// cameCode says why somebody is before another now; there: he waited before.
func cameCode(before, after Ticket, there bool) string {
	if there && before.Lane == after.Lane {
		return ShiftTurn
	}
	switch after.Lane {
	case LaneEmergency:
		return ShiftEmergency
	case LanePinned:
		return ShiftPinned
	case LanePriority:
		return ShiftPriority
	case LaneReturn:
		return ShiftReturn
	case LaneMissed:
		return ShiftMissed
	case LaneLate:
		return ShiftLate
	case LaneDeferred:
		return ShiftDeferred
	case LaneNormal:
	}
	if before.State == Called || before.State == InConsult {
		return ShiftPutBack
	}
	return ShiftArrived
}
