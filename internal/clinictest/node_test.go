package clinictest

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/notify/aliyuntest"
)

func TestTwoNodesRemindOnce(t *testing.T) {
	t.Parallel()
	c := Open(t, Services(t))
	other := c.Node()
	s := c.Session("wang", 1, houzhen.Morning)
	names := []string{"张小三", "李小四", "王小五", "赵小六"}
	for i, at := range []string{"08:00", "08:30", "09:00", "09:30"} {
		c.Book(names[i], s, at)
		c.ExpectSMS(names[i], "appt.booked")
	}
	c.Clock.Set(c.At(0, "10:00")) // both wake at the same tick
	for _, err := range atOnce(
		func() error { return c.App.Fire(c.ctx) },
		func() error { return other.Fire(c.ctx) },
		func() error { return c.App.Sweep(c.ctx) },
		func() error { return other.Sweep(c.ctx) },
	) {
		c.must(err)
	}
	c.must(other.Drain(c.ctx))
	c.Settle()
	for _, name := range names {
		c.ExpectSMS(name, "appt.remind.d1")
	}
	c.GoTo(c.At(0, "20:00"))
	c.must(other.Fire(c.ctx))
	c.must(other.Drain(c.ctx))
	c.ExpectNothingElse()
}

// TestScreenAtOneNodeShowsCallsOfTheOther: what happens at one node reaches
// whoever watches at another.
func TestScreenAtOneNodeShowsCallsOfTheOther(t *testing.T) {
	t.Parallel()
	c := Open(t, Services(t))
	wall := c.watchScreen("zone", "zone-b") // at the first node
	other := c.Node()
	s := c.Session("wang", 1, houzhen.Morning)
	a := c.Book("张小三", s, "08:00")
	c.GoTo(c.At(1, "08:00"))
	first := c.App
	c.App = other
	c.CheckIn(a)
	c.CallNext(s, "张小三")
	c.App = first
	wall.Until("zone/zone-b", func(state json.RawMessage) bool {
		var z board.Zone
		return json.Unmarshal(state, &z) == nil && z.Call != nil && z.Call.Label == "A001"
	})
}

func TestReceiptsSettleTheLedger(t *testing.T) {
	Each(t, func(c *Clinic) {
		t := c.T
		s := c.Session("wang", 1, houzhen.Morning)
		a, b := c.Book("张小三", s, "08:00"), c.Book("李小四", s, "08:30")
		c.Take("张小三", "李小四")
		wrong := c.Browser().Send("POST", "/callbacks/aliyun/guessed-guessed-guessed-guessed/sms-report", []byte("[]"),
			http.Header{"Content-Type": {"application/json"}})
		if wrong.Status != http.StatusNotFound {
			t.Errorf("a guessed address got %d, want 404", wrong.Status)
		}
		address := c.Server() + "/callbacks/aliyun/" + callbackToken + "/sms-report"
		n, err := c.Provider.Receipts(c.ctx, address, aliyuntest.Posting{Batch: 1, Repeat: 1, Shuffle: 7}) // twice and out of order
		c.must(err)
		if n != 2 {
			t.Errorf("%d receipts were acknowledged, want 2", n)
		}
		c.Settle() // acknowledged at once, worked on after
		for _, id := range []string{a.ID, b.ID} {
			if got, want := c.Ledger(id), []string{"appt.booked delivered"}; !slices.Equal(got, want) {
				t.Errorf("ledger %v, want %v", got, want)
			}
		}
		c.ExpectNothingElse()
	})
}
