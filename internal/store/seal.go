package store

import "fmt"

// Purposes bind each sealed column and each keyed index to its use. They are
// part of the stored data: a changed one makes old rows unreadable.
const (
	sealPatientName  = "patient.name"
	sealPatientDoc   = "patient.doc"
	sealPatientTail  = "patient.doc_tail"
	sealPatientBirth = "patient.birth"
	sealPatientPhone = "patient.phone"
	sealPatientPush  = "patient.push"
	sealAccountPhone = "account.phone"
	sealMessageBody  = "message.body"
	sealSecret       = "message.secret"
	sealReply        = "sms_inbox.body"
	sealSignInPhone  = "sign_in.phone"
	sealWebToken     = "web_session.token"
	sealWebData      = "web_session.data"
	sealReplayBody   = "replay.body"
	sealAuditChain   = "audit.chain"
	sealWebhook      = "webhook.secret"
	sealDrawSeed     = "lottery.seed"
	sealContact      = "contact.address"
	sealOpenID       = "wechat.openid"
)

// seal gives the ciphertext of a value, NULL for an empty one.
func (db *DB) seal(plain, purpose string) ([]byte, error) {
	if plain == "" {
		return nil, nil
	}
	b, err := db.ring.Seal(plain, purpose)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", purpose, err)
	}
	return b, nil
}

// unseal gives the value back.
func (db *DB) unseal(sealed []byte, purpose string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	s, err := db.ring.Open(sealed, purpose)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", purpose, err)
	}
	return s, nil
}

// index gives the keyed hash of a value, "" for an empty one.
func (db *DB) index(value, purpose string) string {
	if value == "" {
		return ""
	}
	return db.ring.Index(value, purpose)
}
