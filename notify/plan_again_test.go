package notify

import (
	"testing"
	"time"
)

func TestWordOfAContinuationIsOfUseUntilItsLastDay(t *testing.T) {
	p := DefaultPolicy(time.UTC)
	night := time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC)
	s := Subject{ID: "c1", Recipient: "p1", HasPhone: true, End: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}
	rows := p.PlanAgain(s, night)
	if len(rows) != 1 || rows[0].Kind != KindAgain || !rows[0].ExpiresAt.Equal(s.End) || !rows[0].DueAt.Equal(night.Add(8*time.Hour)) {
		t.Errorf("got %+v, want one that waits for the morning and is of use until the last day is over", rows)
	}
	s.Start = night.Add(time.Hour)
	rows = p.PlanContinued(s, night)
	if len(rows) != 1 || rows[0].Kind != KindContinued || !rows[0].ExpiresAt.Equal(s.Start) {
		t.Errorf("got %+v, want a confirmation that is of use until the visit", rows)
	}
}
