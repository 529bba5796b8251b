package api_test

import (
	"encoding/json"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/api/apitest"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/auth/authtest"
)

func TestTheRuleTableHoldsForEveryRole(t *testing.T) {
	t.Parallel()
	rules, err := auth.NewRules(api.Routes())
	if err != nil {
		t.Fatal(err)
	}
	h := newAPI(apitest.New())
	guard := auth.Guard(rules, h, api.WriteProblem(slog.New(slog.DiscardHandler), apitest.Shanghai()))
	authtest.Walk(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := auth.Principal{Role: auth.Role(r.Header.Get("Test-Role")), ID: "acc1", AccountID: "acc1", DoctorID: "d1", Channel: "platform", Scopes: auth.EveryScope()}
		guard.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	}), rules, func(_ *testing.T, role auth.Role, r *http.Request) { r.Header.Set("Test-Role", string(role)) })
}

// Every verb of every role answers what it should on good input.
func TestVerbsOnGoodInput(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, body string
		as                 auth.Principal
		status             int
		asked, has         string
	}{
		{"GET", "/api/v1/departments", "", nobody, 200, "house ", `"id":"cardio"`},
		{"GET", "/api/v1/doctors?department=cardio", "", nobody, 200, "house ", `"id":"d1"`},
		{"GET", "/api/v1/sessions?department=cardio&from=2026-03-02&to=2026-03-05", "", nobody, 200, "find cardio", `"first_no":`},
		{"GET", "/api/v1/sessions/s1/if-i-came", "", nobody, 200, "if-came s1", `"session":"s1"`},
		{"POST", "/api/v1/appointments/a1/continuation", "", doctor, 200, "continue a1", `"until":"2026-03-04"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"doctor_id":"d2","reason":"asked"}`, nurse, 200, "transfer a1 d2 asked n1", `"label":"B201"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"room_id":"r2","reason":"asked"}`, nurse, 200, "transfer a1 r2 asked n1", `"label":"B201"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"department_id":"cardio","reason":"asked"}`, nurse, 200, "transfer a1 cardio asked n1", `"label":"B201"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"doctor_id":"d2","room_id":"r2","reason":"asked"}`, nurse, 422, "", `"code":"missing"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"reason":"asked"}`, nurse, 422, "", `"code":"missing"`},
		{"POST", "/api/v1/appointments/a1/transfer", `{"doctor_id":"d2","reason":""}`, nurse, 422, "", `"code":`},
		{"POST", "/api/v1/sessions/s1/note", `{"ticket_id":"t1","note":"hears badly"}`, doctor, 403, "", `"code":"forbidden"`},
		{"POST", "/api/v1/zones/z1/notices", `{"text":"lift","minutes":30}`, nurse, 200, "notice z1 lift  30 n1 k1", `"id":"o2"`},
		{"POST", "/api/v1/zones/z1/notices", `{"text":"","minutes":30}`, nurse, 422, "", `"code":`},
		{"POST", "/api/v1/zones/z1/notices/o1/take-back", "", nurse, 204, "take-notice z1 o1 n1", ""},
		{"POST", "/api/v1/sessions/s1/undo-check-in", `{"ticket_id":"t1"}`, nurse, 200, "undo-check-in s1 k1 t1", `"ticket_id"`},
		{"POST", "/api/v1/sessions/s1/undo-check-in", `{"ticket_id":"t1"}`, doctor, 403, "", `"code":"forbidden"`},
		{"POST", "/api/v1/tickets/t1/slip", "", nurse, 200, "ticket t1", `"label":"A032"`},
		{"GET", "/api/v1/continuations", "", patient, 200, "continuations ", `[]`},
		{"POST", "/api/v1/continuations/c1/book", `{"session_id":"s12"}`, patient, 200, "use c1 s12", `"id":"a1"`},
		{"GET", "/api/v1/wait-quality", "", nobody, 200, "quality ", `[]`},
		{"GET", "/api/v1/patients", "", patient, 200, "patients acc1", `"doc":"1****************X"`},
		{"POST", "/api/v1/patients", `{"name":"A","doc":"1","relation":"child"}`, patient, 201, "register child", `"id":"new"`},
		{"POST", "/api/v1/appointments", `{"patient_id":"p1","session_id":"s1"}`, patient, 201, "book p1 k1", `"state":"checked_in"`},
		{"GET", "/api/v1/appointments", "", patient, 200, "appointments ", `"id":"a1"`},
		{"GET", "/api/v1/appointments/a1", "", patient, 200, "appointment a1", `"label":"A009"`},
		{"POST", "/api/v1/appointments/a2/cancel", "", patient, 200, "cancel a2", `"state":"cancelled"`},
		{"POST", "/api/v1/appointments/a2/move", `{"session_id":"s14"}`, patient, 200, "move a2 s14", `"id":"a2"`},
		{"GET", "/api/v1/appointments/a2/options", "", patient, 200, "options a2", `"purpose":"option"`},
		{"POST", "/api/v1/appointments/a2/options/o1/choose", "", patient, 200, "choose o1", `"id":"a2"`},
		{"GET", "/api/v1/appointments/a1/position", "", patient, 200, "position a1", `"ahead":5`},
		{"PUT", "/api/v1/appointments/a1/travel", `{"minutes":25}`, patient, 200, "travel a1", `"ahead":5`},
		{"POST", "/api/v1/appointments/a1/set-out", "", patient, 200, "set-out a1", `"ahead":5`},
		{"POST", "/api/v1/checkin", `{"voucher":"48213"}`, nurse, 200, "check-in 48213", `"label":"A032"`},
		{"GET", "/api/v1/sessions/s1/queue", "", doctor, 200, "strip s1", `"waiting":12`},
		{"POST", "/api/v1/sessions/s1/call-next", "", doctor, 200, "call-next s1 k1 d1", `"version":7`},
		{"POST", "/api/v1/sessions/s1/recall", "", doctor, 200, "recall s1 k1 t9", `"label":"A032"`},
		{"POST", "/api/v1/sessions/s1/missed", `{"ticket_id":"t5"}`, doctor, 200, "missed s1 k1 t5", ``},
		{"POST", "/api/v1/sessions/s1/take-back", `{"ticket_id":"t5"}`, nurse, 200, "take-back s1 k1 t5", ``},
		{"POST", "/api/v1/sessions/s1/start", "", doctor, 200, "start s1 k1 ", ``},
		{"POST", "/api/v1/sessions/s1/finish", "", doctor, 200, "finish s1 k1 ", ``},
		{"POST", "/api/v1/sessions/s1/pause", `{"minutes":10,"reason":"short"}`, doctor, 200, "pause s1 k1 short", ``},
		{"POST", "/api/v1/sessions/s1/resume", "", doctor, 200, "resume s1 k1 ", ``},
		{"POST", "/api/v1/sessions/s1/end", `{"dispose":"refunded"}`, doctor, 200, "end s1 k1 refunded", ``},
		{"POST", "/api/v1/sessions/s1/call-next", `{"also":["s2"]}`, nurse, 200, "call-next s1+s2 k1 d1", `"version":7`},
		{"POST", "/api/v1/sessions/s1/out-for-tests", "", doctor, 200, "out-for-tests s1 k1 ", ``},
		{"POST", "/api/v1/sessions/s1/pin", `{"ticket_id":"t5","reason":"wheelchair","version":3}`, nurse, 200, "pin s1 k1 t5", ``},
		{"POST", "/api/v1/sessions/s1/move", `{"ticket_id":"t5","places":-2,"reason":"x"}`, nurse, 200, "move s1 k1 t5", ``},
		{"POST", "/api/v1/sessions/s1/pin", `{"ticket_id":"t5","reason":"x"}`, doctor, 403, "session s1", `"code":"forbidden"`},
		{"PUT", "/api/v1/queue-policies/hospital", `{"document":"ready_size: 3"}`, manager, 200, "set-policy ", `"version":1`},
		{"PUT", "/api/v1/queue-policies/z1", `{"document":"ready_size: 0"}`, manager, 422, "", `"field":"ready_size"`},
		{"POST", "/api/v1/sessions/s1/suspend", `{"reason":"ill"}`, manager, 200, "suspend s1 ill", `"state":"asked"`},
		{"POST", "/api/v1/appointments/a2/refund", "", patient, 204, "refund a2 app", ``},
		{"POST", "/api/v1/sessions/s1/substitute", `{"doctor_id":"d2"}`, nurse, 204, "substitute s1 d2", ``},
		{"POST", "/api/v1/sessions/s1/room", `{"room_id":"r4"}`, nurse, 204, "room s1 r4", ``},
		{"POST", "/api/v1/sessions/s1/room", `{"swap_with":"s2"}`, nurse, 204, "swap s1 s2", ``},
		{"GET", "/api/v1/sessions/s1/wizard", "", nurse, 200, "wizard s1", `"label":"A031"`},
		{"POST", "/api/v1/sessions/s1/dispose", `{"action":"refund","appointments":["a1"]}`, nurse, 200, "dispose s1 refund", `"appointment_id":"a1"`},
		{"GET", "/api/v1/suspensions", "", nurse, 200, "suspensions ", `"kind":"closure"`},
		{"GET", "/api/v1/suspensions/x1", "", nurse, 200, "board x1", `"unreached":3`},
		{"POST", "/api/v1/suspensions/x1/approve", "", manager, 200, "approve x1", `"id":"x1"`},
		{"POST", "/api/v1/suspensions/x1/cases/a1/call", `{"result":"chose","option":"o1"}`, nurse, 204, "called a1 choseo1", ``},
		{"POST", "/api/v1/closures/preview", `{"from":"2026-03-03","to":"2026-03-03"}`, nurse, 200, "preview 2026-03-03", `"patients":37`},
		{"POST", "/api/v1/closures", `{"from":"2026-03-03","to":"2026-03-04","reason":"weather"}`, nurse, 200, "closure 2026-03-03 weather", `"to":"`},
		{"GET", "/api/v1/replies", "", nurse, 200, "replies ", `"phone_tail":"5678"`},
		{"POST", "/api/v1/tickets/t5/recheckin", "", nurse, 200, "recheckin s1 k1 t5", ``},
		{"GET", "/api/v1/messages?kind=queue.called", "", nurse, 200, "messages queue.called", `"state":"delivered"`},
		{"GET", "/api/v1/guide?part=chest&months=600", "", nobody, 200, "guide ", `"id":"cardio"`},
		{"POST", "/api/v1/guide", `{"words":"cough"}`, nobody, 200, "guide ", `"here":false`},
		{"GET", "/api/v1/wordings", "", manager, 200, "wordings ", `"code":"SMS_200000001"`},
		{"POST", "/api/v1/wordings/lint?lang=en", `{"key":"queue.called","lang":"en","channel":"sms","text":"Call QQ, ${no}."}`, manager, 200, "", `"rule":"contact"`},
		{"POST", "/api/v1/wordings/versions", `{"key":"queue.called","lang":"en","channel":"sms","text":"No. ${no}: room ${room}."}`, manager, 200, "save-wording m1 queue.called sms", `"number":9`},
		{"POST", "/api/v1/wordings/versions/v2/decide", `{"state":"approved","code":"SMS_200000003"}`, manager, 200, "decide-wording v2 approved m1", `"state":"approved"`},
		{"GET", "/api/v1/guide/versions", "", manager, 200, "guide-versions ", `"state":"draft"`},
		{"POST", "/api/v1/guide/versions", sampleGuide(), manager, 200, "import-guide m1 guide.yaml", `"number":2`},
		{"POST", "/api/v1/guide/versions/g2/approve", "", manager, 200, "approve-guide g2 m1", `"id":"g2"`},
		{"GET", "/api/v1/abuse", "", manager, 200, "flags ", `"kind":"handover"`},
		{"POST", "/api/v1/abuse/f1/decide", `{"days":30,"reason":"resale"}`, manager, 200, "decide-flag f1 m1 resale 30", `"id":"f1"`},
		{"GET", "/api/v1/stats?by=doctor", "", manager, 200, "stats 2026-02-03 2026-03-02", `"no_show":`},
		{"GET", "/api/v1/stats.csv?by=week", "", manager, 200, "stats 2026-02-03 2026-03-02", "2026-02-23,2026-02-23,"},
		{"POST", "/api/v1/roster", `{"format":"csv","text":"a,b"}`, manager, 200, "import roster.csv", `"faults":[]`},
		{"POST", "/api/v1/sign-in/code", `{"phone":"13800000000"}`, nobody, 200, "ask-code 13800000000", `"sign_in":"signin-1"`},
		{"POST", "/api/v1/sign-in", `{"sign_in":"signin-1","code":"123456"}`, nobody, 200, "by-code signin-1", `"role":"patient"`},
		{"POST", "/api/v1/staff/sign-in", `{"login":"wang","password":"right"}`, nobody, 200, "by-password wang", ``},
		{"POST", "/api/v1/sign-out", "", patient, 204, "out ", ``},
		{"GET", "/healthz", "", nobody, 200, "", "ok"},
		{"GET", "/readyz", "", nobody, 200, "", "ready"},
		{"GET", "/api/openapi.json", "", nobody, 200, "", `"openapi":"3.1.0"`},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			c := apitest.New()
			w := do(t, as(t, newAPI(c), tt.as), tt.method, tt.path, tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) {
				t.Fatalf("got %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.has)
			}
			if tt.asked != "" && !slices.Contains(c.Asked(), tt.asked) {
				t.Errorf("asked %q, want %q among them", c.Asked(), tt.asked)
			}
			noFullNames(t, c, w.Body.String())
		})
	}
}

