-- Who waits, and every call that was made, with its reason.

-- +goose Up
CREATE TABLE queue (
  session_id   TEXT NOT NULL PRIMARY KEY,
  zone_id      TEXT NOT NULL,
  room_id      TEXT NOT NULL,
  doctor_id    TEXT NOT NULL,
  prefix       TEXT NOT NULL,
  start_at     {{bigint}} NOT NULL,
  end_at       {{bigint}} NOT NULL,
  deadline     {{bigint}} NOT NULL,
  desk         TEXT NOT NULL,
  started_at   {{bigint}} NOT NULL,
  paused_until {{bigint}} NOT NULL,
  pause_reason TEXT NOT NULL,
  normals      TEXT NOT NULL, -- JSON: normals called since the last of each lane
  version      {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX queue_of_zone ON queue (zone_id, start_at);
CREATE INDEX queue_start ON queue (start_at);

CREATE TABLE ticket (
  id               TEXT NOT NULL PRIMARY KEY,
  session_id       TEXT NOT NULL REFERENCES queue (session_id),
  zone_id          TEXT NOT NULL,
  appointment_id   TEXT NOT NULL,
  patient_id       TEXT NOT NULL,
  no               {{bigint}} NOT NULL,
  label            TEXT NOT NULL,
  slice_start      {{bigint}} NOT NULL,
  slice_end        {{bigint}} NOT NULL,
  state            TEXT NOT NULL,
  lane             TEXT NOT NULL,
  walk_in          {{bool}} NOT NULL,
  checked_in_at    {{bigint}} NOT NULL,
  lane_since       {{bigint}} NOT NULL,
  ready_at         {{bigint}} NOT NULL,
  called_at        {{bigint}} NOT NULL,
  last_call_at     {{bigint}} NOT NULL,
  calls            {{bigint}} NOT NULL,
  misses           {{bigint}} NOT NULL,
  skip_normals     {{bigint}} NOT NULL,
  at_end           {{bool}} NOT NULL,
  started_at       {{bigint}} NOT NULL,
  ended_at         {{bigint}} NOT NULL,
  doctor_id        TEXT NOT NULL,
  room_id          TEXT NOT NULL,
  travel_minutes   {{bigint}} NOT NULL,
  leave_advised_at {{bigint}} NOT NULL,
  end_reason       TEXT NOT NULL,
  version          {{bigint}} NOT NULL
) {{strict}};
-- One appointment, one ticket.
CREATE UNIQUE INDEX ticket_appointment ON ticket (appointment_id) WHERE appointment_id <> '';
CREATE INDEX ticket_of_session ON ticket (session_id, no);
CREATE INDEX ticket_done ON ticket (ended_at, doctor_id, started_at) WHERE state = 'done';
CREATE INDEX ticket_done_by ON ticket (doctor_id, ended_at, started_at) WHERE state = 'done';

CREATE TABLE call (
  seq         {{serial}},
  session_id  TEXT NOT NULL REFERENCES queue (session_id),
  request_id  TEXT NOT NULL,
  ticket_id   TEXT NOT NULL,
  doctor_id   TEXT NOT NULL,
  room_id     TEXT NOT NULL,
  verb        TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  reason_args TEXT NOT NULL, -- JSON
  at          {{bigint}} NOT NULL,
  CONSTRAINT call_request UNIQUE (session_id, request_id)
) {{strict}};
