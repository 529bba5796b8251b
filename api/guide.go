package api

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
)

// Ambulance is the country's emergency number.
const Ambulance = "120"

func (a *API) guideRoutes(manager []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/guide", "Which department to see, by part of the body, age and sex", everybody(), a.guide),
		verb(a, "POST", "/api/v1/guide", "The same with words, which are kept nowhere", everybody(), a.guideWords),
		verb(a, "GET", "/api/v1/guide/versions", "Versions of the table of guidance", manager, a.guideVersions),
		keyed(verb(a, "POST", "/api/v1/guide/versions", "Take a table in as a draft", manager, a.importGuide)),
		keyed(verb(a, "POST", "/api/v1/guide/versions/{id}/approve", "Put a draft into force", manager, a.approveGuide)),
	}
}

// Guidance is an answer in the hospital's own departments.
type Guidance struct {
	Version guide.Version // the one in force, if InForce
	InForce bool
	Overdue bool // its review is out of date
	Answer  guide.Answer
	Places  []GuidePlace
	House   directory.Hospital
}

// Here reports whether any department that was suggested is in this hospital.
func (g Guidance) Here() bool {
	for _, p := range g.Places {
		if p.ID != "" {
			return true
		}
	}
	return false
}

// GuidePlace is a department that was suggested, as the hospital has it.
type GuidePlace struct {
	guide.Suggestion
	ID      string // "" says that there is no such department here
	Name    houzhen.Label
	Doctors []directory.Doctor
}

// Guide answers a question from the version in force. Without one, and for
// what the table does not know, it sends to the desk.
func (s Services) Guide(ctx context.Context, q guide.Question, today houzhen.Date) (Guidance, error) {
	var g Guidance
	if err := q.Check(); err != nil {
		return g, err
	}
	names, err := LoadNames(ctx, s.Directory)
	if err != nil {
		return g, err
	}
	g.House, g.Answer = names.House.Hospital, guide.Answer{Outcome: guide.Desk}
	g.Version, err = s.Guidance.Current(ctx)
	switch {
	case houzhen.CodeOf(err) == houzhen.CodeNotFound:
		return g, nil
	case err != nil:
		return g, fmt.Errorf("load guidance: %w", err)
	}
	g.InForce, g.Overdue, g.Answer = true, g.Version.Overdue(today), guide.Guide(g.Version.Table, q)
	codes := guide.Codes{}
	for _, d := range names.House.Departments {
		codes.Add(d.Code, d.ID)
	}
	for _, one := range g.Answer.Suggestions {
		p := GuidePlace{Suggestion: one, Name: one.Department.Name}
		if id, ok := codes.Department(one.Department); ok {
			p.ID, p.Name = id, names.Department(id).Name
			p.Doctors = names.guided(id, one.Doctors)
		}
		g.Places = append(g.Places, p)
	}
	return g, nil
}

// guided gives the doctors of a department that the table names by code.
func (n *Names) guided(department string, codes []string) []directory.Doctor {
	var list []directory.Doctor
	for _, code := range codes {
		for _, d := range n.House.Doctors {
			if d.Code == code && d.DepartmentID == department {
				list = append(list, d)
			}
		}
	}
	return list
}

type guideIn struct {
	Part     string `query:"part" doc:"Key of a part of the body"`
	Months   int    `query:"months" default:"-1" minimum:"-1" maximum:"1800" doc:"Age; -1 is not said"`
	Sex      string `query:"sex" enum:"female,male"`
	Pregnant bool   `query:"pregnant"`
}

type guideWordsIn struct {
	Body struct {
		Words    string `json:"words,omitempty" doc:"What is felt, in Chinese or English; kept nowhere"`
		Part     string `json:"part,omitempty"`
		Months   *int   `json:"months,omitempty" doc:"Age"`
		Sex      string `json:"sex,omitempty" enum:"female,male"`
		Pregnant bool   `json:"pregnant,omitempty"`
	}
}

type guideOut struct{ Body guidanceView }

type guidanceView struct {
	Outcome   guide.Outcome       `json:"outcome" doc:"emergency: at once; departments: one of these; desk: ask people. Never a diagnosis"`
	InForce   bool                `json:"in_force" doc:"The hospital has approved a table"`
	Version   int                 `json:"version,omitempty"`
	Author    string              `json:"author,omitempty"`
	Reviewer  string              `json:"reviewer,omitempty"`
	Reviewed  string              `json:"reviewed,omitempty"`
	ReviewBy  string              `json:"review_by,omitempty"`
	Overdue   bool                `json:"review_overdue"`
	Parts     []guidePartView     `json:"parts"`
	Alarms    []guideAlarmView    `json:"alarms"`
	Places    []guidePlaceView    `json:"departments"`
	Emergency guideEmergencyView  `json:"emergency"`
	Desk      guideEmergencyPhone `json:"desk"`
}

type guidePartView struct {
	Key  string        `json:"key"`
	Name houzhen.Label `json:"name"`
}

type guideAlarmView struct {
	Say    houzhen.Label `json:"say"`
	Advice houzhen.Label `json:"advice"`
	Words  []string      `json:"words"`
}

type guidePlaceView struct {
	ID      string            `json:"id,omitempty" doc:"Left out: no such department here"`
	Name    houzhen.Label     `json:"name"`
	Here    bool              `json:"here"`
	Doctors []string          `json:"doctors"`
	Reasons []guideReasonView `json:"reasons"`
}

type guideReasonView struct {
	Words []string       `json:"words,omitempty"`
	Part  *houzhen.Label `json:"part,omitempty"`
	Rule  *houzhen.Label `json:"rule,omitempty"`
}

type guideEmergencyView struct {
	Ambulance string        `json:"ambulance"`
	Phone     string        `json:"phone,omitempty"`
	Place     houzhen.Label `json:"place"`
}

