package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking/draw"
)

type drawIn struct {
	Session string `path:"session"`
}

type drawOut struct{ Body draw.Record }

// draw gives what is published of a draw: the commitment beforehand, and
// afterwards all that anybody needs to draw again.
func (a *API) draw(ctx context.Context, in *drawIn) (*drawOut, error) {
	record, err := a.Pool.Record(ctx, in.Session)
	if err != nil {
		return nil, err
	}
	return &drawOut{Body: record}, nil
}

// LotView is a person's lot.
type LotView struct {
	ID            string    `json:"id" doc:"As it is published"`
	SessionID     string    `json:"session_id"`
	PatientID     string    `json:"patient_id"`
	At            time.Time `json:"at"`
	Rank          int       `json:"rank,omitempty"`
	Outcome       string    `json:"outcome" enum:",won,lost,refused"`
	AppointmentID string    `json:"appointment_id,omitempty"`
}

func lotView(r draw.Request) LotView {
	return LotView{r.ID, r.SessionID, r.PatientID, r.At, r.Rank, string(r.Outcome), r.AppointmentID}
}

type joinIn struct {
	Session string `path:"session"`
	Body    struct {
		PatientID string `json:"patient_id"`
	}
}

type lotOut struct{ Body LotView }

// joinDraw gives one of the account's people a lot.
func (a *API) joinDraw(ctx context.Context, in *joinIn) (*lotOut, error) {
	p := who(ctx)
	patient, err := a.OwnPatient(ctx, p, in.Body.PatientID)
	if err != nil {
		return nil, err
	}
	lot, err := a.Pool.Join(ctx, draw.JoinRequest{
		SessionID: in.Session, PatientID: patient.ID, AccountID: p.AccountID, TravelMinutes: patient.TravelMinutes,
	})
	if err != nil {
		return nil, err
	}
	return &lotOut{Body: lotView(lot)}, nil
}

type lotsOut struct{ Body []LotView }

func (a *API) lots(ctx context.Context, _ *struct{}) (*lotsOut, error) {
	people, err := a.Directory.Patients(ctx, who(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(people))
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	list, err := a.Pool.Lots(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := &lotsOut{Body: []LotView{}}
	for _, r := range list {
		out.Body = append(out.Body, lotView(r))
	}
	return out, nil
}
