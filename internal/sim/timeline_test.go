package sim

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var eight = time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC)

func at(minute int, key, lane string) step {
	return step{at: eight.Add(time.Duration(minute) * time.Minute), key: key, lane: lane}
}

func keys(steps []step) string {
	var list []string
	for _, s := range steps {
		list = append(list, s.key)
	}
	return strings.Join(list, " ")
}

func TestTimelineGoesByTimeThenByKey(t *testing.T) {
	var line timeline
	for _, s := range []step{at(5, "c", ""), at(9, "a", ""), at(5, "b", ""), at(0, "z", ""), at(5, "a", "")} {
		line.add(s)
	}
	var got []step
	for s, ok := line.next(); ok; s, ok = line.next() {
		got = append(got, s)
	}
	if want := "z a b c a"; keys(got) != want {
		t.Errorf("got %s, want %s", keys(got), want)
	}
}

func TestTimelineTakesWhatIsAddedOnTheWay(t *testing.T) {
	var line timeline
	line.add(at(0, "a", ""))
	line.add(at(9, "c", ""))
	first, _ := line.next()
	line.add(at(4, "b", ""))
	second, _ := line.next()
	if diff := cmp.Diff(keys([]step{first, second}), "a b"); diff != "" {
		t.Errorf("order (-got +want):\n%s", diff)
	}
}

func TestCompanyIsWhoeverSharesTheWindow(t *testing.T) {
	for _, c := range []struct {
		name string
		rest []step
		want string
	}{
		{"those of the window", []step{at(3, "b", "y"), at(9, "c", "x"), at(10, "d", "z")}, "a b c"},
		{"up to one that wants to be alone", []step{at(3, "b", "y"), at(4, "tick", ""), at(5, "c", "x")}, "a b"},
		{"nobody", nil, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var line timeline
			line.add(at(0, "a", "x"))
			for _, s := range c.rest {
				line.add(s)
			}
			first, _ := line.next()
			group := line.company(first, 10*time.Minute)
			if keys(group) != c.want {
				t.Errorf("got %s, want %s", keys(group), c.want)
			}
			if got, want := line.Len(), 1+len(c.rest)-len(group); got != want {
				t.Errorf("%d steps are left, want %d", got, want)
			}
		})
	}
}

func TestOneThatWantsToBeAloneHasNoCompany(t *testing.T) {
	var line timeline
	line.add(at(1, "b", "x"))
	if group := line.company(at(0, "tick", ""), 10*time.Minute); len(group) != 1 {
		t.Errorf("got %s, want the tick alone", keys(group))
	}
}

// TestALaneKeepsItsOrder lets two lanes run side by side: each waits for the
// other once, which only ends if they do, and keeps its own order.
func TestALaneKeepsItsOrder(t *testing.T) {
	var mu sync.Mutex
	done := map[string]string{}
	met := map[string]chan struct{}{"x": make(chan struct{}), "y": make(chan struct{})}
	other := map[string]string{"x": "y", "y": "x"}
	var group []step
	for minute := range 5 {
		for _, lane := range []string{"x", "y"} {
			s := at(minute, string(rune('a'+minute)), lane)
			s.do = func() error {
				if minute == 0 {
					close(met[lane])
					<-met[other[lane]]
				}
				mu.Lock()
				defer mu.Unlock()
				done[lane] += s.key
				return nil
			}
			group = append(group, s)
		}
	}
	if err := together(group); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(done, map[string]string{"x": "abcde", "y": "abcde"}); diff != "" {
		t.Errorf("order of the lanes (-got +want):\n%s", diff)
	}
}

func TestALaneEndsAtItsFirstError(t *testing.T) {
	broken := errors.New("broken")
	first, second, other := at(0, "a", "x"), at(1, "b", "x"), at(1, "c", "y")
	first.do = func() error { return broken }
	second.do = func() error { t.Error("went on after an error"); return nil }
	other.do = func() error { return nil }
	if err := together([]step{first, second, other}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
