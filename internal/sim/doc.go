// Package sim makes people: who they are, when they book, travel, come early,
// late or never, and how doctors call them. It drives the real application
// from outside; nothing but the people and the clock is made up.
package sim
