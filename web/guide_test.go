package web_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/booking/guide"
	"github.com/houzhen/houzhen/templates"
	"github.com/houzhen/houzhen/web"
)

// asks posts a question and gives the page in English.
func asks(t *testing.T, c *apitest.Clinic, form string) string {
	t.Helper()
	w := post(t, as(t, newSite(t, c), nobody), "/guide?lang=en", form)
	if w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestGuidanceLeadsToTheHousesDepartments(t *testing.T) {
	t.Parallel()
	body := asks(t, apitest.New(), "words=my+heart+is+racing&age=60&unit=years&sex=male")
	for _, want := range []string{`href="/find/cardio"`, "<mark>", "Endocrin"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(body, `href="/find/endocrine"`) {
		t.Error("page leads to a department that is not here")
	}
}

// A red flag shows the emergency place and numbers, and no department.
func TestARedFlagShowsTheEmergencyAndNothingElse(t *testing.T) {
	t.Parallel()
	body := asks(t, apitest.New(), "words=chest+pain+and+cold+sweat")
	for _, want := range []string{`href="tel:120"`, `href="tel:400-000-0120"`, "east gate"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(body, `href="/find/`) || strings.Index(body, "tel:120") > strings.Index(body, "<form class=\"card") {
		t.Error("a department is offered, or the number comes after the form")
	}
}

func TestAnUnknownQuestionLeadsToTheDesk(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{"unknown": "words=qwertz"} {
		body := asks(t, apitest.New(), form)
		if !strings.Contains(body, `href="tel:400-000-0000"`) || strings.Contains(body, `href="/find/eyes"`) {
			t.Errorf("%s: the desk is not offered", name)
		}
	}
}

// What somebody feels is in no address, link or log of ours.
func TestWhatSomebodyFeelsStaysInTheForm(t *testing.T) {
	t.Parallel()
	const secret = "xanthopsia"
	for name, form := range map[string]string{"taken": "words=" + secret, "refused": "age=old&words=" + secret, "too long": "words=" + strings.Repeat(secret, 60)} {
		for _, fails := range []bool{false, true} {
			var log bytes.Buffer
			c := apitest.New()
			if fails {
				c.Fail["guide"] = houzhen.E(houzhen.CodeInternal, "away")
			}
			s := newSite(t, c, func(d *web.Deps) { d.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			w := post(t, as(t, s, nobody), "/guide", form)
			page := w.Body.String()
			if strings.Contains(log.String(), secret) || w.Header().Get("Location") != "" || strings.Contains(strings.Join(c.Asked(), " "), secret) {
				t.Errorf("%s: log %q, asked %q", name, log.String(), c.Asked())
			}
			for part := range strings.SplitSeq(page, "\"") {
				if strings.HasPrefix(part, "/") && strings.Contains(part, secret) {
					t.Errorf("%s: an address holds it: %.80s", name, part)
				}
			}
		}
	}
}

func TestARefusedQuestionKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := post(t, as(t, newSite(t, apitest.New()), nobody), "/guide", "age=old&words=cough")
	if w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), ">cough</textarea>") {
		t.Errorf("got %d", w.Code)
	}
}

func upload(t *testing.T, c *apitest.Clinic, text string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if err := m.WriteField("text", text); err != nil || m.Close() != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/manage/guide", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return record(as(t, newSite(t, c), manager), r)
}

func TestATableIsTakenInOrItsFaultsAreShown(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	if w := upload(t, c, string(guide.Sample())); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/manage/guide/g2" || count(c, "import-guide m1 pasted.yaml") != 1 {
		t.Errorf("got %d to %q, asked %q", w.Code, w.Header().Get("Location"), c.Asked())
	}
	w := upload(t, c, "kind,key,zh\nentry,x,\n")
	if w.Code < 400 || !strings.Contains(w.Body.String(), "entries[0].words") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	noMissingWords(t, w.Body.String())
}

// Whoever took a draft in has no button to approve it, nor has anybody where
// the review is out of date.
func TestADraftIsApprovedByAnother(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	button := `action="/manage/guide/g2/approve"`
	if body := get(t, as(t, newSite(t, c), manager), "/manage/guide/g2").Body.String(); !strings.Contains(body, button) || !strings.Contains(body, "<del>") {
		t.Error("a colleague has no button, or sees no change")
	}
	c.Advice[0].AuthorID = manager.ID
	if body := get(t, as(t, newSite(t, c), manager), "/manage/guide/g2").Body.String(); strings.Contains(body, button) {
		t.Error("the author has a button")
	}
}

func TestTheWordsOfGuidanceAreNoDiagnosis(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, lang := range templates.Langs() {
		for key, words := range templates.Words(lang) {
			if !strings.HasPrefix(key, "guide.") || strings.HasPrefix(key, "guide.fault.") {
				continue
			}
			seen++
			if found, bad := guide.Banned(words); bad {
				t.Errorf("%s in %s says %q", key, lang, found)
			}
		}
	}
	if seen < 100 {
		t.Errorf("read %d words only", seen)
	}
}

func TestABodyPartIsAPlainLink(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	for _, p := range c.Advice[1].Table.Parts {
		w := get(t, as(t, newSite(t, c), nobody), "/guide?part="+url.QueryEscape(p.Key))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `aria-current="true"`) {
			t.Errorf("%s: got %d", p.Key, w.Code)
		}
	}
}
