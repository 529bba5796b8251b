package booking

import (
	"context"
	"fmt"
)

// ReleaseRule gives the rule in force for a department.
func (s *Service) ReleaseRule(ctx context.Context, departmentID string) (rule ReleaseRule, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		rules, err := tx.ReleaseRules(ctx)
		if err != nil {
			return fmt.Errorf("load release rules: %w", err)
		}
		rule = RuleFor(rules, departmentID, s.policy)
		return nil
	})
	return rule, err
}
