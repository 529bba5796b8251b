package integrator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/notify"
	"github.com/houzhen/houzhen/notify/integrator"
)

const secret = "a-secret-of-more-than-24-signs"

var start = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

// receiver takes each id once and answers by its script, 0 for 200 and -1 for
// a broken connection after taking.
type receiver struct {
	script []int
	calls  int
	taken  map[string]integrator.Post
	wrong  []string
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	status := 0
	if len(v.script) > 0 {
		status, v.script = v.script[0], v.script[1:]
	}
	v.calls++
	if got, want := r.Header.Get("Houzhen-Signature"), integrator.Signature(notify.NewSecret(secret), start, body); got != want {
		v.wrong = append(v.wrong, got)
	}
	if status <= 0 {
		var p integrator.Post
		_ = json.Unmarshal(body, &p)
		v.taken[r.Header.Get("Idempotency-Key")] = p
	}
	if status == -1 {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
		return
	}
	if status == 302 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(max(status, 200))
}

func open(t *testing.T, script ...int) (*receiver, *integrator.Sender) {
	t.Helper()
	v := &receiver{script: script, taken: map[string]integrator.Post{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	s, err := integrator.New(integrator.Config{URL: server.URL, Secret: notify.NewSecret(secret)}, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	return v, s
}

func parcel() notify.Parcel {
	return notify.Parcel{
		OutID: "hz-1", Kind: notify.KindBooked, Recipient: "p1", Lang: houzhen.English, Title: "Booked", Text: "Z*** booked", Link: "/a/1",
		Expires: start.Add(time.Hour), Phone: houzhen.NewPhone("13900139000"),
	}
}

func TestAMessageIsPostedSigned(t *testing.T) {
	v, s := open(t)
	if sent := s.Send(t.Context(), parcel()); sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	until := start.Add(time.Hour)
	want := map[string]integrator.Post{"hz-1": {ID: "hz-1", Kind: notify.KindBooked, Recipient: "p1", Lang: "en", Title: "Booked", Text: "Z*** booked", Link: "/a/1", Expires: &until}}
	if diff := cmp.Diff(v.taken, want); diff != "" {
		t.Error(diff)
	}
	if len(v.wrong) > 0 {
		t.Errorf("signatures %q", v.wrong)
	}
}

func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		script []int
		want   notify.Outcome
		calls  int
	}{
		{[]int{204}, notify.OutcomeAccepted, 1},
		{[]int{429}, notify.OutcomeRetry, 1},
		{[]int{404}, notify.OutcomeRecipient, 1},
		{[]int{401}, notify.OutcomeConfig, 1},
		{[]int{302}, notify.OutcomeConfig, 1},
		{[]int{422}, notify.OutcomeMessage, 1},
		{[]int{500, 200}, notify.OutcomeAccepted, 2},
		{[]int{-1, 200}, notify.OutcomeAccepted, 2},
		{[]int{-1, 429}, notify.OutcomeAmbiguous, 2},
		{[]int{502, 502}, notify.OutcomeAmbiguous, 2},
	} {
		t.Run(fmt.Sprint(tt.script), func(t *testing.T) {
			v, s := open(t, tt.script...)
			if sent := s.Send(t.Context(), parcel()); sent.Outcome != tt.want || v.calls != tt.calls {
				t.Errorf("%+v after %d calls, want %s after %d", sent, v.calls, tt.want, tt.calls)
			}
			if len(v.taken) > 1 {
				t.Errorf("taken as %d messages", len(v.taken))
			}
		})
	}
}

func TestWithoutWhatIsNeeded(t *testing.T) {
	_, s := open(t)
	nobody := parcel()
	nobody.Recipient = ""
	if sent := s.Send(t.Context(), nobody); sent.Outcome != notify.OutcomeRecipient {
		t.Errorf("%+v", sent)
	}
	away, err := integrator.New(integrator.Config{URL: "http://127.0.0.1:1/", Secret: notify.NewSecret(secret)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	sent := away.Send(t.Context(), parcel())
	if sent.Outcome != notify.OutcomeRetry || sent.Code != "local.unreachable" {
		t.Errorf("%+v, want a later try", sent)
	}
	for field, conf := range map[string]integrator.Config{
		"url": {URL: "https://u:p@h.example/", Secret: notify.NewSecret(secret)}, "secret": {URL: "https://h.example/", Secret: notify.NewSecret("short")},
	} {
		if _, err := integrator.New(conf, time.Now); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
