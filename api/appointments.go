package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/directory"
)

type appointmentsIn struct {
	From string `query:"from"`
	To   string `query:"to"`
}

type appointmentsOut struct{ Body []AppointmentView }

// appointments lists the account's appointments by start.
func (a *API) appointments(ctx context.Context, in *appointmentsIn) (*appointmentsOut, error) {
	var f booking.AppointmentFilter
	if err := parseDate(in.From, "from", &f.From); err != nil {
		return nil, err
	}
	if err := parseDate(in.To, "to", &f.To); err != nil {
		return nil, err
	}
	list, err := a.Mine(ctx, who(ctx).AccountID, f.From, f.To)
	if err != nil {
		return nil, err
	}
	views, err := a.Views(ctx, list...)
	return &appointmentsOut{views}, err
}

// Mine lists the visits of everybody an account acts for, by start.
func (s Services) Mine(ctx context.Context, accountID string, from, to houzhen.Date) ([]booking.Appointment, error) {
	people, err := s.Directory.Patients(ctx, accountID)
	if err != nil {
		return nil, fmt.Errorf("load patients: %w", err)
	}
	if len(people) == 0 {
		return []booking.Appointment{}, nil
	}
	f := booking.AppointmentFilter{From: from, To: to, Purpose: booking.PurposeVisit, PatientIDs: ids(people)}
	list, err := s.Booking.Appointments(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("load appointments: %w", err)
	}
	slices.SortStableFunc(list, func(a, b booking.Appointment) int { return a.Start.Compare(b.Start) })
	return list, nil
}

func ids(people []directory.Patient) []string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = p.ID
	}
	return out
}
