// Package jobs carries work to whoever does it, and starts what the calendar
// says.
//
// The pipeline hands tasks of 1 to 100 row ids to handlers, over asynq on
// Redis or on a Redis server inside this process. It is the hands and not the
// memory: what is due, and whether it was done, are rows of the database, and
// everything in Redis may be lost at any moment. So it uses the plain part of
// asynq only: no unique tasks, no retention, no task for later. The clockwork
// starts schedules on the hospital's own clock. Neither decides what is to be
// done. This is the only package that imports asynq, cron and miniredis.
package jobs
