package web

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
)

const (
	elderCookie  = "houzhen_elder"
	signInCookie = "houzhen_signin"
	yearSeconds  = 365 * 24 * 3600
)

// keep sets a cookie that holds a preference, nothing secret.
func (s *site) keep(w http.ResponseWriter, name, value string) {
	s.cookie(w, name, value, yearSeconds)
}

func (s *site) cookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by TLS
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	})
}

func (s *site) drop(w http.ResponseWriter, name string) {
	s.cookie(w, name, "", -1)
}

func (s *site) setLang(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	s.keep(w, api.LangCookie, string(houzhen.ParseLang(r.PostForm.Get("lang"))))
	return back(w, r, withoutLang(local(r.PostForm.Get("back"))))
}

func (s *site) setElder(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	if _, err := r.Cookie(elderCookie); err == nil {
		s.drop(w, elderCookie)
	} else {
		s.keep(w, elderCookie, "1")
	}
	return back(w, r, r.PostForm.Get("back"))
}

// back leads to an address of ours; anything else is the first page.
func back(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, local(to), http.StatusSeeOther) //nolint:gosec // local lets no other site through
	return nil
}

// local keeps a redirect on this site.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func withoutLang(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	q.Del("lang")
	u.RawQuery = q.Encode()
	return u.String()
}

// wantsJSON reports whether a script is asking.
func wantsJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Accept"))
	return err == nil && kind == "application/json"
}

// signInFor leads to the right door: staff pages have their own.
func signInFor(r *http.Request) string {
	door := "/sign-in"
	for _, prefix := range []string{"/staff", "/strip", "/desk", "/manage", "/messages", "/screen/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			door = "/staff/sign-in"
		}
	}
	return door + "?next=" + url.QueryEscape(r.URL.RequestURI())
}
