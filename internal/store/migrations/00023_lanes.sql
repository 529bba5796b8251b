-- All lanes of a queue, who serves it, the policies of its zones, and the log
-- from which any queue is rebuilt.

-- +goose Up
ALTER TABLE queue ADD COLUMN pattern TEXT NOT NULL DEFAULT '{}'; -- JSON: series and recent picks of the lanes, desks, pool
ALTER TABLE ticket ADD COLUMN priority_group TEXT NOT NULL DEFAULT ''; -- sensitive: never on a screen
ALTER TABLE ticket ADD COLUMN assigned_doctor_id TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN not_before {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN results_at {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN returns {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN overtaken {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN overtaken_for {{bigint}} NOT NULL DEFAULT 0; -- nanoseconds
ALTER TABLE ticket ADD COLUMN care TEXT NOT NULL DEFAULT '';
CREATE INDEX ticket_of_patient ON ticket (patient_id, id);
CREATE INDEX ticket_deferred ON ticket (not_before, session_id) WHERE state = 'deferred';
ALTER TABLE call ADD COLUMN operator TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN cause TEXT NOT NULL DEFAULT '';

-- Appended, never changed.
CREATE TABLE queue_log (
  session_id  TEXT NOT NULL REFERENCES queue (session_id),
  version     {{bigint}} NOT NULL, -- of the queue after it
  at          {{bigint}} NOT NULL,
  verb        TEXT NOT NULL,
  operator    TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  ticket_id   TEXT NOT NULL,
  cause       TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  reason_args TEXT NOT NULL, -- JSON
  policy      {{bigint}} NOT NULL,
  change      TEXT NOT NULL, -- JSON: head and changed tickets as they were afterwards
  PRIMARY KEY (session_id, version)
) {{strict}};

-- A zone that has a policy of its own has all of it; '' is the hospital's.
CREATE TABLE queue_policy (
  zone_id  TEXT NOT NULL,
  version  {{bigint}} NOT NULL,
  document TEXT NOT NULL, -- YAML; '' gives the zone back to the hospital's policy
  set_by   TEXT NOT NULL,
  set_at   {{bigint}} NOT NULL,
  PRIMARY KEY (version)
) {{strict}};
CREATE INDEX queue_policy_zone ON queue_policy (zone_id, version);
