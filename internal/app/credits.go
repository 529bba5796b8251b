package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/credit"
)

// credits gives API and pages what is on record of people (api.Credit).
type credits struct{ *App }

// Rules lists every published version, the latest first.
func (c credits) Rules(ctx context.Context) (sets []credit.RuleSet, err error) {
	err = c.view(ctx, func(tx everything) error {
		sets, err = tx.RuleSets(ctx)
		slices.Reverse(sets)
		return err
	})
	return sets, err
}

// Standing tells what is on record of patients, in the order given.
func (c credits) Standing(ctx context.Context, patientIDs ...string) ([]api.Standing, error) {
	out := make([]api.Standing, len(patientIDs))
	err := c.view(ctx, func(tx everything) error {
		limits, err := c.Credit.Restrictions(ctx, tx, patientIDs...)
		if err != nil {
			return err
		}
		for i, id := range patientIDs {
			out[i] = api.Standing{PatientID: id}
			if l, ok := limits[id]; ok {
				out[i].Limit = &l
			}
			if out[i].Marks, err = c.marked(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// marked lists the marks of a patient with evidence and appeals, latest first.
func (c credits) marked(ctx context.Context, tx everything, patientID string) ([]api.Marked, error) {
	marks, err := tx.MarksOf(ctx, patientID)
	if err != nil || len(marks) == 0 {
		return nil, err
	}
	appeals, err := tx.AppealsOf(ctx, patientID)
	if err != nil {
		return nil, err
	}
	sets, err := tx.RuleSets(ctx)
	if err != nil {
		return nil, err
	}
	var out []api.Marked
	for _, m := range slices.Backward(marks) {
		one := api.Marked{Mark: m}
		for _, p := range appeals {
			if p.MarkID == m.ID {
				one.Appeal = &p
			}
		}
		set, _ := credit.InForce(sets, m.At)
		one.Until, one.Appealable = m.AppealUntil(set), m.Appealable(set, one.Appeal != nil, tx.Now()) == nil
		if one.Appointment, err = tx.Appointment(ctx, m.AppointmentID); err != nil {
			return nil, fmt.Errorf("load appointment: %w", err)
		}
		if one.Evidence, err = c.evidence(ctx, tx, m); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Appeal speaks against a mark, with the evidence as it is now.
func (c credits) Appeal(ctx context.Context, by, markID, words string) (p credit.Appeal, err error) {
	err = c.inTx(ctx, func(tx everything) error {
		m, err := tx.Mark(ctx, markID)
		if err != nil {
			return err
		}
		proof, err := c.evidence(ctx, tx, m)
		if err != nil {
			return err
		}
		if p, err = c.Credit.Appeal(ctx, tx, markID, words, proof); err != nil {
			return err
		}
		return tx.Append(ctx, by, "credit.appeal", p.ID, "")
	})
	return p, err
}

// appealsShown is how many open appeals one page shows.
const appealsShown = 200

// Appeals lists what waits for a decision.
func (c credits) Appeals(ctx context.Context) (out []api.Contested, err error) {
	err = c.view(ctx, func(tx everything) error {
		out = nil
		open, err := tx.AppealsOpen(ctx, appealsShown)
		if err != nil {
			return err
		}
		for _, p := range open {
			m, err := tx.Mark(ctx, p.MarkID)
			if err != nil {
				return fmt.Errorf("load mark: %w", err)
			}
			at, err := tx.Appointment(ctx, m.AppointmentID)
			if err != nil {
				return fmt.Errorf("load appointment: %w", err)
			}
			out = append(out, api.Contested{Appeal: p, Mark: m, Appointment: at})
		}
		return nil
	})
	return out, err
}

// Decide ends an appeal.
func (c credits) Decide(ctx context.Context, by, appealID string, grant bool, note string) (p credit.Appeal, err error) {
	err = c.inTx(ctx, func(tx everything) error {
		if p, err = c.Credit.Decide(ctx, tx, appealID, grant, by, note); err != nil {
			return err
		}
		return tx.Append(ctx, by, "credit.decide", appealID, string(p.State))
	})
	return p, err
}

// Publish adds a version of the rules.
func (c credits) Publish(ctx context.Context, by string, set credit.RuleSet) (out credit.RuleSet, err error) {
	err = c.inTx(ctx, func(tx everything) error {
		if out, err = c.Credit.Publish(ctx, tx, set, by); err != nil {
			return err
		}
		return tx.Append(ctx, by, "credit.publish", out.ID, "")
	})
	return out, err
}

// Protect declares a time that excuses.
func (c credits) Protect(ctx context.Context, by string, shield credit.Shield) (n int, err error) {
	shield.By = by
	err = c.inTx(ctx, func(tx everything) error {
		if n, err = c.Credit.Protect(ctx, tx, shield); err != nil {
			return err
		}
		return tx.Append(ctx, by, "credit.protect", shield.PatientID, shield.Kind)
	})
	return n, err
}
