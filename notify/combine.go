package notify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/houzhen/houzhen/templates"
)

// manyWording is the ending of the wordings that speak of several visits.
const manyWording = ".many"

// combines reports whether messages of a kind that go to one phone at one time
// become one: those that many families get at the same hour.
func combines(k Kind) bool {
	switch k {
	case KindReminder, KindReminder3, KindSuspended, KindOutage, KindRecovered:
		return true
	default:
		return false
	}
}

// together says which candidates may share one text.
func together(c Candidate) (key string, may bool) {
	m, v := c.Message, c.View
	if m.Channel != SMS || !combines(m.Kind) || v.Phone.IsZero() || v.Wording != "" || m.Secret != "" {
		return "", false
	}
	return fmt.Sprint(v.Phone.Reveal(), "|", m.Kind, "|", v.Lang, "|", v.Sensitive), true
}

// mostTogether is how many messages one text may speak for.
const mostTogether = 9

// Combine puts candidates that go to one phone at the same time together: each
// group is one text, its first is the row that carries it. The order within a
// group is that of the visits, and groups keep the order of the batch.
func Combine(batch []Candidate, verdicts []Verdict) [][]int {
	var groups [][]int
	open := map[string]int{}
	for i, c := range batch {
		if verdicts[i].Act != ActSend {
			continue
		}
		key, may := together(c)
		if at, ok := open[key]; may && ok && len(groups[at]) < mostTogether {
			groups[at] = append(groups[at], i)
			continue
		}
		if may {
			open[key] = len(groups)
		}
		groups = append(groups, []int{i})
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b int) int {
			return cmp.Compare(batch[a].View.Vars["time"], batch[b].View.Vars["time"])
		})
	}
	return groups
}

// mostNames is how many names one text has room for.
const mostNames = 3

// joined gives the view of a text for several messages: all names in the plain
// wording where nothing else differs, and the wording for many otherwise.
func joined(views []View, kind Kind) View {
	v := views[0]
	if len(views) == 1 {
		return v
	}
	v.Vars = maps.Clone(v.Vars)
	var names []string
	for _, o := range views {
		if name := o.Vars["name"]; name != "" && !slices.Contains(names, name) && len(names) < mostNames {
			names = append(names, name)
		}
	}
	for i, name := range names {
		if i == 0 {
			v.Vars["name"] = name
		} else {
			v.Vars["name"] = templates.T(v.Lang, "message.pair", "a", v.Vars["name"], "b", name)
		}
	}
	v.Vars["n"] = strconv.Itoa(len(views))
	plain := templates.Key(string(kind), v.Sensitive)
	same := !slices.ContainsFunc(views[1:], func(o View) bool {
		return slices.ContainsFunc(templates.Variables(plain), func(name string) bool {
			return name != "name" && o.Vars[name] != views[0].Vars[name]
		})
	})
	if !same {
		v.Wording = templates.Key(string(kind)+manyWording, v.Sensitive)
	}
	return v
}

// siblings claims what else is due to the same phones at this moment, so that
// one text can tell of it, and adds it to the batch.
func (s *Service) siblings(ctx context.Context, tx Tx, batch []Candidate, now time.Time) ([]Candidate, error) {
	here, want := map[string]bool{}, map[Kind][]string{}
	for _, c := range batch {
		here[c.Message.ID] = true
		if _, may := together(c); may && c.View.Stale == "" {
			want[c.Message.Kind] = append(want[c.Message.Kind], c.View.Household...)
		}
	}
	var ids []string
	for kind, family := range want {
		if len(family) == 0 {
			continue
		}
		rows, err := tx.Messages(ctx, MessageFilter{Kind: kind, Channel: SMS, Recipients: distinct(family), States: []State{Planned}, Limit: batchSize})
		if err != nil {
			return nil, fmt.Errorf("find what goes to the same phone: %w", err)
		}
		for _, m := range rows {
			if !here[m.ID] && !m.DueAt.After(now) {
				ids = append(ids, m.ID)
			}
		}
	}
	if len(ids) == 0 {
		return batch, nil
	}
	slices.Sort(ids)
	claimed, err := tx.ClaimMessages(ctx, ids, now)
	if err != nil || len(claimed) == 0 {
		return batch, err
	}
	more, err := s.candidates(ctx, tx, claimed, now)
	return append(batch, more...), err
}

// followers gives the rows whose text a row carried beside its own.
func followers(ctx context.Context, tx Tx, m Message) ([]Message, error) {
	if m.SentWith != m.ID || m.ID == "" {
		return nil, nil
	}
	rows, err := tx.Messages(ctx, MessageFilter{SentWith: m.ID, Limit: mostTogether})
	return slices.DeleteFunc(rows, func(o Message) bool { return o.ID == m.ID }), err
}

// like gives the row of a follower after its carrier became m: it shares its
// fate. One that has to go again goes by itself.
func (m Message) like(carrier Message) Message {
	m.State, m.Reason, m.ErrorCode = carrier.State, carrier.Reason, carrier.ErrorCode
	m.SentAt, m.DoneAt, m.DueAt, m.Attempts = carrier.SentAt, carrier.DoneAt, carrier.DueAt, carrier.Attempts
	m.Text, m.NextAt = carrier.Text, carrier.NextAt
	if m.State == Planned {
		m.SentWith = ""
	}
	return m.discreet()
}
