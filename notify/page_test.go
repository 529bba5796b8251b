package notify_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen/notify"
)

type shelf struct {
	kept []notify.InboxItem
	err  error
}

func (s *shelf) KeepItem(_ context.Context, n notify.InboxItem) error {
	if s.err == nil {
		s.kept = append(s.kept, n)
	}
	return s.err
}

func TestAMessageOnThePageIsARow(t *testing.T) {
	s := &shelf{}
	p := notify.NewPage(s, midday)
	one := notify.Parcel{OutID: "hz-1", Kind: notify.KindBooked, Recipient: "p1", Subject: "a1", Title: "Booked", Text: "words", Link: "/a/1"}
	if sent := p.Send(t.Context(), one); sent.Outcome != notify.OutcomeAccepted {
		t.Fatalf("%+v", sent)
	}
	want := []notify.InboxItem{{ID: "hz-1", PatientID: "p1", Kind: notify.KindBooked, Subject: "a1", Title: "Booked", Text: "words", Link: "/a/1", At: lunch}}
	if diff := cmp.Diff(s.kept, want); diff != "" {
		t.Error(diff)
	}
	if sent := p.Send(t.Context(), notify.Parcel{OutID: "hz-2"}); sent.Outcome != notify.OutcomeRecipient {
		t.Errorf("to nobody: %+v", sent)
	}
	s.err = errors.New("away")
	if sent := p.Send(t.Context(), one); sent.Outcome != notify.OutcomeRetry {
		t.Errorf("without the store: %+v, want a later try", sent)
	}
}

func TestAbilitiesAreDeclaredOrSeen(t *testing.T) {
	if got := notify.AbilitiesOf(notify.NewPage(nil, midday)); !got.Idempotent || got.Query {
		t.Errorf("%+v", got)
	}
	if got := notify.AbilitiesOf(newTwo(t, 50).Accounts); got.Idempotent || got.Batch != 0 {
		t.Errorf("%+v: two accounts are not idempotent together", got)
	}
}
