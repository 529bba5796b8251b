package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
	"github.com/houzhen/houzhen/web"
)

func TestTheRuleTableHoldsForEveryRole(t *testing.T) {
	t.Parallel()
	s := newSite(t, apitest.New())
	rules, err := auth.NewRules(web.Routes())
	if err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := auth.Principal{Role: auth.Role(r.Header.Get("Test-Role")), ID: "x", AccountID: "acc1"}
		r.Header.Set("Accept", "application/json") // so that a door is a status, not a redirect
		auth.Guard(rules, s, s.OnError).ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
	authtest.Walk(t, exceptCredentials(h), rules, func(_ *testing.T, role auth.Role, r *http.Request) {
		r.Header.Set("Test-Role", string(role))
	})
}

// exceptCredentials hides the 401 of a wrong password or code, which is not
// the table's.
func exceptCredentials(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if strings.HasSuffix(r.URL.Path, "sign-in") && rec.Code == http.StatusUnauthorized && r.Method == http.MethodPost {
			rec.Code = http.StatusOK
		}
		if strings.HasPrefix(r.URL.Path, "/o/") && rec.Code == http.StatusUnauthorized {
			rec.Code = http.StatusOK
		}
		w.WriteHeader(rec.Code)
	})
}

func TestWhoIsNotSignedInIsLedToTheRightDoor(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	for path, want := range map[string]string{
		"/appointments": "/sign-in?next=%2Fappointments",
		"/desk/z1":      "/staff/sign-in?next=%2Fdesk%2Fz1",
		"/manage":       "/staff/sign-in?next=%2Fmanage",
	} {
		w := get(t, h, path)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: got %d %q, want 303 %q", path, w.Code, got, want)
		}
	}
}

func TestRedirectsStayHere(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	for back, want := range map[string]string{
		"//evil.example/": "/", "https://evil.example": "/", "/\\evil": "/", "javascript:alert(1)": "/", "": "/",
		"/find/cardio?day=2026-03-03": "/find/cardio?day=2026-03-03", "/find/cardio?lang=en": "/find/cardio",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/lang", strings.NewReader("lang=en&back="+queryEscape(back)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := record(h, r)
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("back to %q: got %q, want %q", back, got, want)
		}
	}
}

func queryEscape(s string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "=", "%3D", "?", "%3F", "\\", "%5C").Replace(s)
}

