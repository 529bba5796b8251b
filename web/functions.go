package web

import (
	"html/template"
	"strings"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
	"github.com/houzhen/houzhen/templates"
)

// functions are the template functions of one language.
func functions(lang houzhen.Lang, loc *time.Location) template.FuncMap {
	clock := func(t time.Time) string { return templates.Clock(t, loc) }
	return template.FuncMap{
		"t":     func(key string, args ...any) string { return templates.T(lang, key, args...) },
		"label": func(l houzhen.Label) string { return l.In(lang) },
		"clock": clock,
		"clockms": func(ms int64) string {
			if ms == 0 {
				return ""
			}
			return clock(time.UnixMilli(ms))
		},
		"second": func(ms int64) string {
			if ms == 0 {
				return ""
			}
			return time.UnixMilli(ms).In(loc).Format(time.TimeOnly)
		},
		"slice": func(a, b time.Time) string { return strings.Replace(templates.Slice(a, b, loc), "-", "–", 1) },
		"slicems": func(a, b int64) string {
			return strings.Replace(templates.Slice(time.UnixMilli(a), time.UnixMilli(b), loc), "-", "–", 1)
		},
		"rangems": func(lo, hi int64) string {
			return templates.Range(time.UnixMilli(lo), time.UnixMilli(hi), loc, lang)
		},
		"day":     func(d houzhen.Date) string { return templates.Day(d, lang) },
		"dayof":   func(t time.Time) string { return templates.Day(houzhen.DateOf(t, loc), lang) },
		"half":    func(p houzhen.DayPart) string { return templates.Half(p, lang) },
		"reason":  func(r board.Reason) string { return reasonWords(r, lang) },
		"say":     func(f templates.Fault) string { return f.Say(lang) },
		"fault":   func(code string, args map[string]string) string { return templates.RosterFault(code, lang, args) },
		"initial": initial,
		"other":   func() string { return string(otherLang(lang)) },
		"json":    func(v any) (string, error) { b, err := encode(v); return string(b), err },
		"since":   func(ms int64, now time.Time) int64 { return max(0, now.UnixMilli()-ms) / 60000 },
		"done":    progressOf,
		"dict":    dict,
		"zone":    loc.String,
		"list":    func(values ...string) []string { return values },
		"add":     func(a, b int) int { return a + b },
		"telling": telling,
		"pausewhy": func(r board.Reason) string {
			words, err := templates.Lookup(lang, "pausewhy."+r.Code)
			if err != nil {
				return "" // a free text of staff is not for the screen
			}
			return words
		},
		"msdate":  func(ms int64) string { return templates.Day(houzhen.DateOf(time.UnixMilli(ms), loc), lang) },
		"inc":     func(n int) int { return n + 1 },
		"instant": func(t time.Time) string { return templates.Instant(t, lang, loc) },
		"rfc3339": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"minutes": func(d time.Duration) int { return int(d / time.Minute) },
		"seconds": func(d time.Duration) int { return int(d / time.Second) },
		"isodate": func(d houzhen.Date) string { return d.String() },
	}
}

func reasonWords(r board.Reason, lang houzhen.Lang) string {
	if r.Code == "" {
		return ""
	}
	return templates.Reason(r.Code, lang, r.Args)
}

func otherLang(l houzhen.Lang) houzhen.Lang {
	if l == houzhen.Chinese {
		return houzhen.English
	}
	return houzhen.Chinese
}

// initial is the sign that stands for a doctor who has no picture.
func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

// progressOf gives how far a patient is from check-in to call, 0 to 100.
func progressOf(p board.Position, now time.Time) int64 {
	if p.CheckedInAt == 0 || p.Hi <= p.CheckedInAt {
		return 0
	}
	mid := (p.Lo + p.Hi) / 2
	if mid <= p.CheckedInAt {
		return 100
	}
	return min(100, max(0, (now.UnixMilli()-p.CheckedInAt)*100/(mid-p.CheckedInAt)))
}

// dict hands several values to a template that takes one.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if key, ok := pairs[i].(string); ok {
			m[key] = pairs[i+1]
		}
	}
	return m
}

// telling reports whether a reason says more than that all goes in order.
func telling(r board.Reason) bool {
	return r.Code != "" && r.Code != queue.ReasonInOrder && r.Code != queue.ReasonReadyFirst
}
