package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/houzhen/houzhen"
)

// Rule says who may use a route. Method and Pattern are those of
// http.ServeMux; an empty Method is any. Roles lists who may; one that has
// Anonymous is open to everybody.
type Rule struct {
	Method, Pattern string
	Roles           []Role
	Scope           Scope  // what a machine needs besides its role; only with Machinery
	Note            string // why, for whoever reads the table
}

// String gives "GET /desk".
func (r Rule) String() string {
	if r.Method == "" {
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}

// Admits reports whether p may use the route: by his role, and a machine by
// its scopes too.
func (r Rule) Admits(p Principal) bool {
	if slices.Contains(r.Roles, Anonymous) || !p.Is(Machinery) {
		return r.Allows(p.As())
	}
	return r.Allows(Machinery) && slices.Contains(p.Scopes, r.Scope)
}

// Allows reports whether a role may use the route.
func (r Rule) Allows(role Role) bool {
	return slices.Contains(r.Roles, role) || slices.Contains(r.Roles, Anonymous)
}

// ServeHTTP does nothing: it lets the table be an http.ServeMux, so that it
// understands patterns and precedence exactly as the handlers' own does.
func (Rule) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Rules is the one table of routes and roles.
type Rules struct {
	list []Rule
	mux  *http.ServeMux
}

// NewRules joins lists of rules into the table. A rule that names nobody, or a
// role or scope that does not exist, and patterns that clash are errors.
func NewRules(lists ...[]Rule) (*Rules, error) {
	t := &Rules{mux: http.NewServeMux()}
	for _, r := range slices.Concat(lists...) {
		if err := t.add(r); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Rules) add(r Rule) (err error) {
	if len(r.Roles) == 0 {
		return fmt.Errorf("rule %s: lets nobody in", r)
	}
	for _, role := range r.Roles {
		if !slices.Contains(EveryRole(), role) {
			return fmt.Errorf("rule %s: no such role %q", r, role)
		}
	}
	if slices.Contains(r.Roles, Machinery) != slices.Contains(EveryScope(), r.Scope) {
		return fmt.Errorf("rule %s: a route for machines names one scope, and no other route does", r)
	}
	defer func() {
		if x := recover(); x != nil { // how ServeMux refuses a pattern
			err = fmt.Errorf("rule %s: %v", r, x)
		}
	}()
	t.mux.Handle(r.String(), r)
	t.list = append(t.list, r)
	return nil
}

// All gives the rules in the order they were declared.
func (t *Rules) All() []Rule { return slices.Clone(t.list) }

// Lookup finds the rule for a request, as http.ServeMux would.
func (t *Rules) Lookup(method, path string) (Rule, bool) {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return Rule{}, false
	}
	return t.match(&http.Request{Method: method, URL: u})
}

func (t *Rules) match(r *http.Request) (Rule, bool) {
	h, _ := t.mux.Handler(r)
	rule, ok := h.(Rule)
	return rule, ok
}

// Missing gives those of patterns, as "METHOD /path", that are not in the
// table word for word. A handler that is registered under a narrower pattern
// than any rule would be judged by the wider rule: a test hands every
// registered pattern to this.
func (t *Rules) Missing(patterns ...string) []string {
	known := map[string]bool{}
	for _, r := range t.list {
		known[r.String()] = true
	}
	return slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return known[p] })
}

// OnError answers a request with an error; api and web provide it.
type OnError func(w http.ResponseWriter, r *http.Request, err error)

// Guard lets a request through to next only when the table has its route and
// the route's rule names the role of whoever asks. It fails closed: a route
// that is not in the table answers CodeNotFound whether next knows it or not,
// CodeSignIn asks the anonymous to sign in, CodeForbidden refuses the others.
func Guard(rules *Rules, next http.Handler, onError OnError) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule, ok := rules.match(r)
		p := From(r.Context())
		switch {
		case !ok:
			onError(w, r, houzhen.E(houzhen.CodeNotFound, "no such route"))
		case rule.Admits(p):
			next.ServeHTTP(w, r)
		case p.Is(Anonymous):
			onError(w, r, houzhen.E(houzhen.CodeSignIn, "route needs a signed-in user"))
		default:
			onError(w, r, houzhen.E(houzhen.CodeForbidden, "route is not for this role"))
		}
	})
}

// SameOrigin refuses requests that a browser sends from a page of another
// site and that would change something; they would carry our cookie. Programs
// that are not browsers pass. Trusted are origins such as
// "https://app.example.org" that may.
func SameOrigin(next http.Handler, onError OnError, trusted ...string) (http.Handler, error) {
	cop := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := cop.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust origin: %w", err)
		}
	}
	cop.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		onError(w, r, houzhen.E(houzhen.CodeForbidden, "request comes from another site"))
	}))
	return cop.Handler(next), nil
}
