package booking_test

import (
	"context"
	"errors"
	"testing"

	"github.com/houzhen/houzhen/booking"
)

// away says whom the house keeps at home, by patient; an error for one of whom
// it cannot say so.
type away map[string]error

func (w away) KeptAway(_ context.Context, _ booking.Tx, a booking.Appointment) (bool, error) {
	err, known := w[a.PatientID]
	return known && err == nil, err
}

func TestWhoIsKeptAwayIsNeitherReleasedNorANoShow(t *testing.T) {
	c := newClinic(t)
	house := away{"kept": nil}
	c.with(booking.WithExpectation(house))
	s := c.session("chen", monday, 2)
	kept, absent := c.book(s, "kept", 1), c.book(s, "absent", 2)
	c.at(monday, 7, 30)
	c.sweep("open", c.open, 1)
	c.at(monday, 8, 50)
	c.sweep("twenty minutes after the slice", c.release, 1)
	if !c.load(kept.ID).ReleasedAt.IsZero() || c.load(absent.ID).ReleasedAt.IsZero() {
		t.Error("the place of whom the house keeps at home is given away, or that of the other is not")
	}
	c.at(monday, 11, 40)
	c.sweep("after the deadline", c.noShows, 1)
	if got := c.load(kept.ID).State; got != booking.Booked {
		t.Errorf("he is in state %d on his way", got)
	}
	if got := c.load(absent.ID).State; got != booking.NoShow {
		t.Errorf("the other is in state %d", got)
	}
	delete(house, "kept")
	c.sweep("once he is expected no more", c.noShows, 1)
}

func TestNobodyIsMarkedWhereTheHouseCannotSay(t *testing.T) {
	c := newClinic(t)
	c.with(booking.WithExpectation(away{"kept": errors.New("the queue is down")}))
	s := c.session("chen", monday, 1)
	kept := c.book(s, "kept", 1)
	c.at(monday, 11, 40)
	if _, err := c.noShows(); err == nil {
		t.Error("no error although nobody could say")
	}
	if got := c.load(kept.ID).State; got != booking.Booked {
		t.Errorf("he is in state %d although nobody could say", got)
	}
}
