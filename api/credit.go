package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/booking/noshow"
	"github.com/houzhen/houzhen/internal/auth"
)

// Credit is what API and pages ask about kept and missed appointments.
type Credit interface {
	// Rules lists every version that was published, the latest first.
	Rules(ctx context.Context) ([]credit.RuleSet, error)
	// Standing tells what is on record of patients.
	Standing(ctx context.Context, patientIDs ...string) ([]Standing, error)
	// Appeal speaks against a mark; the evidence is filled in.
	Appeal(ctx context.Context, by, markID, words string) (credit.Appeal, error)
	// Appeals lists what waits for a decision, the one due first first.
	Appeals(ctx context.Context) ([]Contested, error)
	Decide(ctx context.Context, by, appealID string, grant bool, note string) (credit.Appeal, error)
	Publish(ctx context.Context, by string, set credit.RuleSet) (credit.RuleSet, error)
	// Protect declares a time that excuses, and gives how many marks it lifted.
	Protect(ctx context.Context, by string, shield credit.Shield) (int, error)
}

// Standing is what is on record of one patient.
type Standing struct {
	PatientID string
	Limit     *credit.Limit // nil: nothing is closed to him
	Marks     []Marked      // latest first
}

// Marked is a mark with its evidence and its appeal.
type Marked struct {
	credit.Mark
	Appointment booking.Appointment
	Appealable  bool
	Until       time.Time // the time to appeal is over
	Appeal      *credit.Appeal
	Evidence    []credit.Evidence
}

// Contested is an appeal together with the mark it is against.
type Contested struct {
	credit.Appeal
	Mark        credit.Mark
	Appointment booking.Appointment
}

// Forecasts is what is expected of upcoming sessions.
type Forecasts interface {
	Expected(ctx context.Context, day houzhen.Date, risk float64) ([]Expected, error)
}

// Expected is how many of a session's patients are likely to stay away.
type Expected struct {
	Session   booking.Session
	Booked    int
	Estimated int // of those booked
	Crowd     noshow.Crowd
	Advice    noshow.Advice
	Likely    []noshow.Forecast // the likeliest to stay away first
}

// OwnMark gives a mark to whoever may act for its patient.
func (s Services) OwnMark(ctx context.Context, p auth.Principal, markID string) (Marked, error) {
	list, err := s.StandingOf(ctx, p)
	if err != nil {
		return Marked{}, err
	}
	for _, one := range list {
		for _, m := range one.Marks {
			if m.ID == markID {
				return m, nil
			}
		}
	}
	return Marked{}, houzhen.E(houzhen.CodeNotFound, "no such mark of this account")
}

// StandingOf tells what is on record of everybody an account acts for.
func (s Services) StandingOf(ctx context.Context, p auth.Principal) ([]Standing, error) {
	people, err := s.Directory.Patients(ctx, p.AccountID)
	if err != nil {
		return nil, fmt.Errorf("load patients: %w", err)
	}
	if len(people) == 0 || p.AccountID == "" {
		return []Standing{}, nil
	}
	return s.Credit.Standing(ctx, ids(people)...)
}

func (a *API) creditRoutes() []route {
	patient, manager := []auth.Role{auth.Patient}, []auth.Role{auth.Manager}
	return []route{
		verb(a, "GET", "/api/v1/credit/rules", "Published rules of kept and missed appointments", everybody(), a.creditRules),
		verb(a, "GET", "/api/v1/credit", "What is on record of the account's people", patient, a.standing),
		keyed(verb(a, "POST", "/api/v1/credit/marks/{id}/appeal", "Speak against a mark", patient, a.appeal)),
		verb(a, "GET", "/api/v1/credit/appeals", "Appeals that wait for a decision", manager, a.appeals),
		keyed(verb(a, "POST", "/api/v1/credit/appeals/{id}/decision", "Decide an appeal", manager, a.decide)),
		keyed(verb(a, "POST", "/api/v1/credit/rules", "Publish a version of the rules", manager, a.publish)),
		keyed(verb(a, "POST", "/api/v1/credit/exemptions", "Declare a time that excuses", manager, a.protect)),
		verb(a, "GET", "/api/v1/forecasts", "How many are likely to stay away", manager, a.forecasts),
	}
}

type creditRulesOut struct{ Body []credit.RuleSet }

func (a *API) creditRules(ctx context.Context, _ *struct{}) (*creditRulesOut, error) {
	list, err := a.Credit.Rules(ctx)
	return &creditRulesOut{list}, err
}

// StandingView is what the API tells of one patient.
type StandingView struct {
	PatientID string     `json:"patient_id"`
	Until     string     `json:"closed_until,omitempty" doc:"Last day on which online booking is closed"`
	Marks     []MarkView `json:"marks"`
}

// MarkView is a mark as the API tells it.
type MarkView struct {
	ID            string            `json:"id"`
	AppointmentID string            `json:"appointment_id"`
	Cause         credit.Cause      `json:"cause"`
	Day           houzhen.Date      `json:"day"`
	At            time.Time         `json:"at"`
	State         credit.MarkState  `json:"state"`
	Why           string            `json:"why,omitempty"`
	Rules         int64             `json:"rules" doc:"Version of the rules that judges it"`
	Appealable    bool              `json:"appealable"`
	AppealUntil   time.Time         `json:"appeal_until"`
	Appeal        string            `json:"appeal,omitempty" enum:"open,granted,refused,lapsed"`
	Evidence      []credit.Evidence `json:"evidence"`
}

type standingOut struct{ Body []StandingView }

