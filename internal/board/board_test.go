package board_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/board"
)

// Screens read frames by these names, so a frame is a contract.
func TestFramesKeepTheirNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		frame any
		want  []string
	}{
		{board.Position{Leave: board.Leave{Advise: board.AdviseNow}}, []string{`"now_called":""`, `"leave":{"advise":"now","at":0,"travel":0}`, `"checked_in_at":0`, `"lo":0`, `"hi":0`}},
		{board.Zone{Rows: []board.Row{{Now: &board.Person{Label: "A001"}}}, Call: &board.Call{Seq: 2}}, []string{`"now":{"label":"A001"}`, `"call":{"seq":2`, `"missed":null`}},
		{board.Door{Row: board.Row{Room: "3"}, Department: houzhen.Label{Zh: "x"}}, []string{`"room":"3"`, `"department":{"zh":"x"}`}},
		{board.Strip{Now: &board.Seat{SameName: true}}, []string{`"same_name":true`, `"counts":{"booked":0`}},
		{board.Desk{Queues: []board.DeskQueue{{Tickets: []board.Line{{Lane: "late"}}}}}, []string{`"lane":"late"`, `"absent":null`}},
	} {
		b, err := json.Marshal(tt.frame)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(string(b), want) {
				t.Errorf("%T is %s, want it to have %s", tt.frame, b, want)
			}
		}
	}
}

// A screen without a call or a patient says so by absence, not by an empty one.
func TestAbsentPartsAreLeftOut(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(board.Zone{Rows: []board.Row{{}}})
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); strings.Contains(s, `"call"`) || strings.Contains(s, `"now":`) {
		t.Errorf("an empty zone is %s, want neither call nor now", s)
	}
}