func noFullNames(t *testing.T, c *apitest.Clinic, body string) {
	t.Helper()
	for _, p := range c.People {
		if strings.Contains(body, p.Name.Reveal()) || strings.Contains(body, p.Doc.Reveal()) || strings.Contains(body, p.Phone.Reveal()) {
			t.Errorf("answer shows a person in full: %s", body)
		}
	}
}

// A stranger is told that it does not exist, and nothing is done.
func TestWhatIsNotOnesOwnDoesNotExist(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ method, path, body string }{
		{"GET", "/api/v1/appointments/a1", ""},
		{"POST", "/api/v1/appointments", `{"patient_id":"p1","session_id":"s1"}`},
		{"POST", "/api/v1/appointments/a1/cancel", ""},
		{"POST", "/api/v1/appointments/a1/move", `{"session_id":"s14"}`},
		{"GET", "/api/v1/appointments/a1/options", ""},
		{"POST", "/api/v1/appointments/a1/options/o1/choose", ""},
		{"GET", "/api/v1/appointments/a1/position", ""},
		{"PUT", "/api/v1/appointments/a1/travel", `{"minutes":5}`},
		{"POST", "/api/v1/appointments/a1/set-out", ""},
		{"GET", "/v/4821300000.svg", ""},
	} {
		c := apitest.New()
		w := do(t, as(t, newAPI(c), stranger), tt.method, tt.path, tt.body)
		if p := problemOf(t, w); p.Code != houzhen.CodeNotFound {
			t.Errorf("%s %s: got %s, want not_found", tt.method, tt.path, p.Code)
		}
		for _, asked := range c.Asked() {
			verb, _, _ := strings.Cut(asked, " ")
			if slices.Contains([]string{"book", "cancel", "move", "choose", "travel", "set-out", "position", "options"}, verb) {
				t.Errorf("%s %s reached %q", tt.method, tt.path, asked)
			}
		}
	}
}

