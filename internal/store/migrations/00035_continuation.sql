-- The right to come once more for one registration.

-- +goose Up
CREATE TABLE continuation (
  id            TEXT NOT NULL PRIMARY KEY,
  visit_id      TEXT NOT NULL,
  patient_id    TEXT NOT NULL,
  department_id TEXT NOT NULL,
  doctor_id     TEXT NOT NULL,
  max_grade     {{bigint}} NOT NULL, -- 0 is any
  from_day      {{bigint}} NOT NULL,
  until_day     {{bigint}} NOT NULL,
  used_by       TEXT NOT NULL,
  given_by      TEXT NOT NULL,
  given_at      {{bigint}} NOT NULL,
  version       {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX continuation_of_patient ON continuation (patient_id, given_at);
CREATE INDEX continuation_of_visit ON continuation (visit_id);
-- One appointment is booked with one continuation.
CREATE UNIQUE INDEX continuation_used ON continuation (used_by) WHERE used_by <> '';
-- Who is still out for tests when the day is over is given one.
CREATE INDEX ticket_out ON ticket (session_id) WHERE state = 'out_for_tests';
