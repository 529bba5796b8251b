-- Who waits for a place, what became of places that came back, and what was
-- offered to whom. A place that is kept for somebody is a row of appointment,
-- where the unique indexes protect it.

-- +goose Up
CREATE TABLE wait_entry (
  id             TEXT NOT NULL PRIMARY KEY,
  patient_id     TEXT NOT NULL,
  account_id     TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  department_id  TEXT NOT NULL,
  doctor_id      TEXT NOT NULL,
  class          TEXT NOT NULL,
  from_day       {{bigint}} NOT NULL,
  to_day         {{bigint}} NOT NULL,
  slice_at       {{bigint}} NOT NULL,
  group_name     TEXT NOT NULL,
  same_day       {{bool}} NOT NULL,
  travel_minutes {{bigint}} NOT NULL,
  wish           TEXT NOT NULL,
  status         TEXT NOT NULL,
  reason         TEXT NOT NULL,
  joined_at      {{bigint}} NOT NULL,
  close_at       {{bigint}} NOT NULL, -- due: the list is over for this entry
  ended_at       {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL
) {{strict}};
-- Nobody waits twice for the same.
CREATE UNIQUE INDEX wait_entry_once ON wait_entry (patient_id, wish) WHERE status IN ('waiting', 'frozen');
CREATE INDEX wait_entry_order ON wait_entry (department_id, joined_at, id) WHERE status = 'waiting';
CREATE INDEX wait_entry_close ON wait_entry (close_at) WHERE status IN ('waiting', 'frozen');
CREATE INDEX wait_entry_patient ON wait_entry (patient_id);
CREATE INDEX wait_entry_session ON wait_entry (session_id) WHERE session_id <> '';

CREATE TABLE wait_place (
  session_id TEXT NOT NULL,
  slot_no    {{bigint}} NOT NULL,
  status     TEXT NOT NULL,
  opened_at  {{bigint}} NOT NULL,
  due_at     {{bigint}} NOT NULL, -- what happens next happens then; 0: nothing
  round      {{bigint}} NOT NULL,
  version    {{bigint}} NOT NULL,
  PRIMARY KEY (session_id, slot_no)
) {{keyed}};
CREATE INDEX wait_place_due ON wait_place (due_at) WHERE due_at > 0;

CREATE TABLE wait_offer (
  id             TEXT NOT NULL PRIMARY KEY,
  entry_id       TEXT NOT NULL REFERENCES wait_entry (id),
  patient_id     TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  slot_no        {{bigint}} NOT NULL,
  start_at       {{bigint}} NOT NULL,
  end_at         {{bigint}} NOT NULL,
  round          {{bigint}} NOT NULL,
  kind           TEXT NOT NULL,
  status         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  opened_at      {{bigint}} NOT NULL,
  expires_at     {{bigint}} NOT NULL,
  answered_at    {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL
) {{strict}};
-- One offer at a time for whoever waits.
CREATE UNIQUE INDEX wait_offer_once ON wait_offer (entry_id) WHERE status = 'open';
CREATE INDEX wait_offer_place ON wait_offer (session_id, slot_no);
CREATE INDEX wait_offer_entry ON wait_offer (entry_id);

-- When the system was up, and when it was not: nobody is a no-show for a time
-- in which he could not have checked in.
CREATE TABLE heartbeat (
  id TEXT NOT NULL PRIMARY KEY,
  at {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE outage (
  from_at {{bigint}} NOT NULL PRIMARY KEY,
  to_at   {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX outage_until ON outage (to_at);
