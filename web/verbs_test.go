package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/web"
)

// exercise is one verb of the pages: whom it is for, what it asks of the
// clinic, and an id that does not exist.
type exercise struct {
	method, path, form string
	as, wrong          auth.Principal
	asked              string // "" looks only
	lost               string // the same with an unknown id, "" has none
	broken             string // what breaks when the store does, "" all of it
}

func exercises() []exercise {
	return []exercise{
		{"GET", "/book?session=s12&no=5", "", patient, nurse, "", "/book?session=none&no=5", ""},
		{"POST", "/book", "request=k&session=s12&no=5&patient=p1", patient, doctor, "book p1 k", "", "book"},
		{"GET", "/patients", "", patient, screen, "", "", ""},
		{"GET", "/patients/new", "", patient, manager, "", "", "-"},
		{"POST", "/patients", "name=A&doc=1&doc_type=id&relation=self&consent=1", patient, nurse, "register self", "", "register"},
		{"GET", "/patients/p1/wishes", "", patient, nurse, "followed p1", "", "followed"},
		{"POST", "/patients/p1/wishes", "version=0&prefers=sms&lang=en&voice=1&off=B+push", patient, nurse, "set-prefs p1", "", "set-prefs"},
		{"POST", "/patients/p1/follow", "doctor=d1&on=1", patient, nurse, "follow p1 d1", "", "follow"},
		{"POST", "/patients/agree", "account=acc7&patient=p1", patient, nurse, "agree acc1 acc7 p1", "", "agree"},
		{"POST", "/patients/disagree", "account=acc7&patient=p2", patient, screen, "disagree acc1 acc7 p2", "", "disagree"},
		{"GET", "/appointments", "", patient, nurse, "", "", ""},
		{"GET", "/appointments/a1", "", patient, doctor, "", "/appointments/none", ""},
		{"POST", "/appointments/a2/cancel", "", patient, manager, "cancel a2", "/appointments/none/cancel", "cancel"},
		{"GET", "/appointments/a2/options", "", patient, screen, "", "/appointments/none/options", "options"},
		{"POST", "/appointments/a2/options/choose", "option=o1", patient, nurse, "choose o1", "/appointments/none/options/choose", "choose"},
		{"POST", "/appointments/a2/pay", "", patient, nurse, "pay a2", "/appointments/none/pay", "pay"},
		{"GET", "/manage/payments", "", manager, nurse, "", "", "payments"},
		{"POST", "/manage/payments/pay1/settle", "settlement=cash", manager, doctor, "settle pay1 m1 cash", "/manage/payments/none/settle", "settle"},
		{"POST", "/manage/payments/object", "number=n1", manager, nurse, "object pay1 m1", "", "object"},
		{"POST", "/manage/payments/pay1/retry", "", manager, patient, "retry pay1 m1", "/manage/payments/none/retry", "retry"},
		{"GET", "/waitlist", "", patient, nurse, "", "", "waits"},
		{"GET", "/inbox", "", patient, nurse, "", "", "inbox"},
		{"GET", "/waitlist/join?session=s12", "", patient, nurse, "", "/waitlist/join?session=none", "session"},
		{"POST", "/waitlist", "session=s12&patient=p1&same_day=1", patient, nurse, "wait p1 s12", "", "wait"},
		{"POST", "/waitlist/w1/leave", "", patient, doctor, "leave-wait w1", "/waitlist/none/leave", "leave-wait"},
		{"POST", "/offers/of1/accept", "", patient, nurse, "accept of1", "/offers/none/accept", "accept"},
		{"POST", "/offers/of1/decline", "", patient, screen, "decline of1", "/offers/none/decline", "decline"},
		{"GET", "/manage/waitlist", "", nurse, doctor, "", "", "overview"},
		{"GET", "/place/a1", "", patient, doctor, "", "/place/none", "position"},
		{"POST", "/place/a1/travel", "minutes=25", patient, nurse, "travel a1", "/place/none/travel", "travel"},
		{"POST", "/place/a1/set-out", "", patient, nurse, "set-out a1", "/place/none/set-out", "set-out"},
		{"GET", "/strip", "", doctor, patient, "", "", "sessions"},
		{"GET", "/strip/s1", "", doctor, screen, "", "/strip/none", "strip"},
		{"POST", "/strip/s1/call-next", "request=k", doctor, patient, "call-next s1 k d1", "/strip/none/call-next", "call-next"},
		{"POST", "/strip/s1/finish", "request=k", doctor, patient, "finish s1 k ", "/strip/none/finish", "finish"},
		{"POST", "/strip/s1/start", "request=k", doctor, screen, "start s1 k ", "/strip/none/start", "start"},
		{"POST", "/strip/s1/recall", "request=k", doctor, patient, "recall s1 k t9", "/strip/none/recall", "recall"},
		{"POST", "/strip/s1/missed", "request=k", nurse, patient, "missed s1 k t9", "/strip/none/missed", "missed"},
		{"POST", "/strip/s1/transfer", "request=k&doctor=d2&reason=x", doctor, patient, "transfer a1 d2 x st1", "/strip/none/transfer", "transfer"},
		{"POST", "/strip/s1/call", "request=k&number=a20&reason=x", doctor, patient, "call s1 k t9", "/strip/none/call", "call"},
		{"POST", "/strip/s1/unwell", "request=k&number=a20", doctor, patient, "unwell s1 k t9", "/strip/none/unwell", "unwell"},
		{"POST", "/desk/z1/notice", "request=k&text=stairs&text_en=lift&minutes=30", nurse, doctor, "notice z1 stairs lift 30 n1 k", "/desk/none/notice", "notice"},
		{"POST", "/desk/z1/notice/o1/take-back", "", nurse, patient, "take-notice z1 o1 n1", "/desk/z1/notice/none/take-back", "take-notice"},
		{"POST", "/strip/s1/take-back", "request=k&ticket=t3", doctor, patient, "take-back s1 k t3", "/strip/none/take-back", "take-back"},
		{"POST", "/strip/s1/pause", "request=k&minutes=10&reason=short", doctor, patient, "pause s1 k short", "/strip/none/pause", "pause"},
		{"POST", "/strip/s1/resume", "request=k", doctor, screen, "resume s1 k ", "/strip/none/resume", "resume"},
		{"POST", "/strip/s1/end", "request=k&dispose=refunded", manager, patient, "end s1 k refunded", "/strip/none/end", "end"},
		{"GET", "/desk", "", nurse, doctor, "", "", "house"},
		{"GET", "/desk/z1", "", nurse, patient, "", "", "desk"},
		{"GET", "/desk/z1/slip?number=A020", "", nurse, doctor, "ticket t00", "", "ticket"},
		{"POST", "/desk/z1/checkin", "request=k&code=A028", nurse, doctor, "check-in A028", "", "check-in"},
		{"POST", "/desk/z1/act", "request=k&number=A020&verb=pin&reason=x", nurse, doctor, "pin s1 k", "", "pin"},
		{"POST", "/desk/z1/act", "request=k&number=A020&verb=transfer&value=d2&reason=x", nurse, doctor, "transfer a1 d2 x n1", "", "transfer"},
		{"POST", "/desk/z1/act", "request=k&number=A020&verb=transfer&value=cardio&reason=x", nurse, doctor, "transfer a1 cardio x n1", "", "transfer"},
		{"POST", "/desk/z1/act", "request=k&number=A020&verb=note&value=hears+badly", nurse, doctor, "note s1 k", "", "note"},
		{"POST", "/place/a1/later", "minutes=20&request=k", patient, nurse, "later a1 k", "/place/none/later", "later"},
		{"GET", "/screen/zone/z1/here.svg", "", screen, patient, "", "", "zone"},
		{"GET", "/here/z1?code=x", "", patient, nurse, "", "", ""},
		{"POST", "/here/z1", "appointment=a1&code=x", patient, doctor, "here a1", "", "here"},
		{"GET", "/continuations/c1", "", patient, nurse, "", "/continuations/none", "find"},
		{"POST", "/continuations/c1/book", "session=s12&no=3", patient, nurse, "use c1 s12", "/continuations/none/book", "use"},
		{"GET", "/manage/policies", "", manager, nurse, "", "", "policies"},
		{"POST", "/manage/policies/z1", "document=ready_size%3A+3", manager, nurse, "set-policy z1", "", "set-policy"},
		{"POST", "/desk/z1/recheckin", "request=k&ticket=t3", manager, screen, "recheckin s1 k t3", "", "recheckin"},
		{"GET", "/messages", "", nurse, doctor, "", "", "messages"},
		{"GET", "/messages/state", "", nurse, doctor, "", "", "outlook"},
		{"POST", "/messages/pause", "what=channel+sms&on=1&reason=fault", manager, nurse, "pause-messages channel sms", "", "pause-messages"},
		{"POST", "/messages/call1/call", "outcome=reached", nurse, patient, "note-call call1 reached", "", "note-call"},
		{"POST", "/messages/m1/redrive", "", manager, nurse, "redrive m1", "", "redrive"},
		{"GET", "/manage", "", manager, doctor, "", "", "sessions"},
		{"GET", "/manage/sessions/s4", "", manager, doctor, "", "/manage/sessions/none", "session"},
		{"GET", "/manage/guide", "", manager, nurse, "guide-versions ", "", "guide-versions"},
		{"GET", "/manage/guide/sample.yaml", "", manager, doctor, "", "", "-"},
		{"GET", "/manage/guide/g2", "", manager, nurse, "", "/manage/guide/none", "guide-versions"},
		{"POST", "/manage/guide/g2/approve", "", manager, nurse, "approve-guide g2 m1", "/manage/guide/none/approve", "approve-guide"},
		{"GET", "/manage/wordings?words=en&channel=wechat", "", manager, nurse, "wordings ", "", "wordings"},
		{"GET", "/manage/wordings/appt.remind.d1", "", manager, nurse, "", "/manage/wordings/none", "wordings"},
		{"GET", "/manage/wordings/appt.remind.d1?version=v2&words=zh-CN", "", manager, doctor, "", "/manage/wordings/appt.remind.d1?version=none", "wordings"},
		{"POST", "/manage/wordings/queue.called?words=en", "do=save&text=No.+${no}:+room+${room}.", manager, nurse, "save-wording m1 queue.called sms", "/manage/wordings/none", "save-wording"},
		{"POST", "/manage/wordings/versions/v1", "state=rejected&note=sign", manager, nurse, "decide-wording v1 rejected m1", "/manage/wordings/versions/none", "decide-wording"},
		{"GET", "/manage/abuse", "", manager, nurse, "flags ", "", "flags"},
		{"GET", "/manage/abuse.csv", "", manager, doctor, "flags ", "", "flags"},
		{"POST", "/manage/abuse/f1", "decision=confirm&days=30&reason=resale", manager, nurse, "decide-flag f1 m1 resale 30", "/manage/abuse/none", "decide-flag"},
		{"POST", "/draw/s4", "patient=p1", patient, nurse, "join s4 p1", "/draw/none", "join"},
		{"GET", "/sessions/s4/places", "", nurse, doctor, "", "/sessions/none/places", ""},
		{"GET", "/sessions/s4/capacity?places=3", "", manager, nurse, "", "/sessions/none/capacity?places=3", ""},
		{"GET", "/sessions/s4/hours?shift=60", "", manager, nurse, "", "/sessions/none/hours?shift=60", ""},
		{"POST", "/sessions/s4/hours", "shift=60&reason=late", manager, nurse, "hours s4 late", "/sessions/none/hours", "hours"},
		{"GET", "/sessions/s4/overbook", "", nurse, patient, "", "/sessions/none/overbook", ""},
		{"GET", "/manage/overflow", "", nurse, doctor, "", "", ""},
		{"GET", "/manage/release", "", manager, nurse, "", "", ""},
		{"POST", "/sessions/s4/quotas", "elder=2&app=", manager, nurse, "set-quotas s4", "/sessions/none/quotas", "set-quotas"},
		{"POST", "/sessions/s4/capacity", "places=3&reason=room", manager, nurse, "resize s4 room", "/sessions/none/capacity", "resize"},
		{"GET", "/sessions/s4/book", "", nurse, patient, "", "/sessions/none/book", ""},
		{"POST", "/sessions/s4/book", "name=Li&phone=13900001111&group=referral", nurse, doctor, "walk-up s4", "/sessions/none/book", "walk-up"},
		{"GET", "/people", "", nurse, doctor, "", "", "-"},
		{"POST", "/people/complete", "voucher=4821300000&doc_type=01&doc=11010519491231002X", nurse, patient, "complete a1 01", "", "complete"},
		{"POST", "/people/merge", "kept=48213&lost=48213&reason=same", manager, nurse, "merge p1 p1 same", "", "merge"}, //nolint:dupword // both vouchers are of one person
		{"POST", "/appointments/a1/swap", "patient=p2", patient, nurse, "swap a1 p2", "/appointments/none/swap", "swap"},
		{"POST", "/sessions/s4/overbook", "who=123&reason=severe&note=now", nurse, patient, "overbook s4 severe now", "/sessions/none/overbook", "overbook"},
		{"POST", "/manage/overflow/a2/keep", "", nurse, doctor, "keep-for a2", "", "keep-for"},
		{"POST", "/manage/overflow/a2/move", "option=o1", nurse, doctor, "choose o1", "/manage/overflow/none/move", "choose"},
		{"POST", "/manage/release", "department=cardio&horizon_days=7&at=07:00&spread=5&fall_back_days=1&fall_back_at=16:00&overbook_most=4&draw_window=60&draw=d1", manager, nurse, "set-release-rule cardio", "", "set-release-rule"},
		{"POST", "/manage/sessions/s4/suspend", "reason=ill", manager, doctor, "suspend s4 ill", "", "suspend"},
		{"POST", "/manage/sessions/s4/suspend", "reason=ill&alone=1", nurse, doctor, "suspend-alone s4 ill", "", "suspend-alone"},
		{"POST", "/manage/sessions/s4/substitute", "doctor=d2", manager, nurse, "substitute s4 d2", "", "substitute"},
		{"POST", "/manage/sessions/s4/room", "room=r4", manager, nurse, "room s4 r4", "", "room"},
		{"POST", "/manage/sessions/s4/room", "swap=s5", manager, nurse, "swap s4 s5", "", "swap"},
		{"POST", "/appointments/a2/options/refund", "", patient, nurse, "refund a2 app", "/appointments/none/options/refund", "refund"},
		{"GET", "/suspensions", "", nurse, doctor, "", "", "suspensions"},
		{"GET", "/suspensions/x1", "", nurse, doctor, "board x1", "", "board"},
		{"POST", "/suspensions/x1/approve", "", nurse, doctor, "approve x1", "/suspensions/x1/nothing", "approve"},
		{"POST", "/suspensions/x1/refuse", "", manager, patient, "refuse x1", "", "refuse"},
		{"POST", "/suspensions/x2/stop", "", manager, doctor, "stop x2", "", "stop"},
		{"POST", "/suspensions/x1/call", "appointment=a1", nurse, screen, "reveal a1", "", "reveal"},
		{"POST", "/suspensions/x1/called", "appointment=a1&result=chose&option=o1", nurse, doctor, "called a1 choseo1", "", "called"},
		{"GET", "/sessions/s4/wizard", "", nurse, doctor, "wizard s4", "", "wizard"},
		{"POST", "/sessions/s4/dispose", "action=spread", nurse, doctor, "dispose s4 spread", "", "dispose"},
		{"GET", "/closures/new?from=2026-03-03&to=2026-03-03", "", nurse, doctor, "preview 2026-03-03", "", "preview"},
		{"POST", "/closures", "from=2026-03-03&to=2026-03-04&reason=weather", manager, doctor, "closure 2026-03-03 weather", "", "closure"},
		{"POST", "/replies/r1/done", "", nurse, patient, "reply-done r1", "", "reply-done"},
		{"GET", "/manage/stats?from=2026-01-20", "", manager, nurse, "stats 2026-01-20 2026-03-02", "", "stats"},
		{"GET", "/manage/stats.csv", "", manager, doctor, "stats 2026-02-03 2026-03-02", "", "stats"},
		{"GET", "/manage/stats/weeks.svg", "", manager, screen, "stats 2026-02-03 2026-03-02", "/manage/stats/none.svg", "stats"},
		{"GET", "/credit", "", patient, nurse, "standing p1", "", "standing"},
		{"POST", "/credit/marks/m1/appeal", "words=ill", patient, manager, "appeal m1 ill", "/credit/marks/none/appeal", "appeal"},
		{"GET", "/manage/credit", "", manager, nurse, "appeals ", "", "appeals"},
		{"POST", "/manage/credit/appeals/x1", "decision=grant", manager, nurse, "decide x1 granted", "", "decide"},
		{"POST", "/manage/credit/rules", "valid_from=2026-03-10&threshold0=3&window0=month&penalty0=days&days0=30&counts0=noshow&appeal_days=7&decide_days=7", manager, patient, "publish 2026-03-09", "", "publish"},
		{"POST", "/manage/credit/exemptions", "kind=system_fault&from=2026-03-01T08:00&to=2026-03-01T09:00&note=cut", manager, doctor, "protect system_fault ", "", "protect"},
		{"GET", "/manage/noshow?day=2026-03-03", "", manager, nurse, "expected 2026-03-03", "", "expected"},
		{"GET", "/manage/roster", "", manager, doctor, "", "", "-"},
		{"GET", "/manage/jobs", "", manager, nurse, "", "", "-"},
		{"GET", "/manage/machines", "", manager, nurse, "machines ", "", "machines"},
		{"POST", "/manage/machines", "channel=region&name=Region&days=30&scopes=read&scopes=book", manager, nurse, "machine region 720h0m0s m1", "", "machine"},
		{"POST", "/manage/machines/n1/rotate", "overlap=7", manager, doctor, "rotate-machine n1 168h0m0s m1", "/manage/machines/none/rotate", "rotate-machine"},
		{"POST", "/manage/machines/n1/revoke", "", manager, nurse, "revoke-machine n1 m1", "/manage/machines/none/revoke", "revoke-machine"},
		{"POST", "/manage/webhooks/w1/test", "", manager, nurse, "test-hook w1", "/manage/webhooks/none/test", "test-hook"},
		{"POST", "/manage/webhooks/w1/enable", "", manager, patient, "enable-hook w1", "/manage/webhooks/none/enable", "enable-hook"},
		{"POST", "/manage/webhooks/w1/disable", "", manager, doctor, "disable-hook w1", "/manage/webhooks/none/disable", "disable-hook"},
		{"POST", "/manage/webhooks/w1/rotate", "", manager, screen, "rotate-hook w1", "/manage/webhooks/w1/nothing", "rotate-hook"},
		{"GET", "/screen/zone/z1", "", screen, patient, "", "", "zone"},
		{"GET", "/screen/door/r3", "", screen, patient, "", "", "door"},
	}
}

