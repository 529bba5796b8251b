package webhook

import (
	"context"
	"fmt"

	"github.com/houzhen/houzhen"
)

// Limits of reading.
const (
	MaxPage = 500  // facts in one answer
	window  = 5000 // numbers that one look goes through, so that a quiet channel costs little
)

// Page is a stretch of the public facts of a channel.
type Page struct {
	Events []Event
	Next   int64 // give it as after
	More   bool  // there is more already
}

// Read gives the public facts of a channel after a cursor; 0 starts at the
// first there ever was. The same cursor always gives the same facts.
func (s *Service) Read(ctx context.Context, channel string, after int64, limit int) (Page, error) {
	if after < 0 || limit < 1 || limit > MaxPage {
		return Page{}, houzhen.E(houzhen.CodeInvalid, "cursor or limit out of range").On("after")
	}
	until, err := s.settled(ctx)
	if err != nil {
		return Page{}, err
	}
	p := Page{Next: after}
	for len(p.Events) == 0 && p.Next < until {
		facts, next, err := s.stretch(ctx, channel, p.Next, until, limit)
		if err != nil {
			return Page{}, err
		}
		if p.Events, err = TellAll(facts); err != nil {
			return Page{}, err
		}
		p.Next = next
	}
	p.More = p.Next < until
	return p, nil
}

// looks is how often a moment is given the chance to settle before one goes on
// with what was settled before. Most transactions end while one looks.
const looks = 4

// settled asks the store how far nothing more can appear.
func (s *Service) settled(ctx context.Context) (until int64, err error) {
	first := int64(-1)
	for range looks {
		var m Mark
		err := s.opt.Store.InTx(ctx, func(tx Tx) (err error) {
			m, err = tx.FactMark(ctx)
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("mark facts: %w", err)
		}
		if first < 0 {
			first = m.Seq
		}
		if until = s.horizon.See(m); until >= first {
			break
		}
	}
	return until, nil
}

// stretch reads at most limit facts in one window and says up to where it has
// looked.
func (s *Service) stretch(ctx context.Context, channel string, after, until int64, limit int) (facts []Fact, next int64, err error) {
	q := query(channel, after, min(until, after+window), limit)
	err = s.opt.Store.View(ctx, func(tx Tx) (err error) {
		facts, err = tx.PublicFacts(ctx, q)
		return err
	})
	if err != nil {
		return nil, after, fmt.Errorf("read facts: %w", err)
	}
	if len(facts) == limit {
		return facts, facts[limit-1].Seq, nil
	}
	return facts, q.Until, nil
}

func query(channel string, after, until int64, limit int) Query {
	own, all := Kinds()
	return Query{Channel: channel, After: after, Until: until, Limit: limit, Own: own, All: all}
}
