package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// pool gives API and pages what belongs to the stock of places (api.Pool).
type pool struct{ *App }

func (p pool) Slots(ctx context.Context, sessionID string) ([]booking.Slot, error) {
	return p.Booking.Slots(ctx, sessionID)
}

func (p pool) SetQuotas(ctx context.Context, by, sessionID string, q booking.Quotas) ([]booking.QuotaUse, error) {
	use, err := p.Booking.SetQuotas(ctx, sessionID, q)
	if err != nil {
		return nil, err
	}
	return use, p.record(ctx, by, "session.quotas", sessionID, "")
}

// Resize keeps places with the doctor's peers too.
func (p pool) Resize(ctx context.Context, by string, r booking.ResizeRequest) (booking.ResizeResult, error) {
	session, err := p.Booking.Session(ctx, r.SessionID)
	if err != nil {
		return booking.ResizeResult{}, err
	}
	index, err := p.Directory.Index(ctx)
	if err != nil {
		return booking.ResizeResult{}, err
	}
	r.Peers = index.Peers(session.DoctorID)
	result, err := p.Booking.Resize(ctx, r)
	if err != nil {
		return result, err
	}
	return result, p.record(ctx, by, "session.capacity", r.SessionID, strconv.Itoa(result.Places)+" "+r.Reason)
}

// PreviewResize implements api.Pool.
func (p pool) PreviewResize(ctx context.Context, r booking.ResizeRequest) (booking.ResizePreview, error) {
	return p.Booking.PreviewResize(ctx, r)
}

