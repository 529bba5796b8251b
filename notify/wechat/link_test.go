package wechat

import (
	"testing"

	"github.com/houzhen/houzhen/notify"
)

func TestAMessageOpensItsOwnPage(t *testing.T) {
	const link = "/a/AbC-1"
	for _, c := range []struct{ page, link, base, wantPage, wantURL string }{
		{"pages/visit", link, "https://h.example/", "pages/visit?link=%2Fa%2FAbC-1", "https://h.example/a/AbC-1"},
		{"pages/visit?from=msg", link, "", "pages/visit?from=msg&link=%2Fa%2FAbC-1", "pages/visit?from=msg"},
		{"pages/visit", "", "https://h.example", "pages/visit", "pages/visit"},
		{"", link, "https://h.example", "", "https://h.example/a/AbC-1"},
	} {
		one, p := Template{Page: c.page}, notify.Parcel{Link: c.link}
		if got := one.page(p); got != c.wantPage {
			t.Errorf("%+v: page %q", c, got)
		}
		if got := (&Client{conf: Config{Link: c.base}}).address(one, p); got != c.wantURL {
			t.Errorf("%+v: address %q", c, got)
		}
	}
}
