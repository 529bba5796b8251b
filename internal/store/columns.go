package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/booking"
)

// Columns whose stored form is not the Go form. Each is converted in place by
// pointer, such as (*instant)(&a.Start), so that a row is scanned straight
// into the struct.
type (
	instant time.Time      // BIGINT, microseconds; 0 is the zero time
	day     houzhen.Date   // BIGINT, 20060102; 0 is the zero date
	flag    bool           // 0 or 1
	number  int            // any integer
	words   map[string]int // JSON text; "" is nil
	quotas  booking.Quotas // the same
)

// of names columns as those of a table.
func of(table, columns string) string {
	list := strings.Split(columns, ",")
	for i, c := range list {
		list[i] = table + "." + strings.TrimSpace(c)
	}
	return strings.Join(list, ", ")
}

// Scan reads microseconds.
func (t *instant) Scan(src any) error {
	v, err := integer(src)
	if err != nil {
		return err
	}
	*t = instant(fromMicros(v))
	return nil
}

// fromMicros is the other way of micros.
func fromMicros(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

// Scan reads a date.
func (d *day) Scan(src any) error {
	v, err := integer(src)
	*d = day{Year: int(v / 10000), Month: time.Month(v / 100 % 100), Day: int(v % 100)}
	return err
}

// Scan reads 0 or 1.
func (f *flag) Scan(src any) error {
	v, err := integer(src)
	*f = v != 0
	return err
}

// Scan reads an integer.
func (n *number) Scan(src any) error {
	v, err := integer(src)
	*n = number(v)
	return err
}

// Scan reads JSON text.
func (w *words) Scan(src any) error {
	*w = nil
	return fromJSON(src, (*map[string]int)(w))
}

// Scan reads JSON text.
func (q *quotas) Scan(src any) error {
	*q = nil
	return fromJSON(src, (*booking.Quotas)(q))
}

// fromJSON leaves into alone when the text is empty.
func fromJSON(src, into any) error {
	s, ok := src.(string)
	switch {
	case !ok:
		return fmt.Errorf("want text, have %T", src)
	case s == "":
		return nil
	}
	return json.Unmarshal([]byte(s), into)
}

func integer(src any) (int64, error) {
	v, ok := src.(int64)
	if !ok {
		return 0, fmt.Errorf("want an integer, have %T", src)
	}
	return v, nil
}

// dateNumber is how a date is stored: readable, and ordered as dates are.
func dateNumber(d houzhen.Date) int64 { return int64(d.Year*10000 + int(d.Month)*100 + d.Day) }

// bit is how a truth is stored.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// jsonText gives v as JSON, or "" for an empty map.
func jsonText[K ~string, V any](v map[K]V) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}
