package app_test

import (
	"bytes"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
	"github.com/houzhen/houzhen/internal/clinictest"
)

const (
	phone    = "13812349999"
	document = "11010519491231002X" // the standard's own example
)

// visitor is a patient who is signed in, with sessions of every sort.
type visitor struct {
	*clinictest.Clinic
	b       *clinictest.Browser
	patient string
	open    booking.Session // tomorrow
}

func visit(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{Clinic: clinictest.Open(t, clinictest.Backend{})}
	v.open = v.Session("wang", 1, houzhen.Morning)
	v.b = v.Browser()
	v.b.SignIn(phone)
	v.patient = v.b.Want(http.StatusCreated, v.b.Do("POST", "/api/v1/patients", map[string]any{
		"name": "张小三", "doc": document, "relation": "self",
	})).Field("id")
	return v
}

func (v *visitor) book(body map[string]any) clinictest.Answer {
	v.T.Helper()
	request := map[string]any{"patient_id": v.patient, "session_id": v.open.ID}
	maps.Copy(request, body)
	return v.b.Do("POST", "/api/v1/appointments", request)
}

// want checks a problem document in Chinese and, asked anew, in English.
func (v *visitor) want(what string, ask func() clinictest.Answer, status int, code houzhen.Code, field string) {
	v.T.Helper()
	words := map[string]string{}
	for _, lang := range []string{"zh-CN", "en"} {
		v.b.Lang = lang
		got := ask()
		words[lang] = got.Field("detail")
		switch {
		case got.Status != status || got.Code() != string(code) || got.Field("field") != field:
			v.T.Errorf("%s: got %d %q at %q, want %d %q at %q: %s", what, got.Status, got.Code(), got.Field("field"), status, code, field, got.Text)
		case got.Header.Get("Content-Type") != "application/problem+json":
			v.T.Errorf("%s: content type %q", what, got.Header.Get("Content-Type"))
		case got.Field("title") == "" || got.Field("detail") == "" || got.Field("type") != "urn:houzhen:problem:"+string(code):
			v.T.Errorf("%s: no words or type in %s", what, got.Text)
		}
		for _, secret := range []string{"张小三", document, phone, "goroutine", ".go:", "SQL", "sqlite"} {
			if strings.Contains(got.Text, secret) {
				v.T.Errorf("%s: %q stands in %s", what, secret, got.Text)
			}
		}
	}
	if words["zh-CN"] == words["en"] {
		v.T.Errorf("%s: the same words in both languages: %s", what, words["en"])
	}
}

func TestBadInputIsAProblemInWords(t *testing.T) {
	t.Parallel()
	v := visit(t)
	add := func(body map[string]any) func() clinictest.Answer {
		return func() clinictest.Answer { return v.b.Do("POST", "/api/v1/patients", body) }
	}
	book := func(body map[string]any) func() clinictest.Answer {
		return func() clinictest.Answer { return v.book(body) }
	}
	raw := func(kind string, body []byte) func() clinictest.Answer {
		return func() clinictest.Answer {
			return v.b.Send("POST", "/api/v1/appointments", body, http.Header{"Content-Type": {kind}, "Idempotency-Key": {uuid.NewString()}})
		}
	}
	v.want("an ID number with a wrong check sign",
		add(map[string]any{"name": "李小四", "doc": "110105194912310021", "relation": "spouse"}), 422, houzhen.CodeIDNumber, "doc")
	v.want("an ID number of a 13th month",
		add(map[string]any{"name": "李小四", "doc": "11010519491331002X", "relation": "spouse"}), 422, houzhen.CodeIDNumber, "doc")
	v.want("a person without a document", add(map[string]any{"name": "李小四", "relation": "spouse"}), 422, houzhen.CodeMissing, "doc")
	v.want("a relation that does not exist",
		add(map[string]any{"name": "李小四", "doc": document, "relation": "boss"}), 422, houzhen.CodeInvalid, "relation")
	v.want("a document under another name",
		add(map[string]any{"name": "李小四", "doc": document, "relation": "spouse"}), 409, houzhen.CodePatientExists, "doc")
	v.want("a phone that is none", func() clinictest.Answer {
		return v.b.Do("POST", "/api/v1/sign-in/code", map[string]string{"phone": "12345"})
	}, 422, houzhen.CodePhone, "phone")
	v.want("a number that the session has not", book(map[string]any{"slot": 99}), 404, houzhen.CodeSlotUnknown, "slot")
	v.want("a slice that the session has not", book(map[string]any{"start": v.At(1, "07:00")}), 404, houzhen.CodeSlotUnknown, "start")
	v.want("a session that is not", book(map[string]any{"session_id": "none"}), 404, houzhen.CodeNotFound, "session_id")
	v.want("a patient of somebody else", book(map[string]any{"patient_id": "none"}), 404, houzhen.CodeNotFound, "patient_id")
	v.want("a number below zero", book(map[string]any{"slot": -1}), 422, houzhen.CodeInvalid, "slot")
	v.want("a number in words", book(map[string]any{"slot": "five"}), 422, houzhen.CodeInvalid, "slot")
	v.want("half a body", raw("application/json", []byte(`{"patient_id": `)), 400, houzhen.CodeMalformed, "")
	v.want("two bodies", raw("application/json", []byte(`{}{}`)), 400, houzhen.CodeMalformed, "")
	v.want("a body too large", raw("application/json", bytes.Repeat([]byte(" "), 65<<10)), 413, houzhen.CodeTooLarge, "")
	v.want("a form for JSON", raw("application/x-www-form-urlencoded", []byte("a=b")), 415, houzhen.CodeMediaType, "")
	v.want("no content type", raw("", []byte("{}")), 415, houzhen.CodeMediaType, "")
	v.want("text in GBK", raw("application/json", []byte("{\"patient_id\":\"\xd5\xc5\xc8\xfd\"}")), 400, houzhen.CodeEncoding, "")
	v.want("no key", func() clinictest.Answer {
		return v.b.Send("POST", "/api/v1/appointments", []byte("{}"), http.Header{"Content-Type": {"application/json"}})
	}, 400, houzhen.CodeKeyMissing, "Idempotency-Key")
	v.want("an appointment that is not", func() clinictest.Answer {
		return v.b.Do("GET", "/api/v1/appointments/none/position", nil)
	}, 404, houzhen.CodeNotFound, "")
}

