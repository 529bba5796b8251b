package apitest

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen/notify"
)

// mailbox is the messages on people's own pages.
type mailbox struct{ *Clinic }

// Of implements api.Inbox.
func (m mailbox) Of(_ context.Context, patientIDs ...string) ([]notify.InboxItem, error) {
	var list []notify.InboxItem
	for _, n := range m.Inbox {
		if slices.Contains(patientIDs, n.PatientID) {
			list = append(list, n)
		}
	}
	return list, m.ask("inbox", "")
}

// Seen implements api.Inbox.
func (m mailbox) Seen(_ context.Context, outID string, patientIDs ...string) error {
	for _, n := range m.Inbox {
		if n.ID == outID && slices.Contains(patientIDs, n.PatientID) {
			return m.ask("seen", outID)
		}
	}
	return missing()
}

// SetContact implements api.Inbox.
func (m mailbox) SetContact(_ context.Context, patientID string, channel notify.Channel, address, by string) error {
	return m.ask("contact", patientID+" "+string(channel)+" "+address+" "+by)
}
