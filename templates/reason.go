package templates

import (
	"maps"

	"github.com/houzhen/houzhen"
)

// Reason says why a patient was called or why a position changed, from the
// queue's code and arguments. With "drop." before the code it says why a
// ticket left the queue, with "message." why a message did not go. It never
// names a person. An argument of 0 means none. A code without words gives the
// code itself.
func Reason(code string, lang houzhen.Lang, args map[string]string) string {
	args = maps.Clone(args)
	maps.DeleteFunc(args, func(_, value string) bool { return value == "0" })
	return loaded().reasons[lang].show(code, args)
}

// RosterFault says what is wrong with a line of a roster.
func RosterFault(code string, lang houzhen.Lang, args map[string]string) string {
	return loaded().faults[lang].show(code, args)
}

func (s sheet) show(key string, args map[string]string) string {
	t, ok := s[key]
	if !ok {
		return key
	}
	return t.show(args)
}
