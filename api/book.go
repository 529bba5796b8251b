package api

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/houzhen/houzhen/booking"
)

type bookIn struct {
	Body struct {
		PatientID     string    `json:"patient_id"`
		SessionID     string    `json:"session_id"`
		Slot          int       `json:"slot,omitempty" minimum:"0" doc:"A number, or any of the slice"`
		Start         time.Time `json:"start,omitzero" required:"false" doc:"Start of a slice, or the first free one"`
		TravelMinutes int       `json:"travel_minutes,omitempty" minimum:"0" maximum:"600"`
	}
}

type appointmentOut struct {
	Status   int
	Replayed string `header:"Idempotency-Replayed" doc:"true when the request had been answered before"`
	Body     AppointmentView
}

// book takes a place for one of the account's people. Booking itself knows a
// request that it has answered before, so no answer is kept for its key.
func (a *API) book(ctx context.Context, in *bookIn) (*appointmentOut, error) {
	p, key := who(ctx), requestOf(ctx).key
	patient, err := a.KnownPatient(ctx, p, in.Body.PatientID)
	if err != nil {
		return nil, err
	}
	made, again, err := a.Booking.BookOnce(ctx, booking.BookRequest{
		Caller: callerOf(p), Key: key, SessionID: in.Body.SessionID, SlotNo: in.Body.Slot, Start: in.Body.Start,
		PatientID: patient.ID, AccountID: p.AccountID, Channel: "api", TravelMinutes: in.Body.TravelMinutes,
	})
	if err != nil {
		return nil, err
	}
	session, err := a.Booking.Glance(ctx, made.SessionID)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	names, err := a.named.of(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &appointmentOut{Status: http.StatusCreated, Body: names.View(made, session, patient.Name.String())}
	if again {
		out.Replayed = "true"
	}
	return out, nil
}

// named remembers the names of a house that has not changed.
type named struct{ last atomic.Pointer[Names] }

func (n *named) of(ctx context.Context, d Directory) (*Names, error) {
	h, err := d.House(ctx)
	if err != nil {
		return nil, fmt.Errorf("load house: %w", err)
	}
	if last := n.last.Load(); last != nil && sameList(last.House.Doctors, h.Doctors) &&
		sameList(last.House.Departments, h.Departments) && sameList(last.House.Zones, h.Zones) {
		return last, nil
	}
	names := NewNames(h)
	n.last.Store(names)
	return names, nil
}

// sameList reports whether two lists are one in memory.
func sameList[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
