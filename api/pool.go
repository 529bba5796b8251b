package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/draw"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// Pool is what API and pages ask about the stock of places: quotas, capacity,
// release and draws. By names the member of staff, for the record.
type Pool interface {
	Slots(ctx context.Context, sessionID string) ([]booking.Slot, error)
	SetQuotas(ctx context.Context, by, sessionID string, q booking.Quotas) ([]booking.QuotaUse, error)
	Resize(ctx context.Context, by string, r booking.ResizeRequest) (booking.ResizeResult, error)
	// PreviewResize says what Resize would do.
	PreviewResize(ctx context.Context, r booking.ResizeRequest) (booking.ResizePreview, error)
	// ChangeHours gives a session other hours, with places kept with its doctor's peers too.
	ChangeHours(ctx context.Context, by string, r booking.HoursRequest) (booking.HoursResult, error)
	// PreviewHours says what ChangeHours would do.
	PreviewHours(ctx context.Context, r booking.HoursRequest) (booking.HoursPreview, error)
	Overflow(ctx context.Context, f booking.SessionFilter) ([]booking.Displaced, error)
	// KeepFor keeps places for somebody on the overflow list who has none.
	KeepFor(ctx context.Context, by, appointmentID string) ([]booking.Appointment, error)
	// FindPatient finds the person of a voucher or of an identity document; CodeNotFound.
	FindPatient(ctx context.Context, by, text string) (directory.Patient, error)
	Overbook(ctx context.Context, by string, o booking.OverbookRequest) (booking.Appointment, error)
	ReleaseRules(ctx context.Context) ([]booking.ReleaseRule, error)
	ReleaseRule(ctx context.Context, departmentID string) (booking.ReleaseRule, error)
	SetReleaseRule(ctx context.Context, by string, r booking.ReleaseRule) (booking.ReleaseRule, int, error)
	// Releases lists what is announced: sessions that are not released yet.
	Releases(ctx context.Context, departmentID string) ([]Release, error)
	Lottery(ctx context.Context, sessionID string) (draw.Lottery, error)
	Record(ctx context.Context, sessionID string) (draw.Record, error)
	Join(ctx context.Context, j draw.JoinRequest) (draw.Request, error)
	Lots(ctx context.Context, patientIDs []string) ([]draw.Request, error)
}

// Release is one session that is announced. Opens is when its places can be
// booked; of a drawn one, when requests are taken.
type Release struct {
	Session booking.Session
	Opens   time.Time
	Closes  time.Time // of the window of a draw; zero where places are raced for
}

func (a *API) poolRoutes() []route {
	patient, manager := []auth.Role{auth.Patient}, []auth.Role{auth.Manager}
	desk := []auth.Role{auth.Nurse, auth.Manager}
	return []route{
		verb(a, "GET", "/api/v1/releases", "Sessions that are announced, with the server's time", everybody(), a.releases),
		verb(a, "GET", "/api/v1/release-rules", "Rules of release, every version", manager, a.releaseRules),
		keyed(verb(a, "PUT", "/api/v1/release-rules", "A new version of a department's rule", manager, a.setReleaseRule)),
		verb(a, "GET", "/api/v1/sessions/{id}/quotas", "For whom places are kept, and how many were given", desk, a.quotas),
		keyed(verb(a, "PUT", "/api/v1/sessions/{id}/quotas", "Keep places for channels and groups", manager, a.setQuotas)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/capacity", "Cut or raise the capacity of a session or slice", manager, a.resize)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/hours", "Change the hours of a session, or only say what that would do", manager, a.changeHours)),
		keyed(verb(a, "POST", "/api/v1/sessions/{id}/overbook", "Add a place for one patient", auth.StaffRoles(), a.overbook)),
		verb(a, "GET", "/api/v1/overflow", "Patients whose place was withheld", desk, a.overflow),
		verb(a, "GET", "/api/v1/draws/{session}", "What is published of a draw", everybody(), a.draw),
		keyed(verb(a, "POST", "/api/v1/draws/{session}/requests", "Ask for a lot", patient, a.joinDraw)),
		verb(a, "GET", "/api/v1/draw-requests", "Lots of the account's people", patient, a.lots),
	}
}

type releasesIn struct {
	Department string `query:"department"`
}

type releaseView struct {
	SessionID  string        `json:"session_id"`
	Date       string        `json:"date"`
	Department houzhen.Label `json:"department"`
	Doctor     houzhen.Label `json:"doctor"`
	ReleaseAt  time.Time     `json:"release_at" doc:"Bookable from then on by the server's clock; of a draw, when requests are taken"`
	DrawUntil  *time.Time    `json:"draw_until,omitempty" doc:"Requests are taken until then"`
}

