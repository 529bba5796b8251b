package templates

import (
	"fmt"
	"maps"
	"slices"

	"github.com/houzhen/houzhen"
)

// rules are what carriers and providers ask of a wording; data, in
// messages/rules.yaml.
type rules struct {
	Longest      int                     `yaml:"longest"`       // of a wording
	LongestValue int                     `yaml:"longest_value"` // of one variable
	MostVars     int                     `yaml:"most_variables"`
	MostContacts int                     `yaml:"most_contacts"`
	Parts        map[houzhen.Lang][2]int `yaml:"parts"`
	TypicalSign  string                  `yaml:"typical_sign"`
	LongestSign  string                  `yaml:"longest_sign"`
	Sign         pattern                 `yaml:"sign"` // of a signature
	Brackets     string                  `yaml:"brackets"`
	Symbols      string                  `yaml:"symbols"`
	Traditional  string                  `yaml:"traditional"`
	Words        []string                `yaml:"words"`
	OptOut       []string                `yaml:"optout"`
	Contacts     []string                `yaml:"contacts"`
	PushTitle    int                     `yaml:"push_title"`
	PushText     int                     `yaml:"push_text"`
	VoiceText    int                     `yaml:"voice_text"`
	WeChatFields int                     `yaml:"wechat_fields"`
	Attributes   map[string]attribute    `yaml:"attributes"`
	CaptchaWords []string                `yaml:"captcha_words"`
	Day          string                  `yaml:"day"`
	Fields       map[string]fieldRule    `yaml:"fields"`
}

// attribute is what a provider takes for a variable that was applied for by
// that name.
type attribute struct {
	Longest int     `yaml:"longest"`
	Pattern pattern `yaml:"pattern"`
	Refused bool    `yaml:"refused"` // addresses of pages and mobile numbers
}

// Fault is one rule that a wording breaks. A note is told and stops nothing.
type Fault struct {
	Rule string
	Args map[string]string // for its words
	Note bool
}

// Say puts a fault into words.
func (f Fault) Say(lang houzhen.Lang) string {
	args := maps.Clone(f.Args)
	if kind, ok := args["kind"]; ok {
		args["values"] = T(lang, "lint.values."+kind)
	}
	return loaded().page[lang].show("lint."+f.Rule, args)
}

// Sample is a wording filled with values of the expected kinds.
type Sample struct {
	Kind        string // typical or longest
	Title, Text string
	Sign        string
	Chars       int // that are billed, signature and brackets included; of SMS
	Parts       int // messages that they make; of SMS
	Fields      []FieldSample
}

// FieldSample is one field of a WeChat template, filled.
type FieldSample struct {
	Name, Type, Value string
	Chars, Longest    int
	Cut               bool // the end of the value was left off
}

// Verdict is what the linter says of a draft.
type Verdict struct {
	Faults  []Fault
	Samples []Sample // typical, then longest; none for words that cannot be read
}

// OK reports that nothing stops the draft; notes do not.
func (v Verdict) OK() bool {
	return !slices.ContainsFunc(v.Faults, func(f Fault) bool { return !f.Note })
}

// Sendable reports that the draft can at least be filled and sent: it can be
// read, and asks for nothing that a message of its kind is not given.
func (v Verdict) Sendable() bool {
	return !slices.ContainsFunc(v.Faults, func(f Fault) bool {
		return slices.Contains([]string{"unread", "empty", "unknown", "unsupplied", "field", "reveals"}, f.Rule)
	})
}

// House is what of a hospital its words are judged by.
type House struct {
	Sign string // of SMS; "" uses the longest that is expected
	Link string // the one address that SMS may have, as filed with the provider; "" is none
}

// Lint judges a draft by the rules of its channel, with typical and with
// longest values, as words of a hospital.
func Lint(d Draft, h House) Verdict { return loaded().lint(d, h) }

// LintMessages checks every shipped wording against what providers and
// carriers take, on every channel it has words for. It gives one line for each
// fault; notes are left out.
func LintMessages(sign string) []string {
	faults := []string{}
	for _, f := range LintSign(sign) {
		faults = append(faults, "signature: "+f.Say(houzhen.English))
	}
	for _, d := range AllShipped() {
		for _, f := range Lint(d, House{Sign: sign}).Faults {
			if !f.Note {
				faults = append(faults, fmt.Sprintf("%s/%s/%s: %s", d.Lang, d.Key, d.Channel, f.Say(houzhen.English)))
			}
		}
	}
	return faults
}

// AllShipped lists every wording that came with the program: by key, language
// and channel.
func AllShipped() []Draft {
	var all []Draft
	for _, key := range Keys() {
		for _, lang := range Langs() {
			for _, channel := range Channels() {
				if d, ok := Shipped(key, lang, channel); ok {
					all = append(all, d)
				}
			}
		}
	}
	return all
}

// LintSign judges a signature: 2 to 12 signs, no symbols. "" is judged by
// nobody, because the settings have none yet.
func LintSign(sign string) []Fault {
	if sign == "" || loaded().rules.Sign.takes(sign) {
		return nil
	}
	return []Fault{{Rule: "sign"}}
}

func (l *library) lint(d Draft, h House) Verdict {
	c := &lint{library: l, draft: d, house: h}
	words, err := compile(d)
	if err != nil {
		c.add("unread")
		return Verdict{Faults: c.faults}
	}
	c.words = words
	c.samples = c.fill()
	for _, rule := range c.rulesOf(d.Channel) {
		rule()
	}
	return Verdict{Faults: c.faults, Samples: c.samples}
}

// lint is one draft on its way through the rules.
type lint struct {
	*library

	draft   Draft
	house   House
	words   map[string]text // of WeChat by field, otherwise under ""
	samples []Sample        // typical, then longest
	faults  []Fault
}

// rulesOf lists what is asked on a channel.
func (c *lint) rulesOf(channel string) []func() {
	always := []func(){c.filled, c.known, c.neutral, c.script}
	switch channel {
	case SMS:
		return append(always, c.length, c.form, c.forbidden, c.reachable, c.apart, c.once, c.few, c.literal, c.attributes, c.captcha, c.parts)
	case Voice:
		return append(always, c.spoken, c.form, c.forbidden, c.reachable, c.apart, c.once, c.few, c.literal, c.attributes)
	case WeChat:
		return append(always, c.fields, c.forbidden)
	case Push:
		return append(always, c.titled, c.shown, c.forbidden)
	}
	return append(always, c.titled, c.forbidden)
}

func (c *lint) add(rule string, args ...any) {
	c.faults = append(c.faults, Fault{Rule: rule, Args: pairs(args)})
}

func (c *lint) note(rule string, args ...any) {
	c.faults = append(c.faults, Fault{Rule: rule, Args: pairs(args), Note: true})
}
