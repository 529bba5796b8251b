package app

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/notify"
)

// tellProxy tells a patient that another account asked to book for him.
func (a *App) tellProxy(ctx context.Context, tx everything, e houzhen.Event) error {
	p, err := patientOf(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	s, err := a.reached(ctx, tx, notify.Subject{ID: p.ID, Version: e.Version}, p)
	if err != nil {
		return err
	}
	return a.enter(ctx, tx, a.policy.PlanProxy(s, tx.Now()))
}

// proxy is the view of that word. It is void once nobody waits for an answer.
func (s *scene) proxy(m notify.Message) (notify.View, error) {
	kin, err := s.tx.KinOf(s.ctx, m.Subject)
	if err != nil {
		return notify.View{}, err
	}
	if !slices.ContainsFunc(kin, func(k directory.Kinship) bool { return k.Relation != directory.RelationSelf && k.ConsentAt.IsZero() }) {
		return notify.View{Stale: staleAnswered}, nil
	}
	v, err := s.person(m.Subject)
	if err != nil {
		return v, err
	}
	v.Vars["phone"], v.Link = s.index.Hospital.Phone, "/patients"
	return v, nil
}
