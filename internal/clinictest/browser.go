package clinictest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen/directory"
)

// Browser is one person at the clinic's server, with cookies of his own.
type Browser struct {
	c    *Clinic
	URL  string
	http *http.Client
	Lang string // Accept-Language
}

// Answer is what the server said.
type Answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any
}

// Code gives the code of a problem document.
func (a Answer) Code() string {
	code, _ := a.Body["code"].(string)
	return code
}

// Field gives a text of the answer.
func (a Answer) Field(name string) string {
	s, _ := a.Body[name].(string)
	return s
}

// Server serves the clinic until the test ends and gives its address.
func (c *Clinic) Server() string {
	c.T.Helper()
	if c.url != "" {
		return c.url
	}
	h, err := c.App.Handler(c.ctx, nil)
	c.must(err)
	s := httptest.NewServer(h)
	c.T.Cleanup(s.Close)
	c.url = s.URL
	return c.url
}

// Browser opens a browser that nobody has signed in with yet.
func (c *Clinic) Browser() *Browser {
	c.T.Helper()
	jar, err := cookiejar.New(nil)
	c.must(err)
	return &Browser{c: c, URL: c.Server(), http: &http.Client{Jar: jar}, Lang: "zh-CN"}
}

// Do sends JSON with a fresh idempotency key.
func (b *Browser) Do(method, path string, body any) Answer {
	b.c.T.Helper()
	return b.DoKey(uuid.NewString(), method, path, body)
}

// DoKey sends JSON with an idempotency key.
func (b *Browser) DoKey(key, method, path string, body any) Answer {
	b.c.T.Helper()
	var payload []byte
	if body != nil {
		var err error
		payload, err = json.Marshal(body)
		b.c.must(err)
	}
	return b.Send(method, path, payload, http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {key}})
}

// Send sends bytes as they are.
func (b *Browser) Send(method, path string, body []byte, header http.Header) Answer {
	b.c.T.Helper()
	r, err := http.NewRequestWithContext(b.c.ctx, method, b.URL+path, bytes.NewReader(body))
	b.c.must(err)
	maps.Copy(r.Header, header)
	r.Header.Set("Accept-Language", b.Lang)
	w, err := b.http.Do(r)
	b.c.must(err)
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	b.c.must(err)
	a := Answer{Status: w.StatusCode, Header: w.Header, Text: string(text), Body: map[string]any{}}
	if strings.Contains(w.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(text, &a.Body) // a list stays text
	}
	return a
}

// Want fails unless the status is the one.
func (b *Browser) Want(status int, a Answer) Answer {
	b.c.T.Helper()
	if a.Status != status {
		b.c.T.Fatalf("got %d %s, want %d", a.Status, a.Text, status)
	}
	return a
}

// Cookies gives the header that a socket of this browser opens with.
func (b *Browser) Cookies() http.Header {
	b.c.T.Helper()
	r, err := http.NewRequestWithContext(b.c.ctx, http.MethodGet, b.URL, http.NoBody)
	b.c.must(err)
	h := http.Header{}
	for _, cookie := range b.http.Jar.Cookies(r.URL) {
		h.Add("Cookie", cookie.Name+"="+cookie.Value)
	}
	return h
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// SignInAs hires a member of staff and gives a browser with which he has signed
// in, and his id.
func (c *Clinic) SignInAs(who directory.Staff) (*Browser, string) {
	c.T.Helper()
	const password = "long enough for a test"
	c.must(c.App.AddStaff(c.ctx, who, password))
	b := c.Browser()
	in := b.Want(http.StatusOK, b.Do("POST", "/api/v1/staff/sign-in", map[string]string{"login": who.Login, "password": password}))
	return b, in.Field("id")
}

// SignIn signs a phone in with the code that reaches it.
func (b *Browser) SignIn(phone string) {
	b.c.T.Helper()
	asked := b.Want(http.StatusOK, b.Do("POST", "/api/v1/sign-in/code", map[string]string{"phone": phone}))
	b.c.Settle()
	code := CodeIn(b.c.ExpectAt(phone, "auth.code"))
	b.Want(http.StatusOK, b.Do("POST", "/api/v1/sign-in", map[string]string{"sign_in": asked.Field("sign_in"), "code": code}))
}

// CodeIn finds the sign-in code in a message.
func CodeIn(m SMS) string { return sixDigits.FindString(m.Params) }
