package app

import (
	"context"
	"slices"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/store"
	"github.com/houzhen/houzhen/notify"
)

// inbox gives API and pages the messages on people's own pages (api.Inbox).
type inbox struct{ *App }

// inboxLimit is how many messages a page shows.
const inboxLimit = 100

// Of lists the newest messages on the pages of people.
func (i inbox) Of(ctx context.Context, patientIDs ...string) (list []notify.InboxItem, err error) {
	err = i.view(ctx, func(tx everything) error {
		list, err = tx.InboxOf(ctx, inboxLimit, patientIDs...)
		return err
	})
	return list, err
}

// Seen notes that a person, or his app, has shown a message of any channel. It
// is a receipt: what follows when a message is not seen does not follow. Of
// somebody else's message it says that there is none.
func (i inbox) Seen(ctx context.Context, outID string, patientIDs ...string) error {
	strange := houzhen.E(houzhen.CodeNotFound, "no such message of this account")
	now := i.clock.Now()
	err := i.inTx(ctx, func(tx everything) error {
		m, err := tx.MessageByOutID(ctx, outID)
		if err != nil || !slices.Contains(patientIDs, m.Recipient) {
			if err == nil || houzhen.CodeOf(err) == houzhen.CodeNotFound {
				return strange
			}
			return err
		}
		_, err = tx.ReadItem(ctx, outID, now)
		return err
	})
	if err != nil {
		return err
	}
	_, err = i.Notify.Receive(ctx, []notify.Receipt{{OutID: outID, Delivered: true, At: now}})
	return err
}

// SetContact says how a channel names a person; an empty address takes it away.
func (i inbox) SetContact(ctx context.Context, patientID string, channel notify.Channel, address, by string) error {
	return i.inTx(ctx, func(tx everything) error {
		c := store.Contact{PatientID: patientID, Channel: channel, Address: address, At: tx.Now(), By: by}
		if err := tx.SaveContact(ctx, c); err != nil {
			return err
		}
		return tx.Append(ctx, by, "contact."+string(channel), patientID, "")
	})
}

// contacts adds to a view how the channels that are set up name the person.
func (s *scene) contacts(v *notify.View, patientID string) {
	for _, c := range s.reachable[patientID] {
		switch c.Channel {
		case notify.WeChat:
			v.WeChat = c.Address
		case notify.Email:
			v.Email = c.Address
		case notify.SMS, notify.Push, notify.Voice, notify.Inbox, notify.Webhook, notify.Desk:
		}
	}
}