// KeepFor keeps places with the doctor's peers too.
func (p pool) KeepFor(ctx context.Context, by, appointmentID string) ([]booking.Appointment, error) {
	a, err := p.Booking.Appointment(ctx, appointmentID)
	if err != nil {
		return nil, err
	}
	index, err := p.Directory.Index(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.Booking.KeepFor(ctx, a.ID, index.Peers(a.DoctorID))
	if err != nil {
		return nil, err
	}
	return list, p.record(ctx, by, "overflow.keep", a.ID, "")
}

// FindPatient takes a voucher of any day, else an identity document.
func (p pool) FindPatient(ctx context.Context, by, text string) (found directory.Patient, err error) {
	a, err := desk(p).AppointmentByVoucher(ctx, text)
	if err == nil {
		found, err = p.Directory.Patient(ctx, a.PatientID)
	} else if houzhen.CodeOf(err) == houzhen.CodeVoucher || houzhen.CodeOf(err) == houzhen.CodeNotFound {
		found, err = p.Directory.PatientByDoc(ctx, text)
	}
	if err != nil {
		return found, err
	}
	return found, p.record(ctx, by, "patient.find", found.ID, "")
}

func (p pool) Overflow(ctx context.Context, f booking.SessionFilter) ([]booking.Displaced, error) {
	return p.Booking.Overflow(ctx, f)
}

// Overbook adds a place for a patient who is known.
func (p pool) Overbook(ctx context.Context, by string, o booking.OverbookRequest) (booking.Appointment, error) {
	if _, err := p.Directory.Patient(ctx, o.PatientID); err != nil {
		return booking.Appointment{}, err
	}
	a, err := p.Booking.Overbook(ctx, o)
	if err != nil {
		return a, err
	}
	return a, p.record(ctx, by, "session.overbook", a.ID, o.Reason)
}

func (p pool) ReleaseRules(ctx context.Context) ([]booking.ReleaseRule, error) {
	return p.Booking.ReleaseRules(ctx)
}

func (p pool) ReleaseRule(ctx context.Context, departmentID string) (booking.ReleaseRule, error) {
	return p.Booking.ReleaseRule(ctx, departmentID)
}

// SetReleaseRule also lays out the days that a longer horizon needs, and
// announces draws.
func (p pool) SetReleaseRule(ctx context.Context, by string, r booking.ReleaseRule) (booking.ReleaseRule, int, error) {
	r.By = by
	made, moved, err := p.Booking.SetReleaseRule(ctx, r)
	if err != nil {
		return made, moved, err
	}
	if err := p.record(ctx, by, "release.rule", r.DepartmentID, strconv.FormatInt(made.Version, 10)); err != nil {
		return made, moved, err
	}
	if err := p.generate(ctx, p.clock.Now()); err != nil {
		return made, moved, err
	}
	_, err = p.Draw.Prepare(ctx)
	return made, moved, err
}

// Releases joins sessions that are not released with their draws.
func (p pool) Releases(ctx context.Context, departmentID string) ([]api.Release, error) {
	sessions, err := p.Booking.Releases(ctx, departmentID)
	if err != nil {
		return nil, err
	}
	draws, err := p.Draw.Announced(ctx, p.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("load draws: %w", err)
	}
	by := make(map[string]draw.Lottery, len(draws))
	for _, l := range draws {
		by[l.SessionID] = l
	}
	list := make([]api.Release, 0, len(sessions))
	for _, o := range sessions {
		r := api.Release{Session: o, Opens: o.ReleaseAt}
		if l, drawn := by[o.ID]; drawn {
			r.Opens, r.Closes = l.Opens, l.Closes
		}
		list = append(list, r)
	}
	return list, nil
}

func (p pool) Lottery(ctx context.Context, sessionID string) (draw.Lottery, error) {
	l, err := p.Draw.Of(ctx, sessionID)
	l.Seed = "" // the record shows it when it may be seen
	return l, err
}

func (p pool) Record(ctx context.Context, sessionID string) (draw.Record, error) {
	return p.Draw.Record(ctx, sessionID)
}

// Join gives a lot, with the groups that the directory knows the patient is of.
func (p pool) Join(ctx context.Context, j draw.JoinRequest) (draw.Request, error) {
	groups, err := p.groups(ctx, j.PatientID)
	if err != nil {
		return draw.Request{}, err
	}
	j.Groups = append(j.Groups, groups...)
	return p.Draw.Join(ctx, j)
}

func (p pool) Lots(ctx context.Context, patientIDs []string) ([]draw.Request, error) {
	return p.Draw.RequestsOf(ctx, patientIDs)
}

// groups gives the groups whose evidence is in the directory: age.
func (a *App) groups(ctx context.Context, patientID string) ([]booking.Quota, error) {
	p, err := a.Directory.Patient(ctx, patientID)
	if err != nil {
		return nil, fmt.Errorf("load patient: %w", err)
	}
	return a.groupsOf(p), nil
}

// knownGroups is groups from memory, for the people of an account: whoever is
// refused in a rush must not cost a look into the database.
func (a *App) knownGroups(ctx context.Context, accountID, patientID string) ([]booking.Quota, error) {
	if accountID != "" {
		family, err := a.Directory.Known(ctx, accountID)
		if err != nil {
			return nil, fmt.Errorf("load family: %w", err)
		}
		for _, p := range family {
			if p.ID == patientID {
				return a.groupsOf(p), nil
			}
		}
	}
	return a.groups(ctx, patientID)
}

func (a *App) groupsOf(p directory.Patient) []booking.Quota {
	if p.Birth.IsZero() || directory.Age(p.Birth, a.Today()) < a.Booking.Policy().ElderAge {
		return nil
	}
	return []booking.Quota{booking.QuotaElder}
}

// bookings is booking as API and pages see it: with what the directory knows
// of who asks (api.Booking).
type bookings struct {
	api.Booking

	app *App
}

// Book adds the groups that need no other evidence.
func (b bookings) Book(ctx context.Context, r booking.BookRequest) (booking.Appointment, error) {
	a, _, err := b.BookOnce(ctx, r)
	return a, err
}

// BookOnce is Book, and tells whether the request had been answered before.
func (b bookings) BookOnce(ctx context.Context, r booking.BookRequest) (booking.Appointment, bool, error) {
	groups, err := b.app.knownGroups(ctx, r.AccountID, r.PatientID)
	if err != nil {
		return booking.Appointment{}, false, err
	}
	r.Groups = append(r.Groups, groups...)
	return b.Booking.BookOnce(ctx, r)
}

// Move as Book.
func (b bookings) Move(ctx context.Context, r booking.MoveRequest) (booking.Appointment, error) {
	a, err := b.Appointment(ctx, r.AppointmentID)
	if err != nil {
		return a, err
	}
	groups, err := b.app.groups(ctx, a.PatientID)
	if err != nil {
		return booking.Appointment{}, err
	}
	r.Groups = append(r.Groups, groups...)
	return b.Booking.Move(ctx, r)
}

// Find shows general places and those of our own channel, and to an account
// those kept for anybody it acts for.
func (b bookings) Find(ctx context.Context, q booking.FindQuery) ([]booking.Offer, error) {
	if q.Who.Channel == "" {
		q.Who.Channel = string(booking.QuotaApp)
	}
	if p := auth.From(ctx); p.AccountID != "" {
		family, err := b.app.Directory.Patients(ctx, p.AccountID)
		if err != nil {
			return nil, fmt.Errorf("load family: %w", err)
		}
		for _, one := range family {
			q.Who.Groups = append(q.Who.Groups, b.app.groupsOf(one)...)
		}
	}
	return b.Booking.Find(ctx, q)
}
