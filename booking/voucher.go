package booking

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/houzhen/houzhen"
)

// signs are those of a voucher: easy to say and to tell apart, no I, O, Q, 0
// or 1. They are 31, a prime, so that the check sign finds every single wrong
// sign and every swap of two neighbours.
const signs = "23456789ABCDEFGHJKLMNPRSTUVWXYZ"

// voucherBody is how many signs an appointment's id and its voucher begin with;
// oldVoucherBody is how many vouchers had that were drawn beside the id.
const voucherBody, oldVoucherBody = 9, 8

// AppointmentID makes the id of an appointment from parts, the same for the
// same parts: 26 signs, of which the first nine are those of its voucher. No
// index is needed to find it by that, and no two may have the same but by an
// accident of one in 10^13.
func AppointmentID(parts ...string) string {
	sum := digest(parts...)
	b := make([]byte, 0, voucherBody)
	for _, v := range sum[:voucherBody] {
		b = append(b, signs[int(v)%len(signs)])
	}
	rest := base32.StdEncoding.EncodeToString(sum[voucherBody:])
	return strings.ToLower(string(b) + rest[:idSigns-voucherBody])
}

// idSigns is how long an id is that is derived.
const idSigns = 26

// deriveID makes an id from parts, the same for the same parts.
func deriveID(parts ...string) string {
	sum := digest(parts...)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:idSigns])
}

// keyDigest says what an idempotency key was made for.
func keyDigest(parts ...string) string {
	sum := digest(parts...)
	return hex.EncodeToString(sum[:16])
}

// digest hashes parts so that their borders count.
func digest(parts ...string) [sha256.Size]byte {
	b := make([]byte, 0, 256)
	for _, p := range parts {
		b = append(append(strconv.AppendInt(b, int64(len(p)), 10), ':'), p...)
	}
	return sha256.Sum256(b)
}

// voucherOf gives the voucher of an appointment: what its id begins with, and a
// check sign. An id that AppointmentID did not make has none.
func voucherOf(id string) string {
	if len(id) != idSigns {
		return ""
	}
	body := strings.ToUpper(id[:voucherBody])
	if strings.Trim(body, signs) != "" {
		return ""
	}
	return body + string(checkSign(body))
}

// IDsOfVoucher gives the first and the last id that an appointment of a voucher
// can have; false for a voucher that says nothing about the id.
func IDsOfVoucher(voucher string) (first, last string, ok bool) {
	if len(voucher) != voucherBody+1 {
		return "", "", false
	}
	first = strings.ToLower(voucher[:voucherBody])
	return first, first + strings.Repeat("z", idSigns-voucherBody), true
}

// ofVoucher picks the appointment that somebody means who shows a voucher on a
// day: that of the day, else the last one. Two of the same day are told apart
// by a person.
func ofVoucher(list []Appointment, today houzhen.Date) (Appointment, error) {
	if len(list) == 0 {
		return Appointment{}, houzhen.E(houzhen.CodeVoucher, "no appointment has that voucher").On("voucher")
	}
	meant := list[0]
	for _, a := range list[1:] {
		if a.Day == today || meant.Day != today && meant.Day.Before(a.Day) {
			meant = a
		}
	}
	if slices.ContainsFunc(list, func(a Appointment) bool { return a.ID != meant.ID && a.Day == meant.Day }) {
		return Appointment{}, houzhen.E(houzhen.CodeAmbiguous, "two appointments of a day have that voucher").On("voucher")
	}
	return meant, nil
}

// checkSign gives the sign that makes the weighted sum of all divisible by 31.
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
	last := len(v) - 1
	if last != voucherBody && last != oldVoucherBody || strings.Trim(v, signs) != "" || v[last] != checkSign(v[:last]) {
		return "", houzhen.E(houzhen.CodeVoucher, "voucher fails its check").On("voucher")
	}
	return v, nil
}
