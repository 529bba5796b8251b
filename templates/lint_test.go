package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

func TestMessagesPassTheLint(t *testing.T) {
	for _, f := range LintMessages("") {
		t.Error(f)
	}
}

func TestEveryChineseMessageIsOnePart(t *testing.T) {
	for _, key := range Keys() {
		d, _ := Shipped(key, houzhen.Chinese, SMS)
		for _, s := range Lint(d, House{}).Samples {
			if s.Parts != 1 {
				t.Errorf("%s, %s values: got %d characters in %d parts, want 1 part", key, s.Kind, s.Chars, s.Parts)
			}
			t.Logf("%-24s %s %2d %s", key, s.Kind, s.Chars, s.Text)
		}
	}
}

// plant is one bad wording and the one rule that it breaks.
type plant struct {
	Rule, Key, Channel, Lang, Title, Text, Sign string
	Fields                                      map[string]string
	Note                                        bool
	Variables                                   map[string]struct{ Attribute, Typical, Longest string }
}

func (p plant) draft() Draft {
	d := Draft{Key: p.Key, Lang: houzhen.ParseLang(p.Lang), Channel: p.Channel, Title: p.Title, Text: p.Text, Fields: p.Fields}
	if d.Key == "" {
		d.Key = "appt.booked"
	}
	if d.Channel == "" {
		d.Channel = SMS
	}
	return d
}

// library gives what is planted in the variables a place among ours.
func (p plant) library() *library {
	l := *loaded()
	l.variables = maps.Clone(l.variables)
	for name, v := range p.Variables {
		lang := houzhen.ParseLang(p.Lang)
		l.variables[name] = Variable{
			Attribute: v.Attribute, Typical: map[houzhen.Lang]string{lang: v.Typical}, Longest: map[houzhen.Lang]string{lang: v.Longest},
		}
	}
	return &l
}

func planted(t *testing.T) []plant {
	t.Helper()
	var all []plant
	readTestdata(t, "planted.yaml", &all)
	return append(all, []plant{ // too long to be written out
		{Rule: "length", Key: "appt.booked", Text: "${name}" + strings.Repeat("\u53f7", 500), Note: false},
		{Rule: "variables", Text: "${name}"},
		{Rule: "voice_length", Channel: Voice, Text: strings.Repeat("\u53f7", 151)},
		{Rule: "push_length", Channel: Push, Title: "\u901a\u77e5", Text: strings.Repeat("\u53f7", 201)},
		{Rule: "push_length", Channel: Push, Lang: "en", Title: "Notice", Text: strings.Repeat("x", 401)},
	}...)
}

// with the rules whose plant cannot stand alone: a wording that breaks them
// breaks another as well.
func company() map[string][]string {
	return map[string][]string{"length": {"parts", "parts"}, "variables": {"repeated"}}
}

func TestLintFindsWhatIsPlanted(t *testing.T) {
	for i, p := range planted(t) {
		t.Run(fmt.Sprintf("%d %s", i, p.Rule), func(t *testing.T) {
			d := p.draft()
			if p.Rule == "variables" {
				d.Text = strings.Repeat("\u53f7${name}", 21)
			}
			var got []string
			for _, f := range p.library().lint(d, House{Sign: p.Sign}).Faults {
				if f.Note && !p.Note || slices.Contains(company()[p.Rule], f.Rule) {
					continue
				}
				if f.Note != p.Note {
					t.Errorf("%s: got note %v, want %v", f.Rule, f.Note, p.Note)
				}
				got = append(got, f.Rule)
				for _, lang := range Langs() {
					if said := f.Say(lang); strings.ContainsAny(said, "${}") || strings.HasPrefix(said, "lint.") {
						t.Errorf("%s has no whole words in %s: %s", f.Rule, lang, said)
					}
				}
			}
			got = slices.Compact(got)
			if p.Rule == "variables" {
				got = slices.DeleteFunc(got, func(r string) bool { return r == "parts" })
			}
			if !slices.Equal(got, []string{p.Rule}) {
				t.Errorf("got faults %q, want %q alone", got, p.Rule)
			}
		})
	}
}

// Every rule that has words has a planted instance, and every one that the code
// names has words.
func TestEveryRuleIsPlanted(t *testing.T) {
	have := map[string]bool{"sign": true} // TestSignature
	for _, p := range planted(t) {
		have[p.Rule] = true
	}
	for _, key := range PageKeys() {
		if rule, ok := strings.CutPrefix(key, "lint."); ok && !strings.HasPrefix(rule, "values.") && !have[rule] {
			t.Errorf("no fault is planted for the rule %s", rule)
		}
	}
	for rule := range have {
		if T(houzhen.English, "lint."+rule) == "lint."+rule {
			t.Errorf("the rule %s has no words", rule)
		}
	}
}

