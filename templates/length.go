package templates

import "unicode/utf8"

// Lengths that mainland carriers bill by: one message holds 70 characters, the
// parts of a longer one 67 each.
const (
	onePart  = 70
	eachPart = 67
)

// Parts counts the characters that are billed, signature with its brackets
// included, and the messages they make. Every character counts as one.
func Parts(sign, body string) (chars, parts int) {
	chars = utf8.RuneCountInString(body)
	if sign != "" {
		chars += utf8.RuneCountInString(sign) + 2
	}
	if chars <= onePart {
		return chars, 1
	}
	return chars, (chars + eachPart - 1) / eachPart
}
