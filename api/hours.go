package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/booking"
)

type hoursIn struct {
	ID   string `path:"id"`
	Body struct {
		ShiftMinutes int       `json:"shift_minutes,omitempty" minimum:"-720" maximum:"720" doc:"Later, or earlier where it is negative; instead of start and end"`
		Start        time.Time `json:"start,omitzero" required:"false" doc:"As it is if left out"`
		End          time.Time `json:"end,omitzero" required:"false" doc:"As it is if left out"`
		Reason       string    `json:"reason" minLength:"1" maxLength:"60"`
		Dry          bool      `json:"dry,omitempty" doc:"Only say what would be; kept is not known beforehand"`
	}
}

type hoursOut struct{ Body booking.HoursResult }

// changeHours lets a session take place at other hours. Whoever has a place goes
// along or stays on the overflow list until he has another.
func (a *API) changeHours(ctx context.Context, in *hoursIn) (*hoursOut, error) {
	r := booking.HoursRequest{
		SessionID: in.ID, Shift: time.Duration(in.Body.ShiftMinutes) * time.Minute, Start: in.Body.Start, End: in.Body.End, Reason: in.Body.Reason,
	}
	if in.Body.Dry {
		p, err := a.Pool.PreviewHours(ctx, r)
		return &hoursOut{Body: p.HoursResult}, err
	}
	result, err := a.Pool.ChangeHours(ctx, who(ctx).ID, r)
	if err != nil {
		return nil, err
	}
	return &hoursOut{Body: result}, nil
}
