package booking

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

func TestVoucherIsSpeakableAndChecksItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := voucherOf(AppointmentID(rapid.String().Draw(t, "part")))
		if rapid.Bool().Draw(t, "old") { // as they were: eight signs and a check sign
			v = v[:oldVoucherBody] + string(checkSign(v[:oldVoucherBody]))
		}
		if len(v) < 9 || len(v) > 10 || strings.ContainsAny(v, "IOQ01") {
			t.Fatalf("got %q", v)
		}
		if got, err := ParseVoucher(" " + strings.ToLower(v[:4]) + "-" + v[4:]); got != v || err != nil {
			t.Fatalf("got %q, %v, want %q", got, err, v)
		}
		i := rapid.IntRange(0, len(v)-1).Draw(t, "place")
		wrong := rapid.SampledFrom([]byte(signs)).Draw(t, "sign")
		if bad := v[:i] + string(wrong) + v[i+1:]; bad != v {
			if _, err := ParseVoucher(bad); houzhen.CodeOf(err) != houzhen.CodeVoucher {
				t.Fatalf("%s for %s is taken", bad, v)
			}
		}
		i = rapid.IntRange(0, len(v)-2).Draw(t, "swap")
		if bad := v[:i] + string(v[i+1]) + string(v[i]) + v[i+2:]; bad != v {
			if _, err := ParseVoucher(bad); houzhen.CodeOf(err) != houzhen.CodeVoucher {
				t.Fatalf("%s for %s is taken", bad, v)
			}
		}
	})
}

func TestParseVoucherTakesFullWidth(t *testing.T) {
	v := voucherOf(AppointmentID("id"))
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

func TestAnAppointmentIsBetweenTheIDsOfItsVoucher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := AppointmentID(rapid.String().Draw(t, "part"))
		other := AppointmentID(rapid.String().Draw(t, "another part"), "x")
		first, last, ok := IDsOfVoucher(voucherOf(id))
		if len(id) != idSigns || !ok || id < first || id > last {
			t.Fatalf("%q is not between %q and %q", id, first, last)
		}
		if other >= first && other <= last {
			t.Fatalf("so is %q", other)
		}
	})
	for _, id := range []string{"", "a1", "0193f0a2-5a6e-7c3c-9d1f-0d8d5cf0a001", "lllllllll00000000000000000", "l1lllllllaaaaaaaaaaaaaaaaa"} {
		if v := voucherOf(id); id != "lllllllll00000000000000000" && v != "" {
			t.Errorf("%q has the voucher %q", id, v)
		}
	}
	if _, _, ok := IDsOfVoucher("ABCDEFGHJ"); ok {
		t.Error("a voucher of nine signs says where to look")
	}
}

func TestWhoShowsAVoucherThatSeveralHaveMeansTheOneOfToday(t *testing.T) {
	today := houzhen.Date{Year: 2026, Month: 3, Day: 2}
	on := func(id string, days int) Appointment { return Appointment{ID: id, Day: today.AddDays(days)} }
	for name, c := range map[string]struct {
		list []Appointment
		want string
		code houzhen.Code
	}{
		"nobody":             {nil, "", houzhen.CodeVoucher},
		"one of long ago":    {[]Appointment{on("a", -90)}, "a", ""},
		"today and later":    {[]Appointment{on("later", 3), on("today", 0)}, "today", ""},
		"today and before":   {[]Appointment{on("today", 0), on("before", -3)}, "today", ""},
		"the last of two":    {[]Appointment{on("a", -9), on("b", -3)}, "b", ""},
		"two of today":       {[]Appointment{on("a", 0), on("later", 1), on("b", 0)}, "", houzhen.CodeAmbiguous},
		"two of another day": {[]Appointment{on("a", 2), on("b", 2)}, "", houzhen.CodeAmbiguous},
		"two, and one today": {[]Appointment{on("a", 2), on("today", 0), on("b", 2)}, "today", ""},
	} {
		if got, err := ofVoucher(c.list, today); got.ID != c.want || houzhen.CodeOf(err) != c.code {
			t.Errorf("%s: got %q, %v", name, got.ID, err)
		}
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
	f.Add(voucherOf(AppointmentID("id")))
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
