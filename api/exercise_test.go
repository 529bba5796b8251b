package api_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
)

var wall = auth.Principal{Role: auth.Screen, ID: "w1", ZoneIDs: []string{"z1"}}

// exercise is one guarded verb: whom it is for and who may not, the verb of
// the clinic that does the work, and an address with an id that does not exist.
type exercise struct {
	method, path, body string
	as, wrong          auth.Principal
	does, lost         string
}

func exercises() []exercise {
	list := []exercise{
		{"GET", "/api/v1/patients", "", patient, nurse, "patients", ""},
		{"POST", "/api/v1/patients", `{"name":"A","doc":"1","relation":"self"}`, patient, doctor, "register", ""},
		{"GET", "/api/v1/consents", "", patient, nurse, "family", ""},
		{"POST", "/api/v1/consents/give", `{"account_id":"acc7","patient_id":"p1"}`, patient, manager, "agree", ""},
		{"POST", "/api/v1/consents/withdraw", `{"patient_id":"p2"}`, patient, doctor, "disagree", ""},
		{"POST", "/api/v1/appointments", `{"patient_id":"p1","session_id":"s1"}`, patient, manager, "book", ""},
		{"GET", "/api/v1/appointments", "", patient, wall, "appointments", ""},
		{"GET", "/api/v1/appointments/a1", "", patient, nurse, "appointment", "/api/v1/appointments/none"},
		{"POST", "/api/v1/appointments/a2/cancel", "", patient, doctor, "cancel", "/api/v1/appointments/none/cancel"},
		{"POST", "/api/v1/appointments/a2/move", `{"session_id":"s14"}`, patient, nurse, "move", "/api/v1/appointments/none/move"},
		{"GET", "/api/v1/appointments/a2/options", "", patient, manager, "options", "/api/v1/appointments/none/options"},
		{"POST", "/api/v1/appointments/a2/options/o1/choose", "", patient, wall, "choose", "/api/v1/appointments/none/options/o1/choose"},
		{"POST", "/api/v1/appointments/a1/later", `{"minutes":20}`, patient, nurse, "later", "/api/v1/appointments/none/later"},
		{"POST", "/api/v1/appointments/a1/here", `{"code":"x"}`, patient, doctor, "here", "/api/v1/appointments/none/here"},
		{"POST", "/api/v1/appointments/a1/continuation", "", doctor, patient, "continue", "/api/v1/appointments/none/continuation"},
		{"POST", "/api/v1/appointments/a1/transfer", `{"doctor_id":"d2","reason":"asked"}`, nurse, patient, "transfer", "/api/v1/appointments/none/transfer"},
		{"GET", "/api/v1/zones/z1/notices", "", nurse, doctor, "notices", ""},
		{"POST", "/api/v1/zones/z1/notices", `{"text":"lift","minutes":30}`, nurse, patient, "notice", "/api/v1/zones/none/notices"},
		{"POST", "/api/v1/zones/z1/notices/o1/take-back", "", nurse, doctor, "take-notice", "/api/v1/zones/z1/notices/none/take-back"},
		{"POST", "/api/v1/tickets/t1/slip", "", nurse, doctor, "ticket", ""},
		{"GET", "/api/v1/continuations", "", patient, nurse, "continuations", ""},
		{"POST", "/api/v1/continuations/c1/book", `{"session_id":"s12"}`, patient, doctor, "use", "/api/v1/continuations/none/book"},
		{"GET", "/api/v1/queue-policies", "", manager, nurse, "policies", ""},
		{"PUT", "/api/v1/queue-policies/z1", `{"document":"ready_size: 3"}`, manager, doctor, "set-policy", ""},
		{"GET", "/api/v1/waitlist", "", patient, nurse, "waits", ""},
		{"GET", "/api/v1/inbox", "", patient, nurse, "inbox", ""},
		{"POST", "/api/v1/inbox/hz-1/seen", "", patient, doctor, "seen", "/api/v1/inbox/none/seen"},
		{"PUT", "/api/v1/patients/p1/email", `{"address":"a@b.example"}`, patient, nurse, "contact", "/api/v1/patients/none/email"},
		{"POST", "/api/v1/waitlist", `{"patient_id":"p1","session_id":"s1","same_day":true}`, patient, nurse, "wait", ""},
		{"POST", "/api/v1/waitlist/w1/leave", "", patient, doctor, "leave-wait", "/api/v1/waitlist/none/leave"},
		{"POST", "/api/v1/offers/of1/accept", "", patient, nurse, "accept", "/api/v1/offers/none/accept"},
		{"POST", "/api/v1/offers/of1/decline", "", patient, wall, "decline", "/api/v1/offers/none/decline"},
		{"GET", "/api/v1/waitlist/overview", "", manager, doctor, "overview", ""},
		{"GET", "/api/v1/appointments/a1/position", "", patient, nurse, "position", "/api/v1/appointments/none/position"},
		{"PUT", "/api/v1/appointments/a1/travel", `{"minutes":25}`, patient, doctor, "travel", "/api/v1/appointments/none/travel"},
		{"POST", "/api/v1/appointments/a1/set-out", "", patient, nurse, "set-out", "/api/v1/appointments/none/set-out"},
		{"POST", "/api/v1/appointments/a2/pay", `{"again":true}`, patient, nurse, "pay", "/api/v1/appointments/none/pay"},
		{"GET", "/api/v1/appointments/a2/payments", "", patient, manager, "payments", "/api/v1/appointments/none/payments"},
		{"GET", "/api/v1/payments", "", manager, nurse, "payments", ""},
		{"POST", "/api/v1/payments/pay1/settle", `{"settlement":"cash"}`, manager, doctor, "settle", "/api/v1/payments/none/settle"},
		{"POST", "/api/v1/payments/object", `{"number":"n1"}`, manager, patient, "object", ""},
		{"POST", "/api/v1/payments/pay1/retry", "", manager, patient, "retry", "/api/v1/payments/none/retry"},
		{"POST", "/api/v1/checkin", `{"voucher":"48213"}`, nurse, doctor, "check-in", ""},
		{"GET", "/api/v1/sessions/s1/queue", "", doctor, patient, "strip", "/api/v1/sessions/none/queue"},
		{"POST", "/api/v1/sessions/s1/suspend", `{"reason":"ill"}`, manager, patient, "suspend", ""},
		{"POST", "/api/v1/sessions/s1/suspend", `{"reason":"ill","alone":true}`, nurse, wall, "suspend-alone", ""},
		{"POST", "/api/v1/appointments/a2/refund", "", patient, nurse, "refund", "/api/v1/appointments/none/refund"},
		{"POST", "/api/v1/sessions/s1/substitute", `{"doctor_id":"d2"}`, nurse, doctor, "substitute", ""},
		{"POST", "/api/v1/sessions/s1/room", `{"room_id":"r4"}`, nurse, doctor, "room", ""},
		{"POST", "/api/v1/sessions/s1/room", `{"swap_with":"s2"}`, manager, patient, "swap", ""},
		{"GET", "/api/v1/sessions/s1/wizard", "", nurse, doctor, "wizard", ""},
		{"POST", "/api/v1/sessions/s1/dispose", `{"action":"spread"}`, nurse, doctor, "dispose", ""},
		{"GET", "/api/v1/suspensions", "", nurse, doctor, "suspensions", ""},
		{"GET", "/api/v1/suspensions/x1", "", manager, patient, "board", ""},
		{"POST", "/api/v1/suspensions/x1/approve", "", nurse, doctor, "approve", ""},
		{"POST", "/api/v1/suspensions/x1/refuse", "", doctor, patient, "refuse", ""},
		{"POST", "/api/v1/suspensions/x2/stop", "", manager, nurse, "stop", ""},
		{"POST", "/api/v1/suspensions/x1/cases/a1/reveal", "", nurse, doctor, "reveal", ""},
		{"POST", "/api/v1/suspensions/x1/cases/a1/call", `{"result":"no_answer"}`, nurse, wall, "called", ""},
		{"POST", "/api/v1/closures/preview", `{"from":"2026-03-03","to":"2026-03-03"}`, nurse, doctor, "preview", ""},
		{"POST", "/api/v1/closures", `{"from":"2026-03-03","to":"2026-03-04","reason":"weather"}`, manager, doctor, "closure", ""},
		{"GET", "/api/v1/replies", "", nurse, doctor, "replies", ""},
		{"POST", "/api/v1/replies/r1/done", "", nurse, patient, "reply-done", ""},
		{"POST", "/api/v1/tickets/t5/recheckin", "", nurse, patient, "recheckin", ""},
		{"GET", "/api/v1/messages", "", nurse, doctor, "messages", ""},
		{"GET", "/api/v1/messages/outlook", "", nurse, doctor, "outlook", ""},
		{"POST", "/api/v1/messages/pause", `{"scope":"channel","target":"sms","on":true}`, manager, nurse, "pause-messages", ""},
		{"GET", "/api/v1/messages/calls", "", nurse, doctor, "calls", ""},
		{"POST", "/api/v1/messages/call1/call", `{"outcome":"reached"}`, nurse, patient, "note-call", ""},
		{"POST", "/api/v1/messages/m1/redrive", "", manager, nurse, "redrive", ""},
		{"POST", "/api/v1/messages/announce", `{"over":false,"since":"2026-03-02T01:00:00Z"}`, manager, doctor, "announce", ""},
		{"POST", "/api/v1/sessions/s1/announce", "", manager, patient, "extra", ""},
		{"GET", "/api/v1/patients/p1/messages", "", patient, nurse, "prefs", "/api/v1/patients/none/messages"},
		{"PUT", "/api/v1/patients/p1/messages", `{"prefers":"sms","voice":true,"off":[],"version":0}`, patient, doctor, "set-prefs", "/api/v1/patients/none/messages"},
		{"PUT", "/api/v1/patients/p1/follows/d1", `{"on":true}`, patient, nurse, "follow", "/api/v1/patients/none/follows/d1"},
		{"POST", "/api/v1/patients/p1/not-me", `{"on":true}`, nurse, patient, "not-me", ""},
		{"POST", "/api/v1/roster", `{"format":"csv","text":"a,b"}`, manager, nurse, "import", ""},
		{"GET", "/api/v1/wordings?lang=en", "", manager, nurse, "wordings", ""},
		{"GET", "/api/v1/wordings/versions?key=appt.remind.d1", "", manager, doctor, "wordings", ""},
		{"POST", "/api/v1/wordings/versions", `{"key":"queue.called","lang":"en","channel":"sms","text":"No. ${no}: room ${room}."}`, manager, nurse, "save-wording", ""},
		{"POST", "/api/v1/wordings/versions/v1/decide", `{"state":"rejected"}`, manager, nurse, "decide-wording", "/api/v1/wordings/versions/none/decide"},
		{"GET", "/api/v1/guide/versions", "", manager, nurse, "guide-versions", ""},
		{"POST", "/api/v1/guide/versions", sampleGuide(), manager, doctor, "import-guide", ""},
		{"POST", "/api/v1/guide/versions/g2/approve", "", manager, nurse, "approve-guide", "/api/v1/guide/versions/none/approve"},
		{"GET", "/api/v1/abuse", "", manager, nurse, "flags", ""},
		{"POST", "/api/v1/abuse/f1/decide", `{"days":30,"reason":"resale"}`, manager, nurse, "decide-flag", "/api/v1/abuse/none/decide"},
		{"POST", "/api/v1/appointments/a1/swap", `{"patient_id":"p2"}`, patient, nurse, "swap", "/api/v1/appointments/none/swap"},
		{"POST", "/api/v1/desk/appointments", `{"name":"Li Si","phone":"13900001111","session_id":"s4"}`, nurse, patient, "walk-up", ""},
		{"POST", "/api/v1/desk/appointments/a1/complete", `{"doc":"11010519491231002X"}`, nurse, patient, "complete", ""},
		{"POST", "/api/v1/patients/p1/merge", `{"lost":"p2","reason":"same person"}`, manager, nurse, "merge", ""},
		{"GET", "/api/v1/release-rules", "", manager, nurse, "release-rules", ""},
		{"PUT", "/api/v1/release-rules", `{"department":"cardio","horizon_days":7,"at":"07:00","spread_seconds":60,"fall_back_days":1,"fall_back_at":"16:00","overbook_most":2,"draw_seconds":60}`, manager, doctor, "set-release-rule", ""},
		{"GET", "/api/v1/sessions/s4/quotas", "", nurse, doctor, "slots", "/api/v1/sessions/none/quotas"},
		{"PUT", "/api/v1/sessions/s4/quotas", `{"elder":2}`, manager, nurse, "set-quotas", "/api/v1/sessions/none/quotas"},
		{"POST", "/api/v1/sessions/s4/capacity", `{"places":10,"reason":"ill"}`, manager, nurse, "resize", "/api/v1/sessions/none/capacity"},
		{"POST", "/api/v1/sessions/s4/hours", `{"shift_minutes":60,"reason":"ill"}`, manager, nurse, "hours", "/api/v1/sessions/none/hours"},
		{"POST", "/api/v1/sessions/s4/overbook", `{"patient_id":"p1","reason":"from afar"}`, doctor, patient, "overbook", "/api/v1/sessions/none/overbook"},
		{"GET", "/api/v1/overflow", "", nurse, doctor, "overflow", ""},
		{"POST", "/api/v1/draws/s4/requests", `{"patient_id":"p1"}`, patient, nurse, "join", "/api/v1/draws/none/requests"},
		{"GET", "/api/v1/draw-requests", "", patient, doctor, "lots", ""},
		{"GET", "/api/v1/stats", "", manager, nurse, "stats", ""},
		{"GET", "/api/v1/credit", "", patient, nurse, "standing", ""},
		{"POST", "/api/v1/credit/marks/m1/appeal", `{"words":"I was there"}`, patient, manager, "appeal", "/api/v1/credit/marks/none/appeal"},
		{"GET", "/api/v1/credit/appeals", "", manager, nurse, "appeals", ""},
		{"POST", "/api/v1/credit/appeals/x1/decision", `{"grant":true}`, manager, patient, "decide", ""},
		{"POST", "/api/v1/credit/rules", `{"id":"","version":0,"rules":[],"appeal_days":7,"decide_days":7,"published_at":"2026-03-02T00:00:00Z","valid_from":"2026-04-01T00:00:00Z"}`, manager, nurse, "publish", ""},
		{"POST", "/api/v1/credit/exemptions", `{"kind":"system_fault","from":"2026-03-01T00:00:00Z","to":"2026-03-01T02:00:00Z","note":"power cut"}`, manager, doctor, "protect", ""},
		{"GET", "/api/v1/forecasts?day=2026-03-03", "", manager, nurse, "expected", ""},
		{"GET", "/api/v1/stats.csv", "", manager, doctor, "stats", ""},
	}
	list = append(list, channelExercises()...)
	for _, v := range api.Verbs() {
		as := doctor
		if v.NurseOnly() {
			as = nurse
		}
		list = append(list, exercise{
			"POST", "/api/v1/sessions/s1/" + string(v), `{"ticket_id":"t5"}`, as, patient, string(v), "/api/v1/sessions/none/" + string(v),
		})
	}
	return list
}

