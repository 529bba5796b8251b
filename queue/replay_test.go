package queue_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/queue"
)

func TestExplainTellsTheStoryOfASession(t *testing.T) {
	c := openClinic(t, clock(8, 0))
	c.checkIn(1, 2, 3)
	c.next()
	c.miss(1)
	c.checkIn(1)
	c.callAll()
	var calls []queue.Call
	c.tx(func(tx queue.Tx) error {
		var err error
		calls, err = tx.Calls(t.Context(), session)
		return err
	})
	numbers := map[string]int{}
	for _, ticket := range c.queue().Tickets {
		numbers[ticket.ID] = ticket.No
	}
	var got []string
	for _, s := range queue.Explain(calls) {
		got = append(got, fmt.Sprintf("%d %s %d %s %.0fs", s.N, s.Verb, numbers[s.TicketID], s.Reason.Code, s.Waited.Seconds()))
	}
	want := []string{
		"0 ready 1 in_order 0s",
		"0 ready 2 in_order 0s",
		"0 ready 3 in_order 0s",
		"1 next 1 in_order 0s",
		"0 recall 1 recalled 0s",
		"0 recall 1 recalled 0s",
		"0 missed 1 not_there 0s",
		"0 ready 1 only_missed_left 0s", // his own check-in changed nothing: two stood at the door
		"2 next 2 in_order 150s",
		"0 finish 2 finished_by_next 0s",
		"3 next 3 in_order 210s",
		"0 finish 3 finished_by_next 0s",
		"4 next 1 only_missed_left 120s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
}
