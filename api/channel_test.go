package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
)

var platform = auth.Principal{Role: auth.Machinery, ID: "m1", Channel: "platform", Scopes: auth.EveryScope()}

const somebody = `{"name":"A","doc":"11010119900307001X"}`

func channelExercises() []exercise {
	const at = "/api/v1/channel/"
	list := []exercise{
		{"GET", at + "sessions", "", platform, patient, "find", ""},
		{"POST", at + "appointments", `{"patient":` + somebody + `,"session_id":"s1"}`, platform, manager, "book", ""},
		{"GET", at + "appointments/a7", "", platform, patient, "appointment", at + "appointments/none"},
		{"POST", at + "appointments/a7/confirm", "", platform, nurse, "confirm", at + "appointments/none/confirm"},
		{"POST", at + "appointments/a7/cancel", "", platform, nurse, "cancel", at + "appointments/none/cancel"},
		{"POST", at + "appointments/a7/move", `{"session_id":"s14"}`, platform, nurse, "move", at + "appointments/none/move"},
		{"POST", at + "checkin", `{"voucher":"48213"}`, platform, nurse, "check-in", ""},
		{"PUT", at + "rosters", `{"format":"csv","text":"a"}`, platform, manager, "bring", ""},
		{"PUT", at + "sessions/s1/quotas", `{"quotas":{"platform":4}}`, platform, manager, "quotas", ""},
		{"POST", at + "results", `{"voucher":"4821300000"}`, platform, nurse, "results", ""},
		{"POST", at + "presence", `{"doc":"1","place":"lab"}`, platform, nurse, "elsewhere", ""},
		{"PUT", at + "openid", `{"doc":"1","openid":"o-1"}`, platform, nurse, "contact", ""},
		{"POST", at + "notices", `{"doc":"1","kind":"admitted"}`, platform, doctor, "notice", ""},
		{"GET", at + "events?after=41", "", platform, manager, "read", ""},
		{"GET", at + "webhooks", "", platform, manager, "list", ""},
		{"POST", at + "webhooks", `{"url":"https://platform.example.org/facts"}`, platform, manager, "register-hook", ""},
		{"POST", at + "webhooks/w1/rotate", "", platform, manager, "rotate-hook", at + "webhooks/none/rotate"},
		{"POST", at + "webhooks/w1/enable", "", platform, manager, "enable-hook", at + "webhooks/none/enable"},
		{"POST", at + "webhooks/w1/test", "", platform, manager, "test-hook", at + "webhooks/none/test"},
		{"DELETE", at + "webhooks/w1", "", platform, manager, "remove-hook", at + "webhooks/none"},
	}
	return list
}

// TestEachScopeOpensExactlyItsRoutes asks for every route of the API with every
// scope alone.
func TestEachScopeOpensExactlyItsRoutes(t *testing.T) {
	t.Parallel()
	want := map[auth.Scope]int{
		auth.ScopeRead: 2, auth.ScopeBook: 2, auth.ScopeCancel: 1, auth.ScopeMove: 1, auth.ScopeVouch: 0, auth.ScopeCheckIn: 1, auth.ScopeRosterWrite: 1,
		auth.ScopeQuotaWrite: 1, auth.ScopeResults: 1, auth.ScopePresence: 3, auth.ScopeWebhooks: 7,
	}
	for _, scope := range auth.EveryScope() {
		p := auth.Principal{Role: auth.Machinery, ID: "m1", Channel: "platform", Scopes: []auth.Scope{scope}}
		h := as(t, newAPI(apitest.New()), p)
		open := 0
		for _, rule := range api.Routes() {
			if slices.Contains(rule.Roles, auth.Anonymous) {
				continue
			}
			w := do(t, h, rule.Method, authtest.Path(rule.Pattern), "")
			switch forbidden := w.Code == http.StatusForbidden; {
			case forbidden == (rule.Scope == scope):
				t.Errorf("%s with %s alone: got %d", rule, scope, w.Code)
			case !forbidden:
				open++
			}
		}
		if open != want[scope] {
			t.Errorf("%s opens %d routes, want %d", scope, open, want[scope])
		}
	}
}