func TestSignature(t *testing.T) {
	for sign, ok := range map[string]bool{
		"": true, "\u793a\u4f8b\u533b\u9662": true, "Sample": true, "A": false, "Sample Hospital": false, "\u3010\u793a\u4f8b\u3011": false,
		strings.Repeat("\u533b", 13): false,
	} {
		if got := len(LintSign(sign)) == 0; got != ok {
			t.Errorf("%q: got taken %v, want %v", sign, got, ok)
		}
	}
	if got := strings.Join(LintMessages("a b"), "\n"); !strings.Contains(got, "signature") {
		t.Error("got no fault of the signature, want one")
	}
}

func TestLintUsesTheHospitalsOwnSignature(t *testing.T) {
	if got := LintMessages(strings.Repeat("x", 12)); len(got) == 0 {
		t.Error("got no fault with a signature longer than the longest expected, want some")
	}
}

// Every wording of every channel can be filled with the longest values, in both
// languages, and what comes out is what its channel takes.
func TestEveryWordingRendersAtWorst(t *testing.T) {
	l := loaded()
	for _, d := range AllShipped() {
		vars := map[string]string{}
		for name, v := range l.variables {
			vars[name] = v.Longest[d.Lang]
		}
		r, err := (*Book)(nil).Render(d.Key, d.Lang, d.Channel, vars)
		if err != nil {
			t.Errorf("%s/%s/%s: %v", d.Lang, d.Key, d.Channel, err)
			continue
		}
		if d.Channel != WeChat && (r.Text == "" || strings.Contains(r.Text, "${")) {
			t.Errorf("%s/%s/%s: got %q", d.Lang, d.Key, d.Channel, r.Text)
		}
		for name, value := range r.Fields {
			if !l.rules.takes(name, value) {
				t.Errorf("%s/%s: WeChat does not take %q in %s", d.Lang, d.Key, value, name)
			}
		}
	}
}

// Both languages, and the neutral variant beside the plain one, have words for
// the same channels.
func TestVariantsHaveTheSameChannels(t *testing.T) {
	for _, key := range Keys() {
		for _, channel := range Channels() {
			a, zh := Shipped(key, houzhen.Chinese, channel)
			b, en := Shipped(key, houzhen.English, channel)
			_, plain := Shipped(strings.TrimSuffix(key, sensitive), houzhen.Chinese, channel)
			if zh != en || zh != plain {
				t.Errorf("%s on %s: Chinese %v, English %v, plain %v", key, channel, zh, en, plain)
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(a.Fields)), slices.Sorted(maps.Keys(b.Fields))); diff != "" {
				t.Errorf("%s: one template has other fields in Chinese -, English +:\n%s", key, diff)
			}
		}
	}
}

// The hospital's own filed address is the only one that SMS may have, and only
// where it stands whole.
func TestOnlyTheFiledLinkMayBeInSMS(t *testing.T) {
	filed := House{Link: "h.example.cn/q"}
	for text, ok := range map[string]bool{
		"${name}\u8bf7\u770b h.example.cn/q \u4e86\u89e3\u3002": true,
		"h.example.cn/q\uff0c${name}\u8bf7\u770b":               true,
		"${name}\u8bf7\u770b h.example.cn/quit \u4e86\u89e3":    false,
		"${name}\u8bf7\u770b h.example.cn/q/x \u4e86\u89e3":     false,
		"${name}\u8bf7\u770b http://h.example.cn/q \u3002":      false,
		"${name}\u8bf7\u770b www.h.example.cn/q \u3002":         false,
		"${name}\u8bf7\u770b other.cn \u4e86\u89e3\u3002":       false,
	} {
		d := Draft{Key: "appt.booked", Lang: houzhen.Chinese, Channel: SMS, Text: text}
		fault := func(h House) bool {
			return slices.ContainsFunc(Lint(d, h).Faults, func(f Fault) bool { return f.Rule == "address" })
		}
		if got := !fault(filed); got != ok {
			t.Errorf("%q: got allowed %t, want %t", text, got, ok)
		}
		if !fault(House{}) {
			t.Errorf("%q: allowed to a hospital that filed no address", text)
		}
	}
}
