// Package webhook tells other systems what happened: it decides which facts
// are public, what is said of them and to whom, signs and delivers them, and
// decides when a delivery that failed is tried again and when it is given up.
//
// A reader keeps a cursor, the number of the last fact it took. Facts are
// handed out in the order of their numbers and never past one that may still
// be committed (Horizon), so that a cursor skips nothing. A delivery is made
// at least once, in order, and the same again when it is not known how it went.
package webhook
