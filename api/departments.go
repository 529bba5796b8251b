package api

import (
	"context"

	"github.com/houzhen/houzhen"
)

type departmentsOut struct{ Body []departmentView }

type departmentView struct {
	ID   string        `json:"id"`
	Code string        `json:"code"`
	Name houzhen.Label `json:"name"`
}

// departments lists where one can book.
func (a *API) departments(ctx context.Context, _ *struct{}) (*departmentsOut, error) {
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &departmentsOut{Body: []departmentView{}}
	for _, d := range names.House.Departments {
		out.Body = append(out.Body, departmentView{d.ID, d.Code, d.Name})
	}
	return out, nil
}
