package api

import (
	"context"
	"fmt"
)

type patientsOut struct{ Body []PatientView }

// patients lists the people an account acts for.
func (a *API) patients(ctx context.Context, _ *struct{}) (*patientsOut, error) {
	list, err := a.Directory.Patients(ctx, who(ctx).AccountID)
	if err != nil {
		return nil, fmt.Errorf("load patients: %w", err)
	}
	out := &patientsOut{Body: []PatientView{}}
	for _, p := range list {
		out.Body = append(out.Body, patientView(p))
	}
	return out, nil
}
