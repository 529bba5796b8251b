package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/templates"
)

func (a *API) wordingRoutes(manager []auth.Role) []route {
	return []route{
		verb(a, "GET", "/api/v1/wordings", "What messages say: the words that hold", manager, a.wordings),
		verb(a, "POST", "/api/v1/wordings/lint", "Judge words without keeping them", manager, a.lintWording),
		verb(a, "GET", "/api/v1/wordings/versions", "Versions that managers wrote", manager, a.wordingVersions),
		keyed(verb(a, "POST", "/api/v1/wordings/versions", "Keep words as a draft", manager, a.saveWording)),
		keyed(verb(a, "POST", "/api/v1/wordings/versions/{id}/decide", "What the provider said of a version", manager, a.decideWording)),
	}
}

type wordingDraft struct {
	Key     string            `json:"key" doc:"As appt.booked.sens"`
	Lang    houzhen.Lang      `json:"lang" enum:"zh-CN,en"`
	Channel string            `json:"channel" enum:"sms,push,wechat,voice,inbox"`
	Title   string            `json:"title,omitempty" maxLength:"100"`
	Text    string            `json:"text,omitempty" maxLength:"1000"`
	Fields  map[string]string `json:"fields,omitempty" doc:"Of a WeChat template: field to words"`
}

func (d wordingDraft) draft() templates.Draft {
	return templates.Draft{Key: d.Key, Lang: d.Lang, Channel: d.Channel, Title: d.Title, Text: d.Text, Fields: d.Fields}
}

func viewDraft(d templates.Draft) wordingDraft {
	return wordingDraft{d.Key, d.Lang, d.Channel, d.Title, d.Text, d.Fields}
}

type wordingView struct {
	Words     wordingDraft      `json:"words"`
	Number    int               `json:"number" doc:"Of the version that holds; 0 came with the program"`
	Code      string            `json:"code,omitempty" doc:"The provider's"`
	Variables map[string]string `json:"variables" doc:"Attribute to apply for at the provider, by variable"`
	Verdict   verdictView       `json:"verdict"`
}

type verdictView struct {
	OK     bool        `json:"ok" doc:"Nothing stops it; notes do not"`
	Faults []faultView `json:"faults"`
	Chars  [2]int      `json:"chars" doc:"Of SMS with typical and with longest values, signature included"`
	Parts  [2]int      `json:"parts" doc:"Messages that are billed"`
}

type faultView struct {
	Rule string `json:"rule"`
	Said string `json:"said"`
	Note bool   `json:"note"`
}

func viewVerdict(d templates.Draft, h templates.House, lang houzhen.Lang) verdictView {
	v := templates.Lint(d, h)
	out := verdictView{OK: v.OK(), Faults: []faultView{}}
	for _, f := range v.Faults {
		out.Faults = append(out.Faults, faultView{f.Rule, f.Say(lang), f.Note})
	}
	for i, s := range v.Samples {
		out.Chars[i], out.Parts[i] = s.Chars, s.Parts
	}
	return out
}

type wordingsIn struct {
	Lang houzhen.Lang `query:"lang" enum:"zh-CN,en" default:"zh-CN" doc:"Of what the linter says"`
}

type wordingsOut struct{ Body []wordingView }

// wordings lists the words that hold, on every channel that has some.
func (a *API) wordings(ctx context.Context, in *wordingsIn) (*wordingsOut, error) {
	all, err := a.Wording.Versions(ctx, "")
	if err != nil {
		return nil, err
	}
	book, out := templates.NewBook(wording.Held(all)), &wordingsOut{Body: []wordingView{}}
	for _, d := range templates.AllShipped() {
		held, _ := book.Current(d.Key, d.Lang, d.Channel)
		v := wordingView{
			Words: viewDraft(held.Draft), Number: held.Number, Code: held.Code, Variables: map[string]string{},
			Verdict: viewVerdict(held.Draft, a.Wording.House(), in.Lang),
		}
		for _, name := range templates.VariablesOf(held.Draft) {
			known, _ := templates.VariableOf(name)
			v.Variables[name] = known.Attribute
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}

type lintWordingIn struct {
	Say  houzhen.Lang `query:"lang" enum:"zh-CN,en" default:"zh-CN"`
	Body wordingDraft
}

type lintWordingOut struct{ Body verdictView }

// lintWording judges words by the rules of their channel.
func (a *API) lintWording(_ context.Context, in *lintWordingIn) (*lintWordingOut, error) {
	return &lintWordingOut{viewVerdict(in.Body.draft(), a.Wording.House(), in.Say)}, nil
}

type wordingVersionView struct {
	Words     wordingDraft  `json:"words"`
	ID        string        `json:"id"`
	Number    int           `json:"number"`
	State     wording.State `json:"state" doc:"draft, submitted, approved, rejected"`
	Code      string        `json:"code,omitempty"`
	Note      string        `json:"note,omitempty"`
	SavedBy   string        `json:"saved_by"`
	SavedAt   time.Time     `json:"saved_at"`
	DecidedBy string        `json:"decided_by,omitempty"`
}

func viewWording(v wording.Version) wordingVersionView {
	return wordingVersionView{viewDraft(v.Draft), v.ID, v.Number, v.State, v.Code, v.Note, v.AuthorID, v.SavedAt, v.DecidedBy}
}

type wordingVersionsIn struct {
	Key string `query:"key" doc:"Of one wording; left out: all"`
}

type wordingVersionsOut struct{ Body []wordingVersionView }

// wordingVersions lists versions, the latest of each place first.
func (a *API) wordingVersions(ctx context.Context, in *wordingVersionsIn) (*wordingVersionsOut, error) {
	list, err := a.Wording.Versions(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	out := &wordingVersionsOut{Body: []wordingVersionView{}}
	for _, v := range list {
		out.Body = append(out.Body, viewWording(v))
	}
	return out, nil
}

type saveWordingIn struct{ Body wordingDraft }

type wordingVersionOut struct{ Body wordingVersionView }

// saveWording keeps words as a draft.
func (a *API) saveWording(ctx context.Context, in *saveWordingIn) (*wordingVersionOut, error) {
	v, err := a.Wording.Save(ctx, who(ctx).ID, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return &wordingVersionOut{viewWording(v)}, nil
}

type decideWordingIn struct {
	ID   string `path:"id"`
	Body struct {
		State wording.State `json:"state" enum:"submitted,approved,rejected"`
		Code  string        `json:"code,omitempty" maxLength:"64" doc:"The provider's: SMS_123456, TTS_123456 or the id of a WeChat template"`
		Note  string        `json:"note,omitempty" maxLength:"200" doc:"What the provider said"`
	}
}

// decideWording records what became of a version.
func (a *API) decideWording(ctx context.Context, in *decideWordingIn) (*wordingVersionOut, error) {
	b := in.Body
	v, err := a.Wording.Decide(ctx, in.ID, wording.Decision{State: b.State, Code: b.Code, Note: b.Note, By: who(ctx).ID})
	if err != nil {
		return nil, err
	}
	return &wordingVersionOut{viewWording(v)}, nil
}
