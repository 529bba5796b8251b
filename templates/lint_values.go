package templates

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/houzhen/houzhen"
)

// attributes: what will be filled in is what the provider takes for it.
func (c *lint) attributes() {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(c.names()))) {
		v, known := c.variables[name]
		if !known {
			continue
		}
		a, known := c.rules.Attributes[v.Attribute]
		if !known {
			c.add("attribute", "name", name, "attribute", v.Attribute)
			continue
		}
		for _, value := range []string{v.Typical[c.draft.Lang], v.Longest[c.draft.Lang]} {
			if n := utf8.RuneCountInString(value); n > min(a.Longest, c.rules.LongestValue) {
				c.note("value_length", "name", name, "n", n, "most", min(a.Longest, c.rules.LongestValue))
				continue
			}
			if !a.takes(value) {
				c.add("value", "name", name, "attribute", v.Attribute)
				break
			}
		}
	}
}

func (a attribute) takes(value string) bool {
	return a.Pattern.takes(value) && (!a.Refused || !address.MatchString(value) && !mobile.MatchString(value))
}

// captcha: a wording with a code says that it is one, and has no other value.
func (c *lint) captcha() {
	names := c.names()
	if !slices.ContainsFunc(names, func(name string) bool { return c.variables[name].Attribute == "numberCaptcha" }) {
		return
	}
	says := slices.ContainsFunc(c.rules.CaptchaWords, func(w string) bool {
		return strings.Contains(strings.ToLower(mark.ReplaceAllString(c.draft.Text, "")), w)
	})
	if !says || len(names) != 1 {
		c.add("captcha")
	}
}

// values gives those of the variables of a draft, typical or longest.
func (c *lint) values(kind string) map[string]string {
	out := map[string]string{}
	for _, name := range c.names() {
		v := c.variables[name]
		out[name] = v.Typical[c.draft.Lang]
		if kind == "longest" {
			out[name] = v.Longest[c.draft.Lang]
		}
	}
	return c.rules.cleaned(out)
}

// kinds of values that samples are filled with.
func kinds() []string { return []string{"typical", "longest"} }

func (c *lint) fill() []Sample {
	samples := make([]Sample, 0, 2)
	for i, kind := range kinds() {
		s := Sample{Kind: kind, Title: c.draft.Title, Sign: c.house.Sign}
		if s.Sign == "" {
			s.Sign = []string{c.rules.TypicalSign, c.rules.LongestSign}[i]
		}
		values := c.values(kind)
		if c.draft.Channel == WeChat {
			s.Fields = c.filledFields(values)
		} else {
			s.Text = c.words[""].show(values)
		}
		if c.draft.Channel == SMS {
			s.Chars, s.Parts = Parts(s.Sign, s.Text)
		}
		samples = append(samples, s)
	}
	return samples
}

// parts: how many messages a carrier bills.
func (c *lint) parts() {
	for i, s := range c.samples {
		if most := c.rules.Parts[c.draft.Lang][i]; s.Parts > most {
			c.add("parts", "n", s.Parts, "most", most, "chars", s.Chars, "kind", s.Kind)
		} else if s.Parts > 1 {
			c.note("parts_note", "n", s.Parts, "chars", s.Chars)
		}
	}
}

// spoken: what is read fits half a minute.
func (c *lint) spoken() {
	most := c.rules.VoiceText
	if c.draft.Lang == houzhen.English {
		most *= 2
	}
	if n := utf8.RuneCountInString(c.samples[1].Text); n > most {
		c.add("voice_length", "n", n, "most", most)
	}
}

// shown: what locked screens show.
func (c *lint) shown() {
	if n := utf8.RuneCountInString(c.draft.Title); n > c.rules.PushTitle {
		c.add("push_title", "n", n, "most", c.rules.PushTitle)
	}
	most := c.rules.PushText
	if c.draft.Lang == houzhen.English {
		most *= 2
	}
	if n := utf8.RuneCountInString(c.samples[1].Text); n > most {
		c.add("push_length", "n", n, "most", most)
	}
}

// fields: WeChat refuses a whole message over one value.
func (c *lint) fields() {
	if n := len(c.draft.Fields); n > c.rules.WeChatFields {
		c.add("fields", "n", n, "most", c.rules.WeChatFields)
	}
	told := map[string]bool{}
	for _, s := range c.samples {
		for _, f := range s.Fields {
			_, known := c.rules.Fields[f.Type]
			switch {
			case told[f.Name]:
				continue
			case !known:
				c.add("field", "name", f.Name)
			case f.Cut && s.Kind == "typical":
				c.add("field_cut", "name", f.Name, "most", f.Longest)
			case f.Cut:
				c.note("field_may_cut", "name", f.Name, "most", f.Longest)
			case !c.rules.takes(f.Name, f.Value):
				c.add("field_value", "name", f.Name, "type", f.Type)
			default:
				continue
			}
			told[f.Name] = true
		}
	}
}

func (c *lint) filledFields(values map[string]string) []FieldSample {
	list := make([]FieldSample, 0, len(c.words))
	for _, name := range slices.Sorted(maps.Keys(c.words)) {
		f := FieldSample{Name: name, Type: fieldType(name)}
		f.Value, f.Cut = c.rules.fit(name, c.words[name].show(values))
		f.Chars, f.Longest = utf8.RuneCountInString(f.Value), c.rules.Fields[f.Type].Longest
		list = append(list, f)
	}
	return list
}
