// Package authtest walks the rule table as every role.
package authtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/auth"
)

// Sign makes r the request of somebody with the role, by headers or cookies.
// It is called for auth.Anonymous too and then leaves r as it is.
type Sign func(t *testing.T, role auth.Role, r *http.Request)

// Walk sends a request for every rule as every role through h. Whoever the
// rule does not name must get 401 when anonymous and 403 otherwise; whoever it
// names must get neither. What else the handler answers, such as 404 for the
// ids that do not exist, is its own affair.
func Walk(t *testing.T, h http.Handler, rules *auth.Rules, as Sign) {
	t.Helper()
	for _, rule := range rules.All() {
		for _, role := range auth.EveryRole() {
			r := Request(t, rule)
			as(t, role, r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if complaint := wrong(rule, role, w.Code); complaint != "" {
				t.Error(complaint)
			}
		}
	}
}

// wrong says what is wrong with a status, or nothing.
func wrong(rule auth.Rule, role auth.Role, code int) string {
	refused := code == http.StatusUnauthorized || code == http.StatusForbidden
	want := http.StatusForbidden
	if role == auth.Anonymous {
		want = http.StatusUnauthorized
	}
	switch {
	case rule.Allows(role) && refused:
		return fmt.Sprintf("%s as %s: got %d, but the table lets this role in", rule, role, code)
	case !rule.Allows(role) && code != want:
		return fmt.Sprintf("%s as %s: got %d, want %d", rule, role, code, want)
	}
	return ""
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// Path makes an address that a pattern matches; ids in it are "x".
func Path(pattern string) string {
	return wildcard.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "x")
}

// Request makes a request that a rule matches.
func Request(t *testing.T, rule auth.Rule) *http.Request {
	t.Helper()
	method := rule.Method
	if method == "" {
		method = http.MethodGet
	}
	var r *http.Request
	if method == http.MethodGet || method == http.MethodDelete {
		r = httptest.NewRequestWithContext(t.Context(), method, Path(rule.Pattern), http.NoBody)
	} else {
		r = httptest.NewRequestWithContext(t.Context(), method, Path(rule.Pattern), strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}
