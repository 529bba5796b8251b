package api

import (
	"context"
	"net/http"
	"time"

	"github.com/houzhen/houzhen/booking"
)

type quotasIn struct {
	ID string `path:"id"`
}

type quotasOut struct{ Body []booking.QuotaUse }

func (a *API) quotas(ctx context.Context, in *quotasIn) (*quotasOut, error) {
	if _, err := a.Booking.Session(ctx, in.ID); err != nil {
		return nil, err
	}
	slots, err := a.Pool.Slots(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &quotasOut{Body: booking.UseOf(slots)}, nil
}

type setQuotasIn struct {
	ID   string `path:"id"`
	Body booking.Quotas
}

func (a *API) setQuotas(ctx context.Context, in *setQuotasIn) (*quotasOut, error) {
	use, err := a.Pool.SetQuotas(ctx, who(ctx).ID, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	return &quotasOut{Body: use}, nil
}

type resizeIn struct {
	ID   string `path:"id"`
	Body struct {
		Start  time.Time `json:"start,omitzero" required:"false" doc:"Of a slice; the whole session if left out"`
		Places int       `json:"places" minimum:"0" maximum:"200"`
		Reason string    `json:"reason" minLength:"1" maxLength:"60"`
	}
}

type resizeOut struct{ Body booking.ResizeResult }

// resize cuts or raises a capacity. Whoever loses his place stays on the
// overflow list until he has another.
func (a *API) resize(ctx context.Context, in *resizeIn) (*resizeOut, error) {
	result, err := a.Pool.Resize(ctx, who(ctx).ID, booking.ResizeRequest{
		SessionID: in.ID, Start: in.Body.Start, Places: in.Body.Places, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return &resizeOut{Body: result}, nil
}

type overbookIn struct {
	ID   string `path:"id"`
	Body struct {
		PatientID string    `json:"patient_id" minLength:"1"`
		Start     time.Time `json:"start,omitzero" required:"false" doc:"Of the slice to come in; the last if left out"`
		Reason    string    `json:"reason" minLength:"1" maxLength:"60"`
	}
}

// overbook adds a place beyond the roster for one patient.
func (a *API) overbook(ctx context.Context, in *overbookIn) (*appointmentOut, error) {
	p := who(ctx)
	made, err := a.Pool.Overbook(ctx, p.ID, booking.OverbookRequest{
		Caller: callerOf(p), Key: requestOf(ctx).key, SessionID: in.ID, PatientID: in.Body.PatientID, Start: in.Body.Start, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, made, http.StatusCreated)
}

type overflowIn struct {
	Department string `query:"department"`
	From       string `query:"from" doc:"YYYY-MM-DD, today if left out"`
	To         string `query:"to" doc:"YYYY-MM-DD"`
}

type displacedView struct {
	Appointment AppointmentView   `json:"appointment"`
	Options     []AppointmentView `json:"options" doc:"Places kept in the patient's name"`
}

type overflowOut struct{ Body []displacedView }

// overflow lists who must be found another place, latest booked first.
func (a *API) overflow(ctx context.Context, in *overflowIn) (*overflowOut, error) {
	f := booking.SessionFilter{DepartmentID: in.Department}
	if err := parseDate(in.From, "from", &f.From); err != nil {
		return nil, err
	}
	if err := parseDate(in.To, "to", &f.To); err != nil {
		return nil, err
	}
	list, err := a.Pool.Overflow(ctx, f)
	if err != nil {
		return nil, err
	}
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &overflowOut{Body: []displacedView{}}
	for _, d := range list {
		p, err := a.Directory.Patient(ctx, d.Appointment.PatientID)
		if err != nil {
			return nil, err
		}
		v := displacedView{Appointment: names.View(d.Appointment, d.Session, p.Name.String()), Options: []AppointmentView{}}
		for _, o := range d.Options {
			s, err := a.Booking.Session(ctx, o.SessionID)
			if err != nil {
				return nil, err
			}
			v.Options = append(v.Options, names.View(o, s, p.Name.String()))
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}
