package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
)

func (s *site) wishRoutes() []route {
	patient := []auth.Role{auth.Patient}
	return []route{
		{"GET", "/patients/{id}/wishes", patient, s.wishes, "how somebody is told: channel, language, what is off; doctors he follows"},
		{"POST", "/patients/{id}/wishes", patient, s.setWishes, ""},
		{"POST", "/patients/{id}/follow", patient, s.followDoctor, "and no more"},
	}
}

type wishesData struct {
	ID, Name  string
	Lang      houzhen.Lang
	Langs     []houzhen.Lang
	Prefs     notify.Prefs
	Channels  []notify.Channel // that can be preferred
	Off       []offRow
	Following []doctorRow
	Others    []doctorRow
	Saved     bool
}

// offRow is one thing that can be switched off.
type offRow struct {
	notify.Off

	On bool // it is switched off
}

type doctorRow struct {
	ID   string
	Name houzhen.Label
}

// preferable lists the channels that somebody may prefer.
func preferable() []notify.Channel {
	return []notify.Channel{notify.Push, notify.WeChat, notify.Email, notify.SMS}
}

// switchable lists what can be switched off: nothing critical, and what nobody
// needs never comes by SMS anyway.
func switchable() []notify.Off {
	var all []notify.Off
	for _, by := range preferable() {
		all = append(all, notify.Off{Class: notify.ClassService, Channel: by})
	}
	for _, by := range []notify.Channel{notify.Push, notify.WeChat, notify.Email} {
		all = append(all, notify.Off{Class: notify.ClassOptional, Channel: by})
	}
	return all
}

func (s *site) wishes(w http.ResponseWriter, r *http.Request) error {
	p, err := s.OwnPatient(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	d := wishesData{
		ID: p.ID, Name: p.Name.String(), Lang: houzhen.ParseLang(string(p.Lang)), Langs: []houzhen.Lang{houzhen.Chinese, houzhen.English},
		Channels: preferable(), Saved: r.URL.Query().Get("saved") != "",
	}
	if d.Prefs, err = s.Mail.Prefs(r.Context(), p.ID); err != nil {
		return wrap("load wishes", err)
	}
	for _, o := range switchable() {
		d.Off = append(d.Off, offRow{o, slices.Contains(d.Prefs.Off, o)})
	}
	followed, err := s.Mail.Followed(r.Context(), p.ID)
	if err != nil {
		return wrap("load followed doctors", err)
	}
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	for _, doctor := range names.House.Doctors {
		row := doctorRow{doctor.ID, doctor.Name}
		if slices.Contains(followed, doctor.ID) {
			d.Following = append(d.Following, row)
		} else if !doctor.Pool {
			d.Others = append(d.Others, row)
		}
	}
	return s.show(w, r, "wishes", "family", d)
}

func (s *site) setWishes(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	p, err := s.OwnPatient(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return houzhen.E(houzhen.CodeInvalid, "version is not a number").On("version")
	}
	wish := notify.Prefs{
		Patient: p.ID, Prefers: notify.Channel(r.PostForm.Get("prefers")), Voice: r.PostForm.Get("voice") != "", Version: version,
	}
	for _, o := range switchable() {
		if slices.Contains(r.PostForm["off"], string(o.Class)+" "+string(o.Channel)) {
			wish.Off = append(wish.Off, o)
		}
	}
	if _, err := s.Mail.SetPrefs(r.Context(), wish); err != nil {
		return wrap("save wishes", err)
	}
	if err := s.Mail.SetLang(r.Context(), p.ID, houzhen.ParseLang(r.PostForm.Get("lang"))); err != nil {
		return wrap("save language", err)
	}
	return back(w, r, "/patients/"+url.PathEscape(p.ID)+"/wishes?saved=1")
}

func (s *site) followDoctor(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	p, err := s.OwnPatient(r.Context(), auth.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	doctor := r.PostForm.Get("doctor")
	names, err := s.names(r.Context())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(names.House.Doctors, func(d directory.Doctor) bool { return d.ID == doctor }) {
		return houzhen.E(houzhen.CodeNotFound, "no such doctor").On("doctor")
	}
	if err := s.Mail.Follow(r.Context(), p.ID, doctor, r.PostForm.Get("on") != ""); err != nil {
		return wrap("follow doctor", err)
	}
	return back(w, r, "/patients/"+url.PathEscape(p.ID)+"/wishes")
}
