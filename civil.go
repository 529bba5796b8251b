package houzhen

import (
	"fmt"
	"time"
)

// Date is a civil date: a day on the hospital's wall calendar, in no zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the calendar date of t in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return Date{y, m, d}
}

// BusinessDate gives the business date of t: a day closes at 04:00 of the
// next one, so that evening clinics stay on their date (domain rule §3.12).
func BusinessDate(t time.Time, loc *time.Location) Date {
	return DateOf(t.Add(-4*time.Hour), loc)
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, E(CodeInvalid, "date is not YYYY-MM-DD")
	}
	return DateOf(t, time.UTC), nil
}

// String gives YYYY-MM-DD, or "" for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero reports whether d was never set.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays gives the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return DateOf(d.At(0, 0, time.UTC).AddDate(0, 0, n), time.UTC) }

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.At(0, 0, time.UTC).Before(o.At(0, 0, time.UTC)) }

// DaysUntil counts the days from d to o; negative when o is earlier.
func (d Date) DaysUntil(o Date) int {
	return int(o.At(0, 0, time.UTC).Sub(d.At(0, 0, time.UTC)).Hours() / 24)
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.At(0, 0, time.UTC).Weekday() }

// At gives the instant of hour:minute on d in loc.
func (d Date) At(hour, minute int, loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, loc)
}

// Clock gives the instant of a time of day on d in loc.
func (d Date) Clock(c TimeOfDay, loc *time.Location) time.Time {
	return d.At(int(c)/60, int(c)%60, loc)
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD; empty text is the zero date.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// TimeOfDay is minutes since midnight on the hospital's wall clock.
type TimeOfDay int

// ParseTimeOfDay reads HH:MM, 00:00 to 23:59.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, E(CodeInvalid, "time of day is not HH:MM")
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// String gives HH:MM.
func (c TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// DayPart is the half-day of a session (午别).
type DayPart string

// The half-days.
const (
	Morning   DayPart = "AM"
	Afternoon DayPart = "PM"
	Evening   DayPart = "EVE"
)

// Valid reports whether p is one of the half-days.
func (p DayPart) Valid() bool { return p == Morning || p == Afternoon || p == Evening }
