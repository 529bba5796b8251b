package directory_test

import (
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

func TestParsePhone(t *testing.T) {
	for in, want := range map[string]string{
		"13800000000":       "13800000000",
		" 138 0000 0000 ":   "13800000000",
		"138-0000-0000":     "13800000000",
		"+8613800000000":    "13800000000",
		"+86 138 0000 0000": "13800000000",
		"008613800000000":   "13800000000",
		"8613800000000":     "13800000000",
		"(+86)13800000000":  "13800000000",
		"１３８００００００００":       "13800000000",
		"＋８６\u3000１９９１２３４５６７８": "19912345678",
		"1\u200b3800000000":       "13800000000",
		"12800000000":             "", // no such range
		"23800000000":             "",
		"1380000000":              "",
		"138000000000":            "",
		"+85213800000000":         "",
		"+8601012345678":          "",
		"010-12345678":            "",
		"1380000000a":             "",
		"":                        "",
		"١٣٨٠٠٠٠٠٠٠٠":             "", // digits of another script
		strings.Repeat("1", 1000): "",
		"\xff\xfe":                "",
	} {
		got, err := directory.ParsePhone(in)
		if got.Reveal() != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got.Reveal(), err, want)
		}
		if err != nil && houzhen.CodeOf(err) != houzhen.CodePhone {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"13800000000", "+86 138-0000-0000", "１３８００００００００", "86", "\xff", "0086"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := directory.ParsePhone(s)
		if err != nil {
			if houzhen.CodeOf(err) != houzhen.CodePhone || !p.IsZero() {
				t.Fatalf("got %v", err)
			}
			return
		}
		digits := p.Reveal()
		if len(digits) != 11 || strings.Trim(digits, "0123456789") != "" || digits[0] != '1' {
			t.Fatalf("took %q", digits)
		}
		if again, err := directory.ParsePhone(digits); err != nil || again != p {
			t.Fatalf("does not read itself: %q", digits)
		}
	})
}

func TestParseName(t *testing.T) {
	for in, want := range map[string]string{
		"张三":                "张三",
		" 欧阳小雪 ":            "欧阳小雪",
		"买买提•吐尔逊":           "买买提·吐尔逊",
		"买买提・吐尔逊":           "买买提·吐尔逊",
		"John  Smith":       "John Smith",
		"Anne-Marie O’Neil": "Anne-Marie O'Neil",
		"Ｊｏｈｎ":              "John",
		"张三之子":              "张三之子",
		"𠮷田":                "𠮷田",
		"张\u200b三":          "张三",
		"José":              "José",
	} {
		got, err := directory.ParseName(in)
		if err != nil || got.Reveal() != want {
			t.Errorf("%q: got %q, %v, want %q", in, got.Reveal(), err, want)
		}
	}
	for in, want := range map[string]houzhen.Code{
		"":                      houzhen.CodeMissing,
		" \u3000":               houzhen.CodeMissing,
		"张三1":                   houzhen.CodeInvalid,
		"<b>":                   houzhen.CodeInvalid,
		"...":                   houzhen.CodeInvalid,
		"a\x00b":                houzhen.CodeInvalid,
		strings.Repeat("张", 51): houzhen.CodeInvalid,
		"\xff":                  houzhen.CodeEncoding,
		"😀":                     houzhen.CodeInvalid,
	} {
		if _, err := directory.ParseName(in); houzhen.CodeOf(err) != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"张三", "买买提•吐尔逊", "John Smith", "\xff", "a\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := directory.ParseName(s)
		if err != nil {
			return
		}
		if again, err := directory.ParseName(n.Reveal()); err != nil || again != n {
			t.Fatalf("does not read itself: %q", n.Reveal())
		}
	})
}
