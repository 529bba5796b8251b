package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/booking/credit"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/templates"
)

// ruleView is a rule as a page words it.
type ruleView struct {
	credit.Rule
	Days string // of the penalty, in their order
}

type ruleSetView struct {
	credit.RuleSet
	Lines           []ruleView
	InForce, Coming bool
}

type rulesData struct{ Sets []ruleSetView }

// creditRules is the public page of the rules, at an address that stays.
func (s *site) creditRules(w http.ResponseWriter, r *http.Request) error {
	sets, err := s.ruleSets(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "credit_rules", "", rulesData{sets})
}

func (s *site) ruleSets(r *http.Request) ([]ruleSetView, error) {
	list, err := s.Credit.Rules(r.Context())
	if err != nil {
		return nil, wrap("load rules", err)
	}
	now := s.Now()
	current, _ := credit.InForce(list, now)
	out := make([]ruleSetView, len(list))
	for i, set := range list {
		out[i] = ruleSetView{RuleSet: set, InForce: set.ID == current.ID, Coming: set.ValidFrom.After(now)}
		for _, rule := range set.Rules {
			out[i].Lines = append(out[i].Lines, ruleView{rule, joined(rule.Penalty.Days)})
		}
	}
	return out, nil
}

func joined(days []int) string {
	words := make([]string, len(days))
	for i, d := range days {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, " / ")
}

// standingData is the record of people; behind a signed link that of one.
type standingData struct {
	Ask          bool
	Action, Tail string
	People       []standingView
}

type standingView struct {
	Name  string
	Limit *credit.Limit
	Marks []markedView
}

type markedView struct {
	api.Marked
	Department houzhen.Label
	Why        string
	Evidence   []evidenceLine
}

type evidenceLine struct {
	At   time.Time
	Text string
}

// credit is the patient's own record, with one step to appeal.
func (s *site) credit(w http.ResponseWriter, r *http.Request) error {
	d, err := s.standing(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "credit", "mine", d)
}

func (s *site) standing(r *http.Request) (standingData, error) {
	list, err := s.StandingOf(r.Context(), auth.From(r.Context()))
	if err != nil {
		return standingData{}, wrap("load record", err)
	}
	people, err := s.Directory.Patients(r.Context(), auth.From(r.Context()).AccountID)
	if err != nil {
		return standingData{}, wrap("load patients", err)
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name.String()
	}
	return s.recordOf(r, list, names)
}

func (s *site) recordOf(r *http.Request, list []api.Standing, names map[string]string) (standingData, error) {
	var d standingData
	house, err := s.names(r.Context())
	if err != nil {
		return d, err
	}
	for _, one := range list {
		v := standingView{Name: names[one.PatientID], Limit: one.Limit}
		for _, m := range one.Marks {
			x, err := s.Booking.Session(r.Context(), m.Appointment.SessionID)
			if err != nil {
				return d, wrap("load session", err)
			}
			v.Marks = append(v.Marks, markedView{
				Marked: m, Department: house.Department(x.DepartmentID).Name, Why: whyWords(m.Why, api.LangOf(r)), Evidence: evidenceLines(m.Evidence, api.LangOf(r)),
			})
		}
		d.People = append(d.People, v)
	}
	return d, nil
}

func whyWords(why string, lang houzhen.Lang) string {
	if why == "" {
		return ""
	}
	return templates.Reason("credit.why."+why, lang, nil)
}

// evidenceLines words what happened, in the reader's language.
func evidenceLines(list []credit.Evidence, lang houzhen.Lang) []evidenceLine {
	out := make([]evidenceLine, len(list))
	for i, e := range list {
		args := map[string]string{}
		switch e.Code {
		case "message":
			args["kind"] = templates.T(lang, "kind."+e.Args["kind"])
			args["channel"], args["state"] = templates.T(lang, "channel."+e.Args["channel"]), templates.T(lang, "message."+e.Args["state"])
		case "booked":
			args["channel"] = templates.T(lang, "credit.channel."+e.Args["channel"])
		case "refused":
			args["why"], _ = templates.Problem(houzhen.Code(e.Args["code"]), lang, nil)
		}
		out[i] = evidenceLine{e.At, templates.Reason("credit.evidence."+e.Code, lang, args)}
	}
	return out
}

// appeal speaks against a mark.
func (s *site) appeal(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	who := auth.From(r.Context())
	m, err := s.OwnMark(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return wrap("find mark", err)
	}
	if _, err := s.Credit.Appeal(r.Context(), who.ID, m.ID, strings.TrimSpace(r.PostForm.Get("words"))); err != nil {
		return wrap("appeal", err)
	}
	return back(w, r, "/credit")
}

type appealsData struct {
	Appeals []contestedView
	Sets    []ruleSetView
	Draft   []ruleView // three lines to fill in, those of the latest version first
	Appeal  int
	Decide  int
	From    houzhen.Date
	Causes  []credit.Cause
	Windows []credit.WindowKind
	Ends    []credit.PenaltyKind
	Shields []string
	Lifted  string
}

type contestedView struct {
	api.Contested
	Who      string
	Evidence []evidenceLine
	Late     bool
}

// draftLines is how many rules the form has room for; the API takes more.
const draftLines = 3

