package app

import (
	"context"
	"errors"
	"testing"

	"github.com/houzhen/houzhen"
)

func TestWhileACrowdBooksJobsGoOneAtATime(t *testing.T) {
	there := true
	c := newCourtesy(func() bool { return there })
	leave, err := c.enter(t.Context(), houzhen.Routine)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.enter(gone, houzhen.Soon); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one did not wait: %v", err)
	}
	if _, err := c.enter(gone, houzhen.Critical); err != nil {
		t.Errorf("somebody stands waiting for it: %v", err)
	}
	there = false
	if _, err := c.enter(gone, houzhen.Routine); err != nil {
		t.Errorf("the crowd has gone: %v", err)
	}
	there = true
	leave()
	if leave, err = c.enter(t.Context(), houzhen.Routine); err != nil {
		t.Errorf("the turn was not given on: %v", err)
	}
	leave()
}
