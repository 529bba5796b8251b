package notify

import (
	"context"
	"time"
)

// InboxItem is one message on a person's own pages.
type InboxItem struct {
	ID        string // the out-id of its message
	PatientID string
	Kind      Kind
	Subject   string
	Title     string
	Text      string
	Link      string
	At        time.Time
	ReadAt    time.Time // zero until it was seen
}

// PageStore keeps such messages. An id that is there already stays as it is.
type PageStore interface {
	KeepItem(ctx context.Context, n InboxItem) error
}

// Page is the Sender of the channel inbox, whose delivery is a row that the
// person's page shows. It costs nothing, cannot be lost and cannot be late; but
// nobody looks at a page unasked, so that it proves nothing until it is read.
type Page struct {
	store PageStore
	now   func() time.Time
}

// NewPage makes the sender; now is the clock of the house.
func NewPage(store PageStore, now func() time.Time) *Page { return &Page{store, now} }

// Channel is Inbox.
func (p *Page) Channel() Channel { return Inbox }

// Abilities declares that sending twice is sending once.
func (p *Page) Abilities() Abilities { return Abilities{Idempotent: true} }

// Send puts the message on the page.
func (p *Page) Send(ctx context.Context, one Parcel) Sent {
	if one.Recipient == "" {
		return Sent{Outcome: OutcomeRecipient, Code: "local.no_account"}
	}
	err := p.store.KeepItem(ctx, InboxItem{
		ID: one.OutID, PatientID: one.Recipient, Kind: one.Kind, Subject: one.Subject, Title: one.Title, Text: one.Text, Link: one.Link, At: p.now(),
	})
	if err != nil {
		return Sent{Outcome: OutcomeRetry, Code: "local.store"}
	}
	return Sent{Outcome: OutcomeAccepted, ProviderID: "page:" + one.OutID, Code: "OK"}
}
