package templates

import (
	"maps"
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Channels that have words of their own; the names are those of notify. Every
// other channel shows what the inbox shows.
const (
	SMS    = "sms"    // filed with the provider, billed by length
	Push   = "push"   // a title and a body, on a locked screen too
	Voice  = "voice"  // read by a machine, filed with the provider
	WeChat = "wechat" // fields of a template of the hospital's account
	Inbox  = "inbox"  // the patient's own pages, e-mail
)

// Channels lists them in the order that pages show them in.
func Channels() []string { return []string{SMS, Push, WeChat, Voice, Inbox} }

// Draft is the words of one message in one language for one channel, as a
// manager writes them.
type Draft struct {
	Key     string // of the wording, as appt.booked.sens
	Lang    houzhen.Lang
	Channel string
	Title   string            // of push and inbox
	Text    string            // of all but WeChat
	Fields  map[string]string // of WeChat: name of a field to its words, as thing1: ${name}
}

// Same reports whether two drafts have the same words for the same place.
func (d Draft) Same(o Draft) bool {
	return d.Key == o.Key && d.Lang == o.Lang && d.Channel == o.Channel && d.Title == o.Title && d.Text == o.Text && maps.Equal(d.Fields, o.Fields)
}

// Shipped gives the words that came with the program. Not every message has
// words for voice and for WeChat.
func Shipped(key string, lang houzhen.Lang, channel string) (Draft, bool) {
	m, ok := loaded().messages[lang][key]
	if !ok {
		return Draft{}, false
	}
	return m.draft(key, lang, channel)
}

func (m message) draft(key string, lang houzhen.Lang, channel string) (Draft, bool) {
	d := Draft{Key: key, Lang: lang, Channel: channel, Text: m.raw}
	switch channel {
	case WeChat:
		d.Text = ""
		d.Fields = maps.Clone(m.wechat)
		return d, len(d.Fields) > 0
	case Voice:
		d.Text = m.voice
	case SMS:
	default:
		d.Title = m.title
		if m.full != "" {
			d.Text = m.full
		}
	}
	return d, d.Text != ""
}

// Sensitive reports whether a wording is the neutral one for departments whose
// name would tell.
func Sensitive(key string) bool { return strings.HasSuffix(key, sensitive) }

// Supplied lists the variables that a message of this wording can be given,
// sorted: what any of its shipped words uses, in any language, channel or
// variant. A wording that asks for another one could never be sent.
func Supplied(key string) []string { return loaded().supplied(key) }

func (l *library) supplied(key string) []string {
	plain, names := strings.TrimSuffix(key, sensitive), map[string]bool{}
	for _, all := range l.messages {
		for _, k := range []string{plain, plain + sensitive} {
			for _, words := range all[k].words() {
				for _, name := range variablesIn(words) {
					names[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// words lists all wordings of a message, of any channel.
func (m message) words() []string {
	return append(slices.Sorted(maps.Values(m.wechat)), m.raw, m.full, m.voice)
}

// variablesIn lists the variables that are written in words, in order of
// appearance and as often as they appear.
func variablesIn(words string) []string {
	var names []string
	for _, found := range mark.FindAllStringSubmatch(words, -1) {
		if found[1] != "" {
			names = append(names, found[1])
		}
	}
	return names
}

// VariablesOf lists the variables that a draft has, sorted, each once.
func VariablesOf(d Draft) []string {
	names := variablesIn(d.Text)
	for _, words := range d.Fields {
		names = append(names, variablesIn(words)...)
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
