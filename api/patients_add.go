package api

import (
	"context"
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

type addPatientIn struct {
	Body struct {
		Name          string `json:"name" maxLength:"60"`
		DocType       string `json:"doc_type,omitempty" doc:"CV02.01.101; 01, the identity card, if left out"`
		Doc           string `json:"doc" maxLength:"40"`
		Sex           string `json:"sex,omitempty" doc:"M or F; an identity card says it itself"`
		Birth         string `json:"birth,omitempty" doc:"YYYY-MM-DD; an identity card says it itself"`
		Phone         string `json:"phone,omitempty" maxLength:"20"`
		Relation      string `json:"relation" enum:"self,child,parent,spouse,other"`
		Consent       bool   `json:"consent,omitempty"`
		TravelMinutes int    `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
	}
}

type patientOut struct {
	Status int
	Body   PatientView
}

// addPatient adds a person to the account.
func (a *API) addPatient(ctx context.Context, in *addPatientIn) (*patientOut, error) {
	b := in.Body
	p := directory.Patient{
		Name: houzhen.NewName(b.Name), DocType: directory.DocType(b.DocType), Doc: houzhen.NewIDNumber(b.Doc),
		Sex: directory.Sex(b.Sex), Phone: houzhen.NewPhone(b.Phone), Lang: requestOf(ctx).lang, TravelMinutes: b.TravelMinutes,
	}
	if err := parseDate(b.Birth, "birth", &p.Birth); err != nil {
		return nil, err
	}
	if p.DocType == "" {
		p.DocType = directory.DocID
	}
	p, err := a.Directory.Register(ctx, Registration{AccountID: who(ctx).AccountID, Patient: p, Relation: b.Relation, Consent: b.Consent})
	if err != nil {
		return nil, err
	}
	return &patientOut{http.StatusCreated, patientView(p)}, nil
}
