package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

func TestTwoRecordsAreOnePersons(t *testing.T) {
	for name, c := range map[string]struct {
		kept, lost directory.Patient
		reason     string
		want       houzhen.Code
	}{
		"two documents":          {directory.Patient{ID: "k"}, directory.Patient{ID: "l"}, "same", ""},
		"no reason":              {directory.Patient{ID: "k"}, directory.Patient{ID: "l"}, " ", houzhen.CodeMissing},
		"itself":                 {directory.Patient{ID: "k"}, directory.Patient{ID: "k"}, "same", houzhen.CodeInvalid},
		"given up already":       {directory.Patient{ID: "k"}, directory.Patient{ID: "l", Standing: directory.StandingMerged}, "same", houzhen.CodeState},
		"the complete is lost":   {directory.Patient{ID: "k", Standing: directory.StandingIncomplete}, directory.Patient{ID: "l"}, "same", houzhen.CodeInvalid},
		"the incomplete is lost": {directory.Patient{ID: "k"}, directory.Patient{ID: "l", Standing: directory.StandingIncomplete}, "same", ""},
		"born on other days":     {directory.Patient{ID: "k", Birth: today}, directory.Patient{ID: "l", Birth: today.AddDays(-1)}, "same", houzhen.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := desk(t)
			m.patients[c.kept.ID], m.patients[c.lost.ID] = c.kept, c.lost
			m.kin["a1 l"] = directory.Kinship{AccountID: "a1", PatientID: "l", Relation: directory.RelationSelf}
			m.kin["a2 l"] = directory.Kinship{AccountID: "a2", PatientID: "l", Relation: directory.RelationChild}
			m.kin["a2 k"] = directory.Kinship{AccountID: "a2", PatientID: "k", Relation: directory.RelationOther}
			var gained []string
			err := m.InTx(t.Context(), func(tx directory.Tx) (err error) {
				gained, err = s.MergeTx(t.Context(), tx, directory.Merge{Kept: c.kept.ID, Lost: c.lost.ID, Reason: c.reason})
				return err
			})
			if got := houzhen.CodeOf(err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
			if c.want != "" {
				return
			}
			if diff := cmp.Diff(gained, []string{"a1"}); diff != "" {
				t.Errorf("accounts (-got +want):\n%s", diff)
			}
			if lost := m.patients["l"]; lost.Standing != directory.StandingMerged || lost.Linked != "k" {
				t.Errorf("lost record is %q of %q", lost.Standing, lost.Linked)
			}
			if m.kin["a2 k"].Relation != directory.RelationOther {
				t.Error("a kinship that was there was changed")
			}
		})
	}
}
