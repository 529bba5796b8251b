// Package apitest is a small clinic in memory that answers everything the API
// and the pages ask. It decides nothing: whatever it is told to answer it
// answers, and it notes what it was asked.
package apitest
