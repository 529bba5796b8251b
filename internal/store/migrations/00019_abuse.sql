-- What accounts and devices did, kept for a month, and the patterns found in it.

-- +goose Up
CREATE TABLE abuse_trace (
  id             TEXT NOT NULL PRIMARY KEY,
  at             {{bigint}} NOT NULL,
  action         TEXT NOT NULL,
  account_id     TEXT NOT NULL,
  device         TEXT NOT NULL, -- keyed digests
  address        TEXT NOT NULL,
  patient_id     TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL
) {{strict}};
CREATE INDEX abuse_trace_at ON abuse_trace (at, id);

CREATE TABLE abuse_flag (
  id         TEXT NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  seen       {{bigint}} NOT NULL,
  first_at   {{bigint}} NOT NULL,
  last_at    {{bigint}} NOT NULL,
  evidence   TEXT NOT NULL, -- JSON list of appointments
  state      TEXT NOT NULL,
  until_at   {{bigint}} NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at {{bigint}} NOT NULL,
  reason     TEXT NOT NULL,
  version    {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX abuse_flag_open ON abuse_flag (kind, subject) WHERE state = 'open';
CREATE INDEX abuse_flag_last ON abuse_flag (last_at, id);

-- The accounts of a flag; a bar is read from here on every booking.
CREATE TABLE abuse_account (
  flag_id      TEXT NOT NULL REFERENCES abuse_flag (id),
  account_id   TEXT NOT NULL,
  barred_until {{bigint}} NOT NULL,
  PRIMARY KEY (flag_id, account_id)
) {{keyed}};
CREATE INDEX abuse_account_barred ON abuse_account (account_id, barred_until) WHERE barred_until > 0;
