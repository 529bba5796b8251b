package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify/wording"
	"github.com/houzhen/houzhen/templates"
)

// wordingRoutes are the pages of what messages say.
func (s *site) wordingRoutes(manager []auth.Role) []route {
	return []route{
		{"GET", "/manage/wordings", manager, s.wordings, "every message on a phone"},
		{"GET", "/manage/wordings/{key}", manager, s.wordingPage, "one message: words, verdict, versions"},
		{"POST", "/manage/wordings/{key}", manager, s.wordingWrite, "judges words, or keeps them"},
		{"POST", "/manage/wordings/versions/{id}", manager, s.wordingDecide, "what the provider said"},
	}
}

// choice is one way to look at the messages.
type choice struct {
	Name string
	Href string
	Here bool
}

// lookAt is the language and the channel that the pages show words in; the
// page's own language is the reader's.
type lookAt struct {
	Lang     houzhen.Lang
	Channel  string
	Langs    []choice
	Channels []choice
}

func lookOf(r *http.Request, path string) lookAt {
	q := r.URL.Query()
	l := lookAt{Lang: api.LangOf(r), Channel: templates.SMS}
	if given := houzhen.Lang(q.Get("words")); slices.Contains(templates.Langs(), given) {
		l.Lang = given
	}
	if given := q.Get("channel"); slices.Contains(templates.Channels(), given) {
		l.Channel = given
	}
	for _, lang := range templates.Langs() {
		l.Langs = append(l.Langs, choice{string(lang), l.href(path, lang, l.Channel), lang == l.Lang})
	}
	for _, channel := range templates.Channels() {
		l.Channels = append(l.Channels, choice{channel, l.href(path, l.Lang, channel), channel == l.Channel})
	}
	return l
}

func (lookAt) href(path string, lang houzhen.Lang, channel string) string {
	return path + "?" + url.Values{"words": {string(lang)}, "channel": {channel}}.Encode()
}

// wordingView is one wording as a card shows it.
type wordingView struct {
	templates.Approved

	Name      string // what the message is about, in the reader's language
	Href      string
	Sensitive bool
	Variants  bool // has a neutral and a plain one
	Verdict   templates.Verdict
	Latest    *wording.Version // the last that was saved, if it is not what holds
}

// Typical is the sample that a phone shows.
func (v wordingView) Typical() templates.Sample { return v.sample(0) }

// Longest is the sample with the longest values.
func (v wordingView) Longest() templates.Sample { return v.sample(1) }

func (v wordingView) sample(i int) templates.Sample {
	if i < len(v.Verdict.Samples) {
		return v.Verdict.Samples[i]
	}
	return templates.Sample{Title: v.Title, Text: v.Text}
}

type wordingListData struct {
	lookAt

	Items  []wordingView
	Faulty int
}

// wordings shows every message that has words on a channel.
func (s *site) wordings(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Wording.Versions(r.Context(), "")
	if err != nil {
		return wrap("load wordings", err)
	}
	d := wordingListData{lookAt: lookOf(r, "/manage/wordings")}
	for _, key := range templates.Keys() {
		v, ok := s.wordingOf(all, key, d.lookAt, api.LangOf(r))
		if !ok {
			continue
		}
		if !v.Verdict.OK() {
			d.Faulty++
		}
		d.Items = append(d.Items, v)
	}
	return s.show(w, r, "wordings", "wordings", d)
}

// wordingOf gives what holds of one wording.
func (s *site) wordingOf(all []wording.Version, key string, at lookAt, reader houzhen.Lang) (wordingView, bool) {
	held, ok := templates.NewBook(wording.Held(all)).Current(key, at.Lang, at.Channel)
	if !ok {
		return wordingView{}, false
	}
	v := wordingView{
		Approved: held, Name: templates.Title(key, reader), Href: at.href("/manage/wordings/"+url.PathEscape(key), at.Lang, at.Channel),
		Sensitive: templates.Sensitive(key), Verdict: templates.Lint(held.Draft, s.Wording.House()),
	}
	v.Variants = v.Sensitive || templates.Key(key, true) != key
	for _, one := range all {
		if one.Key == key && one.Lang == at.Lang && one.Channel == at.Channel {
			if one.Number != held.Number {
				v.Latest = &one
			}
			break // the latest comes first
		}
	}
	return v, true
}

type wordingPageData struct {
	lookAt
	wordingView

	Draft     templates.Draft // in the form: what holds, or what was typed
	Fields    []wordingField
	Other     *choice // the other variant, neutral or plain
	Variables []wordingVariable
	Versions  []wording.Version
	Filed     bool // a provider reviews the words of this channel
	Checked   bool // the verdict is of what was typed
}

type wordingField struct{ Name, Text string }

type wordingVariable struct {
	Name, Attribute  string
	Typical, Longest string
	Reveals          bool
}