func (x exercise) name() string { return x.method + " " + x.path }

// done counts how often the clinic was asked to do it.
func (x exercise) done(c *apitest.Clinic) int {
	n := 0
	for _, a := range c.Asked() {
		if verb, _, _ := strings.Cut(a, " "); verb == x.does {
			n++
		}
	}
	return n
}

func TestEveryVerbIsDoneForWhomItIsFor(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		w := do(t, as(t, newAPI(c), x.as), x.method, x.path, x.body)
		if w.Code >= http.StatusBadRequest || x.done(c) == 0 {
			t.Errorf("%s: got %d, %s done %d times: %s", x.name(), w.Code, x.does, x.done(c), w.Body)
		}
	}
}

func TestNoVerbWithoutASession(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		w := do(t, as(t, newAPI(c), nobody), x.method, x.path, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeSignIn || w.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d %s, want 401 sign_in", x.name(), w.Code, p.Code)
		}
		if asked := c.Asked(); len(asked) > 0 {
			t.Errorf("%s reached %q", x.name(), asked)
		}
	}
}

func TestNoVerbForTheWrongRole(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		w := do(t, as(t, newAPI(c), x.wrong), x.method, x.path, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeForbidden || w.Code != http.StatusForbidden {
			t.Errorf("%s as %s: got %d %s, want 403 forbidden", x.name(), x.wrong.Role, w.Code, p.Code)
		}
		if asked := c.Asked(); len(asked) > 0 {
			t.Errorf("%s reached %q", x.name(), asked)
		}
	}
}

