package abuse

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Detect finds the patterns in traces, which are in order of time. Only what
// happened after decided[kind+subject] counts, so that a decision is not asked
// for twice on the same evidence. Flags come by kind and subject.
func Detect(traces []Trace, p Policy, decided func(Kind, string) time.Time) []Flag {
	d := detector{policy: p, decided: decided}
	d.handovers(traces)
	account := func(t Trace) string { return t.AccountID }
	device := func(t Trace) string { return t.Origin.Device }
	d.busiest(Churn, p.Churn, traces, account, func(t Trace) string {
		if t.Action != Cancelled {
			return ""
		}
		return t.AppointmentID
	})
	d.busiest(Hoard, p.Hoard, traces, account, func(t Trace) string {
		if t.Action != Booked {
			return ""
		}
		return t.PatientID
	})
	d.busiest(Crowd, p.Crowd, traces, device, func(t Trace) string {
		if t.Action != Booked {
			return ""
		}
		return t.AccountID
	})
	d.busiest(Flood, p.Flood, traces, account, func(t Trace) string {
		if t.Action != Throttled {
			return ""
		}
		return t.ID
	})
	slices.SortFunc(d.found, func(a, b Flag) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Subject, b.Subject))
	})
	return d.found
}

type detector struct {
	policy  Policy
	decided func(Kind, string) time.Time
	found   []Flag
}

// handovers finds places that were given up and soon taken for another person
// by the same account or on the same device.
func (d *detector) handovers(traces []Trace) {
	taken := map[string][]Trace{} // by session
	for _, t := range traces {
		if t.Action == Booked {
			taken[t.SessionID] = append(taken[t.SessionID], t)
		}
	}
	pairs := map[string][]Trace{}
	for _, c := range traces {
		if c.Action != Cancelled {
			continue
		}
		for _, b := range taken[c.SessionID] {
			subject := link(c, b)
			if subject != "" && b.PatientID != c.PatientID && !b.At.Before(c.At) && b.At.Sub(c.At) <= d.policy.Gap &&
				c.At.After(d.decided(Handover, subject)) {
				pairs[subject] = append(pairs[subject], c, b)
				break
			}
		}
	}
	for subject, list := range pairs {
		if n := len(list) / 2; n >= d.policy.Handover {
			d.found = append(d.found, flag(Handover, subject, n, list))
		}
	}
}

// link gives what two traces have in common: an account, or else a device.
func link(a, b Trace) string {
	switch {
	case a.AccountID != "" && a.AccountID == b.AccountID:
		return a.AccountID
	case a.Origin.Device != "" && a.Origin.Device == b.Origin.Device:
		return a.Origin.Device
	}
	return ""
}

// busiest flags subjects with at least enough different things in some span.
// Traces without a subject or a thing do not count.
func (d *detector) busiest(k Kind, enough int, traces []Trace, subject, thing func(Trace) string) {
	of := map[string][]Trace{}
	for _, t := range traces {
		if s := subject(t); s != "" && thing(t) != "" && t.At.After(d.decided(k, s)) {
			of[s] = append(of[s], t)
		}
	}
	for s, list := range of {
		if n, in := densest(list, d.policy.Span, thing); n >= enough {
			d.found = append(d.found, flag(k, s, n, in))
		}
	}
}

// densest gives the span with the most different things, and what is in it.
func densest(list []Trace, span time.Duration, thing func(Trace) string) (most int, in []Trace) {
	seen := map[string]int{}
	first := 0
	for last, t := range list {
		seen[thing(t)]++
		for t.At.Sub(list[first].At) > span {
			if k := thing(list[first]); seen[k] == 1 {
				delete(seen, k)
			} else {
				seen[k]--
			}
			first++
		}
		if len(seen) > most {
			most, in = len(seen), list[first:last+1]
		}
	}
	return most, in
}

// flag makes a flag of what was seen.
func flag(k Kind, subject string, count int, seen []Trace) Flag {
	f := Flag{Kind: k, Subject: subject, Count: count, State: Open, First: seen[0].At, Last: seen[0].At}
	accounts := map[string]bool{}
	for _, t := range seen {
		f.First, f.Last = earlier(f.First, t.At), later(f.Last, t.At)
		if t.AccountID != "" {
			accounts[t.AccountID] = true
		}
		if t.AppointmentID != "" && !slices.Contains(f.Evidence, t.AppointmentID) {
			f.Evidence = append(f.Evidence, t.AppointmentID)
		}
	}
	f.Accounts = slices.Sorted(maps.Keys(accounts))
	f.Evidence = f.Evidence[max(0, len(f.Evidence)-MaxEvidence):]
	return f
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