type guideEmergencyPhone struct {
	Phone string `json:"phone,omitempty"`
}

// guide answers without words, so that none stand in an address.
func (a *API) guide(ctx context.Context, in *guideIn) (*guideOut, error) {
	q := guide.Question{Part: in.Part, Sex: guide.Sex(in.Sex), Pregnant: in.Pregnant, Age: guide.Age{Months: max(0, in.Months), Known: in.Months >= 0}}
	return a.answer(ctx, q)
}

// guideWords answers with words, which came in the body.
func (a *API) guideWords(ctx context.Context, in *guideWordsIn) (*guideOut, error) {
	b := in.Body
	q := guide.Question{Words: b.Words, Part: b.Part, Sex: guide.Sex(b.Sex), Pregnant: b.Pregnant}
	if b.Months != nil {
		q.Age = guide.Age{Months: *b.Months, Known: true}
	}
	return a.answer(ctx, q)
}

func (a *API) answer(ctx context.Context, q guide.Question) (*guideOut, error) {
	g, err := a.Guide(ctx, q, houzhen.BusinessDate(a.Now(), a.Location))
	if err != nil {
		return nil, err
	}
	return &guideOut{viewGuidance(g)}, nil
}

func viewGuidance(g Guidance) guidanceView {
	v := guidanceView{
		Outcome: g.Answer.Outcome, InForce: g.InForce, Overdue: g.Overdue, Parts: []guidePartView{}, Alarms: []guideAlarmView{},
		Places: []guidePlaceView{}, Emergency: guideEmergencyView{Ambulance, g.House.EmergencyPhone, g.House.Emergency},
		Desk: guideEmergencyPhone{g.House.Phone},
	}
	if t := g.Version.Table; g.InForce {
		v.Version, v.Author, v.Reviewer = g.Version.Number, t.Author, t.Reviewer
		v.Reviewed, v.ReviewBy = t.Reviewed.String(), t.ReviewBy.String()
		for _, p := range t.Parts {
			v.Parts = append(v.Parts, guidePartView{p.Key, p.Name})
		}
	}
	for _, x := range g.Answer.Alarms {
		v.Alarms = append(v.Alarms, guideAlarmView{x.Flag.Say, x.Flag.Advice, x.Words})
	}
	for _, p := range g.Places {
		v.Places = append(v.Places, viewPlace(p))
	}
	return v
}

func viewPlace(p GuidePlace) guidePlaceView {
	one := guidePlaceView{ID: p.ID, Name: p.Name, Here: p.ID != "", Doctors: []string{}, Reasons: []guideReasonView{}}
	for _, d := range p.Doctors {
		one.Doctors = append(one.Doctors, d.ID)
	}
	said := func(l houzhen.Label) *houzhen.Label {
		if l == (houzhen.Label{}) {
			return nil
		}
		return &l
	}
	for _, r := range p.Reasons {
		one.Reasons = append(one.Reasons, guideReasonView{r.Words, said(r.Part), said(r.Rule)})
	}
	return one
}

type guideVersionView struct {
	ID         string      `json:"id"`
	Number     int         `json:"number"`
	State      guide.State `json:"state" doc:"draft, approved, superseded"`
	Author     string      `json:"author"`
	Reviewer   string      `json:"reviewer"`
	Reviewed   string      `json:"reviewed"`
	ReviewBy   string      `json:"review_by"`
	ValidFrom  string      `json:"valid_from"`
	Entries    int         `json:"entries"`
	ImportedBy string      `json:"imported_by"`
	ImportedAt time.Time   `json:"imported_at"`
	ApprovedBy string      `json:"approved_by,omitempty"`
	InForce    string      `json:"in_force_from,omitempty"`
}

func viewGuideVersion(v guide.Version) guideVersionView {
	t := v.Table
	out := guideVersionView{
		v.ID, v.Number, v.State, t.Author, t.Reviewer, t.Reviewed.String(), t.ReviewBy.String(), t.ValidFrom.String(), len(t.Entries),
		v.AuthorID, v.ImportedAt, v.ApprovedBy, "",
	}
	if !v.From.IsZero() {
		out.InForce = v.From.String()
	}
	return out
}

type guideVersionsOut struct{ Body []guideVersionView }

// guideVersions lists versions, the latest first.
func (a *API) guideVersions(ctx context.Context, _ *struct{}) (*guideVersionsOut, error) {
	list, err := a.Guidance.Versions(ctx)
	if err != nil {
		return nil, err
	}
	out := &guideVersionsOut{Body: []guideVersionView{}}
	for _, v := range list {
		out.Body = append(out.Body, viewGuideVersion(v))
	}
	return out, nil
}

type importGuideIn struct {
	Body struct {
		Format string `json:"format" enum:"yaml,csv"`
		Text   string `json:"text"`
	}
}

type guideVersionOut struct{ Body guideVersionView }

// importGuide takes a table in as a draft.
func (a *API) importGuide(ctx context.Context, in *importGuideIn) (*guideVersionOut, error) {
	v, err := a.Guidance.Import(ctx, who(ctx).ID, "guide."+in.Body.Format, []byte(in.Body.Text))
	if err != nil {
		return nil, err
	}
	return &guideVersionOut{viewGuideVersion(v)}, nil
}

type approveGuideIn struct {
	ID string `path:"id"`
}

// approveGuide puts a draft into force.
func (a *API) approveGuide(ctx context.Context, in *approveGuideIn) (*guideVersionOut, error) {
	v, err := a.Guidance.Approve(ctx, in.ID, who(ctx).ID)
	if err != nil {
		return nil, err
	}
	return &guideVersionOut{viewGuideVersion(v)}, nil
}