func TestAnUnknownIDDoesNothing(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		if x.lost == "" {
			continue
		}
		c := apitest.New()
		w := do(t, as(t, newAPI(c), x.as), x.method, x.lost, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeNotFound || x.done(c) > 0 {
			t.Errorf("%s %s: got %d %s and %s done %d times, want 404 and never", x.method, x.lost, w.Code, p.Code, x.does, x.done(c))
		}
	}
}

// Whoever asks is told nothing of what broke; our log is.
func TestABrokenStoreIsSaidWithoutItsWords(t *testing.T) {
	t.Parallel()
	const secret = "dial tcp 10.0.0.7: refused"
	for _, x := range exercises() {
		c := apitest.New()
		c.Fail[x.does] = errors.New(secret)
		var log strings.Builder
		h := newAPI(c, func(d *api.Deps) { d.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		w := do(t, as(t, h, x.as), x.method, x.path, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeInternal || w.Code != http.StatusInternalServerError {
			t.Errorf("%s: got %d %s, want 500 internal", x.name(), w.Code, p.Code)
		}
		if strings.Contains(w.Body.String(), "10.0.0.7") {
			t.Errorf("%s gives away what broke: %s", x.name(), w.Body)
		}
		if !strings.Contains(log.String(), "10.0.0.7") {
			t.Errorf("%s: our log does not say what broke: %s", x.name(), log.String())
		}
	}
}

// A refusal by the domain keeps its code, whichever verb it stops.
func TestARefusalKeepsItsCode(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		c.Fail[x.does] = houzhen.E(houzhen.CodeState, "not now").On("state")
		w := do(t, as(t, newAPI(c), x.as), x.method, x.path, x.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeState || p.Field != "state" || w.Code != http.StatusConflict {
			t.Errorf("%s: got %d %s on %q, want 409 state", x.name(), w.Code, p.Code, p.Field)
		}
	}
}

// Writes that change something need a key, so that a retry is the same write.
func TestEveryWriteNeedsItsKey(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		if x.method == http.MethodGet || x.does == "import" {
			continue
		}
		c := apitest.New()
		w := do(t, as(t, newAPI(c), x.as), x.method, x.path, x.body, api.KeyHeader, "")
		if w.Code != http.StatusBadRequest || x.done(c) > 0 {
			t.Errorf("%s without a key: got %d, done %d times", x.name(), w.Code, x.done(c))
		}
	}
}

func TestEveryGuardedRouteIsExercised(t *testing.T) {
	t.Parallel()
	rules, err := auth.NewRules(api.Routes())
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{"GET /v/{file}": true, "POST /api/v1/wordings/lint": true} // a picture and a judgement that asks nobody, with tests of their own
	for _, x := range exercises() {
		rule, ok := rules.Lookup(x.method, x.path)
		if !ok {
			t.Errorf("%s has no route", x.name())
		}
		done[rule.String()] = true
	}
	for _, r := range rules.All() {
		if !r.Allows(auth.Anonymous) && !done[r.String()] {
			t.Errorf("nobody exercises %s", r)
		}
	}
}