func TestAnotherChannelsAppointmentDoesNotExist(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	h := as(t, newAPI(c), platform)
	for _, x := range []struct{ method, path, body string }{
		{"GET", "", ""}, {"POST", "/confirm", ""}, {"POST", "/cancel", ""}, {"POST", "/move", `{"session_id":"s14"}`},
	} {
		w := do(t, h, x.method, "/api/v1/channel/appointments/a1"+x.path, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeNotFound {
			t.Errorf("%s: got %s, want not_found", x.path, p.Code)
		}
	}
	for _, asked := range c.Asked() {
		if verb, _, _ := strings.Cut(asked, " "); slices.Contains([]string{"confirm", "cancel", "move"}, verb) {
			t.Errorf("reached %q", asked)
		}
	}
}

func TestWhatAMachineDidIsRecordedAndWhatWasRefusedIsNot(t *testing.T) {
	t.Parallel()
	for _, x := range channelExercises() {
		c := apitest.New()
		h := as(t, newAPI(c), platform)
		w := do(t, h, x.method, x.path, x.body)
		if w.Code >= 300 || !slices.ContainsFunc(c.Asked(), func(s string) bool { return strings.HasPrefix(s, "record machine:m1 channel.") }) {
			t.Errorf("%s: got %d, asked %q, want it recorded", x.name(), w.Code, c.Asked())
		}
		if x.lost == "" {
			continue
		}
		c = apitest.New()
		do(t, as(t, newAPI(c), platform), x.method, x.lost, x.body)
		if slices.ContainsFunc(c.Asked(), func(s string) bool { return strings.HasPrefix(s, "record") }) {
			t.Errorf("%s: a refusal was recorded", x.lost)
		}
	}
}

// Places that are kept for a group are had by whoever may vouch for patients.
func TestOnlyWhoeverMayVouchNamesAGroup(t *testing.T) {
	t.Parallel()
	mute := platform
	mute.Scopes = []auth.Scope{auth.ScopeRead, auth.ScopeBook}
	for _, x := range []struct{ method, path, body string }{
		{"GET", "sessions?group=referral", ""},
		{"POST", "appointments", `{"patient":` + somebody + `,"session_id":"s1","group":"referral"}`},
	} {
		if w := do(t, as(t, newAPI(apitest.New()), mute), x.method, "/api/v1/channel/"+x.path, x.body); w.Code != http.StatusForbidden {
			t.Errorf("%s without the scope: got %d %s", x.path, w.Code, w.Body)
		}
		if w := do(t, as(t, newAPI(apitest.New()), platform), x.method, "/api/v1/channel/"+x.path, x.body); w.Code >= 300 {
			t.Errorf("%s with the scope: got %d %s", x.path, w.Code, w.Body)
		}
	}
	elder := `{"patient":` + somebody + `,"session_id":"s1","group":"elder"}`
	if w := do(t, as(t, newAPI(apitest.New()), platform), "POST", "/api/v1/channel/appointments", elder); w.Code < 400 {
		t.Errorf("age is not vouched for: got %d", w.Code)
	}
}

func TestASecretIsShownOnlyWhereItIsMade(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"": true, "/w1/rotate": true, "/w1/enable": false} {
		w := do(t, as(t, newAPI(apitest.New()), platform), "POST", "/api/v1/channel/webhooks"+path, `{"url":"https://example.org/"}`)
		if got := strings.Contains(w.Body.String(), "whsec_"); got != want {
			t.Errorf("%s: secret shown %v, want %v: %s", path, got, want, w.Body)
		}
	}
	w := do(t, as(t, newAPI(apitest.New()), platform), "GET", "/api/v1/channel/webhooks", "")
	if strings.Contains(w.Body.String(), "whsec_") {
		t.Errorf("the list shows a secret: %s", w.Body)
	}
}

func TestARosterWithFaultsIsRefusedLineByLine(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.RosterAnswer = api.RosterResult{Faults: []api.RosterFault{{Line: 7, Field: "start", Code: "time"}}}
	w := do(t, as(t, newAPI(c), platform), "PUT", "/api/v1/channel/rosters", `{"format":"csv","text":"a"}`)
	if p := problemOf(t, w); p.Code != houzhen.CodeRoster || !strings.Contains(w.Body.String(), `"line":7`) {
		t.Errorf("got %s", w.Body)
	}
}
