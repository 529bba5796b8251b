package booking

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

func TestVoucherIsSpeakableAndChecksItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := voucherOf(rapid.String().Draw(t, "id"), rapid.IntRange(0, 3).Draw(t, "try"))
		if len(v) != 9 || strings.ContainsAny(v, "IOQ01") {
			t.Fatalf("got %q", v)
		}
		if got, err := ParseVoucher(" " + strings.ToLower(v[:4]) + "-" + v[4:]); got != v || err != nil {
			t.Fatalf("got %q, %v, want %q", got, err, v)
		}
		i := rapid.IntRange(0, 8).Draw(t, "place")
		wrong := rapid.SampledFrom([]byte(signs)).Draw(t, "sign")
		if bad := v[:i] + string(wrong) + v[i+1:]; bad != v {
			if _, err := ParseVoucher(bad); houzhen.CodeOf(err) != houzhen.CodeVoucher {
				t.Fatalf("%s for %s is taken", bad, v)
			}
		}
		i = rapid.IntRange(0, 7).Draw(t, "swap")
		if bad := v[:i] + string(v[i+1]) + string(v[i]) + v[i+2:]; bad != v {
			if _, err := ParseVoucher(bad); houzhen.CodeOf(err) != houzhen.CodeVoucher {
				t.Fatalf("%s for %s is taken", bad, v)
			}
		}
	})
}

func TestParseVoucherTakesFullWidth(t *testing.T) {
	v := voucherOf("id", 0)
	wide := strings.Map(func(r rune) rune { return r + 0xfee0 }, v)
	if got, err := ParseVoucher(wide); got != v || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"", "A", strings.Repeat("A", 1000), v + "A", "\xff\xfe", "０"} {
		if _, err := ParseVoucher(bad); houzhen.CodeOf(err) != houzhen.CodeVoucher {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestAnotherTryGivesAnotherVoucher(t *testing.T) {
	if voucherOf("id", 0) == voucherOf("id", 1) {
		t.Error("the same voucher again")
	}
}

func TestIDsKnowTheBordersOfTheirParts(t *testing.T) {
	if deriveID("ab", "c") == deriveID("a", "bc") {
		t.Error("different parts give the same id")
	}
	if a, b := deriveID("caller", "key"), deriveID("caller", "key"); a != b || len(a) != 26 {
		t.Errorf("got %q and %q", a, b)
	}
}

func FuzzParseVoucher(f *testing.F) {
	f.Add(voucherOf("id", 0))
	f.Add("abc-def-ghj")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVoucher(s)
		if err != nil {
			return
		}
		if again, err := ParseVoucher(v); again != v || err != nil {
			t.Errorf("%q does not read itself: %q, %v", v, again, err)
		}
	})
}