func TestADoctorDoesNotRunAnothersQueue(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	for _, v := range api.Verbs() {
		w := do(t, as(t, newAPI(c), doctor), http.MethodPost, "/api/v1/sessions/s2/"+string(v), "")
		if p := problemOf(t, w); p.Code != houzhen.CodeForbidden {
			t.Errorf("%s: got %s, want forbidden", v, p.Code)
		}
	}
}

func TestEveryDoctorOfTheDepartmentServesItsPool(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Public.Doctors[1].Pool = true
	if w := do(t, as(t, newAPI(c), doctor), http.MethodPost, "/api/v1/sessions/s2/call-next", ""); w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestWritesAreRepeatable(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	h := as(t, newAPI(c), patient)
	body := `{"patient_id":"p1","session_id":"s1"}`
	first := do(t, h, http.MethodPost, "/api/v1/appointments", body)
	again := do(t, h, http.MethodPost, "/api/v1/appointments", body)
	if first.Code != http.StatusCreated || again.Code != http.StatusCreated || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Fatalf("got %d and %d", first.Code, again.Code)
	}
	if diff := cmp.Diff(again.Body.String(), first.Body.String()); diff != "" {
		t.Errorf("the second answer differs: %s", diff)
	}
	if n := strings.Count(strings.Join(c.Asked(), "\n"), "book p1 k1"); n != 1 {
		t.Errorf("booked %d times, want once", n)
	}
	other := do(t, h, http.MethodPost, "/api/v1/appointments", `{"patient_id":"p2","session_id":"s1"}`)
	if p := problemOf(t, other); p.Code != houzhen.CodeKeyReused {
		t.Errorf("another request under the key: got %s", p.Code)
	}
	none := do(t, h, http.MethodPost, "/api/v1/appointments", body, api.KeyHeader, "")
	if p := problemOf(t, none); p.Code != houzhen.CodeKeyMissing || p.Status != http.StatusBadRequest {
		t.Errorf("without a key: got %s %d", p.Code, p.Status)
	}
}

