// Package noshow estimates how likely a booked patient is to stay away, learns
// from every day that closes, and says why it thinks so.
//
// It is used to advise managers on overbooking, to choose who is reminded a
// second time, and for the moment when an absent patient's place is given on.
// It never decides whether a person may have a place: nothing on the way of a
// booking reads it, and a test holds that so.
//
// An estimate for a visit uses outcomes of earlier days only. A model that
// seems to know more than that has been shown its own future.
package noshow
