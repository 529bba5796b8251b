package notify

import (
	"time"

	"github.com/houzhen/houzhen"
)

// proxyFor is how long word that somebody wants to act for a person is of use.
const proxyFor = 7 * 24 * time.Hour

// PlanProxy plans the word to somebody that another account asked to book for
// him. It always goes, until he has agreed or refused: he may not know of it.
func (p Policy) PlanProxy(s Subject, now time.Time) []Message {
	return p.plan(KindProxy, ClassCritical, houzhen.Soon, s, now, p.Allowed(ClassService, now), now.Add(proxyFor))
}
