package forecast

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShown(t *testing.T) {
	cases := map[string]struct{ in, want Range }{
		"outwards to five minutes": {
			Range{at(10, 7), at(10, 20), at(10, 31)}, Range{at(10, 5), at(10, 20), at(10, 35)},
		},
		"never narrower than ten": {
			Range{at(10, 6), at(10, 7), at(10, 8)}, Range{at(10, 5), at(10, 7), at(10, 15)},
		},
		"already round": {
			Range{at(10, 5), at(10, 7), at(10, 20)}, Range{at(10, 5), at(10, 7), at(10, 20)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Shown(c.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeep(t *testing.T) {
	shown := Range{at(10, 0), at(10, 15), at(10, 40)}
	cases := map[string]struct {
		fresh Range
		now   time.Time
		kept  bool
	}{
		"a small move":                  {Range{at(10, 5), at(10, 22), at(10, 45)}, at(9, 30), true},
		"the middle leaves upwards":     {Range{at(10, 20), at(10, 41), at(11, 0)}, at(9, 30), false},
		"the middle leaves downwards":   {Range{at(9, 40), at(9, 59), at(10, 20)}, at(9, 30), false},
		"it is over":                    {Range{at(10, 41), at(10, 40), at(10, 50)}, at(10, 40), false},
		"much narrower":                 {Range{at(10, 5), at(10, 12), at(10, 20)}, at(9, 30), false},
		"somewhat narrower is no news":  {Range{at(10, 2), at(10, 15), at(10, 30)}, at(9, 30), true},
		"nothing was shown before this": {Range{at(10, 5), at(10, 22), at(10, 45)}, at(9, 30), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := shown
			if name == "nothing was shown before this" {
				before = Range{}
			}
			want := Shown(c.fresh)
			if c.kept {
				want = before
			}
			if diff := cmp.Diff(want, Keep(before, c.fresh, c.now)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestACardSaysHowAndWhyItChanged(t *testing.T) {
	shown := Card{Range: Range{at(10, 0), at(10, 15), at(10, 40)}, Situation: Situation{Ahead: 5, Entered: 3, Started: true}}
	later, earlier := Range{at(10, 30), at(10, 45), at(11, 10)}, Range{at(9, 35), at(9, 50), at(10, 10)}
	narrower := Range{at(10, 10), at(10, 15), at(10, 20)}
	tightened := Range{at(10, 21), at(10, 25), at(10, 39)}
	for name, c := range map[string]struct {
		before Card
		fresh  Range
		now    Situation
		change Change
		cause  Cause
	}{
		"the first":                    {Card{}, later, Situation{Ahead: 5}, First, CauseNone},
		"no news":                      {shown, shown.Range, Situation{Ahead: 4, Entered: 4, Started: true}, "", CauseNone},
		"later, one by one":            {shown, later, Situation{Ahead: 4, Entered: 4, Started: true}, Later, CauseSlower},
		"later, somebody went before":  {shown, later, Situation{Ahead: 5, Entered: 4, Started: true}, Later, CauseInserted},
		"later, the doctor is away":    {shown, later, Situation{Ahead: 5, Entered: 4, Started: true, Paused: true}, Later, CausePaused},
		"later, he has not begun":      {shown, later, Situation{Ahead: 5, Entered: 3}, Later, CauseLateStart},
		"earlier, one by one":          {shown, earlier, Situation{Ahead: 3, Entered: 5, Started: true}, Earlier, CauseFaster},
		"earlier, somebody stays away": {shown, earlier, Situation{Ahead: 2, Entered: 5, Started: true}, Earlier, CauseFewer},
		"better known on both sides":   {shown, narrower, Situation{Ahead: 4, Entered: 4, Started: true}, Narrower, CauseNone},
		"better known":                 {shown, tightened, Situation{Ahead: 4, Entered: 4, Started: true}, Narrower, CauseNone},
	} {
		next := c.before.Next(c.fresh, c.now, at(9, 30))
		if next.Change != c.change || next.Cause != c.cause {
			t.Errorf("%s: got %q for %q, want %q for %q", name, next.Change, next.Cause, c.change, c.cause)
		}
		if c.change == "" && next != c.before {
			t.Errorf("%s: the range moved", name)
		}
	}
}

func TestWhoIsNearIsToldInWords(t *testing.T) {
	for ahead, want := range map[int]Near{0: NearNext, 1: NearFew, 3: NearFew, 4: NearNot, 20: NearNot} {
		if got := NearOf(ahead); got != want {
			t.Errorf("%d ahead: got %q, want %q", ahead, got, want)
		}
	}
}

func TestQualityOfTheLastThirtyDays(t *testing.T) {
	now := at(12, 0)
	first := Range{at(10, 0), at(10, 20), at(10, 40)}
	last := Range{at(10, 25), at(10, 30), at(10, 35)}
	got := QualityOf([]Outcome{
		{Shown: first, Last: last, Called: at(10, 30)}, // both right, ten minutes off
		{Shown: first, Last: last, Called: at(10, 40)}, // the end of the first belongs to it
		{Shown: first, Last: last, Called: at(11, 0)},
		{Called: at(10, 30)}, // was shown nothing
		{Shown: first, Last: last, Called: now.AddDate(0, 0, -31)},
		{Shown: first, Last: last, Called: at(12, 1)},
	}, now)
	want := Quality{People: 3, FirstRight: 2. / 3, LastRight: 1. / 3, Off: 70 * time.Minute / 3, Width: 40 * time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := QualityOf(nil, now); got != (Quality{}) {
		t.Errorf("of nobody: %+v", got)
	}
}
