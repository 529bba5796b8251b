package api

import (
	"context"

	"github.com/houzhen/houzhen"
)

type doctorsIn struct {
	Department string `query:"department"`
}

type doctorsOut struct{ Body []doctorView }

type doctorView struct {
	ID           string        `json:"id"`
	DepartmentID string        `json:"department_id"`
	Name         houzhen.Label `json:"name"`
	Title        houzhen.Label `json:"title"`
	Pool         bool          `json:"pool"`
}

// doctors lists with whom one can book.
func (a *API) doctors(ctx context.Context, in *doctorsIn) (*doctorsOut, error) {
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &doctorsOut{Body: []doctorView{}}
	for _, d := range names.House.Doctors {
		if in.Department == "" || d.DepartmentID == in.Department {
			out.Body = append(out.Body, doctorView{d.ID, d.DepartmentID, d.Name, d.Title, d.Pool})
		}
	}
	return out, nil
}
