package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/templates"
)

// both gives a word in Chinese and in English.
func both(key, between string, args ...any) string {
	return templates.T(houzhen.Chinese, key, args...) + between + templates.T(houzhen.English, key, args...)
}

func (c *demoCmd) say(e *env, key string, args ...any) {
	_, _ = fmt.Fprintln(e.out, both(key, "  ", args...))
}

// introduce prints every address once.
func (c *demoCmd) introduce(ctx context.Context, e *env, p *demoPages) {
	var b strings.Builder
	line := func(indent, zh, en, href string) {
		_, _ = fmt.Fprintf(&b, "%s%s  %s\n%s    %s\n", indent, zh, en, indent, href)
	}
	index := label("demo.print.index")
	b.WriteString("\n")
	line("", index.Zh, index.En, p.index())
	groups, err := p.Addresses(ctx)
	if err != nil {
		return
	}
	for _, g := range groups {
		_, _ = fmt.Fprintf(&b, "\n%s\n", both("demo.group."+g.Group, "  "))
		for _, l := range g.Links {
			line("  ", l.Name.Zh+" ("+l.Note.Zh+")", l.Name.En+" ("+l.Note.En+")", l.Href)
		}
	}
	logins := strings.Join([]string{demoNurse, demoDoctor, demoManager}, " / ")
	_, _ = fmt.Fprintf(&b, "\n%s\n", both("demo.print.accounts", "\n", "logins", logins, "password", demoPassword))
	switch p.host {
	case "":
		_, _ = fmt.Fprintf(&b, "%s\n", both("demo.print.names", "\n"))
	default:
		_, _ = fmt.Fprintf(&b, "%s\n", both("demo.print.open", "\n"))
	}
	_, _ = fmt.Fprintf(&b, "%s\n\n", both("demo.print.stop", "  "))
	_, _ = fmt.Fprint(e.out, b.String())
}
