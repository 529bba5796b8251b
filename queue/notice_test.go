package queue_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// wall is a store of notices alone, at an instant that the test moves.
type wall struct {
	now   time.Time
	list  []queue.Notice
	facts []houzhen.Event
	ids   int
}

func (w *wall) Now() time.Time { return w.now }

func (w *wall) NewID() string { w.ids++; return string(rune('a' + w.ids)) }

func (w *wall) Emit(e houzhen.Event) error { w.facts = append(w.facts, e); return nil }

func (w *wall) AddNotice(_ context.Context, n queue.Notice) error {
	w.list = append(w.list, n)
	return nil
}

func (w *wall) TakeNotice(_ context.Context, id, by string, at time.Time) error {
	for i := range w.list {
		if w.list[i].ID == id {
			w.list[i].TakenBy, w.list[i].TakenAt = by, at
		}
	}
	return nil
}

func (w *wall) Notice(_ context.Context, id string) (queue.Notice, error) {
	for _, n := range w.list {
		if n.ID == id {
			return n, nil
		}
	}
	return queue.Notice{}, houzhen.E(houzhen.CodeNotFound, "notice")
}

func (w *wall) Notices(_ context.Context, zone string, after time.Time) ([]queue.Notice, error) {
	return slices.DeleteFunc(slices.Clone(w.list), func(n queue.Notice) bool { return n.ZoneID != zone || !n.Until.After(after) }), nil
}

func (w *wall) tell(t *testing.T, request, text string, minutes int) (queue.Notice, error) {
	t.Helper()
	return queue.Tell(t.Context(), w, queue.Notice{ZoneID: "z1", Request: request, Text: houzhen.Label{Zh: text}, By: "n1"}, minutes)
}

func TestANoticeStandsForItsMinutes(t *testing.T) {
	w := &wall{now: clock(8, 0)}
	n, err := w.tell(t, "r1", "  电梯\n检修 ", 30)
	if err != nil || n.Text.Zh != "电梯 检修" || n.By != "n1" || !n.Until.Equal(clock(8, 30)) {
		t.Fatalf("got %+v, %v", n, err)
	}
	if again, err := w.tell(t, "r1", "电梯检修", 30); err != nil || again.ID != n.ID || len(w.list) != 1 {
		t.Errorf("the same request said it again: %+v, %v", again, err)
	}
	for at, want := range map[time.Time]bool{clock(8, 0): true, clock(8, 29): true, clock(8, 30): false} {
		if got := n.Stands(at); got != want {
			t.Errorf("at %v it stands: %t", at, got)
		}
	}
	if len(w.facts) != 1 || w.facts[0].Kind != houzhen.ZoneNotice || w.facts[0].Subject != "z1" {
		t.Errorf("facts: %+v", w.facts)
	}
}

func TestANoticeIsTakenBackOnce(t *testing.T) {
	w := &wall{now: clock(8, 0)}
	n, err := w.tell(t, "r1", "电梯检修", 30)
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.TakeBack(t.Context(), w, "z2", n.ID, "n2"); houzhen.CodeOf(err) != houzhen.CodeNotFound {
		t.Errorf("from another zone: %v", err)
	}
	for _, by := range []string{"n2", "n3"} {
		if err := queue.TakeBack(t.Context(), w, "z1", n.ID, by); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.list[0]; got.TakenBy != "n2" || got.Stands(w.now) || len(w.facts) != 2 {
		t.Errorf("got %+v and %d facts", got, len(w.facts))
	}
	if left := queue.Standing(w.list, w.now); len(left) != 0 {
		t.Errorf("still shown: %+v", left)
	}
}

func TestWhatANoticeMayNotBe(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		minutes int
		want    houzhen.Code
	}{
		"empty":            {" ", 30, houzhen.CodeMissing},
		"forty signs":      {strings.Repeat("检", 40), 30, ""},
		"forty-one":        {strings.Repeat("检", 41), 30, houzhen.CodeTooLarge},
		"a phone":          {"请联系 138 0013 8000", 30, houzhen.CodeNoticeNumber},
		"an ID number":     {"11010519491231002X 请到分诊台", 30, houzhen.CodeNoticeNumber},
		"a wide digit":     {"１３８００１３８０００", 30, houzhen.CodeNoticeNumber},
		"times and rooms":  {"10:30 起 3、4、5 诊室移至 201", 30, ""},
		"no minutes":       {"电梯检修", 0, houzhen.CodeInvalid},
		"four hours":       {"电梯检修", 240, ""},
		"longer than that": {"电梯检修", 241, houzhen.CodeInvalid},
	} {
		w := &wall{now: clock(8, 0)}
		_, err := w.tell(t, "r1", c.text, c.minutes)
		if got := houzhen.CodeOf(err); err != nil && got != c.want || err == nil && c.want != "" {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestThreeNoticesStandAtMost(t *testing.T) {
	w := &wall{now: clock(8, 0)}
	var first queue.Notice
	for i, request := range []string{"r1", "r2", "r3"} {
		n, err := w.tell(t, request, "电梯检修", 30)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = n
		}
	}
	if _, err := w.tell(t, "r4", "电梯检修", 30); houzhen.CodeOf(err) != houzhen.CodeNoticesFull {
		t.Errorf("a fourth: %v", err)
	}
	if err := queue.TakeBack(t.Context(), w, "z1", first.ID, "n1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.tell(t, "r5", "电梯检修", 30); err != nil {
		t.Errorf("after one was taken back: %v", err)
	}
}
