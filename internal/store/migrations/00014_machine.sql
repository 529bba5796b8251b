-- Other systems that ask on behalf of a channel: their keys, where they want
-- facts to be delivered, and what they say of patients.

-- +goose Up
{{fact_order}}

CREATE TABLE machine (
  id         TEXT NOT NULL PRIMARY KEY,
  channel    TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL, -- words, by blanks
  created_at {{bigint}} NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE machine_token (
  id           TEXT NOT NULL PRIMARY KEY,
  machine_id   TEXT NOT NULL REFERENCES machine (id),
  hash         TEXT NOT NULL CONSTRAINT machine_token_hash UNIQUE, -- whoever reads the table cannot ask with it
  hint         TEXT NOT NULL,
  created_at   {{bigint}} NOT NULL,
  created_by   TEXT NOT NULL,
  expires_at   {{bigint}} NOT NULL,
  last_used_at {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX machine_token_of ON machine_token (machine_id);

CREATE TABLE webhook (
  id          TEXT NOT NULL PRIMARY KEY,
  machine_id  TEXT NOT NULL REFERENCES machine (id),
  channel     TEXT NOT NULL,
  url         TEXT NOT NULL,
  state       TEXT NOT NULL, -- active | disabled | removed
  secret      {{blob}},
  old_secret  {{blob}},
  old_until   {{bigint}} NOT NULL, -- the old secret signs too until then
  seen        {{bigint}} NOT NULL, -- number of the last fact that was taken
  sending     {{bigint}} NOT NULL, -- number of the last fact under way, 0 if none: what is sent again is the same
  failures    {{bigint}} NOT NULL, -- in a row
  next_at     {{bigint}} NOT NULL,
  lease_until {{bigint}} NOT NULL, -- on the machine's time
  status      {{bigint}} NOT NULL, -- HTTP status of the last answer, 0 without one
  reason      TEXT NOT NULL,
  ok_at       {{bigint}} NOT NULL,
  created_at  {{bigint}} NOT NULL,
  version     {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX webhook_due ON webhook (next_at) WHERE state = 'active';

-- Where the hospital's information system last saw a patient.
CREATE TABLE whereabouts (
  patient_id TEXT NOT NULL PRIMARY KEY,
  place      TEXT NOT NULL, -- code of the service point, "" when he left it
  since      {{bigint}} NOT NULL,
  until      {{bigint}} NOT NULL,
  version    {{bigint}} NOT NULL
) {{strict}};
