package sim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/sim"
)

// TestPeopleCouldBeReal makes 2,000 people and holds each to the rules that
// the front door has for real ones.
func TestPeopleCouldBeReal(t *testing.T) {
	docs, phones := map[string]bool{}, map[string]bool{}
	for i := range 2000 {
		p := sim.Person(7, i, wednesday)
		doc, info, err := directory.ParseIDNumber(p.DocType, p.Doc.Reveal(), wednesday)
		if err != nil {
			t.Fatalf("person %d: document refused: %v", i, err)
		}
		if info.Birth != p.Birth || info.Sex != p.Sex {
			t.Errorf("person %d: the document says %v, %v, the person %v, %v", i, info.Birth, info.Sex, p.Birth, p.Sex)
		}
		phone, err := directory.ParsePhone(p.Phone.Reveal())
		if err != nil {
			t.Fatalf("person %d: phone refused: %v", i, err)
		}
		if _, err := directory.ParseName(p.Name.Reveal()); err != nil {
			t.Errorf("person %d: name refused: %v", i, err)
		}
		if docs[doc.Reveal()] || phones[phone.Reveal()] {
			t.Errorf("person %d shares a document or a phone", i)
		}
		docs[doc.Reveal()], phones[phone.Reveal()] = true, true
		if p.Lang != houzhen.Chinese {
			t.Errorf("person %d: got language %q", i, p.Lang)
		}
	}
}

func TestAPersonDependsOnSeedAndNumberAlone(t *testing.T) {
	same := cmp.Comparer(func(a, b directory.Patient) bool {
		return a.Name.Reveal() == b.Name.Reveal() && a.Doc.Reveal() == b.Doc.Reveal() && a.Phone.Reveal() == b.Phone.Reveal()
	})
	first := sim.Person(7, 5, wednesday)
	if !cmp.Equal(sim.Person(7, 5, wednesday), first, same) {
		t.Error("the same seed and number give somebody else")
	}
	differ := 0
	for i := range 20 {
		if !cmp.Equal(sim.Person(8, i, wednesday), sim.Person(7, i, wednesday), same) {
			differ++
		}
	}
	if differ < 18 {
		t.Errorf("with another seed %d of 20 are others", differ)
	}
}

func TestChancesOfOneDoNotShiftThoseOfAnother(t *testing.T) {
	want := sim.Rand(1, "b").Uint64()
	a := sim.Rand(1, "a")
	for range 10 {
		a.Uint64()
	}
	if got := sim.Rand(1, "b").Uint64(); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	if sim.Rand(2, "b").Uint64() == want || sim.Rand(1, "c").Uint64() == want {
		t.Error("another seed or key has the same chance")
	}
}
