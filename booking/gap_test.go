package booking_test

import (
	"testing"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Whoever has a visit is not given another that he cannot reach in time; the
// desk may do it all the same.
func TestVisitsOfOnePatientLieApart(t *testing.T) {
	for name, c := range map[string]struct {
		no      int // of the second visit's place, two a slice of half an hour from 08:00 on; 0: the start is asked for
		start   time.Duration
		gap     time.Duration
		channel string
		want    houzhen.Code
	}{
		"the same slice":                 {no: 1, gap: time.Hour, channel: "app", want: houzhen.CodeOverlap},
		"the next slice":                 {no: 3, gap: time.Hour, channel: "app", want: houzhen.CodeOverlap},
		"half an hour between":           {no: 5, gap: time.Hour, channel: "app", want: houzhen.CodeOverlap},
		"an hour between":                {no: 7, gap: time.Hour, channel: "app"},
		"asked for by its start":         {start: time.Hour, gap: time.Hour, channel: "app", want: houzhen.CodeOverlap},
		"the next slice, no gap needed":  {no: 3, channel: "app"},
		"the same slice, no gap needed":  {no: 1, channel: "app", want: houzhen.CodeOverlap},
		"the same slice, overlap is let": {no: 1, gap: -1, channel: "app"},
		"the same slice at the desk":     {no: 1, gap: time.Hour, channel: booking.DeskChannel},
	} {
		t.Run(name, func(t *testing.T) {
			k := newClinic(t, noLimits, func(p *booking.Policy) { p.Gap = c.gap })
			k.book(k.session("chen", monday, 2), "li", 1)
			second := k.session("wu", monday, 2)
			r := k.request(second, "li", c.no)
			r.Channel = c.channel
			if c.no == 0 {
				r.Start = second.Start.Add(c.start)
			}
			_, err := k.Book(t.Context(), r)
			wantCode(t, err, c.want)
		})
	}
}
