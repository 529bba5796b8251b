package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking/abuse"
)

// Too many attempts are refused with a time to wait and leave a trace; what
// was booked and given up leaves one each, however often it was asked.
func TestAttemptsAreLimitedAndTraced(t *testing.T) {
	v := visit(t)
	made := v.book(nil)
	if made.Status != http.StatusCreated {
		t.Fatalf("first attempt: %d %s", made.Status, made.Text)
	}
	v.b.Want(http.StatusOK, v.b.Do("POST", "/api/v1/appointments/"+made.Field("id")+"/cancel", map[string]any{}))
	refused := 0
	for range 20 {
		if a := v.book(map[string]any{"slot": 999}); a.Status == http.StatusTooManyRequests {
			refused++
			if a.Code() != string(houzhen.CodeRateLimited) || a.Header.Get("Retry-After") == "" {
				t.Fatalf("refused with %q and no time to wait: %s", a.Code(), a.Text)
			}
		}
	}
	if refused != 9 { // of a burst of 12 one is spent
		t.Errorf("%d of 20 attempts refused, want 9", refused)
	}
	v.must(t, v.App.Sweep(t.Context()))
	count := map[abuse.Action]int{}
	err := v.App.Store.Abuse().View(t.Context(), func(tx abuse.Tx) error {
		list, err := tx.Traces(t.Context(), time.Time{})
		for _, one := range list {
			count[one.Action]++
			if one.AccountID == "" || one.Origin.Address == "" || one.SessionID == "" {
				t.Errorf("trace lacks who, whence or what: %+v", one)
			}
		}
		return err
	})
	v.must(t, err)
	if count[abuse.Booked] != 1 || count[abuse.Cancelled] != 1 || count[abuse.Throttled] != 9 {
		t.Errorf("traces %v, want 1 booked, 1 cancelled, 9 throttled", count)
	}
	v.Wait(time.Minute)
	if a := v.book(map[string]any{"slot": 999}); a.Status == http.StatusTooManyRequests {
		t.Error("still refused after a minute")
	}
}

func (v *visitor) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
