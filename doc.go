// Package houzhen holds the words that cross borders: facts, coded errors,
// civil dates and the types of a person's data that mask themselves.
//
// It decides nothing and imports the standard library only, so every other
// package may import it. The map of the house is in docs/architecture.md.
package houzhen
