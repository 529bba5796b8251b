// Package seal keeps what is private unreadable to whoever has the database
// but not the keys.
//
// A ring of master keys yields, by derivation, one key for sealing
// (AES-256-GCM), one for blind indexes and one for links (HMAC-SHA256), so that
// no key serves two ends. The newest master seals and signs; all of them open.
// The oldest alone makes blind indexes, because an index that changed would no
// longer find its rows: it must never be dropped. The package decides nothing
// about who may read what.
package seal
