// Package auth decides who is asking and whether they may: roles, passwords,
// phone codes, screen tokens, sessions, and the one table of routes and roles.
//
// A route that is not in the table is refused. It never decides what a person
// sees of another, which is the domains' business, and never sends anything.
package auth
