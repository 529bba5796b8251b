package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
)

// channelSessions lists sessions with the places that the channel may take.
func (a *API) channelSessions(ctx context.Context, in *channelSessionsIn) (*sessionsOut, error) {
	groups, err := vouched(who(ctx), in.Group)
	if err != nil {
		return nil, err
	}
	return a.findSessions(ctx, &in.sessionsIn, booking.Who{Channel: who(ctx).Channel, Groups: groups})
}

type channelSessionsIn struct {
	sessionsIn

	Group booking.Quota `query:"group" enum:"referral,followup,continuation" doc:"Also places kept for patients of it; with the scope vouch"`
}

type channelBookIn struct {
	Body struct {
		Patient   channelPatient `json:"patient"`
		SessionID string         `json:"session_id"`
		Slot      int            `json:"slot,omitempty" minimum:"0" doc:"A number, or any of the slice"`
		Start     time.Time      `json:"start,omitzero" required:"false" doc:"Start of a slice, or the first free one"`
		Hold      bool           `json:"hold,omitempty" doc:"Only keep the place until it is confirmed"`
		Group     booking.Quota  `json:"group,omitempty" enum:"referral,followup,continuation" doc:"That the patient is of it the caller vouches, with the scope vouch; he may have the places kept for it"`
	}
}

// channelBook takes a place for a patient who is known by his document.
func (a *API) channelBook(ctx context.Context, in *channelBookIn) (*appointmentOut, error) {
	groups, err := vouched(who(ctx), in.Body.Group)
	if err != nil {
		return nil, err
	}
	n, err := in.Body.Patient.patient(requestOf(ctx).lang)
	if err != nil {
		return nil, err
	}
	patient, err := a.Channel.Person(ctx, n)
	if err != nil {
		return nil, err
	}
	p := who(ctx)
	made, err := a.Booking.Book(ctx, booking.BookRequest{
		Caller: callerOf(p), Key: requestOf(ctx).key, SessionID: in.Body.SessionID, SlotNo: in.Body.Slot, Start: in.Body.Start,
		PatientID: patient.ID, Channel: p.Channel, TravelMinutes: in.Body.Patient.TravelMinutes, Hold: in.Body.Hold, Groups: groups,
	})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, made, http.StatusCreated)
}

// vouched gives the group that a system says a patient is of, if it may say so.
func vouched(p auth.Principal, group booking.Quota) ([]booking.Quota, error) {
	switch {
	case group == "":
		return nil, nil
	case !slices.Contains(p.Scopes, auth.ScopeVouch):
		return nil, houzhen.E(houzhen.CodeForbidden, "the token does not vouch for patients").On("group")
	}
	return []booking.Quota{group}, nil
}

func (in *appointmentIn) subject() string { return in.ID }
func (in *moveIn) subject() string        { return in.ID }

func (a *API) channelAppointment(ctx context.Context, in *appointmentIn) (*appointmentOut, error) {
	found, err := a.channelOwn(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, found, http.StatusOK)
}

func (a *API) channelConfirm(ctx context.Context, in *appointmentIn) (*appointmentOut, error) {
	if _, err := a.channelOwn(ctx, in.ID); err != nil {
		return nil, err
	}
	done, err := a.Channel.Confirm(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, done, http.StatusOK)
}

func (a *API) channelCancel(ctx context.Context, in *appointmentIn) (*appointmentOut, error) {
	if _, err := a.channelOwn(ctx, in.ID); err != nil {
		return nil, err
	}
	done, err := a.Booking.Cancel(ctx, booking.CancelRequest{AppointmentID: in.ID, By: booking.ByPatient})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, done, http.StatusOK)
}

func (a *API) channelMove(ctx context.Context, in *moveIn) (*appointmentOut, error) {
	if _, err := a.channelOwn(ctx, in.ID); err != nil {
		return nil, err
	}
	moved, err := a.Booking.Move(ctx, booking.MoveRequest{
		AppointmentID: in.ID, SessionID: in.Body.SessionID, SlotNo: in.Body.Slot, Start: in.Body.Start, Channel: who(ctx).Channel,
	})
	if err != nil {
		return nil, err
	}
	return a.show(ctx, moved, http.StatusOK)
}

// channelCheckIn is check-in at a kiosk: by the voucher that was scanned, or by
// the document of somebody who has an appointment today.
func (a *API) channelCheckIn(ctx context.Context, in *checkInIn) (*checkInOut, error) {
	if in.Body.Voucher == "" && in.Body.IDTail == "" {
		return nil, houzhen.E(houzhen.CodeMissing, "neither voucher nor ID tail").On("voucher")
	}
	return a.checkIn(ctx, in)
}

type rostersIn struct {
	Body struct {
		Format string `json:"format" enum:"csv,json"`
		Text   string `json:"text" doc:"The whole file"`
		DryRun bool   `json:"dry_run,omitempty" doc:"Only say what would change"`
	}
}

type rostersOut struct{ Body rostersView }

type rostersView struct {
	DryRun    bool                  `json:"dry_run"`
	Protected int                   `json:"protected" doc:"Lines that stay as they are"`
	Lines     []booking.BroughtLine `json:"lines" doc:"Sessions that change or would"`
}

// channelRosters takes a roster in and says line by line what changed and what
// was protected.
func (a *API) channelRosters(ctx context.Context, in *rostersIn) (*rostersOut, error) {
	lines, faults, err := a.Channel.Bring(ctx, in.Body.Format, []byte(in.Body.Text), in.Body.DryRun)
	if err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, houzhen.E(houzhen.CodeRoster, "roster has faulty lines").With("n", fmt.Sprint(len(faults))).WithDetail(faults)
	}
	out := &rostersOut{rostersView{DryRun: in.Body.DryRun, Lines: lines}}
	if lines == nil {
		out.Body.Lines = []booking.BroughtLine{}
	}
	for _, l := range lines {
		if l.Protected != "" {
			out.Body.Protected++
		}
	}
	return out, nil
}

type channelQuotasIn struct {
	ID   string `path:"id"`
	Body struct {
		Quotas booking.Quotas `json:"quotas" doc:"Places by quota: app, platform, phone, desk, elder, referral, followup, continuation"`
	}
}

func (in *channelQuotasIn) subject() string { return in.ID }

type channelQuotasOut struct{ Body []quotaView }

type quotaView struct {
	Quota booking.Quota `json:"quota" doc:"Empty is the general pool"`
	Kept  int           `json:"kept"`
	Given int           `json:"given"`
}

// channelQuotas keeps places; fewer than were given, or more than there are, is
// refused.
func (a *API) channelQuotas(ctx context.Context, in *channelQuotasIn) (*channelQuotasOut, error) {
	use, err := a.Channel.SetQuotas(ctx, in.ID, in.Body.Quotas)
	if err != nil {
		return nil, err
	}
	out := &channelQuotasOut{Body: []quotaView{}}
	for _, u := range use {
		out.Body = append(out.Body, quotaView{Quota: u.Quota, Kept: u.Places, Given: u.Sold})
	}
	return out, nil
}