type releasesOut struct {
	Body struct {
		Now      time.Time     `json:"now" doc:"The server's time, for a countdown"`
		Releases []releaseView `json:"releases"`
	}
}

func (a *API) releases(ctx context.Context, in *releasesIn) (*releasesOut, error) {
	list, err := a.Pool.Releases(ctx, in.Department)
	if err != nil {
		return nil, err
	}
	names, err := LoadNames(ctx, a.Directory)
	if err != nil {
		return nil, err
	}
	out := &releasesOut{}
	out.Body.Now, out.Body.Releases = a.Now(), make([]releaseView, 0, len(list))
	for _, r := range list {
		s := r.Session
		v := releaseView{
			SessionID: s.ID, Date: s.Date.String(), Department: names.Department(s.DepartmentID).Name, Doctor: names.Attending(s).Name, ReleaseAt: r.Opens,
		}
		if !r.Closes.IsZero() {
			v.DrawUntil = &r.Closes
		}
		out.Body.Releases = append(out.Body.Releases, v)
	}
	return out, nil
}

// ruleView is a rule of release; durations are in seconds, times are HH:MM.
type ruleView struct {
	Department    string     `json:"department" doc:"Empty: all that have no rule of their own"`
	Version       int64      `json:"version,omitempty" readOnly:"true"`
	HorizonDays   int        `json:"horizon_days" minimum:"0" maximum:"366"`
	At            string     `json:"at" doc:"HH:MM"`
	SpreadSeconds int        `json:"spread_seconds" minimum:"0" maximum:"3600"`
	FallBackDays  int        `json:"fall_back_days" minimum:"0"`
	FallBackAt    string     `json:"fall_back_at" doc:"HH:MM"`
	OverbookMost  int        `json:"overbook_most" minimum:"0" maximum:"100"`
	DrawDoctors   []string   `json:"draw_doctors,omitempty" required:"false"`
	DrawSeconds   int        `json:"draw_seconds" minimum:"10"`
	On            *time.Time `json:"on,omitempty" readOnly:"true"`
	ReleasesMoved int        `json:"releases_moved,omitempty" readOnly:"true"`
}

func ruleViewOf(r booking.ReleaseRule) ruleView {
	v := ruleView{
		Department: r.DepartmentID, Version: r.Version, HorizonDays: r.HorizonDays, At: r.At.String(), SpreadSeconds: int(r.Spread.Seconds()),
		FallBackDays: r.FallBackDays, FallBackAt: r.FallBackAt.String(), OverbookMost: r.OverbookMost, DrawDoctors: r.DrawDoctors,
		DrawSeconds: int(r.DrawWindow.Seconds()),
	}
	if !r.On.IsZero() {
		v.On = &r.On
	}
	return v
}

func (v ruleView) rule(by string) (booking.ReleaseRule, error) {
	r := booking.ReleaseRule{
		DepartmentID: v.Department, HorizonDays: v.HorizonDays, Spread: time.Duration(v.SpreadSeconds) * time.Second,
		FallBackDays: v.FallBackDays, OverbookMost: v.OverbookMost, DrawDoctors: v.DrawDoctors,
		DrawWindow: time.Duration(v.DrawSeconds) * time.Second, By: by,
	}
	for _, c := range []struct {
		text, field string
		into        *houzhen.TimeOfDay
	}{{v.At, "at", &r.At}, {v.FallBackAt, "fall_back_at", &r.FallBackAt}} {
		at, err := houzhen.ParseTimeOfDay(c.text)
		if err != nil {
			return r, houzhen.E(houzhen.CodeInvalid, "time is not HH:MM").On(c.field)
		}
		*c.into = at
	}
	return r, nil
}

type rulesOut struct{ Body []ruleView }

func (a *API) releaseRules(ctx context.Context, _ *struct{}) (*rulesOut, error) {
	rules, err := a.Pool.ReleaseRules(ctx)
	if err != nil {
		return nil, err
	}
	out := &rulesOut{Body: []ruleView{}}
	for _, r := range rules {
		out.Body = append(out.Body, ruleViewOf(r))
	}
	return out, nil
}

type ruleIn struct{ Body ruleView }

type ruleOut struct{ Body ruleView }

func (a *API) setReleaseRule(ctx context.Context, in *ruleIn) (*ruleOut, error) {
	rule, err := in.Body.rule(who(ctx).ID)
	if err != nil {
		return nil, err
	}
	made, moved, err := a.Pool.SetReleaseRule(ctx, who(ctx).ID, rule)
	if err != nil {
		return nil, err
	}
	out := &ruleOut{Body: ruleViewOf(made)}
	out.Body.ReleasesMoved = moved
	return out, nil
}