func TestARefusalIsNotKept(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Fail["book"] = houzhen.E(houzhen.CodeUnavailable, "away")
	h := as(t, newAPI(c), patient)
	body := `{"patient_id":"p1","session_id":"s1"}`
	if w := do(t, h, http.MethodPost, "/api/v1/appointments", body); w.Code != http.StatusServiceUnavailable {
		t.Fatalf("got %d", w.Code)
	}
	delete(c.Fail, "book")
	if w := do(t, h, http.MethodPost, "/api/v1/appointments", body); w.Code != http.StatusCreated {
		t.Errorf("the same key after a refusal: got %d, want 201", w.Code)
	}
}

func TestAKeyIsItsCallersOwn(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	api := newAPI(c)
	body := `{"name":"A","doc":"1","relation":"self"}`
	do(t, as(t, api, patient), http.MethodPost, "/api/v1/patients", body)
	if w := do(t, as(t, api, stranger), http.MethodPost, "/api/v1/patients", body); w.Header().Get("Idempotency-Replayed") != "" {
		t.Error("another account got the first one's answer")
	}
}

func TestARosterWithFaultsNamesEach(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.RosterAnswer.Faults = []api.RosterFault{{Line: 7, Code: "time", Field: "start"}}
	w := do(t, as(t, newAPI(c), manager), http.MethodPost, "/api/v1/roster", `{"format":"csv","text":"x"}`)
	if p := problemOf(t, w); p.Code != houzhen.CodeRoster || !strings.Contains(w.Body.String(), `"line":7`) {
		t.Errorf("got %s", w.Body)
	}
}

