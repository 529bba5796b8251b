package app

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// untouched is a live that nobody runs.
func untouched() *live {
	draw := func(context.Context, []string) error { return nil }
	return newLive(draw, func() time.Time { return time.Time{} }, slog.New(slog.DiscardHandler))
}

func TestWhoDrawsTakesAllThatHavePiledUp(t *testing.T) {
	t.Parallel()
	l := untouched()
	var all []string
	for i := range drawnTogether + 3 {
		all = append(all, fmt.Sprintf("s%02d", i))
		l.touch(all[i])
		l.touch(all[i]) // a burst of changes is one drawing
	}
	l.refresh("old")
	first, aged := l.take()
	if diff := cmp.Diff(first, all[:drawnTogether]); diff != "" || aged {
		t.Errorf("first, aged %v (-got +want):\n%s", aged, diff)
	}
	second, aged := l.take()
	if diff := cmp.Diff(second, all[drawnTogether:]); diff != "" || aged {
		t.Errorf("second, aged %v (-got +want):\n%s", aged, diff)
	}
}

func TestAQueueIsDrawnByOneAtATime(t *testing.T) {
	t.Parallel()
	l := untouched()
	l.touch("a")
	drawn, aged := l.take()
	l.touch("a")
	l.touch("b")
	if got, _ := l.take(); !cmp.Equal(got, []string{"b"}) {
		t.Errorf("while a is drawn: got %v", got)
	}
	l.done(drawn, aged)
	if got, _ := l.take(); !cmp.Equal(got, []string{"a"}) || l.idle() {
		t.Errorf("after a was drawn: got %v, idle %v", got, l.idle())
	}
}

func TestWhatHasOnlyGrownOlderIsDrawnAloneAndLast(t *testing.T) {
	t.Parallel()
	l := untouched()
	l.refresh("a")
	l.refresh("b")
	l.touch("c")
	if got, aged := l.take(); !cmp.Equal(got, []string{"c"}) || aged {
		t.Errorf("got %v, aged %v, want what changed", got, aged)
	}
	old, aged := l.take()
	if !cmp.Equal(old, []string{"a"}) || !aged {
		t.Errorf("got %v, aged %v, want the first that has grown older", old, aged)
	}
	if got, _ := l.take(); len(got) != 0 {
		t.Errorf("got %v beside one that has grown older", got)
	}
	l.done(old, aged)
	if got, aged := l.take(); !cmp.Equal(got, []string{"b"}) || !aged {
		t.Errorf("got %v, aged %v, want the next", got, aged)
	}
}
