package api

import "context"

type suspendIn struct {
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"60"`
	}
}

// suspend notes that a doctor cannot come; everybody booked is told and has
// places kept.
func (a *API) suspend(ctx context.Context, in *suspendIn) (*struct{}, error) {
	return nil, a.Suspension.Suspend(ctx, in.ID, who(ctx).ID, in.Body.Reason)
}
