package apitest

import (
	"context"
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/api"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

type notices struct{ *Clinic }

// Tell gives a notice that stands.
func (n notices) Tell(_ context.Context, t api.Telling) (queue.Notice, error) {
	if t.ZoneID == "none" {
		return queue.Notice{}, houzhen.E(houzhen.CodeNotFound, "no such zone").On("zone")
	}
	until := n.At.Add(time.Duration(t.Minutes) * time.Minute)
	return queue.Notice{ID: "o2", ZoneID: t.ZoneID, Text: t.Text, Until: until},
		n.ask("notice", fmt.Sprintf("%s %s %s %d %s %s", t.ZoneID, t.Text.Zh, t.Text.En, t.Minutes, t.By, t.RequestID))
}

// TakeBack knows the notice of the sample.
func (n notices) TakeBack(_ context.Context, zoneID, id, by string) error {
	if id == "none" {
		return houzhen.E(houzhen.CodeNotFound, "notice")
	}
	return n.ask("take-notice", zoneID+" "+id+" "+by)
}

// Notices gives those of the sample.
func (b boards) Notices(_ context.Context, zoneID string) (board.Notices, error) {
	return board.Notices{ID: zoneID, List: b.Told, At: b.At.UnixMilli()}, b.ask("notices", zoneID)
}

// Lift is a notice for stories in which the desk has told something.
func Lift() []board.Notice {
	return []board.Notice{{ID: "o1", Text: houzhen.Label{Zh: "电梯检修，请走东侧楼梯", En: "The lift is being repaired; please take the east stairs"}, Until: ms(25)}}
}
