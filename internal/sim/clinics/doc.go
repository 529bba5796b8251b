// Package clinics makes up clinics and lives through their sessions, so that
// queue policies, forecasts and the advice to leave home can be judged by what
// they do to patients and doctors.
//
// What is made up is people: when doctors come, how long consultations take,
// who stays away, walks in, feels ill, is sent to tests, and how long his way
// is (clinics.yaml). Places are booked, queues are led, forecasts are made and
// messages go through the services that the server runs, over stores in memory
// and on a clock that is moved. Two runs of a session share every chance, so
// that what differs between them is what was decided.
package clinics
