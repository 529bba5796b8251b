package aliyuntest

import (
	"net/url"
	"slices"
	"strings"
)

// params are the query and form fields of a request, sorted by name.
type params []pair

type pair struct{ key, value string }

// parseParams adds the fields of an encoded query or form.
func (p params) parse(encoded string) (params, error) {
	for encoded != "" {
		var field string
		field, encoded, _ = strings.Cut(encoded, "&")
		if field == "" {
			continue
		}
		k, v, _ := strings.Cut(field, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return nil, err
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, err
		}
		p = append(p, pair{key, value})
	}
	return p, nil
}

// sort brings the fields into the order in which they are signed.
func (p params) sort() {
	slices.SortStableFunc(p, func(a, b pair) int { return strings.Compare(a.key, b.key) })
}

// get gives the first value of a field, or "".
func (p params) get(key string) string {
	for i := range p {
		if p[i].key == key {
			return p[i].value
		}
	}
	return ""
}

// missing gives the first of keys that has no value.
func (p params) missing(keys ...string) string {
	for _, k := range keys {
		if p.get(k) == "" {
			return k
		}
	}
	return ""
}

// appendCanonical appends the fields as they are signed: RFC 3986, sorted,
// without the signature itself.
func (p params) appendCanonical(dst []byte) []byte {
	for i := range p {
		if p[i].key == "Signature" {
			continue
		}
		if len(dst) > 0 {
			dst = append(dst, '&')
		}
		dst = appendEscaped(dst, p[i].key)
		dst = append(dst, '=')
		dst = appendEscaped(dst, p[i].value)
	}
	return dst
}

// appendEscaped percent-encodes all but RFC 3986's unreserved characters.
func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&0xF])
		}
	}
	return dst
}
