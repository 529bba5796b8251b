-- Places that too many want are drawn. The commitment is public before the
-- window opens, the seed is a secret until it is closed.

-- +goose Up
CREATE TABLE lottery (
  session_id TEXT NOT NULL PRIMARY KEY REFERENCES session (id),
  opens_at   {{bigint}} NOT NULL,
  closes_at  {{bigint}} NOT NULL,
  commitment TEXT NOT NULL,
  seed       {{blob}} NOT NULL,
  state      TEXT NOT NULL,
  places     {{bigint}} NOT NULL,
  drawn_at   {{bigint}} NOT NULL,
  version    {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX lottery_due ON lottery (closes_at) WHERE state <> 'settled';
CREATE INDEX lottery_closes ON lottery (closes_at);

CREATE TABLE draw_request (
  id             TEXT NOT NULL PRIMARY KEY,
  session_id     TEXT NOT NULL REFERENCES lottery (session_id),
  patient_id     TEXT NOT NULL,
  account_id     TEXT NOT NULL,
  shown          TEXT NOT NULL, -- JSON
  travel_minutes {{bigint}} NOT NULL,
  asked_at       {{bigint}} NOT NULL,
  drawn_rank     {{bigint}} NOT NULL,
  outcome        TEXT NOT NULL,
  code           TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  CONSTRAINT draw_request_once UNIQUE (session_id, patient_id) -- one lot a person
) {{strict}};
CREATE INDEX draw_request_open ON draw_request (session_id, drawn_rank) WHERE outcome = '';
CREATE INDEX draw_request_patient ON draw_request (patient_id, asked_at);
