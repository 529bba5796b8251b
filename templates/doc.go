// Package templates holds every word that a person reads: messages, error
// sentences, reasons, roster faults, the words of the pages, dates and times.
//
// The words are data files beside this code, in simplified Chinese and in
// English, and are embedded. Nothing here decides anything: no rule, no state,
// no choice of channel. A wording has variables, written ${name}; outside of
// messages a part in square brackets disappears when one of its variables has
// no value. Anyone may import this package; it imports the vocabulary alone.
package templates
