package web

import (
	"sync"
	"testing"
)

// parsed are the pages of each zone that a test asked for. Reading the templates
// is most of the work of New, and nothing of a site is kept in them.
var parsed sync.Map

// NewOnce is New with pages that were read before.
func NewOnce(tb testing.TB, d Deps) *Site {
	tb.Helper()
	read, _ := parsed.LoadOrStore(d.Location.String(), sync.OnceValues(func() (pages, error) { return loadPages(d.Location) }))
	p, err := read.(func() (pages, error))()
	if err != nil {
		tb.Fatal(err)
	}
	return newSite(d, p)
}