func TestTheLoserOfARaceIsGivenAlternatives(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	c.Fail["book"] = houzhen.E(houzhen.CodeSlotTaken, "taken").On("slot").WithDetail([]string{"near"})
	w := do(t, as(t, newAPI(c), patient), http.MethodPost, "/api/v1/appointments", `{"patient_id":"p1","session_id":"s1","slot":4}`, "Accept-Language", "en")
	p := problemOf(t, w)
	if w.Code != http.StatusConflict || p.Code != houzhen.CodeSlotTaken || p.Field != "slot" || !cmp.Equal(p.Alternatives, []any{"near"}) {
		t.Errorf("got %d %+v", w.Code, p)
	}
}

func TestVoucherPictures(t *testing.T) {
	t.Parallel()
	h := as(t, newAPI(apitest.New()), patient)
	svg := do(t, h, http.MethodGet, "/v/4821300000.svg", "")
	if svg.Code != http.StatusOK || svg.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(svg.Body.String(), "h1v1h-1z") {
		t.Errorf("svg: got %d %.80s", svg.Code, svg.Body)
	}
	img, err := png.Decode(do(t, h, http.MethodGet, "/v/4821300000.png", "").Body)
	if err != nil || img.Bounds().Dx() < 100 {
		t.Errorf("png: %v", err)
	}
	if w := do(t, h, http.MethodGet, "/v/4821300000.gif", ""); w.Code != http.StatusNotFound {
		t.Errorf("gif: got %d", w.Code)
	}
}

