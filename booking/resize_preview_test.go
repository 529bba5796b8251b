package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// What is shown before is what is done after, and showing does nothing.
func TestPreviewSaysWhatACutWillDo(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 5)
	want := []string{all[4].ID, all[3].ID}
	p, err := c.PreviewResize(c.Context(), booking.ResizeRequest{SessionID: s.ID, Places: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range p.Displaced {
		got = append(got, a.ID)
	}
	if d := cmp.Diff(want, got); d != "" || p.Places != 3 || p.Opened != 0 {
		t.Errorf("preview: %+v %s", p, d)
	}
	if list := c.overflow(); len(list) != 0 {
		t.Fatalf("a preview displaced %d", len(list))
	}
	if done := c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 3}); done.Displaced != len(want) || done.Places != p.Places {
		t.Errorf("got %+v, want what was shown", done)
	}
	p, err = c.PreviewResize(c.Context(), booking.ResizeRequest{SessionID: s.ID, Places: 10})
	if err != nil || p.Opened != 7 || p.Places != 10 || len(p.Displaced) != 0 {
		t.Errorf("raise: got %+v, %v", p, err)
	}
}

func TestPreviewRefusesWhatResizeRefuses(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	for want, r := range map[houzhen.Code]booking.ResizeRequest{
		houzhen.CodeInvalid:     {SessionID: s.ID, Places: booking.FirstWalkIn},
		houzhen.CodeNotFound:    {SessionID: "none", Places: 1},
		houzhen.CodeSlotUnknown: {SessionID: s.ID, Places: 1, Start: s.Start.Add(time.Minute)},
	} {
		_, err := c.PreviewResize(c.Context(), r)
		wantCode(t, err, want)
	}
}

// Whoever was displaced when nothing was free is kept places later.
func TestDisplacedAreKeptPlacesThatAppearLater(t *testing.T) {
	c := newClinic(t, noLimits)
	s := c.session("chen", monday, 1)
	all := c.full(s, 8)
	c.resize(booking.ResizeRequest{SessionID: s.ID, Places: 7})
	if list := c.overflow(); len(list) != 1 || len(list[0].Options) != 0 {
		t.Fatalf("got %+v, want one without places", list)
	}
	_, err := c.KeepFor(c.Context(), all[0].ID, nil)
	wantCode(t, err, houzhen.CodeState)
	c.session("chen", monday.AddDays(1), 1)
	first, err := c.KeepFor(c.Context(), all[7].ID, nil)
	if err != nil || len(first) == 0 {
		t.Fatalf("got %v, %v, want a kept place", first, err)
	}
	again, err := c.KeepFor(c.Context(), all[7].ID, nil)
	if err != nil || len(again) != len(first) || again[0].ID != first[0].ID {
		t.Errorf("asked again: got %d places, %v, want the same %d", len(again), err, len(first))
	}
	if list := c.overflow(); len(list[0].Options) != len(first) {
		t.Errorf("the list shows %d kept places, want %d", len(list[0].Options), len(first))
	}
}

func TestSlicesCountWhatStands(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	later := start.Add(30 * time.Minute)
	slots := []booking.Slot{
		{No: 4, Start: later, Band: booking.BandBooked},
		{No: 1, Start: start, Band: booking.BandBooked, Taken: true},
		{No: 2, Start: start, Band: booking.BandBooked, Withheld: true, Taken: true},
		{No: 3, Start: start, Band: booking.BandBooked, Withheld: true},
		{No: 301, Start: later, Band: booking.BandOverbook, Taken: true},
		{No: 302, Start: later, Band: booking.BandOverbook},
		{No: 201, Start: later, Band: booking.BandWalkIn, Taken: true},
	}
	want := []booking.SliceUse{{Start: start, Places: 1, Sold: 1, Withheld: 1}, {Start: later, Places: 1, Over: 1}}
	if got := booking.SlicesOf(slots); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
