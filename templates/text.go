package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// text is one parsed wording.
type text []piece

// piece is a literal, a variable, or a part that vanishes when a variable in
// it has no value. Exactly one field is set.
type piece struct {
	literal  string
	variable string
	optional text
}

// MissingError says which variable of a wording got no value.
type MissingError struct{ Key, Variable string }

// Error names the wording and the variable, never a value.
func (e *MissingError) Error() string {
	return fmt.Sprintf("wording %s: no value for ${%s}", e.Key, e.Variable)
}

var mark = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}|\[|\]`)

// parse reads a wording. Brackets do not nest.
func parse(s string) (text, error) {
	var whole, inner text
	inside, at := false, 0
	add := func(p piece) {
		if inside {
			inner = append(inner, p)
		} else {
			whole = append(whole, p)
		}
	}
	for _, m := range mark.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > at {
			add(piece{literal: s[at:m[0]]})
		}
		at = m[1]
		switch s[m[0]] {
		case '[':
			if inside {
				return nil, fmt.Errorf("bracket in bracket: %q", s)
			}
			inside, inner = true, nil
		case ']':
			if !inside || len(inner.all()) == 0 {
				return nil, fmt.Errorf("bracket without variable or opening: %q", s)
			}
			inside = false
			whole = append(whole, piece{optional: inner})
		default:
			add(piece{variable: s[m[2]:m[3]]})
		}
	}
	if inside {
		return nil, fmt.Errorf("bracket is not closed: %q", s)
	}
	if at < len(s) {
		add(piece{literal: s[at:]})
	}
	for _, p := range slices.Concat(whole, inner) {
		if strings.Contains(p.literal, "${") {
			return nil, fmt.Errorf("not a variable: %q", s)
		}
	}
	return whole, nil
}

// render puts values in. A variable without a value is a MissingError, unless
// it stands in an optional part.
func (t text) render(key string, vars map[string]string) (string, error) {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.variable != "":
			v := vars[p.variable]
			if v == "" {
				return "", &MissingError{key, p.variable}
			}
			b.WriteString(v)
		case p.optional != nil:
			b.WriteString(p.optional.unlessEmpty(vars))
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String(), nil
}

// show renders for a page: what has no value stays as it is written, so that
// the fault is seen and the page still works.
func (t text) show(vars map[string]string) string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.variable != "":
			if v, ok := vars[p.variable]; ok {
				b.WriteString(v)
			} else {
				b.WriteString("${" + p.variable + "}")
			}
		case p.optional != nil:
			b.WriteString(p.optional.unlessEmpty(vars))
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// unlessEmpty renders an optional part: "" when a variable in it has no value.
func (t text) unlessEmpty(vars map[string]string) string {
	for _, name := range t.needed() {
		if vars[name] == "" {
			return ""
		}
	}
	return t.show(vars)
}

// needed lists the variables that must have values, in order of appearance.
func (t text) needed() []string {
	var names []string
	for _, p := range t {
		if p.variable != "" {
			names = append(names, p.variable)
		}
	}
	return names
}

// all lists every variable, optional ones too, in order of appearance.
func (t text) all() []string {
	var names []string
	for _, p := range t {
		if p.variable != "" {
			names = append(names, p.variable)
		}
		names = append(names, p.optional.needed()...)
	}
	return names
}
