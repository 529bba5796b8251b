package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/webhook"
)

// machineRoutes are the pages about other systems: who may ask, and who is told.
func (s *site) machineRoutes(manager []auth.Role) []route {
	return []route{
		{"GET", "/manage/machines", manager, s.machines, "other systems, their tokens, and where facts are delivered"},
		{"POST", "/manage/machines", manager, s.addMachine, "shows a token once"},
		{"POST", "/manage/machines/{id}/{verb}", manager, s.machineVerb, "rotate, revoke"},
		{"POST", "/manage/webhooks/{id}/{verb}", manager, s.webhookVerb, "test, enable, disable, rotate"},
	}
}

type machinesData struct {
	Machines []machineRow
	Hooks    []hookRow
	Stopped  int // endpoints that nothing is delivered to
	Scopes   []scopeChoice
	Fresh    *freshSecret    // shown once, on the answer that made it
	Tested   *webhook.Answer // how the endpoint answered
	Host     string          // that was tested
}

type machineRow struct {
	auth.Machine

	Revoked bool
	Words   []scopeChoice
	Tokens  []tokenRow
}

type tokenRow struct {
	Hint, Made, Ends string // dates of the hospital
	Used             time.Time
	State            string // live, ending, over
}

// scopeChoice is a scope with the key of its words.
type scopeChoice struct {
	Scope   auth.Scope
	Key     string
	Checked bool
}

type hookRow struct {
	webhook.Endpoint

	Behind int       // public facts that were not taken yet, or that many at least
	More   bool      // there are more
	Oldest time.Time // of these
	On     bool
	Ended  bool // its machine was revoked: nothing is delivered, whatever its state
}

// freshSecret is a token or a secret that nobody can look up later.
type freshSecret struct{ Of, Name, Text string }

// endsSoon is how long before its end a token is marked.
const endsSoon = 30 * 24 * time.Hour

// machines shows who may ask and who is told.
func (s *site) machines(w http.ResponseWriter, r *http.Request) error {
	d, err := s.machinesData(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, r, "machines", "machines", d)
}

func (s *site) machinesData(ctx context.Context) (machinesData, error) {
	d := machinesData{Scopes: scopeChoices(auth.EveryScope())}
	list, err := s.Machines.List(ctx)
	if err != nil {
		return d, wrap("list machines", err)
	}
	revoked := map[string]bool{}
	for _, m := range list {
		revoked[m.ID] = !m.RevokedAt.IsZero()
		row := machineRow{Machine: m.Machine, Revoked: !m.RevokedAt.IsZero(), Words: scopeChoices(m.Scopes)}
		for _, t := range m.Tokens {
			row.Tokens = append(row.Tokens, s.tokenRow(m.Machine, t))
		}
		d.Machines = append(d.Machines, row)
	}
	hooks, err := s.Webhooks.List(ctx, "")
	if err != nil {
		return d, wrap("list webhooks", err)
	}
	for _, e := range hooks {
		row, err := s.hookRow(ctx, e, revoked[e.MachineID])
		if err != nil {
			return d, err
		}
		if !row.On && !row.Ended {
			d.Stopped++
		}
		d.Hooks = append(d.Hooks, row)
	}
	return d, nil
}

func (s *site) tokenRow(m auth.Machine, t auth.Token) tokenRow {
	day := func(at time.Time) string { return houzhen.DateOf(at, s.Location).String() }
	row := tokenRow{Hint: t.Hint, Made: day(t.CreatedAt), Ends: day(t.ExpiresAt), Used: t.LastUsedAt, State: "live"}
	switch now := s.Now(); {
	case !t.Live(m, now):
		row.State = "over"
	case t.ExpiresAt.Sub(now) < endsSoon:
		row.State = "ending"
	}
	return row
}

// hookRow asks how far behind an endpoint is: by the facts that its channel is
// told, since the numbers of all facts say little of a quiet channel.
func (s *site) hookRow(ctx context.Context, e webhook.Endpoint, revoked bool) (hookRow, error) {
	row := hookRow{Endpoint: e, On: e.State == webhook.Active && !revoked, Ended: revoked}
	if revoked {
		row.Reason, row.Status = webhook.ReasonRevoked, 0
		return row, nil
	}
	p, err := s.Webhooks.Read(ctx, e.Channel, e.Seen, webhook.MaxPage)
	if err != nil {
		return row, wrap("read what was not taken", err)
	}
	row.Behind, row.More = len(p.Events), p.More
	if len(p.Events) > 0 {
		row.Oldest = p.Events[0].At
	}
	return row, nil
}

func scopeChoices(scopes []auth.Scope) []scopeChoice {
	list := make([]scopeChoice, len(scopes))
	for i, one := range scopes {
		list[i] = scopeChoice{Scope: one, Key: "machine.scope." + strings.ReplaceAll(string(one), ":", "_")}
	}
	return list
}

