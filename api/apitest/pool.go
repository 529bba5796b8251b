package apitest

import (
	"context"
	"time"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/directory"
)

// pool implements api.Pool with a session of every kind.
type pool struct{ c *Clinic }

func (p pool) Slots(_ context.Context, id string) ([]booking.Slot, error) {
	start := p.c.At.Add(24 * time.Hour)
	var slots []booking.Slot
	for no := 1; no <= 8; no++ {
		s := booking.Slot{SessionID: id, No: no, Start: start.Add(time.Duration((no-1)/4) * 30 * time.Minute), Band: booking.BandBooked, Taken: no < 4}
		s.End = s.Start.Add(30 * time.Minute)
		if no == 3 || no == 8 {
			s.Quota = booking.QuotaElder
		}
		slots = append(slots, s)
	}
	return slots, p.c.ask("slots", id)
}

func (p pool) SetQuotas(ctx context.Context, _, id string, _ booking.Quotas) ([]booking.QuotaUse, error) {
	if _, err := (bookings{p.c}).Session(ctx, id); err != nil {
		return nil, err
	}
	return []booking.QuotaUse{{Places: 8, Sold: 2}}, p.c.ask("set-quotas", id)
}

func (p pool) Resize(ctx context.Context, _ string, r booking.ResizeRequest) (booking.ResizeResult, error) {
	if _, err := (bookings{p.c}).Session(ctx, r.SessionID); err != nil {
		return booking.ResizeResult{}, err
	}
	return booking.ResizeResult{Places: r.Places, Displaced: 2, Kept: 1}, p.c.ask("resize", r.SessionID+" "+r.Reason)
}

func (p pool) PreviewResize(_ context.Context, r booking.ResizeRequest) (booking.ResizePreview, error) {
	return booking.ResizePreview{Places: r.Places, Displaced: p.c.Visits[1:2]}, p.c.ask("preview-resize", r.SessionID)
}

func (p pool) ChangeHours(ctx context.Context, _ string, r booking.HoursRequest) (booking.HoursResult, error) {
	o, err := (bookings{p.c}).Session(ctx, r.SessionID)
	if err != nil {
		return booking.HoursResult{}, err
	}
	return booking.HoursResult{Start: o.Start.Add(r.Shift), End: o.End.Add(r.Shift), Moved: 2, Displaced: 1, Kept: 1}, p.c.ask("hours", r.SessionID+" "+r.Reason)
}

func (p pool) PreviewHours(ctx context.Context, r booking.HoursRequest) (booking.HoursPreview, error) {
	o, err := (bookings{p.c}).Session(ctx, r.SessionID)
	if err != nil {
		return booking.HoursPreview{}, err
	}
	moving := p.c.Visits[0]
	moving.Start, moving.End = moving.Start.Add(r.Shift), moving.End.Add(r.Shift)
	return booking.HoursPreview{
		HoursResult: booking.HoursResult{Start: o.Start.Add(r.Shift), End: o.End.Add(r.Shift), Moved: 1, Displaced: 1, Ended: 1, Opened: 3, Near: 1},
		Moving:      []booking.Appointment{moving}, Displaced: p.c.Visits[1:2], NearOnes: []string{moving.ID},
	}, p.c.ask("preview-hours", r.SessionID)
}

func (p pool) KeepFor(_ context.Context, _, id string) ([]booking.Appointment, error) {
	return p.c.Kept, p.c.ask("keep-for", id)
}

func (p pool) FindPatient(_ context.Context, _, text string) (directory.Patient, error) {
	if text == "none" {
		return directory.Patient{}, missing()
	}
	return p.c.People[0], p.c.ask("find-patient", text)
}

func (p pool) Overflow(ctx context.Context, _ booking.SessionFilter) ([]booking.Displaced, error) {
	a := p.c.Visits[1]
	s, err := (bookings{p.c}).Session(ctx, a.SessionID)
	if err != nil {
		return nil, err
	}
	return []booking.Displaced{{Appointment: a, Session: s, Options: p.c.Kept}}, p.c.ask("overflow", "")
}

func (p pool) Overbook(ctx context.Context, _ string, o booking.OverbookRequest) (booking.Appointment, error) {
	if _, err := (bookings{p.c}).Session(ctx, o.SessionID); err != nil {
		return booking.Appointment{}, err
	}
	return p.c.Visits[0], p.c.ask("overbook", o.SessionID+" "+o.Reason)
}

func rule() booking.ReleaseRule {
	r := booking.DefaultPolicy().Rule()
	r.DepartmentID, r.Version, r.DrawDoctors = "cardio", 3, []string{"d1"}
	r.On = time.Date(2026, 2, 1, 1, 0, 0, 0, time.UTC)
	return r
}

func (p pool) ReleaseRules(context.Context) ([]booking.ReleaseRule, error) {
	return []booking.ReleaseRule{rule()}, p.c.ask("release-rules", "")
}

func (p pool) ReleaseRule(_ context.Context, department string) (booking.ReleaseRule, error) {
	r := rule()
	r.DepartmentID = department
	return r, p.c.ask("release-rule", department)
}

func (p pool) SetReleaseRule(_ context.Context, _ string, r booking.ReleaseRule) (booking.ReleaseRule, int, error) {
	if err := r.Validate(); err != nil {
		return r, 0, err
	}
	r.Version = 4
	return r, 6, p.c.ask("set-release-rule", r.DepartmentID)
}

// Lot is a request in the sample's draw.
const Lot = "7f3a9c2e51b04d68"

func (p pool) Releases(context.Context, string) ([]api.Release, error) {
	var list []api.Release
	for i, s := range p.c.Sittings {
		r := api.Release{Session: s, Opens: p.c.At.Add(time.Duration(i/2*24+1) * time.Hour)}
		if i == 0 {
			r.Closes = r.Opens.Add(time.Minute)
		}
		list = append(list, r)
	}
	return list[:min(len(list), 6)], p.c.ask("releases", "")
}

func (p pool) Lottery(_ context.Context, id string) (draw.Lottery, error) {
	if id == "none" {
		return draw.Lottery{}, missing()
	}
	return draw.Lottery{SessionID: id, Opens: p.c.At.Add(-20 * time.Second), Closes: p.c.At.Add(40 * time.Second), State: p.c.DrawState}, p.c.ask("lottery", id)
}

func (p pool) Record(_ context.Context, id string) (draw.Record, error) {
	if id == "none" {
		return draw.Record{}, missing()
	}
	const seed = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	r := draw.Record{Version: draw.Version, Session: id, Places: 2, Commitment: draw.Commit(seed)}
	if p.c.DrawState != draw.Announced {
		r.Seed, r.Requests = seed, []string{"1c0de5a97b3342f8", Lot, "b96e04d1c2a84f73"}
		r.Order = draw.Order(seed, r.Requests)
	}
	return r, p.c.ask("record", id)
}

func (p pool) Join(_ context.Context, j draw.JoinRequest) (draw.Request, error) {
	if j.SessionID == "none" {
		return draw.Request{}, missing()
	}
	return draw.Request{ID: Lot, SessionID: j.SessionID, PatientID: j.PatientID, At: p.c.At}, p.c.ask("join", j.SessionID+" "+j.PatientID)
}

func (p pool) Lots(context.Context, []string) ([]draw.Request, error) {
	return p.c.Lots, p.c.ask("lots", "")
}