func (a *API) standing(ctx context.Context, _ *struct{}) (*standingOut, error) {
	list, err := a.StandingOf(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := make([]StandingView, len(list))
	for i, s := range list {
		out[i] = StandingView{PatientID: s.PatientID, Marks: make([]MarkView, len(s.Marks))}
		if s.Limit != nil {
			out[i].Until = s.Limit.Last.String()
		}
		for k, m := range s.Marks {
			out[i].Marks[k] = markView(m)
		}
	}
	return &standingOut{out}, nil
}

func markView(m Marked) MarkView {
	v := MarkView{
		ID: m.ID, AppointmentID: m.AppointmentID, Cause: m.Cause, Day: m.Day, At: m.At, State: m.State, Why: m.Why, Rules: m.RuleSet,
		Appealable: m.Appealable, AppealUntil: m.Until, Evidence: m.Evidence,
	}
	if v.Evidence == nil {
		v.Evidence = []credit.Evidence{}
	}
	if m.Appeal != nil {
		v.Appeal = string(m.Appeal.State)
	}
	return v
}

type appealIn struct {
	ID   string `path:"id"`
	Body struct {
		Words string `json:"words,omitempty" maxLength:"500"`
	}
}

// AppealView is an appeal as the API tells it.
type AppealView struct {
	ID       string             `json:"id"`
	MarkID   string             `json:"mark_id"`
	State    credit.AppealState `json:"state"`
	AskedAt  time.Time          `json:"asked_at"`
	DueAt    time.Time          `json:"due_at"`
	Words    string             `json:"words,omitempty"`
	Note     string             `json:"note,omitempty"`
	Evidence []credit.Evidence  `json:"evidence"`
}

type appealOut struct{ Body AppealView }

func appealView(p credit.Appeal) AppealView {
	if p.Evidence == nil {
		p.Evidence = []credit.Evidence{}
	}
	return AppealView{p.ID, p.MarkID, p.State, p.AskedAt, p.DueAt, p.Words, p.Note, p.Evidence}
}

func (a *API) appeal(ctx context.Context, in *appealIn) (*appealOut, error) {
	if _, err := a.OwnMark(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	p, err := a.Credit.Appeal(ctx, who(ctx).ID, in.ID, in.Body.Words)
	return &appealOut{appealView(p)}, err
}

type appealsOut struct{ Body []AppealView }

func (a *API) appeals(ctx context.Context, _ *struct{}) (*appealsOut, error) {
	list, err := a.Credit.Appeals(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Audit.Record(ctx, who(ctx).ID, "appeals.read", ""); err != nil {
		return nil, fmt.Errorf("record reading: %w", err)
	}
	out := make([]AppealView, len(list))
	for i, p := range list {
		out[i] = appealView(p.Appeal)
	}
	return &appealsOut{out}, nil
}

type decideIn struct {
	ID   string `path:"id"`
	Body struct {
		Grant bool   `json:"grant"`
		Note  string `json:"note,omitempty" maxLength:"500" doc:"A refusal says why"`
	}
}

func (a *API) decide(ctx context.Context, in *decideIn) (*appealOut, error) {
	p, err := a.Credit.Decide(ctx, who(ctx).ID, in.ID, in.Body.Grant, in.Body.Note)
	return &appealOut{appealView(p)}, err
}

type publishIn struct{ Body credit.RuleSet }

type publishOut struct{ Body credit.RuleSet }

func (a *API) publish(ctx context.Context, in *publishIn) (*publishOut, error) {
	set, err := a.Credit.Publish(ctx, who(ctx).ID, in.Body)
	return &publishOut{set}, err
}

type protectIn struct {
	Body struct {
		Kind      string    `json:"kind" enum:"system_fault,inpatient,death,emergency"`
		PatientID string    `json:"patient_id,omitempty"`
		From      time.Time `json:"from"`
		To        time.Time `json:"to"`
		Note      string    `json:"note" minLength:"1" maxLength:"200"`
	}
}

type protectOut struct {
	Body struct {
		Lifted int `json:"lifted"`
	}
}

func (a *API) protect(ctx context.Context, in *protectIn) (*protectOut, error) {
	out := &protectOut{}
	n, err := a.Credit.Protect(ctx, who(ctx).ID, credit.Shield{
		Kind: in.Body.Kind, PatientID: in.Body.PatientID, From: in.Body.From, To: in.Body.To, Note: in.Body.Note, By: who(ctx).ID,
	})
	out.Body.Lifted = n
	return out, err
}

type forecastsIn struct {
	Day  string  `query:"day" required:"true"`
	Risk float64 `query:"risk" default:"0.2" minimum:"0.01" maximum:"0.9"`
}

// ForecastView is what is expected of one session.
type ForecastView struct {
	SessionID string    `json:"session_id"`
	Booked    int       `json:"booked"`
	Expected  float64   `json:"expected_absent"`
	Chances   []float64 `json:"chances" doc:"Chance that exactly 0, 1, 2 … stay away"`
	Extra     int       `json:"advised_extra"`
	Risk      float64   `json:"risk" doc:"That so many more do not fit after all"`
}

type forecastsOut struct{ Body []ForecastView }

func (a *API) forecasts(ctx context.Context, in *forecastsIn) (*forecastsOut, error) {
	var day houzhen.Date
	if err := parseDate(in.Day, "day", &day); err != nil {
		return nil, err
	}
	list, err := a.Forecasts.Expected(ctx, day, in.Risk)
	if err != nil {
		return nil, err
	}
	out := make([]ForecastView, len(list))
	for i, e := range list {
		out[i] = ForecastView{e.Session.ID, e.Booked, e.Advice.Mean, e.Crowd.At, e.Advice.Extra, e.Advice.Risk}
	}
	return &forecastsOut{out}, nil
}
