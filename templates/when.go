package templates

import (
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/houzhen/houzhen"
)

// calendar is how a language writes days and spans.
type calendar struct {
	day, about       text
	weekdays, months []string
	halves           map[houzhen.DayPart]string
}

func loadCalendar(fsys fs.FS, lang houzhen.Lang) (calendar, error) {
	var raw struct {
		Day, About       string
		Weekdays, Months []string
		Halves           map[houzhen.DayPart]string
	}
	name := fmt.Sprintf("when/%s.yaml", lang)
	if err := read(fsys, name, &raw); err != nil {
		return calendar{}, err
	}
	if len(raw.Weekdays) != 7 || len(raw.Months) != 12 {
		return calendar{}, fmt.Errorf("%s: a week has 7 days and a year 12 months", name)
	}
	c := calendar{weekdays: raw.Weekdays, months: raw.Months, halves: raw.Halves}
	var err error
	if c.day, err = parse(raw.Day); err != nil {
		return calendar{}, fmt.Errorf("%s: %w", name, err)
	}
	if c.about, err = parse(raw.About); err != nil {
		return calendar{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// Day writes a date with its weekday, as messages and pages do.
func Day(d houzhen.Date, lang houzhen.Lang) string {
	if d.IsZero() {
		return ""
	}
	c := loaded().when[lang]
	return c.day.show(map[string]string{
		"day": strconv.Itoa(d.Day), "month": c.months[d.Month-1], "weekday": c.weekdays[d.Weekday()],
	})
}

// Instant writes date, weekday and time; with seconds where they are not zero.
func Instant(t time.Time, lang houzhen.Lang, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	layout := "15:04"
	if t.Second() != 0 {
		layout = time.TimeOnly
	}
	return Day(houzhen.DateOf(t, loc), lang) + " " + t.In(loc).Format(layout)
}

// Half names a half-day.
func Half(p houzhen.DayPart, lang houzhen.Lang) string { return loaded().when[lang].halves[p] }

// Clock writes the time of day of t in loc as HH:MM, "" for no time.
func Clock(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(loc).Format("15:04")
}

// Slice writes a booked span as HH:MM-HH:MM, in signs that every gateway takes.
func Slice(start, end time.Time, loc *time.Location) string {
	if end.IsZero() || end.Equal(start) {
		return Clock(start, loc)
	}
	return Clock(start, loc) + "-" + Clock(end, loc)
}

// Range writes an estimate: about when, from lo to hi.
func Range(lo, hi time.Time, loc *time.Location, lang houzhen.Lang) string {
	from, to := Clock(lo, loc), Clock(hi, loc)
	if from == to {
		to = ""
	}
	return loaded().when[lang].about.show(map[string]string{"lo": from, "hi": to})
}