func (x exercise) name() string { return x.method + " " + x.path }

// send asks as p, as a script would, so that a door is a status.
func (x exercise) send(t *testing.T, s *web.Site, p auth.Principal, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), x.method, path, strings.NewReader(x.form))
	if x.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "application/json")
	return record(as(t, s, p), r)
}

func TestEveryVerbReachesTheClinic(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		w := x.send(t, newSite(t, c), x.as, x.path)
		if w.Code >= http.StatusBadRequest {
			t.Errorf("%s: got %d %s", x.name(), w.Code, w.Body)
		}
		if x.asked != "" && count(c, x.asked) != 1 {
			t.Errorf("%s asked %q, want %q once", x.name(), c.Asked(), x.asked)
		}
	}
}

func TestNoVerbWithoutASession(t *testing.T) {
	t.Parallel()
	for _, x := range exercises() {
		c := apitest.New()
		if w := x.send(t, newSite(t, c), nobody, x.path); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", x.name(), w.Code)
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
		if w := x.send(t, newSite(t, c), x.wrong, x.path); w.Code != http.StatusForbidden {
			t.Errorf("%s as %s: got %d, want 403", x.name(), x.wrong.Role, w.Code)
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
		if w := x.send(t, newSite(t, c), x.as, x.lost); w.Code != http.StatusNotFound {
			t.Errorf("%s %s: got %d, want 404", x.method, x.lost, w.Code)
		}
		if verb, _, _ := strings.Cut(x.asked, " "); verb != "" && count(c, verb+" ") > 0 {
			t.Errorf("%s %s reached %q", x.method, x.lost, c.Asked())
		}
	}
}

// A store that breaks is said without its words, on paper and to a script.
func TestABrokenStoreIsSaidWithoutItsWords(t *testing.T) {
	t.Parallel()
	const secret = "dial tcp 10.0.0.7: refused"
	for _, x := range exercises() {
		if x.broken == "-" { // asks for nothing
			continue
		}
		c := apitest.New()
		if x.broken == "" {
			c.Err = errors.New(secret)
		} else {
			c.Fail[x.broken] = errors.New(secret)
		}
		s := newSite(t, c)
		script := x.send(t, s, x.as, x.path)
		page := get(t, as(t, s, x.as), x.path)
		if x.method == http.MethodPost {
			page = post(t, as(t, s, x.as), x.path, x.form)
		}
		for what, w := range map[string]*httptest.ResponseRecorder{"script": script, "page": page} {
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("%s for a %s: got %d %.200s, want 500 without the cause", x.name(), what, w.Code, w.Body)
			}
		}
	}
}

// Every route that is not open to all has an exercise here.
func TestEveryGuardedRouteIsExercised(t *testing.T) {
	t.Parallel()
	rules, err := auth.NewRules(web.Routes())
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{ // each has a story or flow of its own
		"GET /staff": true, "GET /manage/asynq/": true, "POST /manage/roster": true, "POST /manage/guide": true,
	}
	for _, x := range exercises() {
		path, _, _ := strings.Cut(x.path, "?")
		rule, ok := rules.Lookup(x.method, path)
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
