package api

import (
	"context"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/auth"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

// Notices is what desks tell those who wait in a zone.
type Notices interface {
	// Tell says something for some minutes; a request says it once.
	Tell(ctx context.Context, t Telling) (queue.Notice, error)
	// TakeBack ends one before its time; CodeNotFound.
	TakeBack(ctx context.Context, zoneID, id, by string) error
}

// Telling is a text for a zone.
type Telling struct {
	ZoneID, RequestID string
	Text              houzhen.Label // English may be missing
	Minutes           int
	By                string // the member of staff
}

func (a *API) noticeRoutes() []route {
	desk := []auth.Role{auth.Nurse, auth.Manager}
	return []route{
		keyed(verb(a, "POST", "/api/v1/tickets/{id}/slip", "What a ticket that is printed again says", desk, a.slip)),
		verb(a, "GET", "/api/v1/zones/{zone}/notices", "What the desk tells a zone just now", desk, a.zoneNotices),
		keyed(verb(a, "POST", "/api/v1/zones/{zone}/notices", "Tell all who wait in a zone, on its screen and their phones", desk, a.tellZone)),
		keyed(verb(a, "POST", "/api/v1/zones/{zone}/notices/{id}/take-back", "Take it back", desk, a.takeNoticeBack)),
	}
}

type zoneIn struct {
	Zone string `path:"zone" maxLength:"80"`
}

type noticesOut struct{ Body board.Notices }

func (a *API) zoneNotices(ctx context.Context, in *zoneIn) (*noticesOut, error) {
	n, err := a.Boards.Notices(ctx, in.Zone)
	return &noticesOut{n}, err
}

type tellZoneIn struct {
	Zone string `path:"zone" maxLength:"80"`
	Body struct {
		Text    string `json:"text" minLength:"1" maxLength:"40" doc:"No names and no numbers of people"`
		TextEn  string `json:"text_en,omitempty" maxLength:"90" doc:"The same in English"`
		Minutes int    `json:"minutes" minimum:"1" maximum:"240" doc:"It goes by itself then"`
	}
}

type tellZoneOut struct {
	Body struct {
		ID    string    `json:"id"`
		Until time.Time `json:"until"`
	}
}

func (a *API) tellZone(ctx context.Context, in *tellZoneIn) (*tellZoneOut, error) {
	n, err := a.Notices.Tell(ctx, Telling{
		ZoneID: in.Zone, RequestID: requestOf(ctx).key, Text: houzhen.Label{Zh: in.Body.Text, En: in.Body.TextEn},
		Minutes: in.Body.Minutes, By: who(ctx).ID,
	})
	out := &tellZoneOut{}
	out.Body.ID, out.Body.Until = n.ID, n.Until
	return out, err
}

type takeNoticeIn struct {
	Zone string `path:"zone" maxLength:"80"`
	ID   string `path:"id" maxLength:"80"`
}

func (a *API) takeNoticeBack(ctx context.Context, in *takeNoticeIn) (*struct{}, error) {
	return nil, a.Notices.TakeBack(ctx, in.Zone, in.ID, who(ctx).ID)
}
