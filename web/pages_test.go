package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/web"
)

func cookieOf(w *httptest.ResponseRecorder, name string) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	return &http.Cookie{}
}

func TestPreferencesAreKeptInCookies(t *testing.T) {
	t.Parallel()
	for secure, site := range map[bool]*web.Site{
		false: newSite(t, apitest.New()), true: newSite(t, apitest.New(), func(d *web.Deps) { d.Secure = true }),
	} {
		h := as(t, site, nobody)
		lang := cookieOf(post(t, h, "/lang", "lang=en&back=/"), api.LangCookie)
		elder := cookieOf(post(t, h, "/elder", "back=/"), "houzhen_elder")
		for _, c := range []*http.Cookie{lang, elder} {
			if c.Value == "" || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge < 3600 {
				t.Errorf("over TLS %t: got %s", secure, c)
			}
		}
		if lang.Value != "en" {
			t.Errorf("language: got %q, want en", lang.Value)
		}
	}
}

func TestLargeTypeIsTurnedOffAgain(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/elder", strings.NewReader("back=/find/cardio"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "houzhen_elder", Value: "1"})
	w := record(as(t, newSite(t, apitest.New()), nobody), r)
	if c := cookieOf(w, "houzhen_elder"); c.MaxAge >= 0 || w.Header().Get("Location") != "/find/cardio" {
		t.Errorf("got %s and %q, want the cookie gone and the page again", c, w.Header().Get("Location"))
	}
}

func TestEverybodyIsLedToHisWork(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]auth.Principal{"/strip": doctor, "/manage": manager, "/desk": nurse} {
		if got := get(t, as(t, newSite(t, apitest.New()), p), "/staff").Header().Get("Location"); got != want {
			t.Errorf("%s: got %q, want %q", p.Role, got, want)
		}
	}
}

func TestStaffSignInLeadsOnAndForgetsThePassword(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	for form, want := range map[string]string{
		"login=wang&password=right": "/staff", "login=wang&password=right&next=/desk/z1": "/desk/z1",
		"login=wang&password=right&next=//evil.example": "/",
	} {
		if got := post(t, h, "/staff/sign-in", form).Header().Get("Location"); got != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
	w := post(t, h, "/staff/sign-in", "login=wang&password=wrong-one&next=/desk")
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "wrong-one") || !strings.Contains(w.Body.String(), `value="wang"`) {
		t.Errorf("got %d, want the login back and not the password", w.Code)
	}
}

func TestSigningOutLeadsToOnesOwnDoor(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"": "/", "staff=1": "/staff/sign-in"} {
		c := apitest.New()
		w := post(t, as(t, newSite(t, c), nurse), "/sign-out", form)
		if got := w.Header().Get("Location"); got != want || !slices.Contains(c.Asked(), "out ") {
			t.Errorf("%q: got %q after %v, want %q", form, got, c.Asked(), want)
		}
	}
}

func TestWhatIsNotMountedIsNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, apitest.New(), func(d *web.Deps) { d.Jobs, d.Demo = nil, nil })
	for path, p := range map[string]auth.Principal{"/manage/jobs": manager, "/demo": nobody, "/manage/asynq/": manager} {
		if w := get(t, as(t, s, p), path); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, w.Code)
		}
	}
}

func TestTheVisitOfTodayStandsFirst(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	s := newSite(t, c)
	const card = `href="/place/a1"`
	if body := get(t, as(t, s, patient), "/").Body.String(); !strings.Contains(body, card) || !strings.Contains(body, "A009") {
		t.Error("who has a visit today is not led to it")
	}
	if body := get(t, as(t, s, nobody), "/").Body.String(); strings.Contains(body, card) {
		t.Error("a visit is shown to nobody in particular")
	}
}

func TestAPersonIsAddedOnTheWayToAPlace(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), patient)
	for form, want := range map[string]string{
		"name=A&back=/book%3Fsession%3Ds12%26no%3D5": "/book?no=5&patient=new&session=s12",
		"name=A&back=/patients":                      "/patients",
		"name=A&back=https://evil.example/":          "/?patient=new",
	} {
		if got := post(t, h, "/patients", form).Header().Get("Location"); got != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}

func TestWrongNumbersComeBackWithTheirField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, form, asked string
		as                auth.Principal
	}{
		{"/patients", "name=A&birth=1990-13-40", "register", patient},
		{"/patients", "name=A&travel=soon", "register", patient},
		{"/patients", "name=A&travel=601", "register", patient},
		{"/place/a1/travel", "minutes=-1", "travel", patient},
		{"/strip/s1/pause", "minutes=1e3", "pause", doctor},
	} {
		c := apitest.New()
		w := post(t, as(t, newSite(t, c), tt.as), tt.path, tt.form)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `data-code="invalid"`) || count(c, tt.asked+" ") > 0 {
			t.Errorf("%s with %s: got %d, want 422 and nothing done", tt.path, tt.form, w.Code)
		}
	}
}

func TestOlderMessagesAreAPageAway(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	for len(c.Sent) < 50 {
		c.Sent = append(c.Sent, c.Sent[0])
	}
	c.Sent[49].ID = "last"
	body := get(t, as(t, newSite(t, c), nurse), "/messages?kind=queue.called").Body.String()
	if !strings.Contains(body, "before=last") || !strings.Contains(body, "kind=queue.called") {
		t.Error("a full page does not lead to the next")
	}
	c.Sent = c.Sent[:49]
	if body := get(t, as(t, newSite(t, c), nurse), "/messages").Body.String(); strings.Contains(body, "before=") {
		t.Error("the last page leads on")
	}
}

func TestASignInCodeIsForNobodyElse(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Sent = slices.DeleteFunc(c.Sent, func(m notify.Message) bool { return m.Kind != notify.KindSignIn })
	if body := get(t, as(t, newSite(t, c), manager), "/messages").Body.String(); strings.Contains(body, "482913") {
		t.Error("staff can read a patient's sign-in code")
	}
}

// uploaded sends a roster as a browser's form does.
func uploaded(t *testing.T, h http.Handler, file, text string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if file != "" {
		part, err := m.CreateFormFile("file", "week.json")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(file))
	}
	_ = m.WriteField("text", text)
	_ = m.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/manage/roster", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return record(h, r)
}

func TestARosterIsTakenFromAFileOrFromText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, text, asked string }{{"[]", "", "import week.json"}, {"", "department,doctor", "import "}} {
		c := apitest.New()
		c.RosterAnswer = api.RosterResult{Taken: 3}
		w := uploaded(t, as(t, newSite(t, c), manager), tt.file, tt.text)
		if w.Code != http.StatusOK || count(c, tt.asked) != 1 {
			t.Errorf("%+v: got %d, asked %v", tt, w.Code, c.Asked())
		}
	}
}

func TestARosterThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	w := uploaded(t, as(t, newSite(t, c), manager), strings.Repeat("x", 5<<20), "")
	if w.Code != http.StatusRequestEntityTooLarge || count(c, "import ") > 0 {
		t.Errorf("got %d after %v, want 413 and nothing taken", w.Code, c.Asked())
	}
}