func TestSigningInByPhone(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	h := as(t, newSite(t, c), nobody)
	w := post(t, h, "/sign-in/code", "phone=13800000000&next=/appointments")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="code"`) {
		t.Fatalf("got %d without a field for the code", w.Code)
	}
	if strings.Contains(w.Body.String(), "13800000000") {
		t.Error("the page repeats the phone in full")
	}
	if w := post(t, h, "/sign-in", "code=000000&next=/appointments"); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `data-code="bad_code"`) {
		t.Errorf("wrong code: got %d", w.Code)
	}
	if w := post(t, h, "/sign-in", "code=123456&next=/appointments"); w.Header().Get("Location") != "/appointments" {
		t.Errorf("got %d %q, want to be led on", w.Code, w.Header().Get("Location"))
	}
}

func TestBookingLeadsToTheVoucher(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	w := post(t, as(t, newSite(t, c), patient), "/book", "request=k1&session=s12&no=5&patient=p1")
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != "/appointments/a1?fresh=1" {
		t.Errorf("got %d %q", w.Code, got)
	}
	if !slices.Contains(c.Asked(), "book p1 k1") {
		t.Errorf("asked %v, want the form's own request id", c.Asked())
	}
}

func TestTheLoserOfARaceSeesWhatIsNear(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	near := []booking.Alternative{{SessionID: "s14", FirstNo: 3, Start: c.Sittings[7].Start, End: c.Sittings[7].End}}
	c.Fail["book"] = houzhen.E(houzhen.CodeSlotTaken, "taken").WithDetail(near)
	w := post(t, as(t, newSite(t, c), patient), "/book", "request=k1&session=s12&no=5&patient=p1")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "/book?session=s14&amp;no=3") {
		t.Errorf("got %d without the alternative", w.Code)
	}
}

func TestNobodyBooksForAStranger(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	stranger := auth.Principal{Role: auth.Patient, ID: "acc2", AccountID: "acc2"}
	h := as(t, newSite(t, c), stranger)
	for _, path := range []string{"/appointments/a1", "/place/a1", "/appointments/a1/options"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, w.Code)
		}
	}
	for path, form := range map[string]string{
		"/book": "request=k&session=s12&no=5&patient=p1", "/appointments/a1/cancel": "", "/place/a1/travel": "minutes=5", "/place/a1/set-out": "",
		"/appointments/a1/options/choose": "option=o1",
	} {
		if w := post(t, h, path, form); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: got %d, want 404", path, w.Code)
		}
	}
	for _, a := range c.Asked() {
		for _, verb := range []string{"book", "cancel", "travel", "set-out", "choose"} {
			if strings.HasPrefix(a, verb+" ") {
				t.Errorf("a stranger reached %q", a)
			}
		}
	}
}

func TestASignedLinkRevealsNothingBeforeTheIDTail(t *testing.T) {
	t.Parallel()
	for _, l := range []struct {
		path string
		who  int // of the clinic's people
	}{{"/o/", 1}, {"/w/", 0}, {"/a/", 0}, {"/c/", 0}} {
		c := apitest.New()
		h := as(t, newSite(t, c), nobody)
		tail, name := c.People[l.who].Doc.Tail(), c.People[l.who].Name.String()
		closed := get(t, h, l.path+"good").Body.String()
		for _, secret := range []string{c.Public.Departments[0].Name.Zh, c.Public.Doctors[0].Name.Zh, name} {
			if strings.Contains(closed, secret) {
				t.Errorf("%s: the closed page shows %q", l.path, secret)
			}
		}
		if w := get(t, h, l.path+"forged"); w.Code != http.StatusNotFound {
			t.Errorf("%s: forged link: got %d, want 404", l.path, w.Code)
		}
		if w := post(t, h, l.path+"good", "tail=9999"); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), name) {
			t.Errorf("%s: wrong tail: got %d", l.path, w.Code)
		}
		if w := post(t, h, l.path+"good", "tail="+strings.ToLower(tail)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s: right tail: got %d without what it is about", l.path, w.Code)
		}
	}
}

func TestALinkActsForWhoKnowsTheIDTail(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/o/good/choose?option=o1": "choose o1", "/o/good/refund": "refund a2", "/a/good/cancel": "cancel a1", "/a/good/confirm": "confirm a1",
		"/c/good/appeal?mark=m1": "appeal m1",
	} {
		path, form, _ := strings.Cut(path, "?")
		c, told := apitest.New(), []string{}
		h := as(t, newSite(t, c, func(d *web.Deps) { d.Links = links{&told} }), nobody)
		who := c.People[0]
		if strings.HasPrefix(path, "/o/") {
			who = c.People[1]
		}
		done := func() bool {
			return slices.ContainsFunc(slices.Concat(c.Asked(), told), func(s string) bool { return strings.HasPrefix(s, want) })
		}
		if w := post(t, h, path, form+"&tail=9999"); w.Code != http.StatusUnauthorized || done() {
			t.Errorf("%s with a wrong tail: got %d", path, w.Code)
		}
		if w := post(t, h, path, form+"&tail="+who.Doc.Tail()); w.Code != http.StatusOK || !done() {
			t.Errorf("%s: got %d, without %q in %q %q", path, w.Code, want, c.Asked(), told)
		}
		if len(told) == 0 || !strings.HasPrefix(told[0], "seen ") {
			t.Errorf("%s: nobody was told that it was read: %q", path, told)
		}
	}
}

func TestAnAppealByLinkIsAboutThePatientsOwnMark(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	w := post(t, as(t, newSite(t, c), nobody), "/c/good/appeal", "mark=strange&tail="+c.People[0].Doc.Tail())
	if w.Code != http.StatusNotFound || slices.Contains(c.Asked(), "appeal strange") {
		t.Errorf("got %d, asked %q", w.Code, c.Asked())
	}
}

// Guesses count for the patient: a second link of his is no second chance.
func TestGuessingTheTailIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	last := 0
	for i := range 12 {
		last = post(t, h, []string{"/a/good", "/c/good"}[i%2], "tail=0000").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after 12 guesses got %d, want 429", last)
	}
	if got := post(t, h, "/o/good", "tail=0000").Code; got != http.StatusUnauthorized {
		t.Errorf("another patient's link: got %d, want 401", got)
	}
}

func TestAScreenIsPairedByItsToken(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	w := get(t, h, "/screen?token=paired")
	if got := w.Header().Get("Location"); got != "/screen/zone/z1" {
		t.Errorf("got %d %q", w.Code, got)
	}
	if got := w.Header().Get("Set-Cookie"); !strings.Contains(got, auth.ScreenCookie+"=paired") || !strings.Contains(got, "HttpOnly") {
		t.Errorf("cookie is %q", got)
	}
	if w := get(t, h, "/screen?token=other"); w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("an unknown token got %d and %q", w.Code, w.Header().Get("Set-Cookie"))
	}
}

func TestADoctorRunsOnlyHisOwnSession(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	h := as(t, newSite(t, c), doctor)
	if w := post(t, h, "/strip/s1/call-next", "request=r1", "application/json"); w.Code != http.StatusNoContent {
		t.Errorf("his own: got %d", w.Code)
	}
	if w := post(t, h, "/strip/s2/call-next", "request=r2", "application/json"); w.Code != http.StatusForbidden {
		t.Errorf("another's: got %d, want 403", w.Code)
	}
	if !slices.Contains(c.Asked(), "call-next s1 r1 d1") || count(c, "call-next s2") != 0 {
		t.Errorf("asked %v", c.Asked())
	}
	if w := post(t, h, "/strip/s1/dance", "request=r1"); w.Code != http.StatusNotFound {
		t.Errorf("unknown verb: got %d, want 404", w.Code)
	}
}

func TestWhatIsTypedAtTheDeskIsUnderstood(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"a32": "A032", "A032": "A032", "001x": "001X", "4821300137": "4821300137", "B7": "B007"} {
		c := apitest.New()
		w := post(t, as(t, newSite(t, c), nurse), "/desk/z1/checkin", "request=r&code="+code)
		if w.Code != http.StatusOK || !slices.Contains(c.Asked(), "check-in "+want) {
			t.Errorf("%q: got %d, asked %v, want %q", code, w.Code, c.Asked(), want)
		}
	}
}

func TestAnUnknownVoucherIsSaidAtTheDesk(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Fail["check-in"] = houzhen.E(houzhen.CodeVoucher, "none")
	w := post(t, as(t, newSite(t, c), nurse), "/desk/z1/checkin", "code=123")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `data-code="voucher"`) {
		t.Errorf("got %d", w.Code)
	}
}

func TestReadingMessagesIsRecorded(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	w := get(t, as(t, newSite(t, c), nurse), "/messages")
	if !slices.Contains(c.Asked(), "record n1 messages.read") {
		t.Errorf("asked %v, want a record", c.Asked())
	}
	if strings.Count(w.Body.String(), "code ******") != 1 {
		t.Error("a sign-in code is shown to staff")
	}
}

func TestSuspendingASession(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	w := post(t, as(t, newSite(t, c), manager), "/manage/sessions/s4/suspend", "reason=ill")
	if w.Code != http.StatusSeeOther || !slices.Contains(c.Asked(), "suspend s4 ill") {
		t.Errorf("got %d, asked %v", w.Code, c.Asked())
	}
}

func TestAFormThatIsWrongComesBackFilled(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Fail["register"] = houzhen.E(houzhen.CodeIDNumber, "check digit").On("doc")
	w := post(t, as(t, newSite(t, c), patient), "/patients", "name=Zhang&doc=123&doc_type=01&phone=13800000000&relation=child")
	body := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, `value="Zhang"`) || !strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("got %d, or the field is not marked", w.Code)
	}
}

func TestFilesAreServedWithTheirTypeAndTag(t *testing.T) {
	t.Parallel()
	h := as(t, newSite(t, apitest.New()), nobody)
	for path, want := range map[string]string{
		"/static/base.css": "text/css; charset=utf-8", "/static/live.js": "text/javascript; charset=utf-8", "/static/mark.svg": "image/svg+xml",
		"/words/en": "application/json; charset=utf-8",
	} {
		w := get(t, h, path)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: got %d %q, want %q", path, w.Code, got, want)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if again := record(h, r); again.Code != http.StatusNotModified {
			t.Errorf("%s again: got %d, want 304", path, again.Code)
		}
	}
	for _, path := range []string{"/static/../web.go", "/static/%2e%2e/web.go", "/static/none.js"} {
		if w := get(t, h, path); w.Code == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// A manager sees the verdict on what was typed without a script, and words
// that could never be sent come back with what is wrong with them.
func TestWordsAreJudgedBeforeTheyAreKept(t *testing.T) {
	t.Parallel()
	const page = "/manage/wordings/queue.called?words=en&channel=sms"
	for _, x := range []struct {
		name, do, text string
		status, saved  int
		says           string
	}{
		{"good words are judged", "check", "No. ${no}: room ${room}.", http.StatusOK, 0, "No. A032: room 3."},
		{"bad words are judged", "check", "Ask on QQ, ${no}.", http.StatusOK, 0, "faults"},
		{"good words are kept", "save", "No. ${no}: room ${room}.", http.StatusSeeOther, 1, ""},
		{"a variable that nobody gives is not kept", "save", "No. ${fee}.", http.StatusUnprocessableEntity, 0, "faults"},
	} {
		c := apitest.New()
		w := post(t, as(t, newSite(t, c), manager), page, url.Values{"do": {x.do}, "text": {x.text}}.Encode())
		if w.Code != x.status || count(c, "save-wording ") != x.saved || !strings.Contains(w.Body.String(), x.says) {
			t.Errorf("%s: got %d, saved %d, want %d, %d and %q", x.name, w.Code, count(c, "save-wording "), x.status, x.saved, x.says)
		}
	}
}
