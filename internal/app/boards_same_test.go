package app

import (
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/queue"
)

// waiting is one session with people in it: ticket, patient, name.
func waiting(people ...[3]string) place {
	p := place{names: map[string]houzhen.Name{}}
	for _, x := range people {
		p.q.Tickets = append(p.q.Tickets, queue.Ticket{ID: x[0], PatientID: x[1]})
		p.names[x[0]] = houzhen.NewName(x[2])
	}
	return p
}

func TestWhoIsCalledTheSameAndWhoOnlyLooksSo(t *testing.T) {
	t.Parallel()
	n := sameNames([]place{
		waiting([3]string{"t1", "p1", "Li Na"}, [3]string{"t2", "p2", "Lu Nan"}, [3]string{"t3", "p3", "Bo Yi"}),
		waiting([3]string{"t4", "p4", "Li Na"}, [3]string{"t5", "p3", "Bo Yi"}, [3]string{"t6", "p6", "Chen Xu"}),
	})
	for name, want := range map[string]struct{ same, alike bool }{
		"Li Na":   {true, true},   // two people in two rooms
		"Lu Nan":  {false, true},  // masked as L* N* too
		"Bo Yi":   {false, false}, // one person who waits for two doctors
		"Chen Xu": {false, false},
		"Nobody":  {false, false},
	} {
		got := struct{ same, alike bool }{n.same(houzhen.NewName(name)), n.alike(houzhen.NewName(name))}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestWhoIsDoneIsNobodysNamesake(t *testing.T) {
	t.Parallel()
	p := waiting([3]string{"t1", "p1", "Li Na"}, [3]string{"t2", "p2", "Li Na"})
	delete(p.names, "t2") // names of the done and dropped are not loaded
	if sameNames([]place{p}).same(houzhen.NewName("Li Na")) {
		t.Error("somebody who has left is still counted")
	}
}
