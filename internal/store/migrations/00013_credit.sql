-- Who did not keep his word, by which published rules that counts, and what
-- patients say against it.

-- +goose Up
CREATE TABLE credit_rule_set (
  id           TEXT NOT NULL PRIMARY KEY,
  version      {{bigint}} NOT NULL CONSTRAINT credit_rule_set_version UNIQUE,
  body         TEXT NOT NULL, -- JSON of the rules
  appeal_days  {{bigint}} NOT NULL,
  decide_days  {{bigint}} NOT NULL,
  published_at {{bigint}} NOT NULL,
  valid_from   {{bigint}} NOT NULL,
  published_by TEXT NOT NULL,
  CONSTRAINT credit_rule_set_before CHECK (valid_from > published_at)
) {{strict}};

CREATE TABLE credit_mark (
  id             TEXT NOT NULL PRIMARY KEY,
  patient_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  cause          TEXT NOT NULL,
  at             {{bigint}} NOT NULL,
  day            {{bigint}} NOT NULL,
  state          TEXT NOT NULL CONSTRAINT credit_mark_state CHECK (state IN ('counted', 'exempt', 'lifted')),
  why            TEXT NOT NULL,
  rule_set       {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL,
  CONSTRAINT credit_mark_once UNIQUE (appointment_id, cause)
) {{strict}};
CREATE INDEX credit_mark_of_patient ON credit_mark (patient_id, at);
CREATE INDEX credit_mark_at ON credit_mark (at);

CREATE TABLE credit_shield (
  id         TEXT NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  from_at    {{bigint}} NOT NULL,
  to_at      {{bigint}} NOT NULL,
  note       TEXT NOT NULL,
  made_by    TEXT NOT NULL
) {{strict}};
CREATE INDEX credit_shield_to ON credit_shield (to_at);

CREATE TABLE credit_appeal (
  id         TEXT NOT NULL PRIMARY KEY,
  mark_id    TEXT NOT NULL CONSTRAINT credit_appeal_once UNIQUE REFERENCES credit_mark (id),
  patient_id TEXT NOT NULL,
  words      {{blob}},
  evidence   TEXT NOT NULL, -- JSON, ids and codes only
  state      TEXT NOT NULL,
  asked_at   {{bigint}} NOT NULL,
  due_at     {{bigint}} NOT NULL,
  decided_at {{bigint}} NOT NULL,
  decided_by TEXT NOT NULL,
  note       {{blob}},
  version    {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX credit_appeal_of_patient ON credit_appeal (patient_id);
CREATE INDEX credit_appeal_open ON credit_appeal (due_at, id) WHERE state = 'open';

CREATE TABLE credit_attempt (
  appointment_id TEXT NOT NULL,
  at             {{bigint}} NOT NULL,
  code           TEXT NOT NULL, -- of the error that was told
  PRIMARY KEY (appointment_id, at)
) {{keyed}};
