package api

import (
	"context"
	"fmt"
	"regexp"

	"github.com/houzhen/houzhen"
)

// digits finds a sign-in code.
var digits = regexp.MustCompile(`\d{4,8}`)

type rosterIn struct {
	Body struct {
		Format  string `json:"format" enum:"csv,json"`
		Text    string `json:"text" doc:"The whole file"`
		SkipBad bool   `json:"skip_bad,omitempty"`
	}
}

type rosterOut struct{ Body RosterResult }

// roster takes a roster in. Nothing is taken from one that has a faulty line,
// unless skip_bad.
func (a *API) roster(ctx context.Context, in *rosterIn) (*rosterOut, error) {
	res, err := a.Roster.Import(ctx, "roster."+in.Body.Format, []byte(in.Body.Text), in.Body.SkipBad)
	if err != nil {
		return nil, fmt.Errorf("import roster: %w", err)
	}
	if len(res.Faults) > 0 && !in.Body.SkipBad {
		return nil, houzhen.E(houzhen.CodeRoster, "roster has faulty lines").With("n", fmt.Sprint(len(res.Faults))).WithDetail(res.Faults)
	}
	if res.Faults == nil {
		res.Faults = []RosterFault{}
	}
	return &rosterOut{res}, nil
}
