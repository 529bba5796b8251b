// Package guide says before booking which department somebody may want to see
// : from words, a body part, age and sex, by a table that the hospital
// wrote, had reviewed and approved.
//
// It decides where to go and shows which words led there. It never says what
// somebody has, and a test holds every word of it to that. A red flag goes
// before everything: whoever shows one is sent to the emergency department.
// What was asked is kept nowhere.
package guide
