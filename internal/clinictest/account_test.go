package clinictest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
)

const (
	motherPhone   = "13812340001"
	strangerPhone = "13812340002"
)

// document builds an identity number with its check sign.
func document(birth houzhen.Date, seq int) string {
	body := fmt.Sprintf("110101%04d%02d%02d%03d", birth.Year, int(birth.Month), birth.Day, seq)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}

func TestMotherBooksForHerselfAndHerChildByPhone(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		b := c.Browser()
		b.Want(http.StatusUnauthorized, b.Do("GET", "/api/v1/patients", nil))
		b.SignIn(motherPhone)

		herself := b.Want(http.StatusCreated, b.Do("POST", "/api/v1/patients", map[string]any{
			"name": "陈小花", "doc": document(houzhen.Date{Year: 1990, Month: time.May, Day: 6}, 22), "relation": "self", "travel_minutes": 30,
		}))
		child := b.Want(http.StatusCreated, b.Do("POST", "/api/v1/patients", map[string]any{
			"name": "陈小宝", "doc": document(houzhen.Date{Year: 2020, Month: time.June, Day: 1}, 11), "relation": "child",
		}))
		if strings.Contains(herself.Text+child.Text, "陈小") || strings.Contains(herself.Text, "19900506") {
			t.Errorf("the answers hold what must be masked: %s %s", herself.Text, child.Text)
		}

		key := "book-once"
		request := map[string]any{"patient_id": child.Field("id"), "session_id": s.ID, "start": c.At(1, "09:00")}
		made := b.Want(http.StatusCreated, b.DoKey(key, "POST", "/api/v1/appointments", request))
		again := b.Want(http.StatusCreated, b.DoKey(key, "POST", "/api/v1/appointments", request))
		if again.Field("id") != made.Field("id") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the same key gave %s, want %s replayed", again.Text, made.Text)
		}
		c.Settle()
		c.ExpectAt(motherPhone, "appt.booked", "陈*宝", "09:00-09:30")
		b.Want(http.StatusCreated, b.Do("POST", "/api/v1/appointments", map[string]any{
			"patient_id": herself.Field("id"), "session_id": s.ID, "start": c.At(1, "09:30"),
		}))
		c.Settle()
		c.ExpectAt(motherPhone, "appt.booked", "陈*花", "09:30-10:00")
		c.ExpectNothingElse()

		position := "/api/v1/appointments/" + made.Field("id") + "/position"
		c.GoTo(c.At(1, "07:30"))
		if got := b.Want(http.StatusOK, b.Do("GET", position, nil)); got.Field("label") != "A005" || got.Field("state") != "not_checked_in" {
			t.Errorf("position %s, want A005 not checked in", got.Text)
		}
		c.ExpectAt(motherPhone, "appt.remind.d1.many", "陈*宝", "陈*花", `"n":"2"`) // one for both

		c.strangerSeesNothing(s.ID, herself.Field("id"), made.Field("id"))

		b.Want(http.StatusOK, b.Do("POST", "/api/v1/appointments/"+made.Field("id")+"/cancel", map[string]any{}))
		c.Settle()
		c.ExpectAt(motherPhone, "appt.cancelled", "陈*宝")
		b.Do("POST", "/api/v1/sign-out", nil)
		b.Want(http.StatusUnauthorized, b.Do("GET", position, nil))
		c.ExpectNothingElse()
	})
}

// strangerSeesNothing signs another phone in and tries everything that has an
// id of the mother's in it.
func (c *Clinic) strangerSeesNothing(session, patient, appointment string) {
	c.T.Helper()
	b := c.Browser()
	b.SignIn(strangerPhone)
	for _, ask := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/v1/appointments/" + appointment, nil},
		{"GET", "/api/v1/appointments/" + appointment + "/position", nil},
		{"GET", "/api/v1/appointments/" + appointment + "/options", nil},
		{"POST", "/api/v1/appointments/" + appointment + "/cancel", map[string]any{}},
		{"POST", "/api/v1/appointments/" + appointment + "/move", map[string]any{"session_id": session}},
		{"PUT", "/api/v1/appointments/" + appointment + "/travel", map[string]any{"minutes": 10}},
		{"POST", "/api/v1/appointments", map[string]any{"patient_id": patient, "session_id": session}},
	} {
		if got := b.Do(ask.method, ask.path, ask.body); got.Status != http.StatusNotFound && got.Status != http.StatusForbidden {
			c.T.Errorf("a stranger's %s %s got %d %s, want 404 or 403", ask.method, ask.path, got.Status, got.Text)
		}
	}
	if got := b.Do("GET", "/api/v1/appointments", nil); strings.Contains(got.Text, appointment) {
		c.T.Errorf("a stranger's list has the appointment: %s", got.Text)
	}
}

func TestWrongCodesSignNobodyIn(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		b := c.Browser()
		asked := b.Want(http.StatusOK, b.Do("POST", "/api/v1/sign-in/code", map[string]string{"phone": motherPhone}))
		c.Settle()
		code := CodeIn(c.ExpectAt(motherPhone, "auth.code"))
		try := func(code string) Answer {
			return b.Do("POST", "/api/v1/sign-in", map[string]string{"sign_in": asked.Field("sign_in"), "code": code})
		}
		if got := try("000000"); got.Status != http.StatusUnauthorized || got.Code() != string(houzhen.CodeBadCode) {
			t.Errorf("a wrong code got %d %s, want %s", got.Status, got.Code(), houzhen.CodeBadCode)
		}
		c.Clock.Advance(6 * time.Minute)
		if got := try(code); got.Code() != string(houzhen.CodeBadCode) {
			t.Errorf("a code of six minutes ago got %d %s, want %s", got.Status, got.Code(), houzhen.CodeBadCode)
		}
		b.Want(http.StatusUnauthorized, b.Do("GET", "/api/v1/patients", nil))
	})
}
