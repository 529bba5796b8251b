package booking

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/houzhen/houzhen"
)

func counted(slots []Slot) Quotas {
	q := Quotas{}
	for _, s := range slots {
		if s.Quota != "" {
			q[s.Quota]++
		}
	}
	return q
}

func drawQuotas(t *rapid.T, places int) Quotas {
	q := Quotas{}
	for _, name := range AllQuotas {
		q[name] = rapid.IntRange(0, places/4).Draw(t, string(name))
	}
	return q
}

// Of any quotas that have room, exactly as many places are kept; one quota is
// in no slice two times more often than in another.
func TestQuotasAreLaidExactlyAndEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := morning(SessionPlanned)
		s.SliceMinutes = rapid.SampledFrom([]int{15, 20, 30, 60}).Draw(t, "minutes")
		s.SliceCapacity = rapid.IntRange(1, 8).Draw(t, "capacity")
		slots := LaySlots(s)
		q := drawQuotas(t, len(slots)).fitting(len(slots))
		laid, err := LayQuotas(slots, q)
		if err != nil {
			t.Fatalf("%v in %d places: %v", q, len(slots), err)
		}
		got := counted(laid)
		for _, name := range AllQuotas {
			if got[name] != q[name] {
				t.Errorf("%s: got %d, want %d", name, got[name], q[name])
			}
		}
		only := rapid.SampledFrom(AllQuotas).Draw(t, "only")
		alone, err := LayQuotas(slots, Quotas{only: q[only]})
		if err != nil {
			t.Fatal(err)
		}
		by := map[time.Time]int{}
		for _, p := range alone {
			by[p.Start] += 1 - p.general()
		}
		least, most := len(slots), 0
		for _, n := range by {
			least, most = min(least, n), max(most, n)
		}
		if most-least > 1 {
			t.Errorf("%d of %s over %d slices: from %d to %d", q[only], only, len(by), least, most)
		}
	})
}

// Laying anew never takes a label off a taken place, and never leaves a quota
// with fewer places than were given of it.
func TestLayingAnewKeepsWhatWasGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := morning(SessionPlanned)
		s.SliceCapacity = rapid.IntRange(1, 6).Draw(t, "capacity")
		slots := LayOut(s, drawQuotas(t, 10))
		for i := range slots {
			slots[i].Taken = rapid.Bool().Draw(t, "taken")
		}
		q := drawQuotas(t, 10)
		laid, err := LayQuotas(slots, q)
		if err != nil {
			if houzhen.CodeOf(err) != houzhen.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		for i, p := range laid {
			if p.Taken && p.Quota != slots[i].Quota {
				t.Errorf("place %d: label of a taken place changed from %q to %q", p.No, slots[i].Quota, p.Quota)
			}
		}
		for _, u := range UseOf(laid) {
			if u.Sold > u.Places || u.Quota != "" && u.Places != q[u.Quota] {
				t.Errorf("%+v, want %d places", u, q[u.Quota])
			}
		}
	})
}

func TestQuotasAreSpreadOverTheMorning(t *testing.T) {
	s := morning(SessionPlanned) // 8 slices of 2
	laid, err := LayQuotas(LaySlots(s), Quotas{QuotaElder: 3, QuotaReferral: 2})
	if err != nil {
		t.Fatal(err)
	}
	got := map[Quota][]string{}
	for _, p := range laid {
		if p.Quota != "" {
			got[p.Quota] = append(got[p.Quota], p.Start.In(zone).Format("15:04"))
		}
	}
	want := map[Quota][]string{QuotaReferral: {"09:00", "11:00"}, QuotaElder: {"08:30", "10:00", "10:30"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestQuotasAreRefused(t *testing.T) {
	s := morning(SessionPlanned)
	sold := LayOut(s, Quotas{QuotaElder: 2})
	for i := range sold {
		sold[i].Taken = sold[i].Quota == QuotaElder
	}
	for name, c := range map[string]struct {
		slots []Slot
		q     Quotas
		field string
	}{
		"more than there is":   {LaySlots(s), Quotas{QuotaElder: 10, QuotaApp: 7}, "quotas.app"},
		"fewer than was given": {sold, Quotas{QuotaElder: 1}, "quotas.elder"},
		"an unknown one":       {sold, Quotas{"friends": 1}, "quotas.friends"},
		"a negative one":       {sold, Quotas{QuotaApp: -1}, "quotas.app"},
	} {
		_, err := LayQuotas(c.slots, c.q)
		e, ok := err.(*houzhen.Error) //nolint:errorlint // the rule itself gives it, nothing wraps it
		if !ok || e.Code != houzhen.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
