package main

import (
	"context"
	"net/url"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/app"
	"github.com/houzhen/houzhen/queue"
)

// Patients that a viewer may become: whoever is in that situation now.
const (
	doorHome      = "home"
	doorWaiting   = "waiting"
	doorSuspended = "suspended"
)

// managerPages are the pages behind the manager's doors.
var managerPages = map[string]string{
	"messages": "/messages", "manage": "/manage", "roster": "/manage/roster", "jobs": "/manage/jobs",
}

// Enter implements app.Doors.
func (p *demoPages) Enter(ctx context.Context, door, id string) (app.Guest, error) {
	switch door {
	case demoNurse:
		return app.Guest{Login: demoNurse, Leads: "/desk/" + url.PathEscape(id)}, nil
	case demoManager:
		if page, ok := managerPages[id]; ok {
			return app.Guest{Login: demoManager, Leads: page}, nil
		}
	case demoDoctor:
		return p.strip(ctx)
	case "patient":
		return p.patient(ctx, id)
	}
	return app.Guest{}, houzhen.E(houzhen.CodeNotFound, "no such door")
}

// strip leads to the doctor's session that is on, or the next one.
func (p *demoPages) strip(ctx context.Context) (app.Guest, error) {
	g := app.Guest{Login: demoDoctor, Leads: "/strip"}
	sessions, err := p.today(ctx)
	if err != nil {
		return g, err
	}
	for _, s := range sessions {
		if s.DoctorID == p.doctorID && p.app.Now().Before(s.End.Add(time.Hour)) {
			g.Leads = "/strip/" + url.PathEscape(s.ID)
			return g, nil
		}
	}
	return g, nil
}

func (p *demoPages) patient(ctx context.Context, who string) (app.Guest, error) {
	if who == doorSuspended {
		return p.suspended(ctx)
	}
	id, err := p.find(ctx, who)
	if err != nil {
		return app.Guest{}, err
	}
	at, err := p.app.Booking.Appointment(ctx, id)
	if err != nil {
		return app.Guest{}, err
	}
	return p.become(ctx, at.PatientID, "/place/"+url.PathEscape(id))
}

// become signs in with the patient's own phone.
func (p *demoPages) become(ctx context.Context, patientID, leads string) (app.Guest, error) {
	patient, err := p.app.Directory.Patient(ctx, patientID)
	if err != nil {
		return app.Guest{}, err
	}
	account, err := p.app.Directory.EnsureAccount(ctx, patient.Phone, patient.Lang)
	return app.Guest{Account: account.ID, Leads: leads}, err
}

// suspended finds somebody who has places kept to choose from.
func (p *demoPages) suspended(ctx context.Context) (app.Guest, error) {
	day := p.app.Today()
	kept, err := p.app.Booking.Appointments(ctx, booking.AppointmentFilter{
		From: day, To: day.AddDays(p.app.Booking.Policy().OptionDays), States: []booking.State{booking.Held}, Purpose: booking.PurposeOption,
	})
	if err != nil {
		return app.Guest{}, err
	}
	now := p.app.Now()
	for _, o := range kept {
		if now.Before(o.ExpiresAt) {
			return p.become(ctx, o.PatientID, "/appointments/"+url.PathEscape(o.OriginID)+"/options")
		}
	}
	return app.Guest{}, houzhen.E(houzhen.CodeNotFound, "no doctor has cancelled yet, or everybody has chosen")
}

// find looks for the appointment of somebody who waits, with as many before
// him as there are, or who has a way to go and is not told to leave yet.
// Otherwise it is anybody of today.
func (p *demoPages) find(ctx context.Context, who string) (string, error) {
	day := p.app.Today().At(0, 0, p.app.Location())
	var queues []queue.Queue
	err := p.app.Store.Queue().View(ctx, func(tx queue.Tx) (err error) {
		queues, err = tx.Queues(ctx, "", day, day.Add(24*time.Hour))
		return err
	})
	if err != nil {
		return "", err
	}
	best, most, anybody := "", -1, ""
	for _, q := range queues {
		for _, t := range q.Tickets {
			anybody = t.AppointmentID
			if n := p.suits(who, q, t); n > most {
				best, most = t.AppointmentID, n
			}
		}
	}
	switch {
	case best != "":
		return best, nil
	case anybody != "":
		return anybody, nil
	}
	return "", houzhen.E(houzhen.CodeNotFound, "nobody is here yet")
}

// suits tells how well a ticket shows a situation, -1 for not at all.
func (p *demoPages) suits(who string, q queue.Queue, t queue.Ticket) int {
	now := p.app.Now()
	switch {
	case who == doorWaiting && (t.State == queue.Waiting || t.State == queue.Ready):
		at, _ := queue.Ahead(q, p.app.QueuePolicy(q.ZoneID), t.ID, now)
		return at.Ahead
	case who == doorHome && t.State == queue.NotCheckedIn && t.TravelMinutes > 0 && t.LeaveAdvisedAt.IsZero():
		if soon := t.SliceStart.Sub(now); soon > 0 {
			return 10_000 - int((soon - 75*time.Minute).Abs().Minutes())
		}
	}
	return -1
}
