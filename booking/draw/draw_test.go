package draw

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

// The steps of Order are published: a draw that was made once must come out
// the same for ever. The figures were made with sha256sum and openssl.
func TestOrderFollowsThePublishedSteps(t *testing.T) {
	seed := strings.Repeat("0123456789abcdef", 4)
	if got := Commit(seed); got != "a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e" {
		t.Errorf("commitment: got %s", got)
	}
	got := strings.Join(Order(seed, []string{"a", "b", "c", "d", "e"}), " ")
	if want := "c d a e b"; got != want {
		t.Errorf("order: got %s, want %s", got, want)
	}
}

// Whoever asks first has no better lot, and nobody is drawn twice or lost.
func TestOrderKnowsOnlySeedAndIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{1,8}`), 1, 40, rapid.ID).Draw(t, "ids")
		seed := rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "seed")
		shuffled := rapid.Permutation(ids).Draw(t, "shuffled")
		order := Order(seed, ids)
		if !slices.Equal(order, Order(seed, shuffled)) {
			t.Error("order depends on who asked first")
		}
		if !slices.Equal(slices.Sorted(slices.Values(order)), slices.Sorted(slices.Values(ids))) {
			t.Errorf("got %v of %v", order, ids)
		}
		places := rapid.IntRange(-1, 50).Draw(t, "places")
		won, lost := Draw(seed, ids, places)
		if len(won) != max(0, min(places, len(ids))) || !slices.Equal(slices.Concat(won, lost), order) {
			t.Errorf("%d places: won %v, lost %v", places, won, lost)
		}
	})
}

// chiSquare sums (observed-expected)²/expected.
func chiSquare(observed []int, total int) (sum float64) {
	expected := float64(total) / float64(len(observed))
	for _, n := range observed {
		d := float64(n) - expected
		sum += d * d / expected
	}
	return sum
}

// Over many seeds every lot is as often on every rank. With 9 degrees of
// freedom chi-square passes 33.7 once in ten thousand; the seeds are fixed.
func TestDrawIsUniform(t *testing.T) {
	const lots, rounds = 10, 4000
	random := rand.New(rand.NewPCG(7, 11))
	ids := make([]string, lots)
	for i := range ids {
		ids[i] = fmt.Sprintf("lot-%02d", i)
	}
	at := map[string][]int{}
	for _, id := range ids {
		at[id] = make([]int, lots)
	}
	for range rounds {
		seed := fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
		for rank, id := range Order(seed, ids) {
			at[id][rank]++
		}
	}
	for _, id := range ids {
		if x := chiSquare(at[id], rounds); x > 33.7 {
			t.Errorf("%s: ranks %v, chi-square %.1f", id, at[id], x)
		}
	}
}

// One more request shuffles everything: nobody can predict what his joining does.
func TestOneMoreRequestChangesTheOrder(t *testing.T) {
	seed := strings.Repeat("ab", 32)
	ids := make([]string, 50)
	for i := range ids {
		ids[i] = fmt.Sprint("lot", i)
	}
	before := Order(seed, ids)
	after := slices.DeleteFunc(Order(seed, append(ids, "newcomer")), func(id string) bool { return id == "newcomer" })
	same := 0
	for i := range before {
		if before[i] == after[i] {
			same++
		}
	}
	if same > 10 {
		t.Errorf("%d of 50 kept their rank", same)
	}
}

func TestRecordIsChecked(t *testing.T) {
	sound := func() Record {
		ids := []string{"a", "b", "c", "d"}
		seed := strings.Repeat("0f", 32)
		return Record{Version: Version, Commitment: Commit(seed), Seed: seed, Requests: ids, Order: Order(seed, ids)}
	}
	if err := sound().Check(); err != nil {
		t.Errorf("sound: %v", err)
	}
	for field, change := range map[string]func(*Record){
		"version":  func(r *Record) { r.Version = "houzhen-draw-2" },
		"seed":     func(r *Record) { r.Seed = strings.Repeat("0e", 32) },
		"requests": func(r *Record) { r.Requests = append(r.Requests, "a") },
		"order":    func(r *Record) { r.Order[0], r.Order[3] = r.Order[3], r.Order[0] },
	} {
		r := sound()
		change(&r)
		e, ok := r.Check().(*houzhen.Error) //nolint:errorlint // the rule itself gives it, nothing wraps it
		if !ok || e.Code != houzhen.CodeDrawUnsound || e.Field != field {
			t.Errorf("%s: got %v", field, r.Check())
		}
	}
	r := sound()
	r.Requests = append(r.Requests, "smuggled")
	if r.Check() == nil {
		t.Error("a request that was added afterwards passes")
	}
	r = sound()
	r.Seed = ""
	if r.Check() == nil {
		t.Error("a draw without its seed passes")
	}
}

func TestSeedsAreRead(t *testing.T) {
	seed, err := NewSeed(strings.NewReader(strings.Repeat("\x01", 32)))
	if err != nil || seed != strings.Repeat("01", 32) {
		t.Errorf("got %q, %v", seed, err)
	}
	if _, err := NewSeed(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("a seed without entropy")
	}
}
