package templates

import (
	"testing"

	"github.com/houzhen/houzhen"
)

func TestT(t *testing.T) {
	if got, want := T(houzhen.English, "place.ahead", "n", 5), "Ahead of you: 5"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := T(houzhen.English, "no.such", "n", 5), "no.such"; got != want {
		t.Errorf("got %q for a missing key, want %q", got, want)
	}
	if got, want := T(houzhen.English, "place.ahead"), "Ahead of you: ${n}"; got != want {
		t.Errorf("got %q for a missing value, want %q", got, want)
	}
	if got, want := T(houzhen.English, "place.ahead", "n"), "Ahead of you: ${n}"; got != want {
		t.Errorf("got %q for a name without value, want %q", got, want)
	}
}

func TestLookupReportsWhatTHides(t *testing.T) {
	if got, err := Lookup(houzhen.Chinese, "no.such"); err == nil {
		t.Errorf("got %q for a missing key, want an error", got)
	}
	if got, err := Lookup(houzhen.Chinese, "place.ahead"); err == nil {
		t.Errorf("got %q for a missing value, want an error", got)
	}
	if got, err := Lookup(houzhen.English, "place.ahead", "n", "0"); err != nil || got != "Ahead of you: 0" {
		t.Errorf("got %q, %v, want the words with 0", got, err)
	}
}

func TestWordsAreTheCallersOwn(t *testing.T) {
	Words(houzhen.English)["do.ok"] = "changed"
	if got := Words(houzhen.English)["do.ok"]; got != "OK" {
		t.Errorf("got %q, want OK", got)
	}
	if got := Words(houzhen.English)["place.ahead"]; got != "Ahead of you: ${n}" {
		t.Errorf("got %q, want the variable unfilled", got)
	}
	if got, want := len(PageKeys()), len(Words(houzhen.Chinese)); got != want {
		t.Errorf("got %d keys, want %d", got, want)
	}
}