// manageCredit shows appeals that wait, the rules and the exemptions.
func (s *site) manageCredit(w http.ResponseWriter, r *http.Request) error {
	sets, err := s.ruleSets(r)
	if err != nil {
		return err
	}
	d := appealsData{
		Sets: sets, From: s.today().AddDays(1), Causes: credit.Causes(), Lifted: r.URL.Query().Get("lifted"),
		Windows: []credit.WindowKind{credit.Rolling, credit.Month, credit.HalfYear, credit.Year, credit.Consecutive},
		Ends:    []credit.PenaltyKind{credit.ForDays, credit.RestOfWindow, credit.Escalating},
		Shields: []string{credit.WhyFault, credit.WhyInpatient, credit.WhyDeath, credit.WhyEmergency},
	}
	latest := credit.DefaultRules()
	if len(sets) > 0 {
		latest = sets[0].RuleSet
	}
	d.Appeal, d.Decide = latest.AppealDays, latest.DecideDays
	for i := range draftLines {
		line := ruleView{}
		if i < len(latest.Rules) {
			line = ruleView{latest.Rules[i], strings.ReplaceAll(joined(latest.Rules[i].Penalty.Days), " / ", ",")}
		}
		d.Draft = append(d.Draft, line)
	}
	if err := s.contested(r, &d); err != nil {
		return err
	}
	return s.show(w, r, "manage_credit", "credit", d)
}

func (s *site) contested(r *http.Request, d *appealsData) error {
	open, err := s.Credit.Appeals(r.Context())
	if err != nil {
		return wrap("load appeals", err)
	}
	if err := s.Audit.Record(r.Context(), auth.From(r.Context()).ID, "appeals.read", ""); err != nil {
		return wrap("record reading", err)
	}
	for _, c := range open {
		v := contestedView{Contested: c, Evidence: evidenceLines(c.Evidence, api.LangOf(r)), Late: c.DueAt.Sub(s.Now()) < 24*time.Hour}
		if p, err := s.Directory.Patient(r.Context(), c.PatientID); err == nil {
			v.Who = p.Name.String()
		}
		d.Appeals = append(d.Appeals, v)
	}
	return nil
}

// decideAppeal ends an appeal.
func (s *site) decideAppeal(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	grant := r.PostForm.Get("decision") == "grant"
	note := strings.TrimSpace(r.PostForm.Get("note"))
	if _, err := s.Credit.Decide(r.Context(), auth.From(r.Context()).ID, r.PathValue("id"), grant, note); err != nil {
		return wrap("decide appeal", err)
	}
	return back(w, r, "/manage/credit")
}

// publishRules adds a version of the rules from the form.
func (s *site) publishRules(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	from, err := houzhen.ParseDate(r.PostForm.Get("valid_from"))
	if err != nil {
		return wrap("read date", err)
	}
	set := credit.RuleSet{AppealDays: number(r, "appeal_days"), DecideDays: number(r, "decide_days"), ValidFrom: from.At(0, 0, s.Location)}
	for i := range draftLines {
		if rule, ok := ruleOf(r, i); ok {
			set.Rules = append(set.Rules, rule)
		}
	}
	if _, err := s.Credit.Publish(r.Context(), auth.From(r.Context()).ID, set); err != nil {
		return wrap("publish rules", err)
	}
	return back(w, r, "/manage/credit")
}

// ruleOf reads one line of the form; a line without a threshold is left out.
func ruleOf(r *http.Request, i int) (credit.Rule, bool) {
	field := func(name string) string { return r.PostForm.Get(fmt.Sprint(name, i)) }
	rule := credit.Rule{
		Key: fmt.Sprint("rule-", i+1), Threshold: number(r, fmt.Sprint("threshold", i)), Scope: credit.Hospital, Effect: credit.OnlineOnly,
		Window:  credit.Window{Kind: credit.WindowKind(field("window"))},
		Penalty: credit.Penalty{Kind: credit.PenaltyKind(field("penalty")), FromFirst: field("first") != ""},
	}
	if rule.Window.Kind == credit.Rolling {
		rule.Window.Days = number(r, fmt.Sprint("window_days", i))
	}
	if rule.Penalty.Kind == credit.RestOfWindow {
		rule.Penalty.FromFirst = false
	} else {
		for _, word := range strings.FieldsFunc(field("days"), func(c rune) bool { return c < '0' || c > '9' }) {
			n, _ := strconv.Atoi(word)
			rule.Penalty.Days = append(rule.Penalty.Days, n)
		}
	}
	for _, c := range r.PostForm[fmt.Sprint("counts", i)] {
		rule.Counts = append(rule.Counts, credit.Cause(c))
	}
	return rule, rule.Threshold > 0
}

func number(r *http.Request, field string) int {
	n, err := strconv.Atoi(strings.TrimSpace(r.PostForm.Get(field)))
	if err != nil {
		return 0
	}
	return n
}

// protect declares a time that excuses, of everybody or of the patient whose
// voucher is given.
func (s *site) protect(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	shield := credit.Shield{Kind: r.PostForm.Get("kind"), Note: strings.TrimSpace(r.PostForm.Get("note"))}
	for field, into := range map[string]*time.Time{"from": &shield.From, "to": &shield.To} {
		at, err := time.ParseInLocation("2006-01-02T15:04", r.PostForm.Get(field), s.Location)
		if err != nil {
			return houzhen.E(houzhen.CodeInvalid, "not a time").On(field).Because(err)
		}
		*into = at.UTC()
	}
	if voucher := strings.TrimSpace(r.PostForm.Get("voucher")); voucher != "" {
		at, err := s.Desk.AppointmentByVoucher(r.Context(), voucher)
		if err != nil {
			return wrap("find appointment", err)
		}
		shield.PatientID = at.PatientID
	}
	n, err := s.Credit.Protect(r.Context(), auth.From(r.Context()).ID, shield)
	if err != nil {
		return wrap("declare exemption", err)
	}
	return back(w, r, "/manage/credit?lifted="+strconv.Itoa(n))
}