// addMachine makes a machine and shows its token, this once.
func (s *site) addMachine(w http.ResponseWriter, r *http.Request) error {
	n, err := newMachine(r)
	if err != nil {
		return s.machinesFail(w, r, err)
	}
	m, token, err := s.Machines.Create(r.Context(), n)
	if err != nil {
		return s.machinesFail(w, r, err)
	}
	return s.machinesAfter(w, r, func(d *machinesData) { d.Fresh = &freshSecret{"token", m.Name, token} })
}

// newMachine reads what the form asks for.
func newMachine(r *http.Request) (auth.NewMachine, error) {
	if err := form(r); err != nil {
		return auth.NewMachine{}, err
	}
	n := auth.NewMachine{Channel: r.PostForm.Get("channel"), Name: r.PostForm.Get("name"), By: auth.From(r.Context()).ID}
	var err error
	if n.Scopes, err = auth.ParseScopes(r.PostForm["scopes"]); err != nil {
		return n, err
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if most := int(auth.MaxTokenLife.Hours() / 24); err != nil || days < 1 || days > most {
		return n, houzhen.E(houzhen.CodeInvalid, "days are out of range").On("days").With("max", strconv.Itoa(most))
	}
	n.Life = time.Duration(days) * 24 * time.Hour
	return n, nil
}

// machineVerb rotates or revokes.
func (s *site) machineVerb(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	id, by := r.PathValue("id"), auth.From(r.Context()).ID
	switch r.PathValue("verb") {
	case "rotate":
		days, err := strconv.Atoi(r.PostForm.Get("overlap"))
		if most := int(auth.MaxOverlap.Hours() / 24); err != nil || days < 0 || days > most {
			return houzhen.E(houzhen.CodeInvalid, "overlap is out of range").On("overlap").With("max", strconv.Itoa(most))
		}
		token, err := s.Machines.Rotate(r.Context(), id, by, time.Duration(days)*24*time.Hour, 0)
		if err != nil {
			return err
		}
		return s.machinesAfter(w, r, func(d *machinesData) { d.Fresh = &freshSecret{"token", d.name(id), token} })
	case "revoke":
		if err := s.Machines.Revoke(r.Context(), id, by); err != nil {
			return err
		}
		return back(w, r, "/manage/machines")
	}
	return houzhen.E(houzhen.CodeNotFound, "no such verb")
}

// name gives that of a machine in the list.
func (d *machinesData) name(id string) string {
	for _, m := range d.Machines {
		if m.ID == id {
			return m.Name
		}
	}
	return ""
}

// webhookVerb does to an endpoint what its machine could do itself.
func (s *site) webhookVerb(w http.ResponseWriter, r *http.Request) error {
	id, by := r.PathValue("id"), auth.From(r.Context()).ID
	switch r.PathValue("verb") {
	case "enable":
		if _, err := s.Webhooks.Enable(r.Context(), id, "", by); err != nil {
			return err
		}
		return back(w, r, "/manage/machines#webhooks")
	case "disable":
		if _, err := s.Webhooks.Disable(r.Context(), id, "", by); err != nil {
			return err
		}
		return back(w, r, "/manage/machines#webhooks")
	case "rotate":
		e, err := s.Webhooks.Rotate(r.Context(), id, "", by)
		if err != nil {
			return err
		}
		return s.machinesAfter(w, r, func(d *machinesData) { d.Fresh = &freshSecret{"secret", e.Host(), e.Secret} })
	case "test":
		answer, err := s.Webhooks.Test(r.Context(), id, "")
		if err != nil {
			return err
		}
		return s.machinesAfter(w, r, func(d *machinesData) { d.Tested, d.Host = &answer, d.host(id) })
	}
	return houzhen.E(houzhen.CodeNotFound, "no such verb")
}

// host gives that of an endpoint in the list.
func (d *machinesData) host(id string) string {
	for _, e := range d.Hooks {
		if e.ID == id {
			return e.Host()
		}
	}
	return ""
}

// machinesAfter shows the page with what a form gave. What is secret is never
// in an address, so there is nothing to lead to.
func (s *site) machinesAfter(w http.ResponseWriter, r *http.Request, note func(*machinesData)) error {
	d, err := s.machinesData(r.Context())
	if err != nil {
		return err
	}
	note(&d)
	return s.show(w, r, "machines", "machines", d)
}

// machinesFail shows the form again with what was filled in and what is wrong.
func (s *site) machinesFail(w http.ResponseWriter, r *http.Request, cause error) error {
	if code := houzhen.CodeOf(cause); code != houzhen.CodeInvalid && code != houzhen.CodeMissing {
		return cause
	}
	d, err := s.machinesData(r.Context())
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, word := range r.PostForm["scopes"] {
		asked[word] = true
	}
	for i := range d.Scopes {
		d.Scopes[i].Checked = asked[string(d.Scopes[i].Scope)]
	}
	s.fail(w, r, "machines", d, cause)
	return nil
}
