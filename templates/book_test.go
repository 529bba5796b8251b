package templates

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
)

func near(text string, number int) Approved {
	return Approved{Draft{Key: "queue.near", Lang: houzhen.English, Channel: SMS, Text: text}, number, "SMS_1"}
}

func TestBookPutsAnOwnWordingBeforeTheShipped(t *testing.T) {
	vars := map[string]string{"no": "A032", "n": "3", "place": "Desk B"}
	for _, c := range []struct {
		name string
		own  []Approved
		want string
		no   int
	}{
		{"shipped", nil, "No. A032: 3 ahead. Please come back to Desk B now.", 0},
		{"own", []Approved{near("${n} before no. ${no}.", 2)}, "3 before no. A032.", 2},
		{"the later of two", []Approved{near("${n} to go.", 3), near("${n} before no. ${no}.", 2)}, "3 to go.", 3},
		{"one that lacks a value gives way", []Approved{near("${fee} yuan", 4)}, "No. A032: 3 ahead. Please come back to Desk B now.", 0},
		{"one that cannot be read is left out", []Approved{near("${n", 4)}, "No. A032: 3 ahead. Please come back to Desk B now.", 0},
	} {
		r, err := NewBook(c.own).Render("queue.near", houzhen.English, SMS, vars)
		if err != nil || r.Text != c.want || r.Number != c.no {
			t.Errorf("%s: got %q (%d), %v, want %q (%d)", c.name, r.Text, r.Number, err, c.want, c.no)
		}
	}
}

func TestRenderForEachChannel(t *testing.T) {
	vars := map[string]string{
		"name": "J*** S***", "date": "Thu 5 Mar", "time": "09:00-09:30", "start": "09:00", "dept": "Cardiology", "doctor": "Li Min",
		"place": "Desk B, floor 12 east, main building", "tail": "4821", "deadline": "21:00", "hospital": "Sample Hospital",
	}
	var b *Book
	r, err := b.Render("appt.remind.d1", houzhen.English, WeChat, vars)
	want := map[string]string{"thing1": "J*** S***", "thing2": "Cardiology", "thing3": "Thu 5 Mar, 09:00", "thing4": "Desk B, floor 12 eas", "thing5": "Bring ID, or cancel"}
	if diff := cmp.Diff(want, r.Fields); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if r.Text == "" || len(r.Vars) != 0 {
		t.Errorf("got record %q and %v", r.Text, r.Vars)
	}
	r, err = b.Render("appt.remind.d1", houzhen.English, Voice, vars)
	if err != nil || !strings.HasPrefix(r.Text, "Hello, this is Sample Hospital.") || strings.Contains(r.Text, "J***") || r.Vars["start"] != "09:00" {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = b.Render("appt.remind.d1", houzhen.English, Push, vars)
	if err != nil || r.Title == "" || !strings.Contains(r.Text, "Bring your ID and earlier results") {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := b.Render("auth.code", houzhen.English, WeChat, vars); err == nil {
		t.Error("got no error for a channel without words, want one")
	}
	delete(vars, "tail")
	var missing *MissingError
	if _, err := b.Render("appt.remind.d1", houzhen.English, SMS, vars); !errors.As(err, &missing) || missing.Variable != "tail" {
		t.Errorf("got %v, want a missing tail", err)
	}
}

func TestFit(t *testing.T) {
	r := loaded().rules
	for _, c := range []struct {
		field, value, want string
		cut, taken         bool
	}{
		{"time4", "09:00-09:30", "09:00~09:30", false, true},
		{"time4", "10:20", "10:20", false, true},
		{"date3", "12\u670831\u65e5\u5468\u56db", "12\u670831\u65e5", false, true},
		{"date3", "Thu 31 Dec", "Thu 31 Dec", false, false},
		{"thing1", " a\n b ", "a b", false, true},
		{"thing1", strings.Repeat("x", 21), strings.Repeat("x", 20), true, true},
		{"character_string1", "A032", "A032", false, true},
		{"character_string1", "\u53f7", "\u53f7", false, false},
		{"number3", "12", "12", false, true},
		{"number3", "", "", false, false},
		{"phone_number4", "0755-12345678", "0755-12345678", false, true},
		{"amount3", "50.00\u5143", "50.00\u5143", false, true},
		{"amount3", "fifty", "fifty", false, false},
		{"colour1", "red", "red", false, false},
	} {
		got, cut := r.fit(c.field, c.value)
		if got != c.want || cut != c.cut || r.takes(c.field, got) != c.taken {
			t.Errorf("%s %q: got %q, cut %v, taken %v", c.field, c.value, got, cut, r.takes(c.field, got))
		}
	}
}

func TestSuppliedIsTheUnionOfAllVariants(t *testing.T) {
	got := Supplied("queue.delayed.sens")
	if diff := cmp.Diff([]string{"doctor", "mins", "name"}, got); diff != "" {
		t.Error(diff)
	}
	if got := Supplied("no.such"); len(got) != 0 {
		t.Errorf("got %v for a wording that does not exist, want none", got)
	}
}
