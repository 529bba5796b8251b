package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
)

func machinesPage(t *testing.T, c *apitest.Clinic) string {
	t.Helper()
	w := get(t, as(t, newSite(t, c), manager), "/manage/machines")
	if w.Code != http.StatusOK {
		t.Fatalf("got %d", w.Code)
	}
	return w.Body.String()
}

// A token is on the answer that made it, in no address, and on no page later.
func TestATokenIsShownOnce(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	site := as(t, newSite(t, c), manager)
	for path, form := range map[string]string{
		"/manage/machines":           "channel=region&name=Region&days=30&scopes=read",
		"/manage/machines/n1/rotate": "overlap=0",
	} {
		w := post(t, site, path, form)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), apitest.MachineToken) {
			t.Errorf("%s: got %d, want the token", path, w.Code)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s may be kept: %q", path, got)
		}
	}
	if strings.Contains(machinesPage(t, c), apitest.MachineToken) {
		t.Error("the token is still shown")
	}
	if w := post(t, site, "/manage/webhooks/w1/rotate", ""); !strings.Contains(w.Body.String(), "whsec_") {
		t.Error("a new secret is not shown")
	}
	if strings.Contains(machinesPage(t, c), "whsec_") {
		t.Error("a secret is still shown")
	}
}

func TestAFormThatCannotBeTakenComesBackFilledIn(t *testing.T) {
	t.Parallel()
	good := url.Values{"channel": {"region"}, "name": {"Region"}, "days": {"30"}, "scopes": {"read", "book"}}
	for name, change := range map[string]func(url.Values){
		"no scope":          func(v url.Values) { v.Del("scopes") },
		"an unknown scope":  func(v url.Values) { v.Set("scopes", "everything") },
		"no days":           func(v url.Values) { v.Set("days", "soon") },
		"days without end":  func(v url.Values) { v.Set("days", "1096") },
		"days that are not": func(v url.Values) { v.Set("days", "0") },
	} {
		c := apitest.New()
		v := url.Values{}
		for k, words := range good {
			v[k] = slices.Clone(words)
		}
		change(v)
		w := post(t, as(t, newSite(t, c), manager), "/manage/machines", v.Encode())
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), `value="Region"`) || count(c, "machine ") > 0 {
			t.Errorf("%s: got %d and asked %q", name, w.Code, c.Asked())
		}
		if v.Get("days") == "30" && v.Get("scopes") == "" && strings.Contains(w.Body.String(), " checked") {
			t.Errorf("%s: a scope is ticked that was not", name)
		}
		if v.Get("scopes") == "read" && strings.Count(w.Body.String(), " checked") != 2 {
			t.Errorf("%s: what was ticked is lost", name)
		}
	}
}

func TestARotationOutOfRangeIsRefused(t *testing.T) {
	t.Parallel()
	for _, overlap := range []string{"", "-1", "8", "x"} {
		c := apitest.New()
		w := post(t, as(t, newSite(t, c), manager), "/manage/machines/n1/rotate", "overlap="+overlap)
		if w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest || count(c, "rotate-machine") > 0 {
			t.Errorf("%q: got %d and asked %q", overlap, w.Code, c.Asked())
		}
	}
}

// The page says of each token and endpoint what a manager has to see to.
func TestThePageSaysWhatIsToBeSeenTo(t *testing.T) {
	t.Parallel()
	body := machinesPage(t, apitest.New())
	for what, n := range map[string]int{
		`action="/manage/machines/n1/rotate"`: 1, `action="/manage/machines/n4/revoke"`: 0, // a revoked one can do nothing
		`action="/manage/webhooks/w1/disable"`: 1, `action="/manage/webhooks/w1/enable"`: 0,
		`action="/manage/webhooks/w2/enable"`: 1, `action="/manage/webhooks/w2/disable"`: 0,
		`action="/manage/webhooks/w3/`: 0, "kiosk.example.org": 1, // its machine is revoked
		"HTTP 503": 1, "platform.example.org": 2,
	} {
		if got := strings.Count(body, what); got != n {
			t.Errorf("%s: got %d, want %d", what, got, n)
		}
	}
	if strings.Contains(body, "/facts") {
		t.Error("the path of an address is shown; it may hold a key")
	}
	for _, s := range auth.EveryScope() {
		if !strings.Contains(body, `value="`+string(s)+`"`) {
			t.Errorf("nobody can tick %s", s)
		}
	}
}
