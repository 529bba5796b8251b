package clinictest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/houzhen/houzhen/notify"
)

// SMS is a message as it reached a phone.
type SMS struct {
	Template string // our key of the wording with its language; "push" for a notice of the app
	Params   string // JSON; title and text of a notice
}

// collect hands what the provider took to the phones.
func (c *Clinic) collect() {
	taken := c.Provider.Taken()
	for _, m := range taken[c.read:] {
		if m.Account != "" {
			c.phones[m.Account] = append(c.phones[m.Account], SMS{"push", m.Title + " " + m.Body})
			continue
		}
		c.phones[m.Phone] = append(c.phones[m.Phone], SMS{c.texts[m.Template], m.Params})
	}
	c.read = len(taken)
}

// ExpectSMS takes the next message off a person's phone: its wording must be
// that of the key, and its values must contain every part.
func (c *Clinic) ExpectSMS(name, key string, parts ...string) SMS {
	c.T.Helper()
	return c.ExpectAt(c.Person(name).Phone.Reveal(), key, parts...)
}

// ExpectPush takes the next notice off a person's app.
func (c *Clinic) ExpectPush(name string, parts ...string) SMS {
	c.T.Helper()
	return c.ExpectAt(c.Person(name).PushAccount, "push", parts...)
}

// ExpectAt is ExpectSMS for a number, or an account of the app.
func (c *Clinic) ExpectAt(phone, key string, parts ...string) SMS {
	c.T.Helper()
	c.collect()
	got := c.phones[phone]
	if len(got) == 0 {
		c.T.Fatalf("%s got no message, want %s", phone, key)
	}
	first := got[0]
	c.phones[phone] = got[1:]
	if wording, _, _ := strings.Cut(first.Template, "/"); wording != key {
		c.T.Fatalf("%s got %s %s, want %s", phone, first.Template, first.Params, key)
	}
	for _, part := range parts {
		if !strings.Contains(first.Params, part) {
			c.T.Errorf("%s got %s, want %q in it", phone, first.Params, part)
		}
	}
	return first
}

// ExpectNothingElse fails when any phone holds a message that no story line
// expected, or when anything was sent twice.
func (c *Clinic) ExpectNothingElse() {
	c.T.Helper()
	c.collect()
	for phone, list := range c.phones {
		for _, m := range list {
			c.T.Errorf("%s got an unexpected %s %s", phone, m.Template, m.Params)
		}
	}
	if n := c.Provider.Repeated(); n != 0 {
		c.T.Errorf("%d messages were sent more than once", n)
	}
}

// Ledger gives the states of a subject's messages, oldest first.
func (c *Clinic) Ledger(subject string) []string {
	c.T.Helper()
	list, err := c.App.Messages(c.ctx, notify.MessageFilter{Subject: subject, Limit: 50})
	c.must(err)
	slices.Reverse(list)
	lines := make([]string, 0, len(list))
	for _, m := range list {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.Kind, m.State, m.Reason)))
	}
	return lines
}

// Take takes whatever has come off the phones of these people, for stories that
// tell of something else.
func (c *Clinic) Take(names ...string) []SMS {
	c.T.Helper()
	c.collect()
	var all []SMS
	for _, name := range names {
		phone := c.Person(name).Phone.Reveal()
		all = append(all, c.phones[phone]...)
		delete(c.phones, phone)
	}
	return all
}
