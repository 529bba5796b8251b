// Package credit decides what follows when patients do not keep their word:
// which missed visits, late cancellations and lapsed holds are marked, which of
// those count by the rules that were published and in force at the time, and
// until when online booking is closed to a person.
//
// A restriction is computed from marks, rules and now alone. It closes online
// booking and nothing else: the desk, the telephone and an emergency are never
// barred. Whoever is marked may appeal; a person decides, and when nobody does
// in time the mark is lifted.
package credit