func TestWhoMayWatchWhat(t *testing.T) {
	t.Parallel()
	topics := []string{"pos/a1", "pos/none", "zone/z1", "door/r3", "strip/s1", "strip/s2", "desk/z1", "zone/", "odd/1"}
	const no, gone = houzhen.CodeForbidden, houzhen.CodeNotFound
	screen := auth.Principal{Role: auth.Screen, ID: "w1", ZoneIDs: []string{"z1"}}
	elsewhere := auth.Principal{Role: auth.Screen, ID: "w2", ZoneIDs: []string{"z2"}}
	for name, tt := range map[string]struct {
		p    auth.Principal
		want []houzhen.Code
	}{
		"nobody":    {nobody, []houzhen.Code{no, no, no, no, no, no, no, gone, no}},
		"patient":   {patient, []houzhen.Code{"", gone, no, no, no, no, no, gone, no}},
		"stranger":  {stranger, []houzhen.Code{gone, gone, no, no, no, no, no, gone, no}},
		"screen":    {screen, []houzhen.Code{no, no, "", "", no, no, no, gone, no}},
		"elsewhere": {elsewhere, []houzhen.Code{no, no, no, no, no, no, no, gone, no}},
		"doctor":    {doctor, []houzhen.Code{no, no, "", "", "", no, no, gone, no}},
		"nurse":     {nurse, []houzhen.Code{no, no, "", "", "", "", "", gone, no}},
	} {
		h := newAPI(apitest.New(), func(d *api.Deps) { d.Socket = socket{topics} })
		w := do(t, as(t, h, tt.p), http.MethodGet, "/ws", "")
		var got map[string]houzhen.Code
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for i, topic := range topics {
			if got[topic] != tt.want[i] {
				t.Errorf("%s on %s: got %q, want %q", name, topic, got[topic], tt.want[i])
			}
		}
	}
}

func TestDeliveryReportsAreTakenByToken(t *testing.T) {
	t.Parallel()
	taken := receipts{make(chan string, 1)}
	h := as(t, newAPI(apitest.New(), func(d *api.Deps) { d.Receipts = taken }), nobody)
	w := do(t, h, http.MethodPost, "/callbacks/aliyun/secret/sms-report", `[{"out_id":"m1"}]`)
	if w.Code != http.StatusOK || w.Body.String() != `{"code":0,"msg":"ok"}` || <-taken.bodies != `[{"out_id":"m1"}]` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := do(t, h, http.MethodPost, "/callbacks/aliyun/guess/sms-report", `[]`); w.Code != http.StatusNotFound {
		t.Errorf("wrong token: got %d", w.Code)
	}
}

func TestNotReadyWhileAPartIsAway(t *testing.T) {
	t.Parallel()
	h := newAPI(apitest.New(), func(d *api.Deps) { d.Health = health{houzhen.E(houzhen.CodeInternal, "redis: dial 10.0.0.7")} })
	w := do(t, as(t, h, nobody), http.MethodGet, "/readyz", "")
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestSignInCodesAreNotForStaff(t *testing.T) {
	t.Parallel()
	w := do(t, as(t, newAPI(apitest.New()), nurse), http.MethodGet, "/api/v1/messages", "")
	if n := strings.Count(w.Body.String(), "code ******"); n != 1 {
		t.Errorf("%d messages hide their code, want the one sign-in code", n)
	}
}

// Every registered route is in the table: one that is not would be refused.
func TestTheContractListsEveryRoute(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	w := httptest.NewRecorder()
	newAPI(apitest.New()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var patterns []string
	for path, verbs := range doc.Paths {
		for method := range verbs {
			patterns = append(patterns, strings.ToUpper(method)+" "+path)
		}
	}
	rules, err := auth.NewRules(api.Routes())
	if err != nil {
		t.Fatal(err)
	}
	if missing := rules.Missing(patterns...); len(missing) > 0 || len(patterns) < 30 {
		t.Errorf("%d routes, not in the table: %v", len(patterns), missing)
	}
}

func TestPaymentCallbacksAreTakenBySignature(t *testing.T) {
	t.Parallel()
	c := apitest.New()
	h := as(t, newAPI(c), nobody)
	if w := do(t, h, http.MethodPost, "/callbacks/pay", `{}`); w.Code != http.StatusNotFound {
		t.Errorf("without a signature: got %d", w.Code)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/callbacks/pay", strings.NewReader(`{"trade":{}}`))
	r.Header.Set("X-Pay-Signature", "good")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent || !slices.Contains(c.Asked(), `callback {"trade":{}}`) {
		t.Errorf("got %d %s, asked %q", w.Code, w.Body, c.Asked())
	}
}
