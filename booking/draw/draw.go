// Package draw decides who gets the places of a session that too many want:
// requests are collected for a window, one of a person, and then drawn at
// random in a way that anybody can check afterwards.
//
// Before the window opens the SHA-256 of a secret seed is published. When the
// window is closed the seed is published too, and the order follows from the
// seed and from all requests alone; see Order for the exact steps. The package
// never says whether a person may book: whoever is drawn books by the same
// rules as everybody.
package draw

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Version names the steps of Order; other steps would get another name.
const Version = "houzhen-draw-1"

// seedBytes is how long a seed is.
const seedBytes = 32

// NewSeed reads a seed, as 64 hexadecimal digits.
func NewSeed(random io.Reader) (string, error) {
	b := make([]byte, seedBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}

// Commit gives what is published before the window opens: the SHA-256 of the
// seed's text (its 64 hexadecimal digits, without a line end).
func Commit(seed string) string { return hexSum(seed) }

// Order draws. The steps, with texts in UTF-8 and hashes as lower-case
// hexadecimal digits:
//
//  1. Sort the ids of all requests by their bytes.
//  2. key = SHA-256 of the lines Version, seed, id 1, id 2, …, each ended by a
//     line feed.
//  3. The lot of a request is HMAC-SHA256 of its id, with the text of key as
//     the key of the HMAC.
//  4. Who has the lowest lot comes first.
//
// Whoever chose the seed did not know the requests, and whoever asked did not
// know the seed, so neither could aim.
func Order(seed string, ids []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(ids)))
	key := hexSum(strings.Join(append([]string{Version, seed}, sorted...), "\n") + "\n")
	lots := make(map[string]string, len(sorted))
	for _, id := range sorted {
		lots[id] = lot(key, id)
	}
	slices.SortFunc(sorted, func(a, b string) int { return cmp.Or(cmp.Compare(lots[a], lots[b]), cmp.Compare(a, b)) })
	return sorted
}

// Draw gives who wins one of the places, and who does not, each in drawn order.
func Draw(seed string, ids []string, places int) (won, lost []string) {
	order := Order(seed, ids)
	n := max(0, min(places, len(order)))
	return order[:n], order[n:]
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func lot(key, id string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

// Record is what is published of a draw. Requests are anonymous: their ids
// say nothing of a person, and each person knows his own.
type Record struct {
	Version    string   `json:"version"`
	Session    string   `json:"session"`
	Opens      string   `json:"opens"`
	Closes     string   `json:"closes"`
	Places     int      `json:"places"`
	Commitment string   `json:"commitment"`
	Seed       string   `json:"seed,omitempty"`     // only when the window is closed
	Requests   []string `json:"requests,omitempty"` // sorted
	Order      []string `json:"order,omitempty"`
}

// Check says whether a published record is what an honest draw gives.
func (r Record) Check() error {
	ids := slices.Sorted(slices.Values(r.Requests))
	switch {
	case r.Version != Version:
		return bad("version", "draw follows other steps")
	case r.Seed == "":
		return bad("seed", "seed is not published yet")
	case Commit(r.Seed) != r.Commitment:
		return bad("seed", "seed is not the one that was committed to")
	case len(slices.Compact(ids)) != len(r.Requests):
		return bad("requests", "a request is listed twice")
	case !slices.Equal(Order(r.Seed, r.Requests), r.Order):
		return bad("order", "order does not follow from the seed and the requests")
	}
	return nil
}

func bad(field, msg string) error { return houzhen.E(houzhen.CodeDrawUnsound, msg).On(field) }
