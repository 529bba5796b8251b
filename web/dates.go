package web

import (
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// shortDate is how a day strip writes a date, in every language: 11/24.
func shortDate(d houzhen.Date) string { return fmt.Sprintf("%d/%d", int(d.Month), d.Day) }

// weekday gives the word of the week's day that stands in a written date.
func weekday(d houzhen.Date, lang houzhen.Lang) string {
	key := "weekday." + strings.ToLower(d.Weekday().String()[:3])
	return templates.T(lang, key)
}
