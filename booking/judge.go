package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
)

// Ask is a request for a place together with the session it asks for.
type Ask struct {
	Request    BookRequest
	Session    Session
	Start, End time.Time // the slice of the place that was found; zero while none is
	Leaves     Visit     // the visit that is given up for this one; zero when it is one more
}

// at is the ask for a place.
func (a Ask) at(start, end time.Time) Ask { a.Start, a.End = start, end; return a }

// Rule judges who may book, and who may move to another place: limits, credit,
// age and sex, family, abuse. It gives one verdict an ask, in their order: nil
// for yes, else a coded error that says why not. The error beside them means
// that it could not judge.
//
// Judge sees everybody who asks at about the same time, up to 128 of them, in
// one transaction of which no write is expected: a rule that reads must read
// for all of them at once. The same patient is never twice among them. The
// desk is asked about too; a rule that does not hold there looks at
// Request.Channel itself.
type Rule interface {
	Judge(ctx context.Context, tx Tx, asks []Ask) ([]error, error)
}

// Option changes how a service is made.
type Option func(*Service)

// WithRules adds rules that judge every booking, after the limits of the
// policy and in the order given. The first that refuses is the one told.
func WithRules(rules ...Rule) Option {
	return func(s *Service) { s.rules = append(s.rules, rules...) }
}

// judge asks every rule about those whom no earlier one has refused.
func (s *Service) judge(ctx context.Context, tx Tx, asks []Ask) ([]error, error) {
	verdicts := make([]error, len(asks))
	for _, rule := range s.rules {
		var open []Ask
		var at []int
		for i, ask := range asks {
			if verdicts[i] == nil {
				open, at = append(open, ask), append(at, i)
			}
		}
		if len(open) == 0 {
			break
		}
		said, err := rule.Judge(ctx, tx, open)
		if err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
		if len(said) != len(open) {
			return nil, houzhen.E(houzhen.CodeInternal, "a rule did not judge everybody")
		}
		for k, verdict := range said {
			verdicts[at[k]] = verdict
		}
	}
	return verdicts, nil
}
