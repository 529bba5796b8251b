package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/board"
)

// ifCame adds to today's cards when somebody who came now would be called.
func (s *site) ifCame(ctx context.Context, cards []doctorCard, day houzhen.Date) error {
	if day != s.today() {
		return nil
	}
	for i := range cards {
		for j := range cards[i].Sessions {
			card := &cards[i].Sessions[j]
			is, err := s.Boards.IfCame(ctx, card.ID)
			if err != nil {
				return wrap("forecast who came now", err)
			}
			card.Now = is
		}
	}
	return nil
}

type forecastsData struct{ Zones []zoneQuality }

type zoneQuality struct {
	board.Quality
	First, Last, Off, Width string // as a page shows them
}

// waitQuality publishes how good the waiting times were.
func (s *site) waitQuality(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Boards.Qualities(r.Context())
	if err != nil {
		return wrap("load quality", err)
	}
	var d forecastsData
	for _, q := range list {
		d.Zones = append(d.Zones, zoneQuality{
			q, fmt.Sprintf("%.0f %%", 100*q.FirstRight), fmt.Sprintf("%.0f %%", 100*q.LastRight),
			fmt.Sprintf("%.0f", q.Off), fmt.Sprintf("%.0f", q.Width),
		})
	}
	return s.show(w, r, "forecasts", "book", d)
}
