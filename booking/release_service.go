package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
)

// ReleaseRule gives the rule in force for a department.
func (s *Service) ReleaseRule(ctx context.Context, departmentID string) (ReleaseRule, error) {
	rules, err := s.ReleaseRules(ctx)
	return RuleFor(rules, departmentID, s.policy), err
}

// ReleaseRules lists every version there ever was, by department and version.
func (s *Service) ReleaseRules(ctx context.Context) (rules []ReleaseRule, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		rules, err = tx.ReleaseRules(ctx)
		return err
	})
	return rules, err
}

// Horizon gives how many days ahead sessions have to be laid out: the longest
// of any department.
func (s *Service) Horizon(ctx context.Context) (int, error) {
	rules, err := s.ReleaseRules(ctx)
	days := s.policy.HorizonDays
	for _, r := range rules {
		if RuleFor(rules, r.DepartmentID, s.policy).Version == r.Version {
			days = max(days, r.HorizonDays)
		}
	}
	return days, err
}

// SetReleaseRule makes a new version of a department's rule, and moves the
// releases that it changes: of sessions that are not released and whose release
// is not within the notice. Quotas that have not fallen back yet do so when the
// new rule says. It gives the version and how many releases were moved.
func (s *Service) SetReleaseRule(ctx context.Context, rule ReleaseRule) (ReleaseRule, int, error) {
	if err := rule.Validate(); err != nil {
		return rule, 0, err
	}
	moved := 0
	err := s.store.InTx(ctx, func(tx Tx) error {
		moved = 0
		rules, err := tx.ReleaseRules(ctx)
		if err != nil {
			return fmt.Errorf("load release rules: %w", err)
		}
		rule.Version, rule.On = 1, tx.Now()
		for _, r := range rules {
			if r.DepartmentID == rule.DepartmentID {
				rule.Version = max(rule.Version, r.Version+1)
			}
		}
		if err := tx.AddReleaseRule(ctx, rule); err != nil {
			return fmt.Errorf("add release rule: %w", err)
		}
		moved, err = s.retime(ctx, tx, rules, rule)
		return err
	})
	return rule, moved, err
}

// retime moves the releases of sessions that have not been released, and the
// fall-back of quotas that are still kept, from what the rules said until now
// to a new one.
func (s *Service) retime(ctx context.Context, tx Tx, until []ReleaseRule, made ReleaseRule) (int, error) {
	sessions, err := tx.Sessions(ctx, SessionFilter{
		DepartmentID: made.DepartmentID, From: s.today(tx.Now()), Status: []SessionStatus{SessionPlanned},
	})
	if err != nil {
		return 0, fmt.Errorf("load sessions: %w", err)
	}
	moved := 0
	for _, o := range sessions {
		old := RuleFor(until, o.DepartmentID, s.policy)
		if old.DepartmentID != "" && old.DepartmentID != made.DepartmentID {
			continue // has a rule of its own
		}
		told, err := s.told(ctx, tx, o, old)
		if err != nil {
			return moved, err
		}
		at, changed := made.retimed(o, told, tx.Now(), s.loc)
		falls, other := made.refallen(o, tx.Now(), s.loc)
		if !changed && !other {
			continue
		}
		o.ReleaseAt, o.FallBackAt = at, falls
		if err := tx.UpdateSession(ctx, o); err != nil {
			return moved, fmt.Errorf("update session: %w", err)
		}
		if changed {
			moved++
		}
		o.Version++
		if err := emitSession(tx, houzhen.SessionResized, o, nil); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// Releases lists the sessions that are not released yet, by release and start.
func (s *Service) Releases(ctx context.Context, departmentID string) (list []Session, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		sessions, err := tx.Sessions(ctx, SessionFilter{
			DepartmentID: departmentID, From: s.today(tx.Now()), Status: []SessionStatus{SessionPlanned},
		})
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		list = []Session{}
		for _, o := range sessions {
			if o.ReleaseAt.After(tx.Now()) {
				list = append(list, o)
			}
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Session) int { return a.ReleaseAt.Compare(b.ReleaseAt) })
	return list, err
}
