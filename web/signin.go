package web

import (
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/auth"
)

type signInData struct {
	Next, Phone string
	Sent        bool
}

func (s *site) signInPage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, "signin", "", signInData{Next: local(r.URL.Query().Get("next"))})
}

func (s *site) askCode(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d := signInData{Next: local(r.PostForm.Get("next")), Phone: r.PostForm.Get("phone")}
	id, err := s.SignIn.AskCode(r.Context(), d.Phone, api.LangOf(r), api.AddressOf(r))
	if err != nil {
		s.fail(w, r, "signin", d, err)
		return nil
	}
	s.cookie(w, signInCookie, id, 600)
	d.Sent = true
	d.Phone = houzhen.NewPhone(d.Phone).String()
	return s.show(w, r, "signin", "", d)
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d := signInData{Next: local(r.PostForm.Get("next")), Phone: r.PostForm.Get("phone"), Sent: true}
	id := ""
	if c, err := r.Cookie(signInCookie); err == nil {
		id = c.Value
	}
	if _, err := s.SignIn.ByCode(r.Context(), id, r.PostForm.Get("code")); err != nil {
		s.fail(w, r, "signin", d, err)
		return nil
	}
	s.drop(w, signInCookie)
	return back(w, r, d.Next)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	if err := s.SignIn.Out(r.Context()); err != nil {
		return wrap("sign out", err)
	}
	if r.PostForm.Get("staff") != "" {
		return back(w, r, "/staff/sign-in")
	}
	return back(w, r, "/")
}

type staffSignInData struct{ Next, Login string }

func (s *site) staffSignInPage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, "staff_signin", "", staffSignInData{Next: r.URL.Query().Get("next")})
}

func (s *site) staffSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	d := staffSignInData{r.PostForm.Get("next"), r.PostForm.Get("login")}
	if _, err := s.SignIn.ByPassword(r.Context(), d.Login, r.PostForm.Get("password"), api.AddressOf(r)); err != nil {
		s.fail(w, r, "staff_signin", d, err)
		return nil
	}
	if d.Next == "" {
		d.Next = "/staff"
	}
	return back(w, r, d.Next)
}

// staffHome leads everybody to the page of their work.
func (s *site) staffHome(w http.ResponseWriter, r *http.Request) error {
	switch auth.From(r.Context()).As() {
	case auth.Doctor:
		return back(w, r, "/strip")
	case auth.Manager:
		return back(w, r, "/manage")
	default:
		return back(w, r, "/desk")
	}
}