func (s *site) wordingData(r *http.Request) (wordingPageData, error) {
	key := r.PathValue("key")
	d := wordingPageData{lookAt: lookOf(r, "/manage/wordings/"+url.PathEscape(key))}
	all, err := s.Wording.Versions(r.Context(), key)
	if err != nil {
		return d, wrap("load wordings", err)
	}
	var ok bool
	if d.wordingView, ok = s.wordingOf(all, key, d.lookAt, api.LangOf(r)); !ok {
		return d, houzhen.E(houzhen.CodeNotFound, "no such wording")
	}
	d.Draft, d.Filed = d.Approved.Draft, wording.Filed(d.Channel)
	if d.Variants {
		twin := templates.Key(strings.TrimSuffix(key, ".sens"), !d.Sensitive)
		d.Other = &choice{Name: twin, Href: d.href("/manage/wordings/"+url.PathEscape(twin), d.Lang, d.Channel)}
	}
	// Channels without words of this message are no choice.
	d.Channels = slices.DeleteFunc(d.Channels, func(c choice) bool {
		_, has := templates.Shipped(key, d.Lang, c.Name)
		return !has
	})
	for _, name := range templates.Supplied(key) {
		if v, known := templates.VariableOf(name); known {
			d.Variables = append(d.Variables, wordingVariable{name, v.Attribute, v.Typical[d.Lang], v.Longest[d.Lang], v.Reveals})
		}
	}
	for _, v := range all {
		if v.Lang == d.Lang && v.Channel == d.Channel {
			d.Versions = append(d.Versions, v)
		}
	}
	d.split()
	return d, nil
}

// split lays the fields of a WeChat template out for a form.
func (d *wordingPageData) split() {
	d.Fields = nil
	names := make([]string, 0, len(d.Draft.Fields))
	for name := range d.Draft.Fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		d.Fields = append(d.Fields, wordingField{name, d.Draft.Fields[name]})
	}
}

// wordingPage shows one wording, its verdict and its versions.
func (s *site) wordingPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.wordingData(r)
	if err != nil {
		return err
	}
	if id := r.URL.Query().Get("version"); id != "" {
		i := slices.IndexFunc(d.Versions, func(v wording.Version) bool { return v.ID == id })
		if i < 0 {
			return houzhen.E(houzhen.CodeNotFound, "no such version")
		}
		s.judge(&d, d.Versions[i].Draft)
	}
	return s.show(w, r, "wording", "wordings", d)
}

// judge puts words into the form, with the verdict on them.
func (s *site) judge(d *wordingPageData, words templates.Draft) {
	d.Draft, d.Checked, d.Verdict = words, true, templates.Lint(words, s.Wording.House())
	d.split()
}

// wordingWrite judges what was typed, or keeps it as a draft.
func (s *site) wordingWrite(w http.ResponseWriter, r *http.Request) error {
	d, err := s.wordingData(r)
	if err != nil {
		return err
	}
	s.judge(&d, typedWords(r, d.Draft))
	if r.PostFormValue("do") != "save" {
		return s.show(w, r, "wording", "wordings", d)
	}
	if _, err := s.Wording.Save(r.Context(), auth.From(r.Context()).ID, d.Draft); err != nil {
		if houzhen.CodeOf(err) != houzhen.CodeInvalid {
			return err
		}
		s.fail(w, r, "wording", d, err)
		return nil
	}
	return back(w, r, d.href("/manage/wordings/"+url.PathEscape(d.Draft.Key), d.Lang, d.Channel))
}

// typedWords reads a draft from the form. A field keeps its name unless it is
// given another; one without words is left out.
func typedWords(r *http.Request, d templates.Draft) templates.Draft {
	d.Title, d.Text = strings.TrimSpace(r.PostFormValue("title")), strings.TrimSpace(r.PostFormValue("text"))
	if d.Channel != templates.WeChat {
		return d
	}
	d.Text, d.Title, d.Fields = "", "", map[string]string{}
	names, words := r.PostForm["field"], r.PostForm["words"]
	for i, name := range names {
		if name = strings.TrimSpace(name); name != "" && i < len(words) && strings.TrimSpace(words[i]) != "" {
			d.Fields[name] = strings.TrimSpace(words[i])
		}
	}
	return d
}

// wordingDecide records what the provider said of a version.
func (s *site) wordingDecide(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Wording.Decide(r.Context(), r.PathValue("id"), wording.Decision{
		State: wording.State(r.PostFormValue("state")), Code: strings.TrimSpace(r.PostFormValue("code")),
		Note: strings.TrimSpace(r.PostFormValue("note")), By: auth.From(r.Context()).ID,
	})
	if err != nil {
		return err
	}
	return back(w, r, lookAt{}.href("/manage/wordings/"+url.PathEscape(v.Key), v.Lang, v.Channel))
}
