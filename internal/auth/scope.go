package auth

import (
	"slices"
	"strings"

	"github.com/houzhen/houzhen"
)

// Scope is one thing that a machine may do.
type Scope string

// Scopes of machines.
const (
	ScopeRead        Scope = "read"         // find places, read the appointments it made
	ScopeBook        Scope = "book"         // book, hold, confirm
	ScopeCancel      Scope = "cancel"       // give places up that it took
	ScopeMove        Scope = "move"         // take others instead
	ScopeVouch       Scope = "vouch"        // say that a patient was referred, comes again or goes on with a treatment
	ScopeCheckIn     Scope = "checkin"      // a kiosk: somebody has come
	ScopeRosterWrite Scope = "roster:write" // bring rosters
	ScopeQuotaWrite  Scope = "quota:write"  // bring quotas
	ScopeResults     Scope = "results"      // say that results are there
	ScopePresence    Scope = "presence"     // say where a patient is, that he was admitted or died
	ScopeWebhooks    Scope = "webhooks"     // read public facts and have them delivered
)

// EveryScope lists all scopes, for tables, forms and tests.
func EveryScope() []Scope {
	return []Scope{
		ScopeRead, ScopeBook, ScopeCancel, ScopeMove, ScopeVouch, ScopeCheckIn, ScopeRosterWrite, ScopeQuotaWrite,
		ScopeResults, ScopePresence, ScopeWebhooks,
	}
}

// ParseScopes reads a list of scopes and gives them in the order of
// EveryScope, each once. An empty list or a word that is none is CodeInvalid.
func ParseScopes(words []string) ([]Scope, error) {
	asked := map[Scope]bool{}
	for _, w := range words {
		s := Scope(strings.TrimSpace(w))
		if !slices.Contains(EveryScope(), s) {
			return nil, houzhen.E(houzhen.CodeInvalid, "no such scope").On("scopes")
		}
		asked[s] = true
	}
	if len(asked) == 0 {
		return nil, houzhen.E(houzhen.CodeMissing, "a machine needs a scope").On("scopes")
	}
	return slices.DeleteFunc(EveryScope(), func(s Scope) bool { return !asked[s] }), nil
}
