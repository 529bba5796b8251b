// Package sandboxpay is a payment provider in which no money moves, and the
// client for it.
//
// It behaves as the real ones do: an order is made by the hospital's number and
// paid on a cashier page; what happened is told by signed callbacks, at least
// once, and can be asked for; a refund has a life of its own. It can be told to
// misbehave as they do: to lose answers, to delay, repeat, reverse or drop
// callbacks, to refuse refunds, to take another amount than was asked. What it
// knows outlives a restart where it is given a file.
package sandboxpay
