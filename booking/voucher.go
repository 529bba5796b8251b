package booking

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/houzhen/houzhen"
)

// signs are those of a voucher: easy to say and to tell apart, no I, O, Q, 0
// or 1. They are 31, a prime, so that the check sign finds every single wrong
// sign and every swap of two neighbours.
const signs = "23456789ABCDEFGHJKLMNPRSTUVWXYZ"

const voucherBody = 8

// deriveID makes an id of 26 signs from parts, the same for the same parts.
func deriveID(parts ...string) string {
	sum := digest(parts...)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// keyDigest says what an idempotency key was made for.
func keyDigest(parts ...string) string {
	sum := digest(parts...)
	return hex.EncodeToString(sum[:16])
}

// digest hashes parts so that their borders count.
func digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:", len(p))
		_, _ = io.WriteString(h, p)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// voucherOf derives the voucher of an appointment. Another try gives another
// voucher, for the rare case that it belongs to somebody else.
func voucherOf(id string, try int) string {
	sum := digest("voucher", id, string(rune('a'+try)))
	b := make([]byte, 0, voucherBody+1)
	for _, v := range sum[:voucherBody] {
		b = append(b, signs[int(v)%len(signs)])
	}
	return string(append(b, checkSign(string(b))))
}

// checkSign gives the sign that makes the weighted sum of all nine divisible
// by 31.
func checkSign(body string) byte {
	sum := 0
	for i := range len(body) {
		sum += (i + 2) * strings.IndexByte(signs, body[i])
	}
	return signs[(len(signs)-sum%len(signs))%len(signs)]
}

// ParseVoucher reads a voucher as people type or scan it: lower case, blanks,
// dashes and full-width signs are taken. A voucher that fails its check sign
// is refused before the store is asked.
func ParseVoucher(s string) (string, error) {
	if len(s) > 100 {
		return "", houzhen.E(houzhen.CodeVoucher, "voucher is too long").On("voucher")
	}
	var b strings.Builder
	for _, r := range s {
		if r > '\uff00' && r < '\uff5f' { // full-width
			r -= 0xfee0
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	v := b.String()
	if len(v) != voucherBody+1 || strings.Trim(v, signs) != "" || v[voucherBody] != checkSign(v[:voucherBody]) {
		return "", houzhen.E(houzhen.CodeVoucher, "voucher fails its check").On("voucher")
	}
	return v, nil
}