func TestRefusedBookingsAreProblemsInWords(t *testing.T) {
	t.Parallel()
	v := visit(t)
	book := func(body map[string]any) func() clinictest.Answer {
		return func() clinictest.Answer { return v.book(body) }
	}
	today, later := v.Session("wang", 0, houzhen.Morning), v.SessionWith("li", 5, houzhen.Morning, func(s *booking.Session) {
		s.ReleaseAt = v.At(3, "07:00")
	})
	suspended := v.Session("li", 2, houzhen.Morning)
	v.Suspend(suspended)
	v.GoTo(v.At(0, "10:05"))
	v.want("a slice that has begun", book(map[string]any{"session_id": today.ID, "start": v.At(0, "10:00")}), 422, houzhen.CodeSlotPast, "slot")
	v.want("a session before its release", book(map[string]any{"session_id": later.ID}), 422, houzhen.CodeNotReleased, "session_id")
	v.want("a suspended session", book(map[string]any{"session_id": suspended.ID}), 422, houzhen.CodeSessionSuspended, "session_id")
	v.GoTo(v.At(0, "12:00"))
	v.want("a session that is over", book(map[string]any{"session_id": today.ID}), 422, houzhen.CodeSessionClosed, "session_id")

	made := v.b.Want(http.StatusCreated, v.book(map[string]any{"start": v.At(1, "09:00")}))
	v.want("a second visit to the same doctor", book(map[string]any{"start": v.At(1, "10:00")}), 409, houzhen.CodeAlreadyBooked, "session_id")
	slot := v.State(booking.Appointment{ID: made.Field("id")}).SlotNo
	other := v.Browser()
	other.SignIn("13812348888")
	somebody := other.Want(http.StatusCreated, other.Do("POST", "/api/v1/patients", map[string]any{
		"name": "李小四", "doc": "G12345678", "doc_type": "03", "birth": "1990-05-06", "sex": "F", "relation": "self",
	})).Field("id")
	v.b = other
	taken := book(map[string]any{"patient_id": somebody, "slot": slot})
	v.want("a place that another has", taken, 409, houzhen.CodeSlotTaken, "slot")
	if near, _ := taken().Body["alternatives"].([]any); len(near) == 0 {
		t.Error("the loser is shown no alternatives")
	}
	v.Wait(time.Minute)
}

// TestKeyWithAnotherRequestIsRefused: a key belongs to one request.
func TestKeyWithAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	v := visit(t)
	ask := func(start time.Time) clinictest.Answer {
		return v.b.DoKey("one", "POST", "/api/v1/appointments", map[string]any{"patient_id": v.patient, "session_id": v.open.ID, "start": start})
	}
	v.b.Want(http.StatusCreated, ask(v.At(1, "09:00")))
	if got := ask(v.At(1, "10:00")); got.Status != 422 || got.Code() != string(houzhen.CodeKeyReused) {
		t.Errorf("got %d %s, want 422 %s", got.Status, got.Text, houzhen.CodeKeyReused)
	}
}
