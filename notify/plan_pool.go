package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// PlanDisplaced plans the word that a cut of capacity took the patient's place
// and that others are kept for him. It always goes, until the slice begins.
func (p Policy) PlanDisplaced(s Subject, now time.Time) []Message {
	return p.plan(KindDisplaced, ClassCritical, houzhen.Critical, s, now, now, later(s.Start, now.Add(time.Minute)))
}

// PlanDrawWon plans the result of a draw for who got a place; it takes the
// place of the confirmation.
func (p Policy) PlanDrawWon(s Subject, now time.Time) []Message {
	return p.plan(KindDrawWon, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}

// PlanDrawLost plans the result of a draw for who got none.
func (p Policy) PlanDrawLost(s Subject, now time.Time) []Message {
	return p.plan(KindDrawLost, ClassService, houzhen.Soon, s, now, now, earlier(now.Add(p.BookedFor), s.Start))
}
