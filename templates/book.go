package templates

import (
	"fmt"

	"github.com/houzhen/houzhen"
)

// Approved is a wording that a hospital put in the place of a shipped one, and
// the code that its provider knows it by.
type Approved struct {
	Draft

	Number int    // of the version
	Code   string // as SMS_123456, TTS_123456 or the id of a WeChat template
}

// Book is the words that hold: the last approved version of each wording, and
// the shipped one where there is none. The zero value and nil hold what came
// with the program. It never changes, so that anybody may share it.
type Book struct {
	own map[place]Approved
}

type place struct {
	key     string
	lang    houzhen.Lang
	channel string
}

// NewBook makes a book of approved versions. Of two for the same place the
// later number holds; one that cannot be read is left out, so that a fault in
// one wording never stops another.
func NewBook(own []Approved) *Book {
	b := &Book{map[place]Approved{}}
	for _, a := range own {
		at := place{a.Key, a.Lang, a.Channel}
		if have, ok := b.own[at]; ok && have.Number > a.Number {
			continue
		}
		if _, err := compile(a.Draft); err == nil {
			b.own[at] = a
		}
	}
	return b
}

// Current gives the wording that holds for a place; number 0 is the shipped
// one, whose code the settings know.
func (b *Book) Current(key string, lang houzhen.Lang, channel string) (Approved, bool) {
	if b != nil {
		if a, ok := b.own[place{key, lang, channel}]; ok {
			return a, true
		}
	}
	d, ok := Shipped(key, lang, channel)
	return Approved{Draft: d}, ok
}

// Rendered is one message as a channel takes it.
type Rendered struct {
	Number int               // version of the wording, 0 for the shipped one
	Code   string            // the provider's, "" leaves it to the settings
	Title  string            // of push and inbox
	Text   string            // without signature
	Vars   map[string]string // what the wording needs, for providers that render themselves
	Fields map[string]string // of WeChat
}

// Render fills a wording for a channel. A wording that does not exist for the
// channel or a variable without a value is an error, and nothing may be sent
// then. A hospital's own wording that lacks a value gives way to the shipped
// one. For WeChat the text is that of the inbox, for the record.
func (b *Book) Render(key string, lang houzhen.Lang, channel string, vars map[string]string) (Rendered, error) {
	a, ok := b.Current(key, lang, channel)
	if !ok {
		return Rendered{}, fmt.Errorf("no wording %q in %q for %s", key, lang, channel)
	}
	r, err := a.render(vars)
	if err != nil && a.Number > 0 {
		d, shipped := Shipped(key, lang, channel)
		if !shipped {
			return Rendered{}, err
		}
		return Approved{Draft: d}.render(vars)
	}
	return r, err
}

func (a Approved) render(vars map[string]string) (Rendered, error) {
	r := Rendered{Number: a.Number, Code: a.Code, Title: a.Title}
	words, err := compile(a.Draft)
	if err != nil {
		return r, err
	}
	clean := loaded().rules.cleaned(vars)
	if a.Channel != WeChat {
		r.Vars = pick(words[""], clean)
		r.Text, err = words[""].render(a.Key, clean)
		return r, err
	}
	r.Fields = make(map[string]string, len(words))
	for name, t := range words {
		value, err := t.render(a.Key, clean)
		if err != nil {
			return r, err
		}
		r.Fields[name], _ = loaded().rules.fit(name, value)
	}
	record, ok := Shipped(a.Key, a.Lang, Inbox)
	if !ok {
		return r, nil
	}
	t, err := parse(record.Text)
	if err == nil {
		r.Text, err = t.render(a.Key, clean)
	}
	return r, err
}

// compile reads the words of a draft: by field for WeChat, otherwise under "".
func compile(d Draft) (map[string]text, error) {
	raw := d.Fields
	if d.Channel != WeChat {
		raw = map[string]string{"": d.Text}
	}
	words := make(map[string]text, len(raw))
	for name, s := range raw {
		t, err := parse(s)
		if err != nil {
			return nil, fmt.Errorf("read wording: %w", err)
		}
		words[name] = t
	}
	return words, nil
}

func pick(t text, vars map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range t.needed() {
		out[name] = vars[name]
	}
	return out
}

func (r rules) cleaned(vars map[string]string) map[string]string {
	out := make(map[string]string, len(vars))
	for name, v := range vars {
		out[name] = r.clean(v)
	}
	return out
}
