package webhook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/houzhen/houzhen/internal/webhook"
)

// A receiver reads the whole body, verifies it before it reads a word, takes
// each event once and answers 2xx only when it is kept.
func ExampleVerify() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // from the answer that made the endpoint
	now := func() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }
	kept := map[string]bool{} // by id of event; a table with a unique key in earnest

	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil || webhook.Verify(secret, r.Header, body, now()) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var delivery struct{ Events []webhook.Event }
		if err := json.Unmarshal(body, &delivery); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, e := range delivery.Events {
			if !kept[e.ID] {
				kept[e.ID] = true
				fmt.Println("took", e.Cursor, e.Type, e.Data["reason"])
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}

	const body = `{"events":[{"id":"f1","cursor":42,"type":"appointment.cancelled","at":"2026-03-02T02:00:00Z","version":2,"data":{"reason":"withdrawn"}}]}`
	send := func(body, signature string) {
		r := httptest.NewRequest(http.MethodPost, "/facts", strings.NewReader(body))
		r.Header.Set(webhook.HeaderID, "w1-42-42")
		r.Header.Set(webhook.HeaderTimestamp, fmt.Sprint(now().Unix()))
		r.Header.Set(webhook.HeaderSignature, signature)
		w := httptest.NewRecorder()
		receive(w, r)
		fmt.Println("answered", w.Code)
	}
	signature, err := webhook.Sign(secret, "w1-42-42", now(), []byte(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	send(body, signature)
	send(body, signature) // told again, as after an answer that was lost
	send(strings.Replace(body, "f1", "f2", 1), signature)
	// Output:
	// took 42 appointment.cancelled withdrawn
	// answered 204
	// answered 204
	// answered 401
}
