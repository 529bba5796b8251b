// Package web is the pages: patient, wall screens, doctor's strip, nurse's
// desk, managers. They are rendered on the server from embedded templates and
// work before any script; small modules then keep the live parts live.
//
// It decides how things look and in which order a person is asked. It holds no
// rule of booking or queueing, no words (templates/page has them) and reads no
// clock of its own.
package web
