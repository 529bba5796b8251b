// Package api is the JSON API for patients' apps, staff and other systems.
//
// It decodes, asks one verb of a service and encodes. It decides how an error
// becomes an HTTP status (problem.go is the only such table) and what of a
// person leaves the house: masked names only. It never holds a rule of booking
// or queueing, writes SQL, or reads the clock.
package api
