package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/seal"
)

// master gives a key that is easily told apart.
func master(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func ring(tb testing.TB, masters ...[]byte) *seal.Ring {
	tb.Helper()
	r, err := seal.New(masters...)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func mustSeal(tb testing.TB, r *seal.Ring, plain, purpose string) []byte {
	tb.Helper()
	b, err := r.Seal(plain, purpose)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensForItsPurposeOnly(t *testing.T) {
	r := ring(t, master(1))
	for _, plain := range []string{"", "欧阳小明", "13812340000", strings.Repeat("x", 10_000), "\x00\xff"} {
		sealed := mustSeal(t, r, plain, "patient.name")
		if plain != "" && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%.12q: got it in the clear", plain)
		}
		got, err := r.Open(sealed, "patient.name")
		if err != nil || got != plain {
			t.Errorf("%.12q: got %.12q and error %v", plain, got, err)
		}
		if _, err := r.Open(sealed, "patient.phone"); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%.12q for another purpose: got %v, want %v", plain, err, seal.ErrOpen)
		}
	}
}

func TestTheSameTextSealsDifferently(t *testing.T) {
	r := ring(t, master(1))
	if bytes.Equal(mustSeal(t, r, "a", "p"), mustSeal(t, r, "a", "p")) {
		t.Error("got the same bytes twice: equal values could be told")
	}
}

func TestEveryChangedBitIsNoticed(t *testing.T) {
	r := ring(t, master(1))
	sealed := mustSeal(t, r, "13812340000", "p")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if got, err := r.Open(bad, "p"); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("bit %d: got %q and error %v", i, got, err)
		}
	}
	for n := range sealed {
		if _, err := r.Open(sealed[:n], "p"); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("cut to %d: got %v", n, err)
		}
	}
}

func TestAfterARotationAllOpenAndTheNewestSeals(t *testing.T) {
	old := ring(t, master(1))
	sealed := mustSeal(t, old, "a", "p")
	both := ring(t, master(1), master(2))
	if got, err := both.Open(sealed, "p"); err != nil || got != "a" {
		t.Errorf("old value: got %q and error %v", got, err)
	}
	if both.SealedByNewest(sealed) {
		t.Error("an old value needs no re-sealing, it is said")
	}
	fresh := mustSeal(t, both, "a", "p")
	if !both.SealedByNewest(fresh) || both.SealedByNewest(nil) {
		t.Error("a new value needs re-sealing, it is said")
	}
	if _, err := old.Open(fresh, "p"); !errors.Is(err, seal.ErrOpen) || !strings.Contains(err.Error(), "not in the ring") {
		t.Errorf("new value by the old ring: got %v, want it to name the missing key", err)
	}
	if old.Index("x", "p") != both.Index("x", "p") {
		t.Error("the rotation changed the blind index: nothing would be found any more")
	}
}

func TestIndexIsKeyedAndSeparatedByPurpose(t *testing.T) {
	a, b := ring(t, master(1)), ring(t, master(2))
	seen := map[string]string{}
	for name, digest := range map[string]string{
		"value":          a.Index("13812340000", "phone"),
		"other value":    a.Index("13812340001", "phone"),
		"other purpose":  a.Index("13812340000", "doc"),
		"other key":      b.Index("13812340000", "phone"),
		"moved border":   a.Index("e13812340000", "phon"),
		"empty value":    a.Index("", "phone13812340000"),
		"empty purpose":  a.Index("phone13812340000", ""),
		"nothing at all": a.Index("", ""),
	} {
		if len(digest) != 64 || strings.ToLower(digest) != digest {
			t.Errorf("%s: got %q, want 64 hex signs", name, digest)
		}
		if other, taken := seen[digest]; taken {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[digest] = name
	}
	if a.Index("x", "p") != ring(t, master(1)).Index("x", "p") {
		t.Error("got two digests of one value by one key")
	}
}

func TestARingPrintsMasked(t *testing.T) {
	r := ring(t, master('k'), master('m'))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("ring", "ring", r, "value", *r) //nolint:sloglint // as anybody would
	encoded, err := json.Marshal(map[string]any{"ring": r})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %#v", r, r, r, r, r, r, r, *r, *r) + log.String() + string(encoded)
	for _, secret := range []string{"kkkk", "6b6b", "107 107", "a2tr", "0x6b", "mmmm"} {
		if strings.Contains(all, secret) {
			t.Errorf("got %q in %s", secret, all)
		}
	}
	if want := "seal.Ring(2 keys, newest "; !strings.Contains(all, want) {
		t.Errorf("got %s without %q", all, want)
	}
	if got := fmt.Sprint(seal.Ring{}); got != "seal.Ring(no keys)" {
		t.Errorf("got %q for no keys", got)
	}
}

func TestNewRefusesBadKeys(t *testing.T) {
	for name, masters := range map[string][][]byte{
		"none": nil, "short": {master(1)[:31]}, "long": {append(master(1), 1)}, "one twice": {master(1), master(2), master(1)},
	} {
		if _, err := seal.New(masters...); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestParseTakesWhatGenerateMakes(t *testing.T) {
	one, err := seal.Generate(bytes.NewReader(master(1)))
	if err != nil {
		t.Fatal(err)
	}
	two, err := seal.Generate(bytes.NewReader(master(2)))
	if err != nil {
		t.Fatal(err)
	}
	url := base64.RawURLEncoding.EncodeToString(master(2))
	sealed := mustSeal(t, ring(t, master(1), master(2)), "a", "p")
	for _, text := range []string{one + "," + two, " " + one + "\n" + two + "\n", one + ", " + url} {
		r, err := seal.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Open(sealed, "p"); err != nil || got != "a" || !r.SealedByNewest(sealed) {
			t.Errorf("got %q and error %v", got, err)
		}
	}
	if _, err := seal.Generate(bytes.NewReader(nil)); err == nil {
		t.Error("got a key without randomness")
	}
}

func TestParseRefusesWithoutShowingTheKey(t *testing.T) {
	for _, text := range []string{"", " , ", "hunter2hunter2!", base64.StdEncoding.EncodeToString([]byte("hunter2"))} {
		_, err := seal.Parse(text)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "aHVudGVy") {
			t.Errorf("%q: got %v, want an error without the key", text, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	r := ring(f, master(1), master(2))
	f.Add([]byte(nil), "p")
	f.Add([]byte{1}, "")
	f.Add(mustSeal(f, r, "13812340000", "p"), "p")
	f.Add(mustSeal(f, r, "", "q"), "p")
	f.Fuzz(func(t *testing.T, sealed []byte, purpose string) {
		plain, err := r.Open(sealed, purpose)
		if err != nil {
			if !errors.Is(err, seal.ErrOpen) || plain != "" {
				t.Errorf("got %q and error %v", plain, err)
			}
			return
		}
		again := mustSeal(t, r, plain, purpose)
		if got, err := r.Open(again, purpose); err != nil || got != plain {
			t.Errorf("got %q and error %v, want %q", got, err, plain)
		}
	})
}
