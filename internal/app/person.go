package app

import (
	"context"

	"github.com/houzhen/houzhen/booking/person"
)

// fitness is the rule of age, sex and guardians, which reads the departments
// from memory.
func (a *App) fitness() person.Rule {
	return person.Rule{Policy: person.DefaultPolicy(), Bounds: a.bounds}
}

// bounds says whom a department sees.
func (a *App) bounds(ctx context.Context, departmentID string) (person.Bounds, error) {
	index, err := a.Directory.Index(ctx)
	if err != nil {
		return person.Bounds{}, err
	}
	d := index.DepartmentOf(departmentID)
	return person.Bounds{MinAge: d.MinAge, MaxAge: d.MaxAge, Sex: string(d.Sex)}, nil
}
