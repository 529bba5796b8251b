package templates

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

var (
	adjacent = regexp.MustCompile(`\}\s*\$\{`)
	address  = regexp.MustCompile(`(?i)https?:|www\.|\.(com|cn|net)\b`)
	mobile   = regexp.MustCompile(`(^|\D)1[3-9]\d{9}(\D|$)`)
	landline = regexp.MustCompile(`\b(0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|95\d{3,6})\b`)
	nameRule = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,24}$`)
)

// all gives every word of a draft, one after the other.
func (c *lint) all() string {
	if c.draft.Channel != WeChat {
		return c.draft.Text
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.draft.Fields)) {
		b.WriteString(c.draft.Fields[name] + "\n")
	}
	return b.String()
}

// names lists the variables of a draft in order of appearance, as often as
// they appear.
func (c *lint) names() []string { return variablesIn(c.all()) }

// filled: a message says something.
func (c *lint) filled() {
	if strings.TrimSpace(c.all()) == "" {
		c.add("empty")
	}
}

// titled: a title says what it is about, and tells nothing else: it shows on a
// locked screen, so it has no variable.
func (c *lint) titled() {
	switch {
	case strings.TrimSpace(c.draft.Title) == "":
		c.add("title")
	case strings.Contains(c.draft.Title, "${"):
		c.add("title_variable")
	}
}

func (c *lint) length() {
	if n := utf8.RuneCountInString(c.draft.Text); n > c.rules.Longest {
		c.add("length", "n", n, "most", c.rules.Longest)
	}
}

// form: what gateways cannot carry.
func (c *lint) form() { c.signs(c.draft.Title + c.all()) }

func (c *lint) signs(words string) {
	literal := mark.ReplaceAllStringFunc(words, func(s string) string {
		if s == "[" || s == "]" {
			return s
		}
		return ""
	})
	if i := strings.IndexAny(literal, c.rules.Brackets); i >= 0 {
		c.add("bracket")
	}
	if i := strings.IndexAny(literal, c.rules.Symbols); i >= 0 {
		r, _ := utf8.DecodeRuneInString(literal[i:])
		c.add("symbol", "sign", string(r))
	}
	if i := strings.IndexAny(literal, c.rules.Traditional); i >= 0 {
		r, _ := utf8.DecodeRuneInString(literal[i:])
		c.add("traditional", "sign", string(r))
	}
	if strings.ContainsFunc(literal, func(r rune) bool {
		return unicode.IsControl(r) || r >= 0x1F000 || unicode.Is(unicode.Variation_Selector, r)
	}) {
		c.add("picture")
	}
}

// forbidden: words that reviewers refuse.
func (c *lint) forbidden() {
	words := strings.ToLower(c.draft.Title + c.all())
	for _, list := range []struct {
		rule  string
		words []string
	}{{"word", c.rules.Words}, {"optout", c.rules.OptOut}, {"contact", c.rules.Contacts}} {
		for _, w := range list.words {
			if strings.Contains(words, w) {
				c.add(list.rule, "word", w)
			}
		}
	}
}

// withoutLink takes out the filed address wherever it stands whole: a longer one
// that begins like it is another.
func (h House) withoutLink(words string) string {
	if h.Link == "" {
		return words
	}
	whole := regexp.MustCompile(`(^|[^\w./:-])` + regexp.QuoteMeta(h.Link) + `($|[^\w./?&=#%-])`)
	return whole.ReplaceAllString(words, "$1$2")
}

// reachable: contacts are a landline, a 400 or a 95 number, and few.
func (c *lint) reachable() {
	words := c.house.withoutLink(c.draft.Text)
	if address.MatchString(words) {
		c.add("address")
	}
	if mobile.MatchString(words) {
		c.add("mobile")
	}
	n := len(landline.FindAllString(words, -1))
	for _, name := range c.names() {
		if c.variables[name].Attribute == "phone_number2" {
			n++
		}
	}
	if n > c.rules.MostContacts {
		c.add("contacts", "n", n, "most", c.rules.MostContacts)
	}
}

// apart: two variables never stand side by side; a space does not part them.
func (c *lint) apart() {
	if adjacent.MatchString(c.draft.Text) {
		c.add("adjacent")
	}
}

// once: no variable twice.
func (c *lint) once() {
	names := c.names()
	for i, name := range names {
		if slices.Index(names, name) < i {
			c.add("repeated", "name", name)
		}
	}
}

func (c *lint) few() {
	if n := len(c.names()); n > c.rules.MostVars {
		c.add("variables", "n", n, "most", c.rules.MostVars)
	}
}

// literal: words are more than their variables.
func (c *lint) literal() {
	rest := mark.ReplaceAllString(c.draft.Text, "")
	if len(c.names()) > 0 && !strings.ContainsFunc(rest, unicode.IsLetter) {
		c.add("literal")
	}
}

// known: every variable is one of ours, has a name that providers take, and is
// given to messages of this kind.
func (c *lint) known() {
	given := c.supplied(c.draft.Key)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(c.names()))) {
		_, known := c.variables[name]
		switch {
		case !nameRule.MatchString(name):
			c.add("variable_name", "name", name)
		case !known:
			c.add("unknown", "name", name)
		case !slices.Contains(given, name):
			c.add("unsupplied", "name", name)
		}
	}
}

// neutral: the wording for a sensitive department, and one that has no such
// variant, tells of no department.
func (c *lint) neutral() {
	if _, apart := c.messages[c.draft.Lang][c.draft.Key+sensitive]; apart {
		return
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(c.names()))) {
		if c.variables[name].Reveals {
			c.add("reveals", "name", name)
		}
	}
}

// script: Chinese words are Chinese, English ones have no Han sign, and neither
// have the values that go into them.
func (c *lint) script() {
	all := []string{c.draft.Title}
	if c.draft.Channel != WeChat {
		all = append(all, c.draft.Text)
	}
	for name, s := range c.draft.Fields {
		if kind := fieldType(name); kind != "phrase" && kind != "amount" && kind != "enum" {
			all = append(all, s)
		}
	}
	words := strings.Join(all, "")
	english, literal := c.draft.Lang == houzhen.English, mark.ReplaceAllString(words, "")
	if han := strings.ContainsFunc(literal, isHan); han == english && strings.ContainsFunc(literal, unicode.IsLetter) {
		c.add("script")
	}
	if !english {
		return
	}
	for _, name := range c.names() {
		if v := c.variables[name]; strings.ContainsFunc(v.Typical[c.draft.Lang]+v.Longest[c.draft.Lang], isHan) {
			c.add("script_value", "name", name)
		}
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
