package store

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen/notify"
)

// Contact is how a channel names a person: an openid or a mailbox.
type Contact struct {
	PatientID string
	Channel   notify.Channel
	Address   string
	At        time.Time
	By        string // who said so
}

// SaveContact keeps the latest address of a person on a channel; an empty one
// takes it away.
func (tx *Tx) SaveContact(ctx context.Context, c Contact) error {
	if c.Address == "" {
		if _, err := tx.exec(ctx, `DELETE FROM contact WHERE patient_id = $1 AND channel = $2`, c.PatientID, string(c.Channel)); err != nil {
			return fmt.Errorf("drop contact: %w", err)
		}
		return nil
	}
	sealed, err := tx.db.seal(c.Address, sealContact)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO contact (patient_id, channel, address, address_index, at, by_id) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (patient_id, channel) DO UPDATE SET address = excluded.address, address_index = excluded.address_index,
 at = excluded.at, by_id = excluded.by_id`,
		c.PatientID, string(c.Channel), sealed, tx.db.index(c.Address, sealContact), micros(c.At), c.By)
	if err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	return nil
}

type contactRow struct {
	patient, channel, by string
	address              []byte
	at                   instant
}

// Contacts lists how the channels name people, by patient.
func (tx *Tx) Contacts(ctx context.Context, patientIDs ...string) (map[string][]Contact, error) {
	out := map[string][]Contact{}
	const columns = `patient_id, channel, address, at, by_id`
	err := tx.lookup("contact", columns, "patient_id", patientIDs, 1, func(from string, args []any) error {
		rows, err := all(ctx, tx, func(r *contactRow) []any { return []any{&r.patient, &r.channel, &r.address, &r.at, &r.by} },
			`SELECT `+columns+` FROM `+from+` ORDER BY patient_id, channel`, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			address, err := tx.db.unseal(r.address, sealContact)
			if err != nil {
				return err
			}
			out[r.patient] = append(out[r.patient], Contact{PatientID: r.patient, Channel: notify.Channel(r.channel), Address: address, At: time.Time(r.at), By: r.by})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	return out, nil
}

// OutIDOf finds by which out-id a provider's message to somebody whom a channel
// knows by an address is known; "" if it is not ours, or one of a batch.
func (tx *Tx) OutIDOf(ctx context.Context, channel notify.Channel, address, providerID string) (string, error) {
	ids, err := all(ctx, tx, idInto, `SELECT m.out_id FROM contact c JOIN message m ON m.recipient = c.patient_id
 WHERE c.address_index = $1 AND c.channel = $2 AND m.channel = $3 AND m.provider_id = $4 AND m.provider_id <> '' LIMIT 2`,
		tx.db.index(address, sealContact), string(channel), string(channel), providerID)
	if err != nil {
		return "", fmt.Errorf("find message of provider: %w", err)
	}
	if len(ids) != 1 {
		return "", nil
	}
	return ids[0], nil
}
